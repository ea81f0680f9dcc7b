"""Which notices the alert channel has still to be told of, and what became of telling it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.store.models import Installation
from service.store.upkeep_models import Notice

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
GIVEN_UP = timedelta(days=1)
"""What could not be told for so long is not told any more; the pages show it."""


def due(session: Session, *, now: datetime, limit: int = 20) -> Sequence[tuple[Notice, Installation | None]]:
    """Notices to be told now, the oldest first, each put off beforehand: nobody else tells it meanwhile."""
    waiting = (
        select(Notice).where(Notice.send_due_at <= now).order_by(Notice.send_due_at, Notice.id).limit(limit)
    ).with_for_update(skip_locked=True)
    rows = session.scalars(waiting).all()
    for row in rows:
        row.send_attempts += 1
        row.send_due_at = now + min(FIRST_WAIT * 2 ** (row.send_attempts - 1), LONGEST_WAIT)
        if now - (row.closed_at or row.first_at) > GIVEN_UP:
            row.send_due_at = None
    found = {row.installation_id for row in rows if row.installation_id is not None}
    known = {each.id: each for each in session.scalars(select(Installation).where(Installation.id.in_(found)))}
    return [(row, known.get(row.installation_id or "")) for row in rows]


def told(session: Session, notice_id: int, *, over: bool, now: datetime) -> None:
    """The channel has taken it. What has come back since it was put together is not over: nothing more is sent."""
    values: dict[str, object] = {"send_due_at": None, "send_attempts": 0, "send_error": None}
    values["over_told_at" if over else "told_at"] = now
    session.execute(update(Notice).where(Notice.id == notice_id).values(values))


def failed(session: Session, notice_id: int, error: str) -> None:
    """The channel did not take it; it is tried again later."""
    session.execute(update(Notice).where(Notice.id == notice_id).values(send_error=error[:255]))


def discard(session: Session) -> None:
    """There is no channel: nothing waits to be told."""
    session.execute(update(Notice).where(Notice.send_due_at.is_not(None)).values(send_due_at=None))
