"""The table of names: how helpdesks call the brands, teams and bots whose ids conversations carry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store.figure_models import NAME
from service.store.models import Base, Installation

LONGEST = 100
"""Characters of a name that are kept."""


class DimensionName(Base):
    """One value of a dimension on one installation, and its name; `None`: the helpdesk was asked and told none."""

    __tablename__ = "dimension_name"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(LONGEST))
    learned_at: Mapped[datetime]
