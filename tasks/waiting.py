"""How long work that failed waits before it is tried again, and which failures count as tries."""

from __future__ import annotations

from connectors.errors import CredentialsRefused, Throttled
from service.settings import Settings

NOT_COUNTED = (Throttled, CredentialsRefused)
"""Failures that say nothing of what is worked on: it waits as long as they last and is never given up for them."""


def seconds(settings: Settings, attempts: int, *, after: float, counted: bool, longest: float) -> float:
    """What the helpdesk asked for (`after`), and no less than our own wait, which doubles with each counted attempt up
    to `longest`."""
    backoff = settings.retry_seconds * 2 ** (attempts - 1) if counted else 0.0
    return max(after, min(backoff, longest))
