"""Pausing an installation by itself: no helpdesk is asked while it is paused, but for one probe now and then.

What is due stays due and loses no attempt; webhooks are taken as ever. A pause ends when a probe succeeds or when new
credentials were saved, and what was put off is due at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import case, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from service.store import notices, work
from service.store.models import Conversation, Installation
from service.store.notices import Kind
from service.store.statements import insert
from service.store.upkeep_models import Throttling
from service.store.work import SCORING, WRITING

LONGEST = timedelta(minutes=30)
"""Between two probes."""
FEWEST = 10
"""Refusals for lack of quota that make a trouble of it; fewer are a burst."""
REASONS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CREDENTIALS_REFUSED: "The helpdesk refuses our credentials.",
        Kind.QUOTA_GONE: "The helpdesk's API quota is used up.",
    }
)
ADVICE: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CREDENTIALS_REFUSED: "Enter valid credentials on the helpdesk's page, or sign in there again; "
        "the work then goes on at once.",
        Kind.QUOTA_GONE: "Wait, or see in the helpdesk who else uses its API; the work goes on by itself.",
    }
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much due work of an installation waits."""

    to_score: int
    to_write: int

    @property
    def all(self) -> int:
        """Both together."""
        return self.to_score + self.to_write


def pause(session: Session, installation_id: str, kind: Kind, *, now: datetime, until: datetime) -> bool:
    """Ask the helpdesk nothing until a probe, not before `until`, succeeds; whether it was not paused already."""
    statement = (
        update(Installation)
        .where(Installation.id == installation_id, Installation.paused_at.is_(None))
        .values(paused_at=now, paused_until=until, paused_reason=REASONS[kind])
        .returning(Installation.id)
    )
    if session.execute(statement).first() is None:
        return False
    text = f"{REASONS[kind]} Nothing is read or written meanwhile; webhooks are still taken. {ADVICE[kind]}"
    notices.raised(session, kind, text, now=now, installation_id=installation_id)
    return True


def probes_due(session: Session, *, now: datetime, first: timedelta) -> list[str]:
    """Paused installations to be asked whether they answer again. Each is handed out once an interval.

    The interval is as long as the pause has lasted, at least `first`, at most `LONGEST`.
    """
    due = (
        select(Installation)
        .where(Installation.paused_at.is_not(None), Installation.paused_until <= now, Installation.enabled)
        .where(or_(Installation.disconnected_at.is_(None), Installation.disconnected_at > now))
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    for row in rows:
        assert row.paused_at is not None, "the statement says so"
        row.paused_until = now + min(max(now - row.paused_at, first), LONGEST)
    return [row.id for row in rows]


def not_before(session: Session, installation_id: str, moment: datetime) -> None:
    """No probe before `moment`."""
    statement = update(Installation).where(Installation.id == installation_id, Installation.paused_until < moment)
    session.execute(statement.values(paused_until=moment))


def resume(session: Session, installation_id: str, *, now: datetime) -> bool:
    """The helpdesk may be asked again, and what was put off is due at once; whether it was paused."""
    statement = update(Installation).where(Installation.id == installation_id, Installation.paused_at.is_not(None))
    values = {"paused_at": None, "paused_until": None, "paused_reason": None}
    was = session.execute(statement.values(values).returning(Installation.id)).first() is not None
    for kind in REASONS:
        notices.close(session, kind, now=now, installation_id=installation_id)
    session.execute(delete(Throttling).where(Throttling.installation_id == installation_id))
    work.hasten(session, installation_id, now=now)
    return was


def refused_for_quota(session: Session, installation_id: str, *, now: datetime, patience: timedelta) -> bool:
    """The helpdesk said once more that we ask too much; whether that has gone on for `patience` with nothing between.

    A conversation that was read or written meanwhile shows that there is quota left now and then.
    """
    first = insert(session, Throttling).values(installation_id=installation_id, since=now, count=1)
    again = first.on_conflict_do_update(index_elements=[Throttling.installation_id], set_=_once_more(now, patience))
    since, count = session.execute(again.returning(Throttling.since, Throttling.count)).one()
    if count < FEWEST or now - since < patience:
        return False
    moved = exists().where(
        Conversation.installation_id == installation_id,
        or_(Conversation.read_at > since, Conversation.written_at > since),
    )
    if session.scalar(select(moved)):
        start_anew = update(Throttling).where(Throttling.installation_id == installation_id)
        session.execute(start_anew.values(since=now, count=1))
        return False
    return True


def _once_more(now: datetime, patience: timedelta) -> dict[str, Any]:
    """A row that nobody has touched for long is of another time: it starts anew."""
    old = Throttling.since < now - 4 * patience
    return {
        "since": case((old, now), else_=Throttling.since),
        "count": case((old, 1), else_=Throttling.count + 1),
    }


def waiting(session: Session, installation_id: str, *, now: datetime) -> Waiting:
    """The installation's due work."""

    def count(due: Any) -> int:
        statement = select(func.count()).where(Conversation.installation_id == installation_id, due <= now)
        return int(session.scalar(statement) or 0)

    return Waiting(count(SCORING.due_at), count(WRITING.due_at))
