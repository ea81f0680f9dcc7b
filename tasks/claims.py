"""Holding one conversation for one piece of work, and what each failure means for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from connectors.errors import ConnectorError, CredentialsRefused, RetryLater, Throttled
from service.store import work
from service.store.work import Claim, LeaseLost, Work
from tasks.runtime import Runtime

LONGEST_WAIT = 3600.0
NOT_COUNTED = (Throttled, CredentialsRefused)
"""Failures that say nothing of the conversation: it waits as long as they last and is never given up for them."""
log = structlog.get_logger(__name__)


@contextmanager
def claimed(runtime: Runtime, kind: Work, conversation_id: str) -> Iterator[Claim | None]:
    """Hold a due conversation; yields `None` when it is not due, or held by somebody else.

    The body calls `work.finish`. What it raises decides what happens next: `RetryLater` puts the work off, any other
    `ConnectorError` gives it up until somebody looks, and anything unforeseen puts it off and is raised further.
    """
    settings = runtime.settings
    with runtime.database.begin() as session:
        held = work.claim(
            session,
            kind,
            conversation_id,
            now=runtime.clock(),
            lease=settings.lease,
            max_attempts=settings.max_attempts,
        )
    if held is None:
        yield None
        return
    try:
        yield held
    except LeaseLost:
        log.warning("lease_lost", conversation=conversation_id)
    except RetryLater as error:
        _postpone(runtime, kind, held, str(error), error.after, counted=not isinstance(error, NOT_COUNTED))
    except ConnectorError as error:
        log.warning("given_up", conversation=conversation_id, error=str(error))
        with runtime.database.begin() as session:
            work.park(session, kind, held, error=str(error))
    except Exception as error:
        _postpone(runtime, kind, held, f"unforeseen: {type(error).__name__}", 0.0, counted=True)
        raise


def _postpone(runtime: Runtime, kind: Work, held: Claim, error: str, after: float, *, counted: bool) -> None:
    """Due again after what the helpdesk asked for, and no sooner than our own growing wait."""
    backoff = runtime.settings.retry_seconds * 2 ** (held.attempts - 1) if counted else 0.0
    seconds = max(after, min(backoff, LONGEST_WAIT))
    log.info("put_off", conversation=held.id, seconds=round(seconds, 1), error=error)
    until = runtime.clock() + timedelta(seconds=seconds)
    with runtime.database.begin() as session:
        work.postpone(session, kind, held, until=until, error=error, counted=counted)
