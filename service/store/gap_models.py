"""The tables of knowledge gaps: their groups, messages and notes, and the improvements that answer them.

No text of a customer is kept here but the telling words of a group, which are masked. Where a gap stands is not stored
either: `service.figures.gap_life` derives it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Installation


class Audience(StrEnum):
    """Whose work a gap is."""

    CONTENT = "content"
    PRODUCT = "product"
    ENGINEERING = "engineering"
    MARKETING = "marketing"


class ImprovementKind(StrEnum):
    """What was deployed."""

    ARTICLE_PUBLISHED = "article_published"
    ARTICLE_UPDATED = "article_updated"
    BOT_RELEASED = "bot_released"
    OTHER = "other"


class GapGroups(Base):
    """The groups of an installation's gaps as the clustering left them, so that a group keeps its identity."""

    __tablename__ = "gap_groups"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class KnowledgeGap(Base):
    """One group of questions that the bot could not serve. `group` is the clustering's name for it.

    `reference` names the article that is to answer it (`article:77`): when that one is published or updated, the gap
    is fixed. A gap that turned out to be the same as another one points to it by `merged_into`. Gaps of several
    helpdesks of one account group that ask the same share a `topic`, a number that means nothing else.
    """

    __tablename__ = "knowledge_gap"
    __table_args__ = (UniqueConstraint("installation_id", "group"), Index(None, "installation_id", "reference"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    group: Mapped[int]
    label: Mapped[str] = mapped_column(String(255))
    reference: Mapped[str | None] = mapped_column(String(255))
    audience: Mapped[str | None] = mapped_column(String(16))
    assigned_at: Mapped[datetime | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("knowledge_gap.id", ondelete="SET NULL"))
    topic: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[datetime]


class GapMessage(Base):
    """The question of one episode that the bot could not serve. `gap_id` is `None` until it is grouped.

    A `loose` one fits no group well: it was put to the nearest, does not count there, and may move. `agent_messages`:
    how often people wrote in the episode; `returned`: whether the customer came back. `fit`: how well it speaks for its
    group, -1..1, 0 where nobody knows. The rest is as the episode's fact
    has it (`dimensions_follow`), kept here so that the board can filter without reading facts.
    """

    __tablename__ = "gap_message"
    __table_args__ = (
        Index(None, "installation_id", "gap_id"),
        Index(None, "gap_id", "at"),
        Index(None, "gap_id", "fit"),
    )

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)
    episode: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    gap_id: Mapped[int | None] = mapped_column(ForeignKey(KnowledgeGap.id, ondelete="SET NULL"))
    message: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(32))
    negative: Mapped[bool]
    loose: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    agent_messages: Mapped[int] = mapped_column(default=0, server_default="0")
    returned: Mapped[bool] = mapped_column(default=False, server_default=false())
    fit: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    channel: Mapped[str | None] = mapped_column(String(200))
    brand: Mapped[str | None] = mapped_column(String(200))
    bot: Mapped[str | None] = mapped_column(String(200))
    group: Mapped[str | None] = mapped_column(String(200))
    intent: Mapped[str | None] = mapped_column(String(200))


class GapNote(Base):
    """That a person took note of a gap."""

    __tablename__ = "gap_note"
    __table_args__ = (Index(None, "gap_id", "at"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    gap_id: Mapped[int] = mapped_column(ForeignKey(KnowledgeGap.id, ondelete="CASCADE"))
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text, default="")


class Improvement(Base):
    """Something that was deployed to serve customers better. The same thing told twice is one row."""

    __tablename__ = "improvement"
    __table_args__ = (UniqueConstraint("installation_id", "kind", "reference", "at"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255), default="")
    at: Mapped[datetime]
    told_at: Mapped[datetime]


class ImprovementGap(Base):
    """That an improvement is meant to answer a gap."""

    __tablename__ = "improvement_gap"
    __table_args__ = (Index(None, "gap_id"),)

    improvement_id: Mapped[int] = mapped_column(ForeignKey(Improvement.id, ondelete="CASCADE"), primary_key=True)
    gap_id: Mapped[int] = mapped_column(ForeignKey(KnowledgeGap.id, ondelete="CASCADE"), primary_key=True)
