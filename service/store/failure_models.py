"""The table of what went wrong on the way from a webhook to a note, and what people did about it. Never a text."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Delivery, Installation


class Happened(StrEnum):
    """What became of an attempt, or of what was given up."""

    PUT_OFF = "put_off"
    GIVEN_UP = "given_up"
    REPLAYED = "replayed"
    DROPPED = "dropped"


class Failure(Base):
    """One attempt that failed, or one decision of a person on what had been given up.

    It speaks of a conversation or of a delivery. `error` is the connector's sentence or the name of an unforeseen
    error, `frames` where that one was raised (file, line, function; no value), `actor` who decided.
    """

    __tablename__ = "failure"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey(Delivery.id, ondelete="CASCADE"), index=True)
    work: Mapped[str] = mapped_column(String(16))
    happened: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int]
    error: Mapped[str] = mapped_column(Text)
    frames: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    actor: Mapped[str | None] = mapped_column(String(255))
    trace: Mapped[str | None] = mapped_column(String(32))
