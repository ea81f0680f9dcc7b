"""What the pages and the metrics show: lists with paging, one conversation with everything, counts by state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from service.store import conversations as store
from service.store.models import Conversation, Delivery, Installation, Scorecard, Writeback

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of conversations. `card` is `None` while it is not scored."""

    conversation: Conversation
    installation: Installation
    card: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One conversation with everything that is stored of it, newest first."""

    conversation: Conversation
    installation: Installation
    cards: Sequence[Scorecard]
    writebacks: Sequence[Writeback]
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows are in which state, and since when the oldest due work has waited."""

    deliveries: Mapping[str, int]
    conversations: Mapping[str, int]
    writes: Mapping[str, int]
    oldest_due_at: datetime | None
    oldest_write_due_at: datetime | None


def deliveries(
    session: Session,
    *,
    state: str | None = None,
    installation_id: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> Sequence[Delivery]:
    """Deliveries, newest first; `before` is the last id of the page before."""
    statement = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if state:
        statement = statement.where(Delivery.state == state)
    if installation_id:
        statement = statement.where(Delivery.installation_id == installation_id)
    if before is not None:
        statement = statement.where(Delivery.id < before)
    return session.scalars(statement).all()


def conversations(
    session: Session,
    *,
    state: str | None = None,
    write_state: str | None = None,
    installation_id: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> list[Listed]:
    """Conversations, newest first; `before` is the last id of the page before."""
    statement = (
        select(Conversation, Installation, Scorecard.card)
        .join(Installation, Installation.id == Conversation.installation_id)
        .outerjoin(Scorecard, and_(Scorecard.conversation_id == Conversation.id, Scorecard.latest))
        .order_by(Conversation.created_at.desc(), Conversation.id.desc())
        .limit(limit)
    )
    if state:
        statement = statement.where(Conversation.state == state)
    if write_state:
        statement = statement.where(Conversation.write_state == write_state)
    if installation_id:
        statement = statement.where(Conversation.installation_id == installation_id)
    last = session.get(Conversation, before) if before else None
    if last is not None:
        same_time = and_(Conversation.created_at == last.created_at, Conversation.id < last.id)
        statement = statement.where(or_(Conversation.created_at < last.created_at, same_time))
    return [Listed(*row) for row in session.execute(statement)]


def dossier(session: Session, row_id: str) -> Dossier | None:
    """Everything about one conversation; `None` when there is none with this id."""
    conversation = store.get(session, row_id)
    if conversation is None:
        return None
    installation = session.get_one(Installation, conversation.installation_id)
    cards = select(Scorecard).where(Scorecard.conversation_id == row_id).order_by(Scorecard.episode.desc())
    writebacks = select(Writeback).where(Writeback.conversation_id == row_id).order_by(Writeback.sent_at.desc())
    received = select(Delivery).where(
        Delivery.installation_id == installation.id, Delivery.external_id == conversation.external_id
    )
    return Dossier(
        conversation=conversation,
        installation=installation,
        cards=session.scalars(cards).all(),
        writebacks=session.scalars(writebacks).all(),
        deliveries=session.scalars(received.order_by(Delivery.id.desc()).limit(PAGE)).all(),
    )


def counts(session: Session) -> Counts:
    """Counts by state for health and metrics."""

    def by(column: Any) -> dict[str, int]:
        rows = session.execute(select(column, func.count()).group_by(column))
        return {str(row[0]): int(row[1]) for row in rows}

    return Counts(
        deliveries=by(Delivery.state),
        conversations=by(Conversation.state),
        writes=by(Conversation.write_state),
        oldest_due_at=session.scalar(select(func.min(Conversation.due_at))),
        oldest_write_due_at=session.scalar(select(func.min(Conversation.write_due_at))),
    )
