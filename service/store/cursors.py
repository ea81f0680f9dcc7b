"""How far lists of helpdesks were read, whose turn it is to read them, and when recurring work last ran."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.store.statements import insert
from service.store.upkeep_models import Cursor, Heartbeat


def get(session: Session, installation_id: str, name: str) -> tuple[str, datetime] | None:
    """The cursor of this name and when it was set; `None` when there is none."""
    row = session.get(Cursor, (installation_id, name))
    return None if row is None else (row.value, row.changed_at)


def put(session: Session, installation_id: str, name: str, value: str, *, now: datetime) -> None:
    """Set a cursor."""
    new = insert(session, Cursor).values(installation_id=installation_id, name=name, value=value, changed_at=now)
    unique = [Cursor.installation_id, Cursor.name]
    session.execute(new.on_conflict_do_update(index_elements=unique, set_={"value": value, "changed_at": now}))


def named(session: Session, installation_id: str, beginning: str) -> Mapping[str, str]:
    """Cursors whose names begin so, oldest first."""
    here = (Cursor.installation_id == installation_id, Cursor.name.startswith(beginning, autoescape=True))
    rows = session.execute(select(Cursor.name, Cursor.value).where(*here).order_by(Cursor.changed_at, Cursor.name))
    return {str(name): str(value) for name, value in rows}


def drop(session: Session, installation_id: str, name: str) -> None:
    """Remove a cursor."""
    session.execute(delete(Cursor).where(Cursor.installation_id == installation_id, Cursor.name == name))


def take(session: Session, installation_id: str, name: str, token: str, *, now: datetime, lease: timedelta) -> bool:
    """Take the turn `name` for whoever has `token`, or keep it; whether it is theirs. It ends after `lease`."""
    new = insert(session, Cursor).values(installation_id=installation_id, name=name, value=token, changed_at=now)
    free = (Cursor.changed_at <= now - lease) | (Cursor.value == token)
    statement = new.on_conflict_do_update(
        index_elements=[Cursor.installation_id, Cursor.name], set_={"value": token, "changed_at": now}, where=free
    )
    return session.execute(statement.returning(Cursor.value)).first() is not None


def release(session: Session, installation_id: str, name: str, token: str) -> None:
    """Give the turn back, if it is still theirs."""
    whose = (Cursor.installation_id == installation_id, Cursor.name == name, Cursor.value == token)
    session.execute(delete(Cursor).where(*whose))


def beat(session: Session, name: str, *, now: datetime) -> datetime | None:
    """Recurring work runs now; when it ran before, `None` when never."""
    before = last_beat(session, name)
    new = insert(session, Heartbeat).values(name=name, at=now)
    session.execute(new.on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": now}))
    return before


def last_beat(session: Session, name: str) -> datetime | None:
    """When recurring work last ran; `None` when never."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
