"""What people say of the verdicts on a conversation's page: agree, disagree and why, take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.scoring.corrected import NOT_TO_JUDGE, is_disputed, own_verdict
from service.scoring.definitions import VERDICTS
from service.scoring.score import Score, Scorecard
from service.store import conversations, intents, reviews
from service.store.figure_models import Review
from service.store.models import Scorecard as StoredCard
from service.store.opinion_models import Drawn, SeenVerdict, Source
from service.store.opinions import verdict_of
from service.store.reviews import Said
from service.store.statements import insert
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, needs, visitor
from service.web.vocabulary import Verdict, described, verdict
from tasks import opinions as work
from tasks.opinions import Rules

blueprint = Blueprint("opinions", __name__)

LONGEST_WHY = 2000
"""Characters of a reviewer's own words that are kept."""

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


def reviewer() -> str:
    """Who is asking, as opinions name them: an opaque id."""
    known = visitor()
    return (known.person_id if known is not None else None) or LOCAL


def rules() -> Rules:
    """What tasks need of this application to let opinions take effect."""
    p = parts()
    return Rules(p.settings, p.now, p.names)


def judgements(
    session: Session, installation_id: str, row_id: str, cards: Sequence[Scorecard]
) -> Mapping[str, Judgement]:
    """By "episode.score": what was said, and what can be said, of every score of these standing cards."""
    given: dict[tuple[int, str], list[Review]] = {}
    for row in reviews.of_conversation(session, row_id):
        given.setdefault((row.episode, row.score), []).append(row)
    names = tuple(intents.counts(session, installation_id))
    return {
        f"{card.episode}.{name}": _judgement(name, score, given.get((card.episode, name), ()), names)
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
            Choice(each, verdict(name, each), each == own) for each in words_of(name, names) if each != score.verdict
        ),
    )


def words_of(name: str, intent_names: Sequence[str]) -> tuple[str, ...]:
    """What a score may say; of an intent the account's own names. `pending` is no verdict that a person could give."""
    words = VERDICTS[name]
    found = (*intent_names, "novel") if words is None else words
    return tuple(word for word in found if word != "pending")


def _voice(row: Review, *, mine: bool) -> Voice:
    source = SOURCES.get(Source(row.source), "") if row.source in set(Source) else ""
    return Voice(mine, verdict(row.score, row.verdict), row.why or "", row.at, source, row.blind)


def saw(session: Session, row_id: str) -> None:
    """Remember that the visitor has seen the verdicts of a conversation: what they say from now on is not blind."""
    values = {"conversation_id": row_id, "reviewer": reviewer(), "at": parts().now()}
    session.execute(insert(session, SeenVerdict).values(values).on_conflict_do_nothing())


@blueprint.post("/c/<row_id>/opinion")
@needs(Right.REVIEW)
def give(row_id: str) -> AnyResponse:
    """Agree or disagree with one verdict of the conversation."""
    p, form = parts(), request.form
    said_of = (form.get("score", ""), form.get("verdict", ""), form.get("episode", 0, type=int))
    with p.database.begin() as session:
        said = opinion(session, row_id, said_of, why=form.get("why", ""), source=Source.PAGE)
        pending = work.express(rules(), session, [said])
        audited(session, "give opinion", row_id, said.installation_id, score=said.score, verdict=said.verdict)
    announce(row_id, pending=pending)
    flash(f"{described(said.score).title}: your opinion is kept. {_follows(pending=pending)}", "good")
    return _back(row_id, said.score)


@blueprint.post("/c/<row_id>/opinion/take-back")
@needs(Right.REVIEW)
def take_back(row_id: str) -> AnyResponse:
    """Take one's own opinion back."""
    p, form = parts(), request.form
    score, episode = form.get("score", ""), form.get("episode", 0, type=int)
    with p.database.begin() as session:
        row = conversations.get(session, row_id)
        if row is None:
            abort(404)
        pending = work.take_back(rules(), session, row_id, episode=episode, score=score, reviewer=reviewer())
        if pending is not None:
            audited(session, "take back opinion", row_id, row.installation_id, score=score)
    announce(row_id, pending=bool(pending))
    flash("You had no opinion on it." if pending is None else "Your opinion is taken back.", "good")
    return _back(row_id, score)


def opinion(
    session: Session,
    row_id: str,
    said: tuple[str, str, int],
    *,
    why: str,
    source: Source,
    blind: bool = False,
    drawn: Drawn | None = None,
) -> Said:
    """The opinion that a form gives as (score, verdict, episode). 404 without the conversation, 400 for nonsense."""
    row = conversations.get(session, row_id)
    latest = reviews.latest_episode(session, row_id)
    if row is None or latest is None:
        abort(404)
    score, given, episode = said
    if score not in VERDICTS or score in NOT_TO_JUDGE or not 1 <= episode <= latest:
        abort(400)
    known = words_of(score, tuple(intents.counts(session, row.installation_id)))
    if given not in known and not (score == "intent" and given == _read_intent(session, row_id, episode)):
        abort(400)
    words = " ".join(why.split())[:LONGEST_WHY] or None
    at = parts().now()
    return Said(row.installation_id, row_id, episode, score, given, reviewer(), at, words, source, blind, drawn)


def _read_intent(session: Session, row_id: str, episode: int) -> str | None:
    """What the card names, which the catalog may have dropped since."""
    mine = (StoredCard.conversation_id == row_id, StoredCard.episode == episode)
    return session.scalars(select(verdict_of("intent")).where(*mine)).first()


def announce(row_id: str, *, pending: bool) -> None:
    """Tell the workers that a write-back is due; a lost message costs time only."""
    if pending:
        parts().queue.write_back([row_id])


def _follows(*, pending: bool) -> str:
    return "The figures count it; the ticket is brought in line." if pending else "The figures count it."


def _back(row_id: str, score: str) -> AnyResponse:
    anchor = f"score-of-{score}" if score in VERDICTS else None
    return redirect(url_for("conversations.conversation", row_id=row_id, _anchor=anchor))
