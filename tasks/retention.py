"""Dropping texts whose time is over: verdicts, figures and the hashed history stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.store import forgetting, installations, retention, vectors
from service.store.database import Database
from service.store.models import Conversation, Installation
from tasks.runtime import Runtime

AT_ONCE = 100


def drop_old(runtime: Runtime, installation_id: str | None = None) -> int:
    """Drop every text that is past its installation's retention (of one installation, or of all); how many.

    What somebody works on at this moment waits for the next time. Cached vectors that are as old go as well.
    """
    with runtime.database.read() as session:
        rows = [row for row in installations.all_of(session) if installation_id in (None, row.id)]
    kept = [row for row in rows if row.retention_days is not None]
    dropped = sum(_of_one(runtime, row) for row in kept)
    if kept:
        shortest = min(row.retention_days or 0 for row in kept)
        with runtime.database.begin() as session:
            vectors.forget(session, before=runtime.clock() - timedelta(days=shortest))
    return dropped


def _of_one(runtime: Runtime, row: Installation) -> int:
    dropped = 0
    while count := portion(runtime.database, row, now=runtime.clock()):
        dropped += count
    return dropped


def portion(database: Database, row: Installation, *, now: datetime) -> int:
    """Drop the oldest texts past the installation's retention, at most `AT_ONCE`; how many."""
    with database.begin() as session:
        ids = retention.past(session, row, now=now, limit=AT_ONCE)
        if ids:
            forgetting.drop_texts_of(session, ids, now=now, keep_history=True)
    return len(ids)


def drop_if_past(runtime: Runtime, session: Session, row_id: str, installation: Installation) -> bool:
    """Drop the text of a conversation that was only read again long after its end; whether it was.

    One out of the history keeps it for `drop_old`, until the customer's others are scored.
    """
    row = session.get_one(Conversation, row_id)
    if row.backfilled or not retention.past_end(installation, row.ended_at, now=runtime.clock()):
        return False
    forgetting.drop_texts(session, row_id, now=runtime.clock(), keep_history=True)
    return True
