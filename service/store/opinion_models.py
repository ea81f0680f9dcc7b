"""The tables beside reviews: disputes from the ticket, and what a reviewer said before, passed over or has seen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Installation

OPEN = text("settled_at IS NULL")


class Source(StrEnum):
    """Where an opinion or a dispute came from.

    `page`: a conversation's page. `queue`: the review queue. `tag`: the dispute tag on the ticket. `panel`: the app on
    the ticket. `import`: a file.
    """

    PAGE = "page"
    QUEUE = "queue"
    TAG = "tag"
    PANEL = "panel"
    IMPORT = "import"


class Drawn(StrEnum):
    """How a conversation came to be reviewed in the queue: by the lot, or because something about it is doubtful.

    What nobody drew (a page that somebody opened, a file) has none. Only the random ones speak for all conversations.
    """

    RANDOM = "random"
    RISKY = "risky"


class Dispute(Base):
    """An agent says on the ticket that a verdict is wrong, not which one would be right. One row a source.

    `by` is an opaque id, where one is known. `settled_at`: a reviewer has looked since, or the tag was taken off.
    """

    __tablename__ = "dispute"
    __table_args__ = (Index("ix_dispute_at", "at", postgresql_where=OPEN, sqlite_where=OPEN),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    by: Mapped[str | None] = mapped_column(String(64))
    why: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class FormerOpinion(Base):
    """An opinion that its reviewer replaced or took back at `until`. It counts nowhere; it shows what was said when."""

    __tablename__ = "former_opinion"
    __table_args__ = (Index(None, "conversation_id"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    episode: Mapped[int]
    score: Mapped[str] = mapped_column(String(32))
    reviewer: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(200))
    why: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    until: Mapped[datetime]


class SkippedReview(Base):
    """A reviewer passed a conversation over: the queue does not bring it to them again."""

    __tablename__ = "skipped_review"

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)
    reviewer: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class SeenVerdict(Base):
    """Somebody looked at a page that shows verdicts: a review of theirs from then on is not blind."""

    __tablename__ = "seen_verdict"

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)
    reviewer: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
