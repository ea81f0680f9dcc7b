"""How the work stands: what is due and how long it has waited, what was given up, how each helpdesk does. Counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from service.store import installations
from service.store.backfill_models import Backfill
from service.store.failures import INGEST
from service.store.models import Delivery, DeliveryState, Installation
from service.store.upkeep_models import Notice
from service.store.work import SCORING, WRITING, of_history


class Standing(StrEnum):
    """Whether a helpdesk is asked and written to."""

    WORKING = "working"
    PAUSED = "paused"
    SWITCHED_OFF = "switched_off"
    DISCONNECTED = "disconnected"
    FROM_FILE = "from_file"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of one kind: how much is due now, since when the oldest of it is, and how much was given up."""

    due: int
    oldest: datetime | None
    dead: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at once. `waiting` is by kind of work (`ingest`, `score`, `write_back`), `notices` by kind."""

    waiting: Mapping[str, Waiting]
    installations: Sequence[Installation]
    backfills: Sequence[Backfill]
    notices: Mapping[str, int]


def overview(session: Session, *, now: datetime) -> Overview:
    """How the work stands at `now`."""
    kinds = {work.name: _conversations(session, work, now) for work in (SCORING, WRITING)}
    opened = select(Notice.kind, func.count()).where(Notice.closed_at.is_(None)).group_by(Notice.kind)
    return Overview(
        waiting={INGEST: _deliveries(session), **kinds},
        installations=installations.all_of(session),
        backfills=session.scalars(select(Backfill).order_by(Backfill.installation_id)).all(),
        notices={row[0]: int(row[1]) for row in session.execute(opened)},
    )


def standing(row: Installation, now: datetime) -> Standing:
    """How one helpdesk stands."""
    if installations.is_imported(row):
        return Standing.FROM_FILE
    if row.disconnected_at is not None and row.disconnected_at <= now:
        return Standing.DISCONNECTED
    if not row.enabled:
        return Standing.SWITCHED_OFF
    return Standing.PAUSED if row.paused_at is not None else Standing.WORKING


def ratio(backfill: Backfill) -> float:
    """How much of a backfill's time has been listed, from 0 to 1, as far as its cursor tells."""
    if backfill.ripe_until is None:
        return 0.0
    whole = (backfill.until - backfill.since).total_seconds()
    return min(1.0, max(0.0, (backfill.ripe_until - backfill.since).total_seconds() / whole)) if whole > 0 else 1.0


def _conversations(session: Session, work: Any, now: datetime) -> Waiting:
    # History may wait for as long as it takes: it is counted, but nobody is late with it.
    live = func.min(case((~of_history(), work.due_at))) if work is SCORING else func.min(work.due_at)
    count, oldest = session.execute(select(func.count(), live).where(work.due_at <= now)).one()
    dead = session.scalar(select(func.count()).where(work.state == work.dead))
    return Waiting(int(count), oldest, int(dead or 0))


def _deliveries(session: Session) -> Waiting:
    due = select(func.count(), func.min(Delivery.received_at)).where(Delivery.state == DeliveryState.RECEIVED)
    count, oldest = session.execute(due).one()
    dead = session.scalar(select(func.count()).where(Delivery.state == DeliveryState.DEAD))
    return Waiting(int(count), oldest, int(dead or 0))
