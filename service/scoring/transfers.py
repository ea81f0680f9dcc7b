"""Where a conversation went from one agent to another: as the helpdesk reports it, or as the authors show."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from service.conversation import Author, Conversation, Event, EventKind, Message, Role


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer between agents.

    position: index into the public messages of the first one at or after it, their number when nobody wrote after it.
    at: its time; of a transfer that no event reports, the time of the new agent's first message.
    origin, target: groups or agents as the event names them, else the authors' groups; `None` where not told.
    """

    position: int
    at: datetime | None
    origin: str | None = None
    target: str | None = None


def transfers(conversation: Conversation) -> tuple[Transfer, ...]:
    """The transfers in the order they happened.

    A `transferred` event with a time is one, wherever it stands. Where another agent (or, without ids, an agent of
    another group) goes on and no such event lies between the two messages, that is one too.
    """
    messages = conversation.public
    events = [event for event in conversation.events if event.kind == EventKind.TRANSFERRED]
    found = [_reported(event, event.at, messages) for event in events if event.at is not None]
    positions = sorted({transfer.position for transfer in found})
    last = None
    for position, message in enumerate(messages):
        if message.role is not Role.AGENT:
            continue
        known = last is None or bisect_right(positions, last) < bisect_right(positions, position)
        if last is not None and not known and _is_another(messages[last].author, message.author):
            found.append(Transfer(position, message.at, messages[last].author.group, message.author.group))
        last = position
    return tuple(sorted(found, key=lambda transfer: transfer.position))


def _reported(event: Event, moment: datetime, messages: tuple[Message, ...]) -> Transfer:
    position = next((i for i, m in enumerate(messages) if m.at is not None and m.at >= moment), len(messages))
    return Transfer(position, moment, event.origin, event.target)


def _is_another(earlier: Author, later: Author) -> bool:
    """Whether two authors are surely two agents."""
    if earlier.id is not None and later.id is not None:
        return earlier.id != later.id
    return earlier.group is not None and later.group is not None and earlier.group != later.group
