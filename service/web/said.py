"""What people said of each verdict of a conversation, and what can be said of it, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.scoring.corrected import NOT_TO_JUDGE, can_be_said, is_disputed, own_verdict
from service.scoring.definitions import VERDICTS
from service.scoring.score import Score, Scorecard
from service.store import former_opinions, intents, reviews
from service.store.figure_models import Review
from service.store.opinion_models import FormerOpinion, Source
from service.web.rights import visitor
from service.web.vocabulary import Verdict, verdict

LOCAL = "local"
"""The reviewer who has no account: the demo, or a link of the command line."""

SOURCES = {
    Source.PAGE: "on this page",
    Source.QUEUE: "in the review queue",
    Source.TAG: "by the tag on the ticket",
    Source.PANEL: "in the app on the ticket",
    Source.IMPORT: "from a file",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """One opinion as shown: whose (never a name), what, why, when and where from."""

    mine: bool
    words: Verdict
    why: str
    at: datetime
    source: str
    blind: bool


@dataclass(frozen=True, slots=True)
class Former:
    """An opinion of the visitor's own or of another that was replaced or taken back at `until`."""

    mine: bool
    words: Verdict
    why: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """A verdict that can be chosen."""

    name: str
    words: Verdict
    deskmarks: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What people said of one score: `own` is Deskmark's verdict in words, `choices` what else could be right.

    `stands` is the verdict that stands now; `corrected`: it is not Deskmark's; `disputed`: reviewers contradict each
    other, so Deskmark's stays.
    """

    stands: str
    own: Verdict | None
    corrected: bool
    disputed: bool
    voices: tuple[Voice, ...]
    mine: Voice | None
    choices: tuple[Choice, ...]
    former: tuple[Former, ...] = ()


def reviewer() -> str:
    """Who is asking, as opinions name them: an opaque id."""
    known = visitor()
    return (known.person_id if known is not None else None) or LOCAL


def judgements(
    session: Session, installation_id: str, row_id: str, cards: Sequence[Scorecard]
) -> Mapping[str, Judgement]:
    """By "episode.score": what was said, and what can be said, of every score of these standing cards."""
    given: dict[tuple[int, str], list[Review]] = {}
    for row in reviews.of_conversation(session, row_id):
        given.setdefault((row.episode, row.score), []).append(row)
    former: dict[tuple[int, str], list[FormerOpinion]] = {}
    for old in former_opinions.of_conversation(session, row_id):
        former.setdefault((old.episode, old.score), []).append(old)
    names = tuple(intents.counts(session, installation_id))
    return {
        f"{card.episode}.{name}": replace(
            _judgement(name, score, given.get((card.episode, name), ()), names),
            former=tuple(map(_former, former.get((card.episode, name), ()))),
        )
        for card in cards
        for name, score in card.scores.items()
        if score.verdict is not None and name not in NOT_TO_JUDGE and name in VERDICTS
    }


def _judgement(name: str, score: Score, given: Sequence[Review], names: Sequence[str]) -> Judgement:
    me, own = reviewer(), own_verdict(score)
    voices = tuple(_voice(row, mine=row.reviewer == me) for row in given)
    return Judgement(
        stands=score.verdict or "",
        own=verdict(name, own) if own else None,
        corrected=own != score.verdict,
        disputed=is_disputed(score),
        voices=voices,
        mine=next((voice for voice in voices if voice.mine), None),
        choices=tuple(
            Choice(each, verdict(name, each), each == own)
            for each in offered(name, own, names)
            if each != score.verdict
        ),
    )


def offered(name: str, own: str | None, intent_names: Sequence[str]) -> tuple[str, ...]:
    """What a person may say of a score on which Deskmark's own verdict is `own`; of an intent the account's names.

    Every form offers this, and nothing else is taken from one.
    """
    words = VERDICTS[name]
    return tuple(
        word for word in ((*intent_names, "novel") if words is None else words) if can_be_said(name, own, word)
    )


def _voice(row: Review, *, mine: bool) -> Voice:
    source = SOURCES.get(Source(row.source), "") if row.source in set(Source) else ""
    return Voice(mine, verdict(row.score, row.verdict), row.why or "", row.at, source, row.blind)


def _former(row: FormerOpinion) -> Former:
    return Former(row.reviewer == reviewer(), verdict(row.score, row.verdict), row.why or "", row.at, row.until)
