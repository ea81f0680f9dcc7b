"""Connected helpdesks: reading and changing them. Secrets go in and out encrypted only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from service.store.models import Installation
from service.store.statements import one_of


class UnknownInstallation(LookupError):
    """No installation goes by this name; the message says which."""


IMPORTED = "imported"
"""The option of an installation whose conversations come from a file: no helpdesk stands behind it."""


@dataclass(frozen=True, slots=True)
class NewInstallation:
    """What is needed to connect a helpdesk; `secrets` are encrypted. Writing is off unless asked for."""

    connector: str
    account: str
    base_url: str
    secrets: bytes
    prefix: str
    options: Mapping[str, Any] = field(default_factory=dict)
    account_group: str | None = None
    writing: bool = False
    id: str = field(default_factory=lambda: token_hex(6))


def add(session: Session, new: NewInstallation, *, now: datetime) -> Installation:
    """Store a new installation. Conversations that ended before `now` are not looked for."""
    row = Installation(
        id=new.id,
        connector=new.connector,
        account=new.account,
        account_group=new.account_group,
        base_url=new.base_url.rstrip("/"),
        secrets=new.secrets,
        options=dict(new.options),
        prefix=new.prefix,
        enabled=True,
        writing=new.writing,
        actor_ids=None,
        polled_until=now,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, installation_id: str) -> Installation | None:
    """The installation with this id."""
    return session.get(Installation, installation_id)


def locked(session: Session, installation_id: str) -> Installation | None:
    """The same, its row locked and as it is now: for whoever changes secrets or options that others change as well."""
    return session.get(Installation, installation_id, with_for_update=True, populate_existing=True)


def is_imported(row: Installation | Row[Any]) -> bool:
    """Whether its conversations come from a file: nothing can be read from it or written to it."""
    return bool(row.options.get(IMPORTED))


def working(row: Installation, now: datetime) -> bool:
    """Whether its helpdesk may be asked now: switched on, not left, and not waiting by itself for its helpdesk.

    Nothing of a helpdesk is read or written while this is false; what is due waits and loses no attempt.
    """
    left = row.disconnected_at is not None and row.disconnected_at <= now
    paused = row.paused_at is not None and row.paused_at <= now
    return row.enabled and not left and not paused


def is_working(now: datetime) -> ColumnElement[bool]:
    """The same as a condition on rows of `Installation`."""
    left, paused = Installation.disconnected_at, Installation.paused_at
    return and_(Installation.enabled, or_(left.is_(None), left > now), or_(paused.is_(None), paused > now))


def plain(connection: Connection, installation_id: str) -> Row[Any] | None:
    """The installation's columns by name, without the object mapping: for the webhook's fast path."""
    return connection.execute(_PLAIN, {"wanted": installation_id}).one_or_none()


def count_refused(connection: Connection, installation_id: str, many: int = 1, *, now: datetime) -> None:
    """So many more webhooks whose signature did not match; a statement by itself.

    One that was disconnected has no secret any more, and its helpdesk may go on sending: that is no trouble.
    """
    columns = _TABLE.c
    statement = update(Installation).where(columns.id == installation_id, columns.disconnected_at.is_(None))
    connection.execute(statement.values(refused_count=columns.refused_count + many, refused_at=now))


def refused_since(row: Installation, heard_at: datetime | None) -> datetime | None:
    """When the last webhook was refused, unless a genuine one came after it: then all is well again."""
    if row.refused_at is None or (heard_at is not None and heard_at > row.refused_at):
        return None
    return row.refused_at


_TABLE = Installation.__table__
_PLAIN = select(_TABLE).where(_TABLE.c.id == bindparam("wanted"))


def all_of(
    session: Session, *, enabled_only: bool = False, within: Collection[str] | None = None
) -> Sequence[Installation]:
    """All installations, or those of `within`, by connector and account."""
    statement = (
        select(Installation)
        .where(one_of(Installation.id, within))
        .order_by(Installation.connector, Installation.account)
    )
    if enabled_only:
        statement = statement.where(Installation.enabled)
    return session.scalars(statement).all()


def named(session: Session, names: Iterable[str], *, within: Collection[str] | None = None) -> tuple[str, ...]:
    """Ids of the installations that ids, helpdesks or accounts name. Raises `UnknownInstallation`, also for one that is
    not `within`."""
    rows = all_of(session, within=within)
    found: dict[str, None] = {}
    for name in names:
        ids = [row.id for row in rows if name in (row.id, row.connector, row.account)]
        if not ids:
            raise UnknownInstallation(f"no helpdesk is connected as {name}")
        found.update(dict.fromkeys(ids))
    return tuple(found)


def change(session: Session, installation_id: str, **values: Any) -> None:
    """Set columns, e.g. `writing=True`, `secrets=...`, `options=...`, `polled_until=...`."""
    session.execute(update(Installation).where(Installation.id == installation_id).values(values))


def remember_actors(session: Session, installation_id: str, actor_ids: Iterable[str]) -> None:
    """Keep the ids under which our own writes come back as webhooks."""
    change(session, installation_id, actor_ids=sorted(actor_ids))
