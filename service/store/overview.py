"""What the pages and the metrics show: one conversation with everything, counts by state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.store import conversations as store
from service.store.models import Conversation, Delivery, Installation, Scorecard, Writeback
from service.store.statements import one_of
from service.store.work import of_history

PAGE = 50


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
    """How many rows are in which state, and since when the oldest due work waits, history left aside."""

    deliveries: Mapping[str, int]
    conversations: Mapping[str, int]
    writes: Mapping[str, int]
    oldest_due_at: datetime | None
    oldest_write_due_at: datetime | None


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


def counts(session: Session, within: Collection[str] | None = None) -> Counts:
    """Counts by state for health and metrics; of these installations, `None`: of all."""
    of = one_of(Conversation.installation_id, within)

    def by(column: Any, allowed: ColumnElement[bool]) -> dict[str, int]:
        rows = session.execute(select(column, func.count()).where(allowed).group_by(column))
        return {str(row[0]): int(row[1]) for row in rows}

    return Counts(
        deliveries=by(Delivery.state, one_of(Delivery.installation_id, within)),
        conversations=by(Conversation.state, of),
        writes=by(Conversation.write_state, of),
        oldest_due_at=session.scalar(select(func.min(Conversation.due_at)).where(of, ~of_history())),
        oldest_write_due_at=session.scalar(select(func.min(Conversation.write_due_at)).where(of)),
    )
