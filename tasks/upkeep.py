"""What nobody asks for: sending lost work again, finishing windows, asking helpdesks for what we were not told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from service.store import (
    conversations,
    deliveries,
    failures,
    installations,
    late,
    notices,
    pausing,
    report_images,
    report_sending,
    vectors,
    work,
)
from service.store.failure_models import Happened
from service.store.failures import Wrong
from service.store.handing_out import hand_out, hand_out_history
from service.store.work import SCORING, WRITING, Work
from service.telemetry.metrics import GIVEN_UP
from tasks.runtime import Runtime

VECTORS_KEPT = timedelta(days=14)
DELIVERIES_KEPT = timedelta(days=30)
"""Longer than any window: later no conversation is compared with this one any more."""
NOTICES_KEPT = timedelta(days=90)
SENT_KEPT = timedelta(days=400)
"""Longer than any period that is sent."""
log = structlog.get_logger(__name__)


def sweep(runtime: Runtime) -> None:
    """Announce whatever is due and in nobody's hands, probes too; give up what killed its worker each time."""
    now, settings = runtime.clock(), runtime.settings
    with runtime.database.begin() as session:
        for kind in (SCORING, WRITING):
            _give_up(session, kind, now=now, max_attempts=settings.max_attempts)
        conversations.windows_passed(session, now=now)
        to_ingest = deliveries.hand_out(session, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        to_score = hand_out(session, SCORING, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        of_history = hand_out_history(session, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        to_write = hand_out(session, WRITING, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        _tell(SCORING, work.traces(session, to_score))
        _tell(WRITING, work.traces(session, to_write))
        to_probe = pausing.probes_due(session, now=now, first=settings.probe)
    runtime.queue.ask(to_probe)
    runtime.queue.ingest(to_ingest)
    runtime.queue.score(to_score)
    runtime.queue.score_history(of_history)
    runtime.queue.write_back(to_write)


def _give_up(session: Session, kind: Work, *, now: datetime, max_attempts: int) -> None:
    dead = work.park_exhausted(session, kind, now=now, max_attempts=max_attempts)
    if not dead:
        return
    for row_id, error in work.errors(session, kind, dead).items():
        wrong = Wrong(Happened.GIVEN_UP, kind.name, error, max_attempts)
        failures.of_conversations(session, [row_id], wrong, now=now)
    GIVEN_UP.labels(work=kind.name).inc(len(dead))
    for row_id, trace in work.traces(session, dead).items():
        log.error("given_up", work=kind.name, conversation=row_id, trace=trace)


def _tell(kind: Work, traces: Mapping[str, str | None]) -> None:
    """So that whoever follows a trace sees that a message was lost, or a wait over."""
    for row_id, trace in traces.items():
        log.info("announced", work=kind.name, conversation=row_id, trace=trace)


def poll(runtime: Runtime) -> None:
    """Have every helpdesk be asked what ended and what changed, if it may be; each in a task of its own."""
    with runtime.database.read() as session:
        rows = installations.all_of(session)
    # What a webhook told of deleted customers is done for one that is paused or switched off, too.
    runtime.queue.ask([row.id for row in rows if row.disconnected_at is None and not installations.is_imported(row)])


def forget(runtime: Runtime) -> None:
    """Remove cached vectors, settled deliveries and past failures that nobody will ask for again."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        vectors.forget(session, before=now - VECTORS_KEPT)
        deliveries.forget(session, before=now - DELIVERIES_KEPT)
        failures.forget(session, before=now - DELIVERIES_KEPT)
        late.forget(session, before=now - DELIVERIES_KEPT)
        notices.forget(session, before=now - NOTICES_KEPT)
        report_images.forget(session, now=now)
        report_sending.forget(session, before=now - SENT_KEPT)
