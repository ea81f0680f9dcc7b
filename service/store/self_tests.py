"""Self-tests of installations: asking for one, taking it, keeping what was seen. One row an installation, the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.store.models import Conversation, Delivery, Installation, State
from service.store.self_test_models import Progress, SelfTest
from service.store.statements import insert

LOST_AFTER = timedelta(minutes=5)
"""A test that has run for so long was lost with its worker: it may be asked for again."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came from a helpdesk: when its last genuine webhook, and when one was last refused."""

    genuine_at: datetime | None
    refused_at: datetime | None


def last(session: Session, installation_id: str) -> SelfTest | None:
    """The last self-test, whatever its state."""
    return session.get(SelfTest, installation_id)


def ask(
    session: Session, installation_id: str, *, external_id: str | None = None, write: bool = False, now: datetime
) -> bool:
    """Ask a worker for a test; whether that was done: one that waits or runs already is not asked for twice."""
    values: dict[str, Any] = {
        "state": Progress.ASKED, "asked_at": now, "started_at": None, "finished_at": None,
        "external_id": external_id, "write": write, "steps": [], "unknown": [],
    }  # fmt: skip
    asking = insert(session, SelfTest).values(installation_id=installation_id, **values)
    free = or_(SelfTest.state == Progress.DONE, SelfTest.asked_at < now - LOST_AFTER)
    again = asking.on_conflict_do_update(index_elements=[SelfTest.installation_id], set_=values, where=free)
    return session.execute(again.returning(SelfTest.installation_id)).scalar_one_or_none() is not None


def take(session: Session, *, now: datetime) -> str | None:
    """The installation whose test was asked for first, now marked as running; `None` when nobody asked."""
    waiting = (
        select(SelfTest.installation_id)
        .where(SelfTest.state == Progress.ASKED)
        .order_by(SelfTest.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalar(waiting)
    if found is not None:
        begin(session, found, now=now)
    return found


def begin(session: Session, installation_id: str, *, now: datetime) -> None:
    """Mark a test as running."""
    change(session, installation_id, state=Progress.RUNNING, started_at=now)


def change(session: Session, installation_id: str, **values: Any) -> None:
    """Set columns of a test, e.g. `steps` as far as they were taken."""
    session.execute(update(SelfTest).where(SelfTest.installation_id == installation_id).values(values))


def heard(session: Session, installation_id: str) -> Heard:
    """When the last genuine webhook came and the last refused one."""
    genuine = select(Delivery.received_at).where(Delivery.installation_id == installation_id)
    refused = select(Installation.refused_at).where(Installation.id == installation_id)
    newest = genuine.order_by(Delivery.id.desc()).limit(1)
    return Heard(session.scalar(newest), session.scalar(refused))


def came(session: Session, installation_id: str, event: str) -> bool:
    """Whether a delivery of this kind was recorded, which happens to genuine ones only."""
    found = select(Delivery.id).where(Delivery.installation_id == installation_id, Delivery.event == event)
    return session.scalar(found.limit(1)) is not None


def latest_documents(session: Session, installation_id: str, *, most: int) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The conversations that ended last: their ids on the helpdesk and their documents."""
    statement = (
        select(Conversation.external_id, Conversation.document)
        .where(Conversation.installation_id == installation_id, Conversation.state == State.SCORED)
        .order_by(Conversation.ended_at.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in session.execute(statement) if row[1] is not None]
