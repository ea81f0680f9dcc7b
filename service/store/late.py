"""Conversations that were found by asking: which of them no webhook ever told of, and what share that is.

A conversation counts as missed when, `PATIENCE` after it was found, no webhook has spoken of it since it ended; where
a helpdesk does not announce every end, when none has since it began. One that is read and has not ended counts as
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.store.models import Conversation, Delivery, Installation, State
from service.store.upkeep_models import FoundLate

PATIENCE = timedelta(minutes=10)
"""So long after a conversation was found, its webhook is no longer merely late."""
SKEW = timedelta(minutes=1)
"""How far the helpdesk's clock may be from ours."""
GIVEN_UP = timedelta(days=1)
RECENT = timedelta(days=1)
AWAY = (State.GONE, State.MERGED, State.OPTED_OUT, State.ERASED, State.OPEN)
"""States that say that no end was missed: there was none, or it is not ours to know of."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of the conversations that `ended` in the last day, how many were `missed`, and when the last one was found."""

    ended: int
    missed: int
    last_at: datetime | None

    @property
    def part(self) -> float:
        """`missed` of `ended`, 0 to 1."""
        return min(1.0, self.missed / self.ended) if self.ended else 0.0


def found(session: Session, installation_id: str, conversation_id: str, *, announced: bool, now: datetime) -> None:
    """A conversation was found by asking."""
    session.add(
        FoundLate(
            installation_id=installation_id, conversation_id=conversation_id, announced=announced, found_at=now,
            judged_at=None, missed=None,
        )
    )  # fmt: skip


def judge(session: Session, installation_id: str, *, now: datetime, limit: int = 500) -> int:
    """Decide on those found `PATIENCE` ago; how many were missed. The installation's count goes up by them."""
    whose = (FoundLate.installation_id == installation_id, FoundLate.judged_at.is_(None))
    ripe = and_(FoundLate.found_at <= now - PATIENCE, Conversation.read_at >= FoundLate.found_at)
    old = FoundLate.found_at <= now - GIVEN_UP
    away = Conversation.state.in_(AWAY)
    statement = (
        select(FoundLate, Conversation)
        .join(Conversation, Conversation.id == FoundLate.conversation_id)
        .where(*whose, FoundLate.found_at <= now - PATIENCE, or_(ripe, old, away))
        .order_by(FoundLate.found_at)
        .limit(limit)
        .with_for_update(of=FoundLate, skip_locked=True)
    )
    missed = 0
    for row, conversation in session.execute(statement).all():
        counts = conversation.state not in AWAY
        row.judged_at = now
        row.missed = counts and conversation.read_at is not None and not _told(session, row, conversation)
        missed += row.missed
    if missed:
        values = {"missed_count": Installation.missed_count + missed, "missed_at": now}
        session.execute(update(Installation).where(Installation.id == installation_id).values(values))
    return missed


def _told(session: Session, row: FoundLate, conversation: Conversation) -> bool:
    """Whether a webhook spoke of the conversation since it ended; where not every end is announced, since it began."""
    began = conversation.opened_at or conversation.created_at
    since = (conversation.ended_at or row.found_at) if row.announced else began
    spoke = select(Delivery.id).where(
        Delivery.installation_id == row.installation_id,
        Delivery.external_id == conversation.external_id,
        Delivery.received_at >= since - SKEW,
    )
    return session.scalar(spoke.limit(1)) is not None


def share(session: Session, installation_id: str, *, now: datetime) -> Share:
    """What share of the last day's conversations was missed."""
    since = now - RECENT
    here = (FoundLate.installation_id == installation_id, FoundLate.missed.is_(True), FoundLate.found_at >= since)
    missed, last_at = session.execute(select(func.count(), func.max(FoundLate.found_at)).where(*here)).one()
    ended = select(func.sum(case((Conversation.backfilled, 0), else_=1))).where(
        Conversation.installation_id == installation_id, Conversation.ended_at >= since
    )
    return Share(int(session.scalar(ended) or 0), int(missed), last_at)


def forget(session: Session, *, before: datetime) -> None:
    """Remove what was found before that time; the installations' counts stay."""
    session.execute(delete(FoundLate).where(FoundLate.found_at < before))
