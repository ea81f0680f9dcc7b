"""Holding one conversation for one piece of work, and what each failure means for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from connectors.errors import ConnectorError, RetryLater
from service.store import failures, work
from service.store.failure_models import Happened
from service.store.failures import Wrong
from service.store.work import Claim, LeaseLost, Work
from service.telemetry.metrics import GIVEN_UP, PUT_OFF
from service.telemetry.trace import traced
from service.telemetry.unforeseen import told
from tasks import pausing, waiting
from tasks.runtime import Runtime
from tasks.waiting import NOT_COUNTED

LONGEST_WAIT = 3600.0
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
    with traced(kind.name, held.trace, conversation=conversation_id):
        try:
            yield held
        except LeaseLost:
            log.warning("lease_lost")
        except RetryLater as error:
            _may_pause(runtime, conversation_id, error)
            wrong = Wrong(Happened.PUT_OFF, kind.name, str(error), held.attempts)
            counted = not isinstance(error, NOT_COUNTED)
            _postpone(runtime, kind, held, wrong, type(error).__name__, after=error.after, counted=counted)
        except ConnectorError as error:
            _give_up(runtime, kind, held, str(error))
        except Exception as error:
            seen = told(error)
            wrong = Wrong(Happened.PUT_OFF, kind.name, str(seen), held.attempts, seen.frames)
            _postpone(runtime, kind, held, wrong, "unforeseen", after=0.0, counted=True)
            raise


def _may_pause(runtime: Runtime, conversation_id: str, error: RetryLater) -> None:
    """A failure that concerns the whole installation pauses it, before anybody else fails in the same way."""
    if isinstance(error, NOT_COUNTED):
        with runtime.database.read() as session:
            installation_id = pausing.of_conversation(session, conversation_id)
        pausing.noticed(runtime, installation_id, error)


def _give_up(runtime: Runtime, kind: Work, held: Claim, error: str) -> None:
    log.warning("given_up", error=error)
    GIVEN_UP.labels(work=kind.name).inc()
    wrong = Wrong(Happened.GIVEN_UP, kind.name, error, held.attempts)
    with runtime.database.begin() as session:
        work.park(session, kind, held, error=error)
        failures.of_conversations(session, [held.id], wrong, now=runtime.clock())


def _postpone(
    runtime: Runtime, kind: Work, held: Claim, wrong: Wrong, reason: str, *, after: float, counted: bool
) -> None:
    """Due again after what the helpdesk asked for, and no sooner than our own growing wait."""
    seconds = waiting.seconds(runtime.settings, held.attempts, after=after, counted=counted, longest=LONGEST_WAIT)
    log.info("put_off", seconds=round(seconds, 1), error=wrong.error)
    PUT_OFF.labels(work=kind.name, reason=reason).inc()
    now = runtime.clock()
    with runtime.database.begin() as session:
        until = now + timedelta(seconds=seconds)
        work.postpone(session, kind, held, until=until, error=wrong.error, counted=counted)
        if counted:  # A rate limit puts thousands off and says nothing of any of them.
            failures.of_conversations(session, [held.id], wrong, now=now)
