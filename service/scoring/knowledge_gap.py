"""Knowledge gap: the customer message that the bot could not serve for want of knowledge, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Conversation, EventKind, Message, Role, handoff_position
from service.language.redaction import redact
from service.language.relevance import relevance
from service.language.signal_patterns import Signal
from service.language.signals import PRESENT, has
from service.language.statements import Outcome, read_outcome
from service.language.wording import content
from service.scoring.answer_relevance import Judgement, by_text, judgements
from service.scoring.answer_signs import GIVES_UP, WANTS_HUMAN, Source
from service.scoring.answers import Kind
from service.scoring.bot_part import BotPart, read_bot_part
from service.scoring.human_needed import Reason, is_reserved
from service.scoring.intent import NOVEL
from service.scoring.score import Case, Evidence, Score
from service.scoring.what_followed import chance, traces


class Gap(StrEnum):
    """Whether the conversation holds a question that the bot lacks the knowledge for."""

    GAP = "gap"
    NONE = "none"


class Why(StrEnum):
    """Why a question counts as one the bot could not serve, the plainest first."""

    NO_ANSWER = "no_answer"
    NEGATIVE_FEEDBACK = "negative_feedback"
    LOW_CONFIDENCE = "low_confidence"
    IRRELEVANT = "irrelevant"
    NOVEL = "novel"


SAYS: Mapping[Why, tuple[str, str, float]] = MappingProxyType(
    {
        Why.NO_ANSWER: ("The bot had no answer.", "has no answer", 0.85),
        Why.NEGATIVE_FEEDBACK: ("The customer said that the answer did not help.", "did not help", 0.8),
        Why.LOW_CONFIDENCE: ("The bot was not sure of its answer.", "answered with low confidence", 0.7),
        Why.IRRELEVANT: ("The bot's answer did not address the question.", "did not address the question", 0.7),
        Why.NOVEL: ("The question fits no known intent and got no answer.", "answers no known intent", 0.6),
    }
)
"""Reason, what the bot's message shows, and confidence."""

MISSED = 0.5
"""Relevance below which an answer missed the question, when the customer then turned away from the bot."""

LONGEST = 1000
"""Characters of the question that are kept."""

SERVED = 0.5
"""Relevance by text from which a later answer that is relevant has served this question after all."""

FEWEST_WORDS = 3
"""Content words of a question that can be grouped with others."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """A question that the bot could not serve, why, and the bot's message that shows it."""

    question: Message
    why: Why
    shown: Message


def knowledge_gap(case: Case) -> Score:
    """Whether the bot lacked the knowledge for what the customer asked.

    Definition. Before the handoff, a bot message shows a gap when it says that it has no answer (`no_answer`), the
    customer rejects it or marks it as not helpful (`negative_feedback`), the bot reported a confidence under the
    setting `gap_confidence` (0.5) and nobody praised the answer (`low_confidence`), the customer asks the same again
    or text and what followed say that it missed the question (`irrelevant`), or the intent is novel and no answer was
    relevant (`novel`); the first of these that holds is the reason. No gap: a refusal or a matter that policy keeps for
    people, a failed action, a customer who wanted a human from the start, and a question that the bot served later on.

    `details.question` is the id of the customer's message, `details.text` its redacted text, ready to be grouped with
    others. value is undefined. `None` when no bot wrote to the customer. Source: `metrics.md` 10.

    >>> from service.conversation import Author
    >>> from service.scoring.score import History, Policy
    >>> from service.language.model import MiniLM
    >>> said = [(Role.CUSTOMER, "Do you repair carbon paddles?"), (Role.BOT, "Sorry, I have no information on that.")]
    >>> messages = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(said))
    >>> score = knowledge_gap(Case(Conversation("1", messages), History(), Policy(), MiniLM()))
    >>> score.verdict, score.details["reason"], score.details["question"]
    ('gap', 'no_answer', 'm0')
    """
    automated = _automated(case.conversation)
    part = read_bot_part(automated.public, case.embedder)
    details = {"reason": None, "question": None}
    if not part.bot:
        return Score(verdict=None, reason="No bot wrote to the customer.", details=MappingProxyType(details))
    judged = judgements(replace(case, conversation=automated))
    found = next(iter(_unserved(case, part, judged)), None)
    if found is None:
        return Score(
            verdict=Gap.NONE.value,
            confidence=0.8,
            reason="Nothing shows that the bot lacked knowledge.",
            evidence=tuple(one.shows for one in judged if one.relevant)[:1],
            details=MappingProxyType(details),
        )
    reason, shows, confidence = SAYS[found.why]
    text = redact(found.question.text[:LONGEST], names=case.names)
    return Score(
        verdict=Gap.GAP.value,
        confidence=confidence,
        reason=reason,
        evidence=(Evidence.of(found.question, "the bot could not serve this"), Evidence.of(found.shown, shows)),
        details=MappingProxyType({"reason": found.why.value, "question": found.question.id, "text": text}),
    )


def _automated(conversation: Conversation) -> Conversation:
    """The conversation up to the handoff, and with it what belongs to that part."""
    end = handoff_position(conversation)
    if end is None:
        return conversation
    kept = {message.id for message in conversation.public[:end]}
    following = conversation.public[end:]
    reply = next((m for m in following if m.role is Role.CUSTOMER), None)
    # The customer's first word to a human may still speak of the bot's answer, but never of the human's.
    if reply is not None and all(m.role is not Role.AGENT for m in following[: following.index(reply)]):
        kept.add(reply.id)
    return replace(conversation, messages=tuple(m for m in conversation.messages if m.id in kept))


def _unserved(case: Case, part: BotPart, judged: Sequence[Judgement]) -> list[Unserved]:
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


WANTING = frozenset({Kind.ANSWER, Kind.NO_ANSWER})
PLEASED = frozenset({Outcome.WORKS, Outcome.ACCEPTS, Outcome.TRIES})


def _wants_human(part: BotPart, position: int, *, after: bool = True) -> bool:
    """Whether the customer's message before (or `after`) wants a human: then it is no answer that is missed."""
    around = [max((i for i in part.customer if i < position), default=-1)]
    if after:
        around.append(min((i for i in part.customer if i > position), default=-1))
    return any(i >= 0 and has(part.customer[i], Signal.ASKS_FOR_HUMAN) for i in around)


_BUT = re.compile(r"\bbut\b|\?", re.IGNORECASE)


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
    if question is not None and _why_not_novel(case) is None:
        yield Unserved(question, Why.NOVEL, answered[-1].answer.message)


def _why_not_novel(case: Case) -> str | None:
    """The reason of an escalation that has nothing to do with knowledge."""
    escalation = case.so_far.get("escalation")
    reason = escalation.details.get("reason") if escalation is not None else None
    return str(reason) if reason in (Reason.POLICY_RESTRICTION, Reason.TOOL_FAILURE, Reason.CUSTOMER_REQUEST) else None
