"""Errors nobody foresaw, as the edges of a process deal with them: named and placed, never quoted."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from service.telemetry.faults import report
from service.telemetry.frames import frames

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Unforeseen:
    """What may be kept and shown of such an error: its type and where it was raised. Its text may quote a customer."""

    name: str
    frames: list[str]

    def __str__(self) -> str:
        return f"unforeseen: {self.name}"


def unforeseen(error: Exception) -> Unforeseen:
    """The error without its text."""
    return Unforeseen(type(error).__name__, frames(error))


def told(error: Exception, event: str = "unforeseen", **ids: object) -> Unforeseen:
    """The same, once it is in the log with `ids` and, where that is wanted, with Sentry."""
    seen = unforeseen(error)
    log.error(event, **ids, error=seen.name, frames=seen.frames)
    report(error, **{name: value for name, value in ids.items() if isinstance(value, str)})
    return seen
