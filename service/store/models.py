"""The tables. Typed SQLAlchemy models and their closed vocabularies; no queries, no HTTP, no scoring.

Times are aware UTC datetimes on SQLite and PostgreSQL alike. No webhook body is ever stored. Where a customer's text
stands is said by `service.store.forgetting`, which removes it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in a column of type INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps no offset, so it is dropped on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a naive datetime: nobody could say which moment it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The same moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DeliveryState(StrEnum):
    """What became of one webhook delivery."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    DEAD = "dead"


class State(StrEnum):
    """What is known of a conversation. Work to do is told by `due_at`, not by this.

    `new`: announced, not read yet. `open`: read, had not ended. `dead`: given up after too many attempts. `erased`: the
    customer was erased by an admin, and nothing of it is read again. `dropped`: given up, and put aside by a person.
    """

    NEW = "new"
    OPEN = "open"
    SCORED = "scored"
    OPTED_OUT = "opted_out"
    GONE = "gone"
    MERGED = "merged"
    ERASED = "erased"
    DEAD = "dead"
    DROPPED = "dropped"


class WriteState(StrEnum):
    """How far the verdict has come back onto the helpdesk.

    `none`: nothing to write yet. `off`: not written, as the installation's switch or rules say; `plan` holds the rest.
    """

    NONE = "none"
    OFF = "off"
    PENDING = "pending"
    WRITTEN = "written"
    NOT_WRITABLE = "not_writable"
    DEAD = "dead"
    DROPPED = "dropped"


HAS_TEXT = text("document IS NOT NULL")
"""Most conversations of a long history have lost their text: those that have it are found without them."""
RISKY = text("risk IS NOT NULL")


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as a class attribute
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class Installation(Base):
    """One connected helpdesk account. `secrets` is encrypted JSON; `id` stands in the webhook URL.

    `actor_ids` are the ids under which our own writes come back; `None` until they were asked for.
    `polled_until`: conversations that ended before this have been looked for. `refused_*`: webhooks whose signature
    did not match. `policy` holds the keys of a policy document that differ from the settings. `write_rules`: which
    parts are written, and to which conversations; `None`: all parts to all, once `writing` is on. `paused_*`: it waits
    by itself for its helpdesk. `disconnected_at`: it was left, its scores kept. `retention_days`: texts are dropped so
    long after the end; `None`: kept. `missed_*`: conversations whose webhook never came, found by asking. `language`:
    the code of the one that notes are written in (`service.translation.languages`).
    """

    __tablename__ = "installation"
    __table_args__ = (UniqueConstraint("connector", "account"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    connector: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(255))
    account_group: Mapped[str | None] = mapped_column(String(255))
    base_url: Mapped[str] = mapped_column(String(1024))
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    prefix: Mapped[str] = mapped_column(String(32))
    enabled: Mapped[bool] = mapped_column(default=True)
    writing: Mapped[bool] = mapped_column(default=False)
    actor_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    polled_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    refused_count: Mapped[int] = mapped_column(default=0, server_default="0")
    refused_at: Mapped[datetime | None]
    policy: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    write_rules: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    paused_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    paused_reason: Mapped[str | None] = mapped_column(String(255))
    disconnected_at: Mapped[datetime | None]
    retention_days: Mapped[int | None]
    missed_count: Mapped[int] = mapped_column(default=0, server_default="0")
    missed_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(8), default="en", server_default="en")


