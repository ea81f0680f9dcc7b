"""What went wrong with conversations and deliveries, attempt by attempt, and what people decided. Kept a month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.store.failure_models import Failure, Happened
from service.store.models import Conversation, Delivery

INGEST = "ingest"
"""The work on a delivery. That on conversations goes by the names in `service.store.work`."""
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is to be remembered of a failed attempt, or of a decision. `frames` is empty for errors that are known."""

    happened: Happened
    work: str
    error: str
    attempts: int
    frames: Sequence[str] = ()
    actor: str | None = None


def of_conversations(session: Session, ids: Iterable[str], wrong: Wrong, *, now: datetime) -> None:
    """Remember the same of several conversations."""
    rows = select(Conversation.id, Conversation.installation_id, Conversation.trace).where(Conversation.id.in_(ids))
    for row_id, installation_id, trace in session.execute(rows).all():
        session.add(_row(wrong, now, installation_id=installation_id, conversation_id=row_id, trace=trace))


def of_deliveries(session: Session, ids: Iterable[int], wrong: Wrong, *, now: datetime) -> None:
    """Remember the same of several deliveries."""
    rows = select(Delivery.id, Delivery.installation_id, Delivery.trace).where(Delivery.id.in_(ids))
    for row_id, installation_id, trace in session.execute(rows).all():
        session.add(_row(wrong, now, installation_id=installation_id, delivery_id=row_id, trace=trace))


def history(
    session: Session, *, conversation_id: str | None = None, delivery_id: int | None = None
) -> Sequence[Failure]:
    """What went wrong with one conversation or one delivery, the latest first."""
    about = Failure.conversation_id == conversation_id if delivery_id is None else Failure.delivery_id == delivery_id
    return session.scalars(select(Failure).where(about).order_by(Failure.id.desc()).limit(SHOWN)).all()


def forget(session: Session, *, before: datetime) -> int:
    """Remove what is older; how much that was."""
    result: Any = session.execute(delete(Failure).where(Failure.at < before))
    return int(result.rowcount)


def _row(wrong: Wrong, now: datetime, **about: Any) -> Failure:
    return Failure(
        work=wrong.work,
        happened=wrong.happened,
        at=now,
        attempts=wrong.attempts,
        error=wrong.error,
        frames=list(wrong.frames) or None,
        actor=wrong.actor,
        **about,
    )
