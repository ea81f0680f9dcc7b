"""What happened between the messages of a conversation, in plain words, put among them by time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, TypeVar

from service.conversation import Event, EventKind, Message


class Timed(Protocol):
    """A line with a message in it."""

    @property
    def message(self) -> Message:
        """What was written, and when."""
        ...


L = TypeVar("L", bound=Timed)


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened between two messages, in plain words."""

    text: str
    at: datetime | None


_SAID: Mapping[str, str] = MappingProxyType(
    {
        EventKind.HANDOFF: "Handed over to a human",
        EventKind.ASSIGNED: "Assigned",
        EventKind.CLOSED: "Closed",
        EventKind.REOPENED: "Reopened",
        EventKind.RATED: "Rated by the customer",
        EventKind.FEEDBACK: "Feedback on an answer",
        EventKind.LINK_CLICKED: "Link opened",
        EventKind.ACTION_COMPLETED: "Action completed",
        EventKind.ACTION_FAILED: "Action failed",
        EventKind.TRANSFERRED: "Transferred",
        EventKind.CHANNEL_CHANGED: "Channel changed",
        EventKind.REDACTED: "A message was removed",
    }
)


def _marker(event: Event) -> Marker | None:
    said = _SAID.get(event.kind)
    if said is None:
        return None
    by = f" by the {event.by}" if event.by else ""
    where = f" to {event.target}" if event.target and event.kind != EventKind.CLOSED else ""
    return Marker(f"{said}{by}{where}", event.at)


def woven(lines: Sequence[L], events: Sequence[Event]) -> tuple[L | Marker, ...]:
    """Lines and markers by time; what has no time keeps its place among the lines, markers without one are left out."""
    markers = sorted(
        (marker for event in events if event.at is not None and (marker := _marker(event)) is not None),
        key=lambda marker: marker.at.timestamp() if marker.at else 0.0,
    )
    entries: list[L | Marker] = []
    for line in lines:
        while markers and line.message.at and markers[0].at and markers[0].at < line.message.at:
            entries.append(markers.pop(0))
        entries.append(line)
    return (*entries, *markers)
