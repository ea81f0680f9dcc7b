"""How a conversation that stayed with the bot ended: who witnessed what, and what was left open.

Facts only, read once; `containment` turns them into a class.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.conversation import Conversation, EventKind, Feedback, Message, Role
from service.language.acts import BotAct, Claim, last_claim, read_bot_turns
from service.language.repetition import overlap
from service.language.statements import Outcome, Statement, read_statements
from service.scoring.complexity import simplicity
from service.scoring.ratings import BAD, GOOD, share_of_best

CERTAIN = 0.5
"""Probability from which a bot message counts as doing something."""

SAME_ANSWER = 0.8
"""Overlap from which a bot message is its earlier answer again."""

DECISIVE = frozenset({Outcome.WORKS, Outcome.FAILS, Outcome.REJECTS, Outcome.GIVES_UP, Outcome.DEFERS, Outcome.TRIES})


_NUMBER = re.compile(r"\d+")

FEWEST_WORDS = 4
"""Words from which a last message that is no question still tells something."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of the end of a contained conversation.

    closing: the last bot message that does anything (pleasantries do nothing), with its act.
    last_word: the customer's last decisive statement, and whether it came `after` the closing message.
    accepted: the customer took the closing message without protest ("ok", "thanks"); silent: wrote nothing after it.
    feedback: the last bot message with a thumb, unless the customer said something decisive after it.
    action: +1 when the helpdesk last reported a completed action, -1 a failed one, 0 none.
    rating: +1 good, -1 bad, 0 neither.
    repeating: the closing message is an earlier answer of the bot again.
    unanswered: the customer's last message got no answer though it asks or tells something.
    """

    claim: Claim
    simple: float
    closing: Message | None
    act: BotAct | None
    last_word: Statement | None
    after: bool
    accepted: bool
    silent: bool
    feedback: Message | None
    action: int
    rating: int
    repeating: bool
    unanswered: Message | None


def read_ending(conversation: Conversation) -> Ending:
    """The facts of the end of `conversation`."""
    messages = conversation.public
    acts = read_bot_turns(messages)
    claim = last_claim([(act.success, act.failure) for act in acts])
    position = {message.id: index for index, message in enumerate(messages)}
    closing_act = next((act for act in reversed(acts) if _does_something(act)), None)
    closing_at = -1 if closing_act is None else position[closing_act.message_id]
    statements = read_statements(messages)
    last_word = next((s for s in reversed(statements) if s.outcome in DECISIVE), None)
    later = [m for m in messages[closing_at + 1 :] if m.role is Role.CUSTOMER]
    taken = {s.message.id for s in statements if s.outcome in (Outcome.ACCEPTS, Outcome.WORKS)}
    bot_texts = [message.text for message in messages if message.role is Role.BOT]
    return Ending(
        claim=claim,
        simple=simplicity(bot_texts, claims_success=any(act.success >= CERTAIN for act in acts)),
        closing=messages[closing_at] if closing_act else None,
        act=closing_act,
        last_word=last_word,
        after=last_word is not None and position[last_word.message.id] > closing_at,
        accepted=bool(later) and all(m.id in taken for m in later),
        silent=not later,
        feedback=_feedback(messages, last_word, position),
        action=_last_action(conversation),
        rating=_rating(conversation),
        repeating=closing_act is not None and _repeats(messages, closing_at),
        unanswered=_unanswered(messages, {s.message.id for s in statements}),
    )


def _does_something(act: BotAct) -> bool:
    return max(act.useful, act.success, act.failure, act.no_answer, act.asks) >= CERTAIN


def _feedback(messages: Sequence[Message], last_word: Statement | None, position: dict[str, int]) -> Message | None:
    rated = next((m for m in reversed(messages) if m.role is Role.BOT and m.feedback is not None), None)
    if rated is None or last_word is None or position[last_word.message.id] < position[rated.id]:
        return rated
    agree = (last_word.outcome is Outcome.WORKS) == (rated.feedback is Feedback.HELPFUL)
    return rated if agree else None


def _last_action(conversation: Conversation) -> int:
    signs = {EventKind.ACTION_COMPLETED.value: 1, EventKind.ACTION_FAILED.value: -1}
    return next((signs[str(e.kind)] for e in reversed(conversation.events) if str(e.kind) in signs), 0)


def _rating(conversation: Conversation) -> int:
    share = share_of_best(conversation.rating)
    if share is None or BAD < share < GOOD:
        return 0
    return 1 if share >= GOOD else -1


def _repeats(messages: Sequence[Message], closing_at: int) -> bool:
    """Whether the bot said the same before, and the customer wrote in between."""
    closing = messages[closing_at]
    earlier = messages[:closing_at]
    last_customer = max((i for i, m in enumerate(earlier) if m.role is Role.CUSTOMER), default=-1)
    before = [m for m in earlier[: last_customer + 1] if m.role is Role.BOT]
    numbers = _NUMBER.findall(closing.text)
    return any(overlap(closing.text, m.text) >= SAME_ANSWER and _NUMBER.findall(m.text) == numbers for m in before)


def _unanswered(messages: Sequence[Message], stated: set[str]) -> Message | None:
    last = messages[-1] if messages else None
    if last is None or last.role is not Role.CUSTOMER or last.id in stated:
        return None
    return last if "?" in last.text or len(last.text.split()) >= FEWEST_WORDS else None