class Delivery(Base):
    """One genuine webhook, reduced to ids. A second one with the same key is the same delivery."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("installation_id", "key"),
        Index(None, "state", "received_at"),
        Index(None, "installation_id", "external_id"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    event: Mapped[str] = mapped_column(String(255))
    signal: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str | None] = mapped_column(String(255))
    actor_id: Mapped[str | None] = mapped_column(String(255))
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.RECEIVED)
    outcome: Mapped[str] = mapped_column(String(255), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    queued_until: Mapped[datetime | None]
    trace: Mapped[str | None] = mapped_column(String(32))
    """Stands in every log line on the way from this webhook to the note."""


class Conversation(Base):
    """One conversation: its document, and what is to be done with it and when.

    Scoring is due when `due_at` is set; nothing starts before it. A worker that has claimed the row holds `lease`
    until `lease_until`. `wanted` counts how often the work was asked for: whoever finishes clears `due_at` only when
    nobody asked again meanwhile. `reread` says that the helpdesk must be read again first, else the stored document
    will do. `news`: it was read with something new in it, and the customer's other conversations have still to be asked
    for. `queued_until` keeps the sweep from sending a second message for the same work. `write_*` is the same for
    the write-back. `final_at` is when the repeat window passes. `id` is the same whenever the same conversation is
    stored anew, so references in notes survive the loss of a database.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("installation_id", "external_id"),
        Index(None, "due_at"),
        Index(None, "write_due_at"),
        Index(None, "final_at"),
        Index(None, "ended_at"),
        Index(None, "created_at"),
        Index(None, "state", "write_state"),
        Index(None, "installation_id", "planned_at"),
        Index(
            "ix_conversation_text_ended_at",
            "installation_id",
            "ended_at",
            postgresql_where=HAS_TEXT,
            sqlite_where=HAS_TEXT,
        ),
        Index("ix_conversation_moment", text("coalesce(ended_at, created_at)"), "id"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16), default=State.NEW)
    channel: Mapped[str | None] = mapped_column(String(16))
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    scored_at: Mapped[datetime | None]
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    there: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    """What of ours stood on the helpdesk when it was read; `None` once it was written to since."""

    due_at: Mapped[datetime | None]
    reread: Mapped[bool] = mapped_column(default=True)
    news: Mapped[bool] = mapped_column(default=False)
    wanted: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    queued_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    final_at: Mapped[datetime | None]

    write_state: Mapped[str] = mapped_column(String(16), default=WriteState.NONE)
    write_due_at: Mapped[datetime | None]
    write_wanted: Mapped[int] = mapped_column(default=0)
    write_lease: Mapped[str | None] = mapped_column(String(32))
    write_lease_until: Mapped[datetime | None]
    write_queued_until: Mapped[datetime | None]
    write_attempts: Mapped[int] = mapped_column(default=0)
    write_error: Mapped[str | None] = mapped_column(Text)
    written_at: Mapped[datetime | None]

    plan: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    """What would be written, where it may not be (yet)."""
    planned_at: Mapped[datetime | None]
    backfilled: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Came from the history of the helpdesk, not by a webhook: scored after what is live, written only when asked."""
    trace: Mapped[str | None] = mapped_column(String(32))
    """The trace of the webhook that asked for it last."""
    asked_at: Mapped[datetime | None]
    """When that was; `None` once everything that was asked for is done."""
    forgotten_at: Mapped[datetime | None]
    """When its texts were dropped (`service.store.forgetting`): what is stored of it is verdicts and counts."""


class ContactKey(Base):
    """A key of a conversation's customer (hashed with a key of ours), with the time the conversation took.

    That is the customer's history. One of 16 bytes is of an older version, hashed without a key: `rekeying` mends it.
    """

    __tablename__ = "contact_key"
    __table_args__ = (Index(None, "key", "ended_at"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class Scorecard(Base):
    """The scores of one episode under one version of the definitions. `latest` marks the card that speaks now.

    `card` is what Deskmark said; `corrected` holds the scores that reviewers judged, by name. `risk`: how much a person
    should look at it first, of a card that speaks; `None`: nothing about it is doubtful. `risk_week`: the Monday of the
    week in which the conversation ended, so that the riskiest of a week are found at once among any number.
    """

    __tablename__ = "scorecard"
    __table_args__ = (
        UniqueConstraint("conversation_id", "episode", "definitions"),
        Index("ix_scorecard_risk", "risk_week", "risk", postgresql_where=RISKY, sqlite_where=RISKY),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    episode: Mapped[int]
    definitions: Mapped[str] = mapped_column(String(16))
    card: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    latest: Mapped[bool]
    scored_at: Mapped[datetime]
    corrected: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    risk: Mapped[float | None] = mapped_column(Float)
    risk_week: Mapped[date | None] = mapped_column(Date)

    @property
    def stands(self) -> dict[str, Any]:
        """The card with what reviewers decided in the place of what Deskmark said."""
        return {**self.card, "scores": {**self.card["scores"], **(self.corrected or {})}}


class Writeback(Base):
    """One write-back that was sent: the same content of an episode is one row, however often it was sent."""

    __tablename__ = "writeback"
    __table_args__ = (UniqueConstraint("conversation_id", "episode", "content_hash"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    episode: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    actions: Mapped[dict[str, Any]]
    requests: Mapped[int]
    sent_at: Mapped[datetime]


class Vector(Base):
    """A sentence vector by the hash of model and text: little-endian 32-bit floats. Old ones are forgotten."""

    __tablename__ = "vector"
    __table_args__ = (Index(None, "created_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class SignInLink(Base):
    """A link that signs in once. Only the hash of its token is kept."""

    __tablename__ = "sign_in_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
