"""Knowledge gap: the customer message that the bot could not serve for want of knowledge, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Conversation, Role, handoff_position
from service.language.known_names import NameFinder
from service.language.redaction import redact
from service.scoring.answer_relevance import judgements
from service.scoring.bot_part import read_bot_part
from service.scoring.score import Case, Evidence, Score
from service.scoring.unserved import Unserved, Why, unserved


class Gap(StrEnum):
    """Whether the conversation holds a question that the bot lacks the knowledge for."""

    GAP = "gap"
    NONE = "none"


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

NOTHING: Mapping[str, object] = MappingProxyType({"reason": None, "question": None})

LONGEST = 1000
"""Characters of the question that are kept."""


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

    >>> from service.conversation import Author, Message
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
    if not part.bot:
        return Score(verdict=None, reason="No bot wrote to the customer.", details=NOTHING)
    judged = judgements(replace(case, conversation=automated))
    found = unserved(case, part, judged)
    if found:
        return _gap(found[0], case.names)
    return Score(
        verdict=Gap.NONE.value,
        confidence=0.8,
        reason="Nothing shows that the bot lacked knowledge.",
        evidence=tuple(one.shows for one in judged if one.relevant)[:1],
        details=NOTHING,
    )


def _gap(found: Unserved, names: NameFinder) -> Score:
    reason, shows, confidence = SAYS[found.why]
    text = redact(found.question.text[:LONGEST], names=names)
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
