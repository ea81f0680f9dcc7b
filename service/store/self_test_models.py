"""The table of self-tests: the last one of each installation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import Base, Installation


class Progress(StrEnum):
    """How far a self-test is. `asked`: a worker takes it within seconds."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"


class SelfTest(Base):
    """One installation's last self-test. `steps` and `unknown` hold ids, counts and our own words, no customer's text.

    `external_id` is the conversation that the admin named; only with `write` a test tag is written to it and removed.
    `unknown` names the authors whose role nobody knows, for the admin to confirm.
    """

    __tablename__ = "self_test"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(255))
    write: Mapped[bool] = mapped_column(default=False)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    unknown: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
