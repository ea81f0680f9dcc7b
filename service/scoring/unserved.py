"""Questions that the bot could not serve for want of knowledge, and why: what `knowledge_gap` tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.conversation import EventKind, Message
from service.language.relevance import relevance
from service.language.signal_patterns import Signal
from service.language.signals import PRESENT, has
from service.language.statements import Outcome, read_outcome
from service.language.wording import content
from service.scoring.answer_relevance import Judgement, by_text
from service.scoring.answer_signs import GIVES_UP, WANTS_HUMAN, Source
from service.scoring.answers import Kind
from service.scoring.bot_part import BotPart
from service.scoring.human_needed import Reason, is_reserved
from service.scoring.intent import NOVEL
from service.scoring.score import Case
from service.scoring.what_followed import chance, traces


class Why(StrEnum):
    """Why a question counts as one the bot could not serve, the plainest first."""

    NO_ANSWER = "no_answer"
    NEGATIVE_FEEDBACK = "negative_feedback"
    LOW_CONFIDENCE = "low_confidence"
    IRRELEVANT = "irrelevant"
    NOVEL = "novel"


MISSED = 0.5
"""Relevance below which an answer missed the question, when the customer then turned away from the bot."""

SERVED = 0.5
"""Relevance by text from which a later answer that is relevant has served this question after all."""

FEWEST_WORDS = 3
"""Content words of a question that can be grouped with others."""


WANTING = frozenset({Kind.ANSWER, Kind.NO_ANSWER})
PLEASED = frozenset({Outcome.WORKS, Outcome.ACCEPTS, Outcome.TRIES})

_BUT = re.compile(r"\bbut\b|\?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unserved:
    """A question that the bot could not serve, why, and the bot's message that shows it."""

    question: Message
    why: Why
    shown: Message


def unserved(case: Case, part: BotPart, judged: Sequence[Judgement]) -> list[Unserved]:
    """Every question that the bot could not serve, the plainest reason first."""
    found: list[Unserved] = []
    for one in judged:
        why = _why(case, part, one)
        question = _question(case, part, one) if why is not None else None
        if why is None or question is None or _served_later(case, question, one, judged):
            continue
        found.append(Unserved(question, why, one.answer.message))
    if not found:
        found.extend(_novel(case, part, judged))
    return sorted(found, key=lambda one: list(Why).index(one.why))


def _why(case: Case, part: BotPart, one: Judgement) -> Why | None:
    """Why the judged message is no service to the customer; `None` when it is one, or fails for other reasons."""
    answer, reading = one.answer, part.bot[one.answer.position]
    lacks = max(reading[Signal.NO_ANSWER], reading[Signal.MISUNDERSTOOD], reading[Signal.CANNOT_DO])
    kept = reading[Signal.RESTRICTED] >= max(PRESENT, lacks)
    if kept or has(reading, Signal.TOOL_FAILURE) or answer.kind not in WANTING:
        return None
    if answer.kind is Kind.NO_ANSWER:
        return Why.NO_ANSWER
    if one.source is Source.FEEDBACK:
        return None if one.relevant or _wants_human(part, answer.position) else Why.NEGATIVE_FEEDBACK
    accepted = _reply_outcome(part, answer.position) in PLEASED
    confidence = answer.message.bot.confidence if answer.message.bot else None
    if confidence is not None and confidence < case.policy.gap_confidence:
        return None if accepted and one.relevant else Why.LOW_CONFIDENCE
    if accepted or any(e.kind == EventKind.ACTION_FAILED for e in case.conversation.events):
        return None
    return Why.IRRELEVANT if _missed(case, part, one) else None


def _missed(case: Case, part: BotPart, one: Judgement) -> bool:
    """Whether the answer was beside the question: judged so, or rather so and a person took over.

    A customer who wanted a human from the start, or goes to one after a good answer, misses nothing.
    """
    if one.relevant or _wants_human(part, one.answer.position, after=False):
        return False
    if one.relevant is False and one.shows.shows not in (WANTS_HUMAN, GIVES_UP):
        return True
    name = one.answer.message.id
    followed = traces(case, part, [one.answer])[name].followed
    value, _ = chance(by_text(case, [one.answer])[name], followed)
    return value < MISSED and (one.relevant is False or followed.person > 0)


def _wants_human(part: BotPart, position: int, *, after: bool = True) -> bool:
    """Whether the customer's message before (or `after`) wants a human: then it is no answer that is missed."""
    around = [max((i for i in part.customer if i < position), default=-1)]
    if after:
        around.append(min((i for i in part.customer if i > position), default=-1))
    return any(i >= 0 and has(part.customer[i], Signal.ASKS_FOR_HUMAN) for i in around)


def _reply_outcome(part: BotPart, position: int) -> Outcome | None:
    """What the customer's next message says about the outcome; "ok, but" says nothing."""
    reply = next((part.messages[i].text for i in sorted(part.customer) if i > position), "")
    return None if _BUT.search(reply) else read_outcome(reply)


def _question(case: Case, part: BotPart, one: Judgement) -> Message | None:
    """The customer's message that asks: the latest one with enough to say that is no comment on an answer.

    `None` when the customer only wanted a human, or policy keeps the matter for people.
    """
    spoken = [i for i in part.customer if i < one.answer.position]
    for i in sorted(spoken, reverse=True):
        message, reading = part.messages[i], part.customer[i]
        if has(reading, Signal.SENSITIVE) or is_reserved(message.text, case.policy):
            return None
        comments = read_outcome(message.text) is not None or has(reading, Signal.ASKS_FOR_HUMAN)
        if len(content(message.text)) >= FEWEST_WORDS and (not comments or "?" in message.text):
            return message
    first = next((part.messages[i] for i in sorted(spoken) if len(content(part.messages[i].text)) >= 2), None)
    return None if first is None or has(part.customer[part.messages.index(first)], Signal.ASKS_FOR_HUMAN) else first


def _served_later(case: Case, question: Message, one: Judgement, judged: Sequence[Judgement]) -> bool:
    """Whether a later answer of the bot left the customer content, or addresses the question by its text."""
    later = [other for other in judged if other.answer.position > one.answer.position and other.relevant]
    if any(other.source is not Source.TEXT for other in later):
        return True
    pairs = [(question.text, other.answer.message.text) for other in later]
    return any(value >= SERVED for value in relevance(pairs, case.embedder))


def _novel(case: Case, part: BotPart, judged: Sequence[Judgement]) -> Iterator[Unserved]:
    """The opening question when it fits no intent of the catalog and no answer addressed it."""
    intent = case.so_far.get("intent")
    answered = [one for one in judged if one.answer.kind in WANTING]
    if intent is None or intent.verdict != NOVEL or not answered or any(one.relevant for one in judged):
        return
    question = _question(case, part, answered[-1])
    if question is not None and _is_of_knowledge(case):
        yield Unserved(question, Why.NOVEL, answered[-1].answer.message)


def _is_of_knowledge(case: Case) -> bool:
    """Whether a human was not needed for something that has nothing to do with knowledge."""
    escalation = case.so_far.get("escalation")
    reason = escalation.details.get("reason") if escalation is not None else None
    return reason not in (Reason.POLICY_RESTRICTION, Reason.TOOL_FAILURE, Reason.CUSTOMER_REQUEST)
