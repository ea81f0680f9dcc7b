"""Counts that reports and alerts read beside the tallies: questions of gaps, and work that was given up, by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.failure_models import Failure, Happened
from service.store.failures import INGEST
from service.store.gap_models import GapMessage
from service.store.models import Conversation, Delivery, DeliveryState
from service.store.operations import Waiting
from service.store.work import SCORING, WRITING, of_history


def asked(session: Session, installation_id: str, since: date, until: date) -> Mapping[int, int]:
    """How many questions each gap got from `since` up to but without `until`, by the gap's number."""
    statement = (
        select(GapMessage.gap_id, func.count())
        .where(GapMessage.installation_id == installation_id, GapMessage.gap_id.is_not(None))
        .where(GapMessage.at >= _midnight(since), GapMessage.at < _midnight(until), GapMessage.loose.is_(False))
        .group_by(GapMessage.gap_id)
    )
    return {int(gap_id): int(count) for gap_id, count in session.execute(statement) if gap_id is not None}


def given_up(session: Session, installation_id: str, since: date, until: date) -> Mapping[date, int]:
    """How much work of an installation was given up, by day; days without any are left out."""
    statement = select(Failure.at).where(
        Failure.installation_id == installation_id,
        Failure.happened == Happened.GIVEN_UP,
        Failure.at >= _midnight(since),
        Failure.at < _midnight(until),
    )
    return Counter(at.astimezone(UTC).date() for at in session.scalars(statement))


def waiting(session: Session, installation_ids: Collection[str], *, now: datetime) -> Mapping[str, Waiting]:
    """The work of these installations that is due now, since when, and how much was given up; by kind of work."""
    ids = sorted(installation_ids)
    due = select(func.count(), func.min(Delivery.received_at)).where(Delivery.state == DeliveryState.RECEIVED)
    count, oldest = session.execute(due.where(Delivery.installation_id.in_(ids))).one()
    dead = select(func.count()).where(Delivery.state == DeliveryState.DEAD, Delivery.installation_id.in_(ids))
    found = {INGEST: Waiting(int(count), oldest, int(session.scalar(dead) or 0))}
    for work in (SCORING, WRITING):
        mine = Conversation.installation_id.in_(ids)
        ripe = select(func.count(), func.min(work.due_at)).where(work.due_at <= now, mine, ~of_history())
        number, since = session.execute(ripe).one()
        given = session.scalar(select(func.count()).where(work.state == work.dead, mine))
        found[work.name] = Waiting(int(number), since, int(given or 0))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
