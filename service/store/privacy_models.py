"""The tables of privacy: secrets that Deskmark made for itself, receipts of erasures, and who is not to come back.

Nobody can be read out of them: a person stands as a keyed hash only, and the key is encrypted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base


class OwnSecret(Base):
    """A secret that Deskmark made for itself, encrypted (`service.store.secrets`)."""

    __tablename__ = "own_secret"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    locked: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Erasure(Base):
    """A receipt: that a person was erased, when, by whom and how much of what. No personal data.

    `identity` is the keyed hash of what was asked for. `scope`: ids of the installations it was erased from; empty:
    all. `counts` is by kind. `suppressed`: what comes of this person later is not kept either.
    """

    __tablename__ = "erasure"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    identity: Mapped[str] = mapped_column(String(64))
    scope: Mapped[list[str]]
    counts: Mapped[dict[str, Any]]
    suppressed: Mapped[bool]


class Suppression(Base):
    """A key of a person who was erased, hashed with a key: what is read with it is not kept."""

    __tablename__ = "suppression"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    erasure_id: Mapped[int] = mapped_column(ForeignKey(Erasure.id, ondelete="CASCADE"))
