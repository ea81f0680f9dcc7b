"""The tables of figures: facts, what days of them add up to, which days have to be added up anew, reviews.

A fact holds no text of a customer. `cells` of a fact and of a rollup are counts under the numbers of `Cell`, packed by
`service.store.cells`; the rollups are derived from the facts and can be thrown away at any time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Conversation, Installation

NAME = 200
"""Characters of a dimension's value."""


HAD_ANSWER = text("had_answer IS NOT NULL")
"""What the index of answers holds: few conversations are handed over avoidably."""


class Cell(Base):
    """The number of one (measure, bucket). Rows are never changed or removed."""

    __tablename__ = "cell"
    __table_args__ = (UniqueConstraint("measure", "bucket"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(64))
    bucket: Mapped[str] = mapped_column(String(1000))


class FactRow(Base):
    """The fact of one episode under one version of the definitions, with its dimensions and its counts.

    `form` is the way of counting that `cells` and `large` were made with. `had_answer` names the answer that the bot
    already had (`service.figures.had_answer`), of avoidable handoffs only.
    """

    __tablename__ = "fact"
    __table_args__ = (
        Index(None, "installation_id", "definitions", "day"),
        Index(None, "form"),
        Index(
            "ix_fact_had_answer", "installation_id", "definitions", "had_answer", "day", postgresql_where=HAD_ANSWER,
            postgresql_include=["intent", "conversation_id", "episode"], sqlite_where=HAD_ANSWER,
        ),
    )  # fmt: skip

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"), primary_key=True)
    definitions: Mapped[str] = mapped_column(String(16), primary_key=True)
    episode: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    channel: Mapped[str | None] = mapped_column(String(NAME))
    brand: Mapped[str | None] = mapped_column(String(NAME))
    inbox: Mapped[str | None] = mapped_column(String(NAME))
    bot: Mapped[str | None] = mapped_column(String(NAME))
    group: Mapped[str | None] = mapped_column(String(NAME))
    intent: Mapped[str | None] = mapped_column(String(NAME))
    language: Mapped[str | None] = mapped_column(String(NAME))
    had_answer: Mapped[str | None] = mapped_column(String(NAME))
    fact: Mapped[dict[str, Any]]
    form: Mapped[int]
    cells: Mapped[bytes] = mapped_column(LargeBinary)
    large: Mapped[bytes] = mapped_column(LargeBinary)


class DirtyDay(Base):
    """A day whose facts changed since they were added up. Every change leaves a `mark` that was never there before."""

    __tablename__ = "dirty_day"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    definitions: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    mark: Mapped[str] = mapped_column(String(32))
    marked_at: Mapped[datetime]


class Rollup(Base):
    """What one day's facts with one value of a dimension add up to; `dimension` "" is all of them, `value` "" none.

    `mark` is the one that the day had when it was added up, in the row of all; "" where an older version did that.
    """

    __tablename__ = "rollup"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    definitions: Mapped[str] = mapped_column(String(16), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    mark: Mapped[str] = mapped_column(String(32), default="", server_default="")
    cells: Mapped[bytes] = mapped_column(LargeBinary)
    large: Mapped[bytes] = mapped_column(LargeBinary)


class WeekSum(Base):
    """What the sums of a week's days add up to, as in `Rollup`; `week` is its Monday. `days` names the sums that it is
    made of, in the row of all (`service.store.week_sums`)."""

    __tablename__ = "week_sum"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    definitions: Mapped[str] = mapped_column(String(16), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(16), primary_key=True)
    week: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    days: Mapped[str] = mapped_column(String(32))
    cells: Mapped[bytes] = mapped_column(LargeBinary)
    large: Mapped[bytes] = mapped_column(LargeBinary)


class Review(Base):
    """What a human says the verdict of a score should be. `reviewer` is an opaque id, never a name.

    `own` is what Deskmark said under the present definitions, kept here so that agreement need not read every card;
    `None`: not known yet, or no verdict. `day` is that of the episode's fact (`service.store.reviews.days_follow`),
    kept for the same reason; `None`: there is no fact.
    `why` is in their own words. `source` and `drawn`: see `service.store.opinion_models`. `blind`: they saw neither
    Deskmark's verdict nor anybody's opinion before.
    """

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("conversation_id", "episode", "score", "reviewer"),
        Index(None, "score", "at"),
        Index(None, "drawn", "at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id, ondelete="CASCADE"))
    episode: Mapped[int]
    score: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[str] = mapped_column(String(NAME))
    reviewer: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    why: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(16), default="import", server_default="import")
    blind: Mapped[bool] = mapped_column(default=False, server_default=false())
    drawn: Mapped[str | None] = mapped_column(String(16))
    own: Mapped[str | None] = mapped_column(String(NAME))
    day: Mapped[date | None]


class Rescoring(Base):
    """How far deriving the history anew has come: conversations up to `after` (by id) are done."""

    __tablename__ = "rescoring"

    definitions: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime | None]
    after: Mapped[str] = mapped_column(String(16), default="")
    done: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
