"""The tables of what the account says of itself: what each figure should gain a month, its maturity, its prices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import Base

WHOLE = 1
"""The id of the only row of `Stated`."""


class Goal(Base):
    """What a month asks of a figure, relative to the month before: 0.05 is 5 % better. Without a row: the default."""

    __tablename__ = "goal"

    figure: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime]


class Stated(Base):
    """What the account states; whatever is `None` it never stated.

    `maturity`: of `service.figures.catalogue.Maturity`; `None`: as suggested. Prices are in `currency`;
    `agent_minutes`: how long an agent works on a conversation that a human answers, mean.
    """

    __tablename__ = "stated"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    maturity: Mapped[str | None] = mapped_column(String(16))
    bot_conversation: Mapped[float | None] = mapped_column(Float)
    human_conversation: Mapped[float | None] = mapped_column(Float)
    agent_message: Mapped[float | None] = mapped_column(Float)
    currency: Mapped[str | None] = mapped_column(String(8))
    agent_minutes: Mapped[float | None] = mapped_column(Float)
    at: Mapped[datetime]
