"""Answer relevance: did each answer of the bot address what the customer had asked?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Message
from service.language.detection import ENGLISH, language
from service.language.question_fit import form_fit
from service.language.relevance import relevance
from service.language.wording import content
from service.scoring.answer_signs import Sign, Source, read_signs
from service.scoring.answers import JUDGED, Answer, Kind, answers
from service.scoring.bot_part import read_bot_part
from service.scoring.score import Case, Evidence, Score
from service.scoring.what_followed import Trace, chance, traces


class Relevance(StrEnum):
    """Whether the bot's answers addressed the questions."""

    RELEVANT = "relevant"
    MIXED = "mixed"
    IRRELEVANT = "irrelevant"


SURELY, HARDLY = 0.7, 0.3
"""Relevance from which an answer is relevant, and up to which it is irrelevant; in between it is not judged."""

FOLLOWED = 2
"""Earlier customer messages that are read together with the latest."""

NO_ANSWER = 0.08
"""Relevance of a message that says it has no answer."""

FEWEST_WORDS = 2
UNKNOWN, EITHER = 0.5, 0.75
"""Content words below which an answer ("It is so.") has no topic to compare, and its relevance by text then: the second
for a yes or a no to a question that asks for one.
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer with its relevance 0..1, what decided it, and what shows it. `relevant` is `None` when not judged."""

    answer: Answer
    relevance: float | None
    source: Source
    shows: Evidence
    relevant: bool | None


def answer_relevance(case: Case) -> Score:
    """Share of the bot's answers that addressed the question.

    Definition. Every public bot message after the customer's first stands in `details.answers` as {message, relevance
    0..1, source, kind, judged}. Explicit feedback (thumb, article vote, "that worked", "not what I asked") decides
    before behaviour (link opened, asked again, wanted a human, gave up), and that before the text: the probability of
    `service.language.relevance` that it addresses the latest question or the one the bot had asked back about, moved
    by what followed (`what_followed`: a content reply, a person who took over); the source is what weighs more.

    Judged are answers and messages that say they have none; a question back, a greeting, an acknowledgement, an
    announced handoff and a failed action are not, nor is an answer whose text is not sure (between 0.3 and 0.7,
    counted in `details.unsure`). value = relevant answers / judged answers. Verdict: `relevant` when all of them are,
    `irrelevant` when none is, else `mixed`; `None` when nothing was judged. In a language other than English only
    thumbs, votes and opened links judge and all other relevances are `None`. Source: `metrics.md` 6.

    >>> from service.conversation import Author, Conversation, Feedback, Role
    >>> from service.scoring.score import History, Policy
    >>> from service.language.model import MiniLM
    >>> asked = Message("m0", Author(Role.CUSTOMER), "When do you open?")
    >>> told = Message("m1", Author(Role.BOT), "We open at 9 am.", feedback=Feedback.HELPFUL)
    >>> score = answer_relevance(Case(Conversation("1", (asked, told)), History(), Policy(), MiniLM()))
    >>> score.verdict, score.value, score.details["answers"][0]["source"]
    ('relevant', 1.0, 'feedback')
    """
    found = judgements(case)
    judged = [one for one in found if one.relevant is not None]
    unsure = sum(one.answer.kind in JUDGED and one.relevant is None for one in found)
    details = MappingProxyType({"answers": tuple(map(_entry, found)), "judged": len(judged), "unsure": unsure})
    if not judged:
        reason = "No answer of the bot could be judged." if unsure else "The bot gave the customer no answer to judge."
        return Score(verdict=None, reason=reason, details=details)
    relevant = sum(bool(one.relevant) for one in judged)
    value = relevant / len(judged)
    verdict = {1.0: Relevance.RELEVANT, 0.0: Relevance.IRRELEVANT}.get(value, Relevance.MIXED)
    sure = [max(one.relevance or 0.0, 1 - (one.relevance or 0.0)) for one in judged]
    return Score(
        verdict=verdict.value,
        value=round(value, 4),
        confidence=round(sum(sure) / len(sure), 4),
        reason=f"{relevant} of {len(judged)} judged answer{'s'[: len(judged) > 1]} addressed the question.",
        evidence=tuple(dict.fromkeys(item for one in judged for item in _evidence(one))),
        details=details,
    )


