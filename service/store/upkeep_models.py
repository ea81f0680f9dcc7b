"""The tables of upkeep: what admins are told, what asking the helpdesks found, customers who turned out to be one.

No text of a customer is kept here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Installation


class Kind(StrEnum):
    """What an admin is told of. `docs/operations.md` says for each what it means and what to do."""

    CREDENTIALS_REFUSED = "credentials_refused"
    QUOTA_GONE = "quota_gone"
    WEBHOOKS_MISSED = "webhooks_missed"
    WEBHOOKS_REFUSED = "webhooks_refused"
    POLL_FAILING = "poll_failing"
    SECRETS_UNREADABLE = "secrets_unreadable"
    DEAD_WORK = "dead_work"
    WORK_TOO_OLD = "work_too_old"
    STANDSTILL = "standstill"
    ALERTS_FAILING = "alerts_failing"


class Notice(Base):
    """Something that an admin has to know, from when it was first seen until it is over (`closed_at`).

    `open_key` names what is told while it is told, so that there is one open notice of a kind and installation; `None`
    once it is over and has stayed so. `count` is how often it was seen. `send_due_at`: the alert channel has still to
    be told; `told_at` and `over_told_at`: it was told of the beginning, and of the end.
    """

    __tablename__ = "notice"
    __table_args__ = (Index(None, "open_key", unique=True), Index(None, "send_due_at"), Index(None, "closed_at"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str | None] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    open_key: Mapped[str | None] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(String(500))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    count: Mapped[int]
    closed_at: Mapped[datetime | None]
    send_due_at: Mapped[datetime | None]
    send_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    send_error: Mapped[str | None] = mapped_column(String(255))
    told_at: Mapped[datetime | None]
    over_told_at: Mapped[datetime | None]


class FoundLate(Base):
    """A conversation that was found by asking and not by a webhook. One row for each end that was found so.

    `announced`: the helpdesk sends a webhook for every such end. `judged_at`: by then it was clear whether one was
    merely late; `missed` says that none ever came.
    """

    __tablename__ = "found_late"
    __table_args__ = (Index(None, "installation_id", "found_at"), Index(None, "conversation_id"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    announced: Mapped[bool]
    found_at: Mapped[datetime]
    judged_at: Mapped[datetime | None]
    missed: Mapped[bool | None]


class Cursor(Base):
    """How far a list of a helpdesk has been read, in the helpdesk's own words."""

    __tablename__ = "cursor"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class ChangedContact(Base):
    """A contact that its helpdesk merged into another one (`into_id`), or deleted (`None`).

    What is read of a merged one later belongs to the other one; what is read of a deleted one is not kept.
    """

    __tablename__ = "changed_contact"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    into_id: Mapped[str | None] = mapped_column(String(255))
    at: Mapped[datetime]


class Throttling(Base):
    """Since when, and how often, a helpdesk has answered that we ask too much."""

    __tablename__ = "throttling"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int]


class Heartbeat(Base):
    """When a recurring task of this name last ran."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
