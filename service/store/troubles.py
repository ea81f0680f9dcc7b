"""How much is amiss: the counts that `tasks.alarms` compares with their thresholds. Counts and times only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from service.store.installations import is_working
from service.store.models import Conversation, Delivery, DeliveryState, Installation, State, WriteState


@dataclass(frozen=True, slots=True)
class Dead:
    """What was given up: webhooks, conversations, write-backs."""

    deliveries: int = 0
    conversations: int = 0
    writes: int = 0

    @property
    def all(self) -> int:
        """All of it."""
        return self.deliveries + self.conversations + self.writes


def dead(session: Session) -> Mapping[str, Dead]:
    """What was given up, by installation; those without any are left out."""
    scoring = select(Conversation.installation_id, func.count()).where(Conversation.state == State.DEAD)
    # The index begins with the state: naming all of them makes it usable.
    writing = select(Conversation.installation_id, func.count()).where(
        Conversation.state.in_(list(State)), Conversation.write_state == WriteState.DEAD
    )
    inbox = select(Delivery.installation_id, func.count()).where(Delivery.state == DeliveryState.DEAD)
    found: dict[str, dict[str, int]] = {}
    for name, statement in (("conversations", scoring), ("writes", writing), ("deliveries", inbox)):
        column = statement.selected_columns[0]
        for installation_id, count in session.execute(statement.group_by(column)):
            found.setdefault(str(installation_id), {})[name] = int(count)
    return {installation_id: Dead(**counts) for installation_id, counts in found.items()}


def oldest_due(session: Session, *, now: datetime) -> Mapping[str, datetime]:
    """Since when the oldest live work of each installation that may ask its helpdesk has been due.

    Backfilled conversations come after what is live and may wait for long.
    """
    live = Conversation.backfilled.is_(False)
    parts = [
        select(Conversation.installation_id.label("id"), due.label("at")).where(due <= now, live)
        for due in (Conversation.due_at, Conversation.write_due_at)
    ]
    parts.append(
        select(Delivery.installation_id.label("id"), Delivery.received_at.label("at")).where(
            Delivery.state == DeliveryState.RECEIVED
        )
    )
    due = union_all(*parts).subquery()
    statement = (
        select(due.c.id, func.min(due.c.at))
        .join(Installation, Installation.id == due.c.id)
        .where(is_working(now))
        .group_by(due.c.id)
    )
    return {str(installation_id): at for installation_id, at in session.execute(statement)}
