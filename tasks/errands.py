"""Taking the next step of an errand, and what each failure means for it. What the steps do is in the modules beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

import structlog

from connectors.errors import ConnectorError, RetryLater
from service.store import errands
from service.store.errand_models import Errand, ErrandKind
from service.store.work import LeaseLost
from service.telemetry.unforeseen import unforeseen
from tasks import leaving, waiting, writing_planned
from tasks.runtime import Runtime
from tasks.waiting import NOT_COUNTED

AT_MOST = 20.0
"""Seconds for the steps of one task: others wait for the same worker. What is left is done by the next one."""
LONGEST_WAIT = 900.0
STEPS: Mapping[str, Callable[[Runtime, Errand], None]] = MappingProxyType(
    {ErrandKind.WRITE: writing_planned.step, ErrandKind.LEAVE: leaving.step}
)
log = structlog.get_logger(__name__)


def work(runtime: Runtime) -> None:
    """Take the steps that are due, of all errands in turn."""
    until = time.monotonic() + AT_MOST
    while time.monotonic() < until:
        with runtime.database.read() as session:
            due = errands.due(session, now=runtime.clock())
        if not sum(take_step(runtime, errand_id) for errand_id in due):
            return


def take_step(runtime: Runtime, errand_id: int) -> bool:
    """Take the next step of one errand; whether it got somewhere."""
    settings = runtime.settings
    with runtime.database.begin() as session:
        errand = errands.claim(
            session, errand_id, now=runtime.clock(), lease=settings.lease, max_attempts=settings.max_attempts
        )
    if errand is None:
        return False
    try:
        STEPS[errand.kind](runtime, errand)
    except LeaseLost:
        log.warning("lease_lost", errand=errand_id)
    except ConnectorError as error:
        after = error.after if isinstance(error, RetryLater) else 0.0
        _failed(runtime, errand, str(error), after, counted=not isinstance(error, NOT_COUNTED))
    except Exception as error:
        _failed(runtime, errand, str(unforeseen(error)), 0.0, counted=True)
        raise
    else:
        return True
    return False


def _failed(runtime: Runtime, errand: Errand, error: str, after: float, *, counted: bool) -> None:
    """Again after what the helpdesk asked for, and no sooner than our own growing wait."""
    seconds = waiting.seconds(runtime.settings, errand.attempts, after=after, counted=counted, longest=LONGEST_WAIT)
    log.info("errand_put_off", errand=errand.id, seconds=round(seconds, 1), error=error)
    with runtime.database.begin() as session:
        row = errands.held(session, errand)
        due_at = runtime.clock() + timedelta(seconds=seconds)
        errands.step_failed(row, due_at=due_at, error=error, counted=counted)
