"""The tables of errands: long work on a helpdesk that an admin asked for, done in short steps. No queries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base


class ErrandKind(StrEnum):
    """What an errand does: write plans back in bulk, or take everything of ours off a helpdesk."""

    WRITE = "write"
    LEAVE = "leave"


class ItemState(StrEnum):
    """What became of one conversation of an errand. `sent`: a background job of the helpdesk has it."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class Errand(Base):
    """One errand: where it stands and when its next step is due. Whoever holds `lease` takes that step.

    `installation_id` is no foreign key: the receipt of leaving outlives what was left. `place` says where the search
    for conversations goes on. `counts` is the receipt: numbers by name, and under `told` what an admin has to know.
    `calls` are the requests that were sent. No customer's text is ever in here.
    """

    __tablename__ = "errand"
    __table_args__ = (Index(None, "due_at"), Index(None, "installation_id", "created_at"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(String(32))
    helpdesk: Mapped[str] = mapped_column(String(300))
    """Connector and account, for showing it when the installation is gone."""
    kind: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(255))
    options: Mapped[dict[str, Any]]
    stage: Mapped[str] = mapped_column(String(32))
    place: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    counts: Mapped[dict[str, Any]]
    calls: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    queued_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ErrandItem(Base):
    """One conversation of an errand, by the helpdesk's id. `job` is the helpdesk's background job that has it."""

    __tablename__ = "errand_item"
    __table_args__ = (Index(None, "errand_id", "state", "external_id"),)

    errand_id: Mapped[int] = mapped_column(ForeignKey(Errand.id, ondelete="CASCADE"), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default=ItemState.WAITING)
    tags_only: Mapped[bool] = mapped_column(default=False)
    """It is closed: its tags are all that can change."""
    job: Mapped[str | None] = mapped_column(String(64))
    content: Mapped[str | None] = mapped_column(String(64))
    """The hash of what was sent, where it is a verdict: what stands there when the job is done."""
    error: Mapped[str | None] = mapped_column(String(255))