def judgements(case: Case) -> tuple[Judgement, ...]:
    """Every bot message that follows a customer's, judged."""
    conversation = case.conversation
    part = read_bot_part(conversation.public, case.embedder)
    found = answers(part)
    english = language(conversation) == ENGLISH
    signs = read_signs(conversation, part, found, words=english)
    unsaid = [answer for answer in found if answer.message.id not in signs]
    texts = by_text(case, unsaid) if english else {}
    after = traces(case, part, unsaid) if english else {}
    return tuple(_judged(a, signs.get(a.message.id), texts.get(a.message.id), after.get(a.message.id)) for a in found)


def by_text(case: Case, found: Sequence[Answer]) -> dict[str, float]:
    """The relevance of each answer by message id: to the question it fits best among those it may answer."""
    pairs = [(answer.message, question) for answer in found for question in _questions(answer)]
    brand = (case.conversation.brand,) if case.conversation.brand else ()
    best: dict[str, float] = {}
    values = relevance([(question, message.text) for message, question in pairs], case.embedder, brand)
    for (message, _), value in zip(pairs, values, strict=True):
        best[message.id] = max(value, best.get(message.id, 0.0))
    for answer in found:
        if answer.kind is Kind.NO_ANSWER:
            best[answer.message.id] = NO_ANSWER
        elif len(content(answer.message.text)) < FEWEST_WORDS:
            fits = any(form_fit(question, answer.message.text)[0] for question in _questions(answer))
            best[answer.message.id] = EITHER if fits else UNKNOWN
    return best


def _questions(answer: Answer) -> tuple[str, ...]:
    """The texts that the answer may address: what the customer last wrote, and that with what came before."""
    latest = _joined(answer.asked)
    return (latest, _joined((*answer.before[-FOLLOWED:], *answer.asked))) if answer.before else (latest,)


def _joined(messages: Sequence[Message]) -> str:
    return "\n".join(message.text for message in messages)


def _judged(answer: Answer, sign: Sign | None, text: float | None, trace: Trace | None) -> Judgement:
    if sign is not None:
        return Judgement(answer, sign.relevance, sign.source, sign.shows, sign.relevance > UNKNOWN)
    if text is None or trace is None or answer.kind is not Kind.ANSWER:
        sure = text is not None and answer.kind is Kind.NO_ANSWER
        shows = "has no answer" if sure else _SHOWS[text is not None and text >= SURELY]
        return Judgement(answer, text, Source.TEXT, Evidence.of(answer.message, shows), False if sure else None)
    value, by_what_followed = chance(text, trace.followed)
    relevant = value >= SURELY
    source = Source.BEHAVIOUR if by_what_followed else Source.TEXT
    shown, said = answer.message, _SHOWS[relevant]
    if by_what_followed and trace.shown is not None:
        shown, said = trace.shown, _FOLLOWS[relevant]
    return Judgement(answer, value, source, Evidence.of(shown, said), relevant if relevant or value <= HARDLY else None)


_SHOWS = {True: "addresses the question", False: "does not address the question"}
_FOLLOWS = {True: "goes on content", False: "goes on without what was asked"}


def _entry(one: Judgement) -> MappingProxyType[str, object]:
    return MappingProxyType(
        {
            "message": one.answer.message.id,
            "relevance": None if one.relevance is None else round(one.relevance, 4),
            "source": one.source.value,
            "kind": one.answer.kind.value,
            "judged": one.relevant is not None,
        }
    )


def _evidence(one: Judgement) -> tuple[Evidence, ...]:
    """The answer, and the customer's message that speaks of it."""
    if one.shows.message == one.answer.message.id:
        return (one.shows,)
    said = "addressed the question" if one.relevant else "did not address the question"
    return (Evidence.of(one.answer.message, said), one.shows)
