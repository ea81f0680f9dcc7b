"""The handoff from bot to human: where and when it was, what caused it, how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.conversation import Conversation, Event, EventKind, Initiator, Message, Role, handoff_position
from service.scoring.human_needed import Need, Reason


@dataclass(frozen=True, slots=True)
class Handoff:
    """The handoff: index into the public messages, its time, its event if it has one, and the first agent message."""

    position: int
    at: datetime | None
    event: Event | None
    answer: Message | None


def find_handoff(conversation: Conversation) -> Handoff | None:
    """The handoff as `conversation.handoff_position` defines it; `None` when there was none."""
    position = handoff_position(conversation)
    if position is None:
        return None
    event = next((e for e in conversation.events if e.kind == EventKind.HANDOFF), None)
    answer = next((m for m in conversation.public[position:] if m.role is Role.AGENT), None)
    at = event.at if event and event.at else None
    return Handoff(position, at or (answer.at if answer else None), event, answer)


def bot_took_part(messages: Sequence[Message], handoff: Handoff | None) -> bool:
    """Whether a bot spoke before any agent did; with a handoff event any bot message counts."""
    first = next((m.role for m in messages if m.role in (Role.BOT, Role.AGENT)), None)
    return first is Role.BOT or (handoff is not None and handoff.event is not None)


def bot_turns(messages: Sequence[Message], start: int, end: int, announced: frozenset[int]) -> int:
    """Bot turns between two messages: consecutive bot messages are one, announcements of the handoff none."""
    turns, speaking = 0, messages[start].role is Role.BOT
    for i in range(start + 1, end):
        if messages[i].role is Role.CUSTOMER:
            speaking = False
        elif messages[i].role is Role.BOT and i not in announced and not speaking:
            turns, speaking = turns + 1, True
    return turns


def seconds_until(message: Message, handoff: Handoff) -> float | None:
    """From `message` to the handoff; `None` without both times."""
    if message.at is None or handoff.at is None:
        return None
    return max(0.0, (handoff.at - message.at).total_seconds())


def seconds_between(earlier: Message, later: Message) -> float | None:
    """From one message to another, at least 0; `None` without both times."""
    if earlier.at is None or later.at is None:
        return None
    return max(0.0, (later.at - earlier.at).total_seconds())


def trigger_of(handoff: Handoff, need: Need) -> str:
    """Who caused the handoff: as reported, else the customer who asked, the bot that announced it, or a rule."""
    by = handoff.event.by if handoff.event else None
    if by in (Initiator.BOT, Initiator.CUSTOMER, Initiator.RULE):
        return str(by)
    if any(s.reason is Reason.CUSTOMER_REQUEST for s in need.signs):
        return str(Initiator.CUSTOMER)
    return str(Initiator.BOT if need.announced else Initiator.RULE)
