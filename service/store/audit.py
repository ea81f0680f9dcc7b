"""The audit log: who did what to what, and when. Nothing here changes or removes an entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.store.people_models import AuditEntry
from service.store.queries import MOST_PAGES, PAGE, Page

COMMAND_LINE = "command line"
"""The actor of whatever is done with the `deskmark` command."""

NOTHING: Mapping[str, str] = MappingProxyType({})
LONGEST = 255


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    target: str,
    installation_id: str | None = None,
    now: datetime,
    details: Mapping[str, str] = NOTHING,
) -> None:
    """Write down that `actor` did `action` (verb and noun, such as "look at transcript") to `target`.

    It is part of the transaction: a change that is rolled back was not made. `details` are short words and ids, never
    a customer's text and never a secret.
    """
    session.add(
        AuditEntry(
            at=now,
            actor=actor[:LONGEST],
            action=action,
            target=target[:LONGEST],
            installation_id=installation_id,
            details=dict(details),
        )
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries; all that is given holds. `since` and `until` are days, both included, UTC."""

    actor: str = ""
    action: str = ""
    installation_id: str = ""
    since: date | None = None
    until: date | None = None


def page(session: Session, sought: Sought, *, number: int = 1) -> Page[AuditEntry]:
    """Entries, the latest first."""
    number = min(max(1, number), MOST_PAGES)
    statement = _found(sought).limit(PAGE + 1).offset((number - 1) * PAGE)
    rows = session.scalars(statement).all()
    return Page(rows[:PAGE], number, len(rows) > PAGE)


def every(session: Session, sought: Sought) -> Iterator[AuditEntry]:
    """All of them, the latest first, a batch at a time."""
    yield from session.scalars(_found(sought).execution_options(yield_per=1000))


def actions(session: Session) -> Sequence[str]:
    """What has been done so far, by name."""
    return session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()


def done_since(session: Session, installation_id: str, actions: Collection[str], moment: datetime) -> bool:
    """Whether one of the actions was done to the installation after `moment`."""
    mine = (AuditEntry.installation_id == installation_id, AuditEntry.at > moment)
    return session.scalar(select(AuditEntry.id).where(*mine, AuditEntry.action.in_(actions)).limit(1)) is not None


def _found(sought: Sought) -> Select[AuditEntry]:
    statement = select(AuditEntry).order_by(AuditEntry.id.desc())
    for column, value in (
        (AuditEntry.actor, sought.actor),
        (AuditEntry.action, sought.action),
        (AuditEntry.installation_id, sought.installation_id),
    ):
        if value:
            statement = statement.where(column == value)
    if sought.since is not None:
        statement = statement.where(AuditEntry.at >= _midnight(sought.since))
    if sought.until is not None:
        statement = statement.where(AuditEntry.at < _midnight(sought.until) + timedelta(days=1))
    return statement


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
