"""A conversation with its proof laid over it: which passage of which message supports which verdict.

Pure: conversation and scorecards in, frozen lines out. It makes no markup; the template escapes every word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from service.conversation import Conversation, Message
from service.conversation import episodes as episodes_of
from service.scoring.effort_trail import Step, effort_trail
from service.scoring.score import Evidence, Score, Scorecard
from service.web.markers import Marker, woven
from service.web.vocabulary import SCORES, Described, Tone, Verdict, described, duration, value_in_words, verdict

SHORTEST_WAIT = 30
"""Seconds of waiting from which it is told along the way: an answer within them is one at once."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One piece of evidence, numbered through the page. `message` and `answer` are anchors of lines, if shown.

    `of` names the episode whose verdict it proves, where there are several: proof may stand in another one.
    """

    number: int
    score: str
    title: str
    tone: Tone
    evidence: Evidence
    message: str | None = None
    answer: str | None = None
    of: str = ""

    @property
    def anchor(self) -> str:
        """Where the quoted passage stands in the transcript."""
        return f"proof-{self.number}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a message's text and what it proves; `opens` are the citations that begin here."""

    text: str
    citations: tuple[Citation, ...] = ()
    opens: tuple[Citation, ...] = ()

    @property
    def tone(self) -> Tone:
        """The gravest tone of what the passage proves."""
        tones = {citation.tone for citation in self.citations}
        return next((tone for tone in (Tone.BAD, Tone.WARN, Tone.INFO, Tone.GOOD) if tone in tones), Tone.NEUTRAL)


@dataclass(frozen=True, slots=True)
class Line:
    """One message as shown. `proves` cites it; `answers` are re-asks whose answer this message had already given.

    `effort` counts the customer's effort along the way, in words; `needed` says that a human was needed from here on.
    """

    anchor: str
    message: Message
    passages: tuple[Passage, ...]
    proves: tuple[Citation, ...] = ()
    answers: tuple[Citation, ...] = ()
    effort: tuple[str, ...] = ()
    needed: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One score as shown: its words, the score itself, its evidence."""

    name: str
    words: Described
    score: Score
    verdict: Verdict | None
    value: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """All scores of one episode: those with a verdict first, in the pages' order."""

    number: int
    definitions: str
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What was said in one episode, in order of time, and its verdicts; `episode` is `None` while it is not scored."""

    number: int
    entries: tuple[Line | Marker, ...]
    episode: Episode | None
    latest: bool

    @property
    def began(self) -> datetime | None:
        """When its first message was written."""
        return next((entry.message.at for entry in self.entries if isinstance(entry, Line)), None)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The whole page of one conversation: its parts in order of time, its scored episodes newest first."""

    parts: tuple[Part, ...]
    episodes: tuple[Episode, ...]
    anchors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def transcript(
    conversation: Conversation, cards: Sequence[Scorecard], pieces: Sequence[Conversation] = ()
) -> Transcript:
    """`conversation` with the evidence of all `cards` (one for each episode, any order) laid over its messages.

    `pieces` are its episodes as they were scored, in order: with them effort is counted along the way.
    """
    anchors = {message.id: f"message-{number}" for number, message in enumerate(conversation.messages, 1)}
    here = _Here(conversation.id, anchors)
    many = max([len(episodes_of(conversation)), *(card.episode for card in cards)])
    episodes: list[Episode] = []
    cited: list[Citation] = []
    for card in sorted(cards, key=lambda card: card.episode, reverse=True):
        judged: list[Judged] = []
        for name in _in_order(card.scores):
            of = f" of episode {card.episode}" if many > 1 else ""
            found = _citations(name, card.scores[name], here, first=len(cited) + 1, of=of)
            cited.extend(found)
            judged.append(_judged(name, card.scores[name], found))
        episodes.append(Episode(card.episode, card.definitions, tuple(judged)))
    steps, needed = _steps(cards, pieces), dict(_needed(cards))
    lines = tuple(
        replace(
            _line(message, anchors[message.id], cited),
            effort=_in_words(steps.get(message.id)),
            needed=needed.get(message.id, ""),
        )
        for message in conversation.messages
    )
    return Transcript(_parts(conversation, lines, episodes), tuple(episodes), MappingProxyType(anchors))


def _parts(conversation: Conversation, lines: Sequence[Line], scored: Sequence[Episode]) -> tuple[Part, ...]:
    """The conversation cut where it was reopened. A scored episode that nothing is left of has no entries."""
    said = episodes_of(conversation)
    by_id, by_number = {line.message.id: line for line in lines}, {each.number: each for each in scored}
    many = max(len(said), *by_number) if by_number else len(said)
    pieces = [woven([by_id[message.id] for message in piece.messages], piece.events) for piece in said]
    pieces += [()] * (many - len(pieces))
    return tuple(
        Part(number, entries, by_number.get(number), latest=number == many) for number, entries in enumerate(pieces, 1)
    )


