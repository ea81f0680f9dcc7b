"""The tables of intent catalogs: each installation's example messages, and the catalog fitted from them.

Examples are plain text, as a catalog is to be read and corrected by people. One that was learned from a conversation
goes when the conversation's content does; the fitted catalog holds numbers only and goes with any change.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Installation


class Source(StrEnum):
    """Where an example comes from."""

    IMPORTED = "imported"
    LEARNED = "learned"


class IntentCatalogRow(Base):
    """An installation's catalog as a whole. `revision` is another one after every change of its examples.

    `fitted` is the catalog ready to be used, by the code and model that `fitted_by` names; `None` until it is fitted.
    """

    __tablename__ = "intent_catalog"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    revision: Mapped[str] = mapped_column(String(32))
    changed_at: Mapped[datetime]
    fitted_by: Mapped[str | None] = mapped_column(String(128))
    fitted: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class IntentExample(Base):
    """One example message. The same text of the same intent stands once (`digest`).

    `conversation_id` is the conversation it was learned from.
    """

    __tablename__ = "intent_example"
    __table_args__ = (UniqueConstraint("installation_id", "digest"), Index(None, "conversation_id"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    intent: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    source: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    created_at: Mapped[datetime]
