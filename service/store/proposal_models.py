"""The tables of possible new intents: groups of messages that fit none, and what people made of them.

Only ids of conversations are kept, no text but the telling words of a group, which are masked.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Installation


class ProposalState(StrEnum):
    """What people made of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    MERGED = "merged"
    DISMISSED = "dismissed"


class IntentProposal(Base):
    """A group of messages that fit no intent. `size`: how many conversations state it, when it was last found.

    `intent` is what it was accepted as or merged into; `decided_size` its size at that time.
    """

    __tablename__ = "intent_proposal"
    __table_args__ = (Index(None, "installation_id", "state"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=ProposalState.OPEN, server_default="open")
    intent: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    decided_size: Mapped[int | None]
    created_at: Mapped[datetime]
    found_at: Mapped[datetime]


class ProposalMember(Base):
    """A conversation that states what is proposed."""

    __tablename__ = "intent_proposal_member"
    __table_args__ = (Index(None, "conversation_id"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey(IntentProposal.id, ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)


class IntentSearch(Base):
    """When new intents were last looked for, among how many messages that fit none, and whether somebody asked again.

    `begun_at`: a worker is looking since then.
    """

    __tablename__ = "intent_search"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    novel: Mapped[int] = mapped_column(default=0, server_default="0")
