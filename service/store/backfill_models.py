"""The tables of backfills: how far each has come, and what was read of conversations that are not whole yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Installation


class BackfillState(StrEnum):
    """How a backfill stands.

    `paused` by somebody, `failed` by an answer of the helpdesk that an admin must mend: both go on where they were.
    """

    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


class Backfill(Base):
    """The backfill of one installation: the latest one, there is only one at a time.

    `cursor` is the connector's own; empty at the start, `None` when the helpdesk has listed everything. What was put
    aside is whole once its `ripe_at` lies before `ripe_until`. `counts` are numbers by name. Whoever works on it holds
    `lease` until `lease_until`, or waits for `wait_until`. `milliseconds` is how long it was worked on, waits for
    limits included.
    """

    __tablename__ = "backfill"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    share: Mapped[int] = mapped_column(Integer)
    """Percent of the helpdesk's limits that it may use."""
    state: Mapped[str] = mapped_column(String(16), default=BackfillState.RUNNING)
    cursor: Mapped[str | None] = mapped_column(Text)
    ripe_until: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    milliseconds: Mapped[int] = mapped_column(BIG, default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    wait_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BackfillPart(Base):
    """What was read of a conversation that is not whole yet; gone once the conversation is stored or left out.

    The part with an empty name is its head: what the helpdesk's list says of it. The others hold what was said.
    """

    __tablename__ = "backfill_part"
    __table_args__ = (Index(None, "installation_id", "ripe_at"),)

    installation_id: Mapped[str] = mapped_column(
        ForeignKey(Backfill.installation_id, ondelete="CASCADE"), primary_key=True
    )
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    ripe_at: Mapped[datetime | None]
    """Of a head: when the conversation last changed, as far as its list says. Other parts have none."""