def plain(conversation: Conversation) -> Transcript:
    """The conversation alone, without a word of what anybody made of it: for whoever is to judge it blind."""
    return transcript(conversation, ())


def _steps(cards: Sequence[Scorecard], pieces: Sequence[Conversation]) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    for card in cards:
        if card.episode <= len(pieces):
            effort, context = (card.scores.get(name) or Score(None) for name in ("effort", "context_repeat"))
            steps |= effort_trail(pieces[card.episode - 1], effort, context)
    return steps


def _in_words(step: Step | None) -> tuple[str, ...]:
    """Everything that a message adds to the effort, e.g. ("message 3", "asks again", "waited 4 min so far")."""
    if step is None:
        return ()
    said = [
        f"message {step.message}" if step.message else "",
        f"asks again ({step.rephrasing})" if step.rephrasing else "",
        f"waited {duration(step.waited)} so far" if step.waited and step.waited >= SHORTEST_WAIT else "",
        f"asked for again ({step.re_ask})" if step.re_ask else "",
        "first useful answer" if step.useful else "",
    ]
    return tuple(filter(None, said))


def _needed(cards: Sequence[Scorecard]) -> Iterator[tuple[str, str]]:
    """The message from which on a human was warranted, and what became of that."""
    for card in cards:
        score = card.scores.get("escalation") or Score(None)
        at, timing, turns = (score.details.get(name) for name in ("warranted_at", "timing", "turns_late"))
        if not isinstance(at, str) or score.verdict not in ("warranted", "missed"):
            continue
        late = f"it took {turns} more bot turns" if turns else "it came late"
        came = {"missed": "nobody came", "late": late}.get("missed" if score.verdict == "missed" else str(timing))
        yield at, f"A human was needed from here: {came or 'one came in time'}"


def _in_order(scores: Mapping[str, Score]) -> list[str]:
    """Names of the scores: with a verdict first, then as `SCORES` lists them."""
    known = list(SCORES)
    place = {name: known.index(name) if name in known else len(known) for name in scores}
    return sorted(scores, key=lambda name: (scores[name].verdict is None, place[name], name))


def _judged(name: str, score: Score, citations: tuple[Citation, ...]) -> Judged:
    named = verdict(name, score.verdict) if score.verdict else None
    return Judged(name, described(name), score, named, value_in_words(name, score), citations)


@dataclass(frozen=True, slots=True)
class _Here:
    """This conversation: its id on the helpdesk and the anchors of its messages."""

    id: str
    anchors: Mapping[str, str]

    def anchor(self, message: str | None, conversation: str | None = None) -> str | None:
        """Where a message stands; proof in another conversation is not here, even where message ids are alike."""
        elsewhere = conversation not in (None, self.id)
        return None if elsewhere else self.anchors.get(message or "")


def _citations(name: str, score: Score, here: _Here, *, first: int, of: str = "") -> tuple[Citation, ...]:
    tone = verdict(name, score.verdict).tone if score.verdict else Tone.NEUTRAL
    return tuple(
        Citation(
            number=number,
            score=name,
            title=described(name).title,
            tone=tone,
            evidence=item,
            message=here.anchor(item.message, item.conversation),
            answer=here.anchor(item.answered_in),
            of=of,
        )
        for number, item in enumerate(score.evidence, first)
    )


def _line(message: Message, anchor: str, cited: Iterable[Citation]) -> Line:
    cited = tuple(cited)
    proves = tuple(c for c in cited if c.message == anchor)
    answers = tuple(c for c in cited if c.answer == anchor)
    return Line(anchor, message, passages(message.text, proves), proves, answers)


def passages(text: str, citations: Sequence[Citation]) -> tuple[Passage, ...]:
    """`text` cut at the borders of what is quoted of it; joined, the pieces give `text` again.

    A quote is found whatever its white space; the ellipsis of a shortened one is not looked for. A quote that is not
    in the text (it was masked, or the text changed) marks the whole message.
    """
    spans = [(*_span(text, citation.evidence.quote), citation) for citation in citations]
    borders = sorted({0, len(text), *(start for start, _, _ in spans), *(end for _, end, _ in spans)})
    pieces = []
    for start, end in pairwise(borders):
        here = tuple(c for begin, stop, c in spans if begin <= start and end <= stop)
        opens = tuple(c for begin, _, c in spans if begin == start)
        pieces.append(Passage(text[start:end], here, opens))
    return tuple(pieces)


def _span(text: str, quote: str) -> tuple[int, int]:
    words = quote.removesuffix("…").split()
    found = re.search(r"\s+".join(re.escape(word) for word in words), text) if words else None
    return found.span() if found else (0, len(text))
