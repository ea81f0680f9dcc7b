"""What nobody asks for: sending lost work again, finishing windows, asking helpdesks for what we were not told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy.orm import Session

from connectors.errors import ConnectorError
from service.store import conversations, deliveries, failures, installations, vectors, work
from service.store.failure_models import Happened
from service.store.failures import Wrong
from service.store.models import Conversation, Installation, State
from service.store.work import SCORING, WRITING, Work
from service.telemetry.metrics import GIVEN_UP
from tasks.runtime import Runtime

OVERLAP = timedelta(minutes=5)
"""Helpdesks list what ended with a delay: each poll looks back so far before the last one."""
AT_ONCE = 100
VECTORS_KEPT = timedelta(days=14)
DELIVERIES_KEPT = timedelta(days=30)
"""Longer than any window: later no conversation is compared with this one any more."""
log = structlog.get_logger(__name__)


def sweep(runtime: Runtime) -> None:
    """Announce whatever is due and in nobody's hands; give up what killed its worker each time."""
    now, settings = runtime.clock(), runtime.settings
    with runtime.database.begin() as session:
        for kind in (SCORING, WRITING):
            _give_up(session, kind, now=now, max_attempts=settings.max_attempts)
        conversations.windows_passed(session, now=now)
        to_ingest = deliveries.hand_out(session, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        to_score = work.hand_out(session, SCORING, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        to_write = work.hand_out(session, WRITING, now=now, hold=settings.hold, max_attempts=settings.max_attempts)
        _tell(SCORING, work.traces(session, to_score))
        _tell(WRITING, work.traces(session, to_write))
    runtime.queue.ingest(to_ingest)
    runtime.queue.score(to_score)
    runtime.queue.write_back(to_write)


def _give_up(session: Session, kind: Work, *, now: datetime, max_attempts: int) -> None:
    dead = work.park_exhausted(session, kind, now=now, max_attempts=max_attempts)
    if not dead:
        return
    wrong = Wrong(Happened.GIVEN_UP, kind.name, work.DIED, max_attempts)
    failures.of_conversations(session, dead, wrong, now=now)
    GIVEN_UP.labels(work=kind.name).inc(len(dead))
    for row_id, trace in work.traces(session, dead).items():
        log.error("given_up", work=kind.name, conversation=row_id, trace=trace)


def _tell(kind: Work, traces: Mapping[str, str | None]) -> None:
    """So that whoever follows a trace sees that a message was lost, or a wait over."""
    for row_id, trace in traces.items():
        log.info("announced", work=kind.name, conversation=row_id, trace=trace)


def poll(runtime: Runtime) -> None:
    """Ask every helpdesk for conversations that ended since the last time; one that fails does not stop the others."""
    with runtime.database.read() as session:
        rows = installations.all_of(session, enabled_only=True)
    for row in rows:
        try:
            found = _poll(runtime, row)
        except ConnectorError as error:
            log.warning("poll_failed", installation=row.id, error=str(error))
            continue
        log.info("polled", installation=row.id, found=found)


def _poll(runtime: Runtime, row: Installation) -> int:
    """Look at one helpdesk. The cursor moves only when its whole list was read."""
    now = runtime.clock()
    since = (row.polled_until or row.created_at) - OVERLAP
    ended = runtime.client(row).ended_since(since)
    found = 0
    while ids := list(islice(ended, AT_ONCE)):
        found += _announce_missed(runtime, row, ids, since=since)
    with runtime.database.begin() as session:
        installations.change(session, row.id, polled_until=now)
    return found


def _announce_missed(runtime: Runtime, row: Installation, external_ids: Sequence[str], *, since: datetime) -> int:
    """Ask for those that no webhook told us of; how many."""
    now, missed = runtime.clock(), 0
    with runtime.database.begin() as session:
        for external_id in sorted(external_ids):
            known = session.get(Conversation, conversations.conversation_id(row.connector, row.account, external_id))
            if known is None or _was_missed(known, since):
                conversations.announce(session, row, external_id, at=now + runtime.settings.settle, now=now)
                missed += 1
    return missed


def _was_missed(known: Conversation, since: datetime) -> bool:
    """Not waiting already, not given up, and not read since the poll before."""
    if known.due_at is not None or known.state == State.DEAD:
        return False
    return known.state == State.OPEN or known.read_at is None or known.read_at < since


def forget(runtime: Runtime) -> None:
    """Remove cached vectors, settled deliveries and past failures that nobody will ask for again."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        vectors.forget(session, before=now - VECTORS_KEPT)
        deliveries.forget(session, before=now - DELIVERIES_KEPT)
        failures.forget(session, before=now - DELIVERIES_KEPT)
