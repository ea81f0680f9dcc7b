"""The tables of reports and alerts: where they go, what was sent, pictures in chats, alerts and how people answered.

No text of a customer is kept here; addresses are encrypted.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.models import BIG, Base, Installation


class Way(StrEnum):
    """How a report travels."""

    MAIL = "mail"
    SLACK = "slack"
    TEAMS = "teams"


class Sends(StrEnum):
    """What a route can carry."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ALERTS = "alerts"
    WINS = "wins"


class Sending(StrEnum):
    """How far one message of one route is.

    `handing_over` is written down before the mail server or chat gets it: a process that dies then leaves it in doubt
    whether it was taken, and what is in doubt is not sent again by itself.
    """

    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    WAITING = "waiting"
    GIVEN_UP = "given_up"


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    NOT_USEFUL = "not_useful"
    RECOVERED = "recovered"
    UNCONFIRMED = "unconfirmed"
    NEW_NORMAL = "new_normal"


class ReportRoute(Base):
    """Where reports go: to whom, by which way, what, and about which conversations.

    `address` is encrypted, `shown` is what pages show of it. `audience`: only gaps that are its work. `installation_id`
    and `intents`: only of these, empty all. `texts`: customers' words, masked, may go along. `images`: charts in chats.
    """

    __tablename__ = "report_route"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    way: Mapped[str] = mapped_column(String(8))
    address: Mapped[bytes]
    shown: Mapped[str] = mapped_column(String(120))
    sends: Mapped[list[str]] = mapped_column(JSON)
    audience: Mapped[str | None] = mapped_column(String(16))
    installation_id: Mapped[str | None] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), index=True)
    intents: Mapped[list[str]] = mapped_column(JSON)
    texts: Mapped[bool]
    images: Mapped[bool]
    enabled: Mapped[bool]
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]


class ReportSent(Base):
    """One message of a route: claimed by one process, sent at most once. `period` names what it is about."""

    __tablename__ = "report_sent"
    __table_args__ = (UniqueConstraint("route_id", "kind", "period"), Index(None, "claimed_at"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey(ReportRoute.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    period: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    claimed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))


class ReportImage(Base):
    """A chart that a chat fetches, until `until`."""

    __tablename__ = "report_image"
    __table_args__ = (Index(None, "until"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    png: Mapped[bytes]
    until: Mapped[datetime]


class FigureAlert(Base):
    """A watched figure that left its usual range, from `first_day` until it was usual again: one episode.

    `open_key` holds while the episode lasts, so that there is one at a time. `kind`: alarm or win. `direction`: up or
    down. `seen`: what it was opened by (`service.figures.alarm.Judged`). `last_day`: the latest day that confirmed it;
    `usual_days`: days in a row that speak for its being over.
    """

    __tablename__ = "figure_alert"
    __table_args__ = (Index(None, "open_key", unique=True), Index(None, "installation_id", "first_day"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"))
    figure: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(8))
    direction: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    open_key: Mapped[str | None] = mapped_column(String(120))
    first_day: Mapped[date]
    last_day: Mapped[date]
    judged_until: Mapped[date]
    usual_days: Mapped[int]
    seen: Mapped[dict[str, Any]] = mapped_column(JSON)
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    snoozed_until: Mapped[date | None]
    actor: Mapped[str | None] = mapped_column(String(255))


class AlertStrictness(Base):
    """How often alerts of a figure were called not useful, less how often they were acknowledged since: each step
    halves its share of false alarms."""

    __tablename__ = "alert_strictness"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    figure: Mapped[str] = mapped_column(String(48), primary_key=True)
    steps: Mapped[int]
    changed_at: Mapped[datetime]


class FigureWatched(Base):
    """Up to which day an installation's figures have been judged."""

    __tablename__ = "figure_watched"

    installation_id: Mapped[str] = mapped_column(ForeignKey(Installation.id, ondelete="CASCADE"), primary_key=True)
    figure: Mapped[str] = mapped_column(String(48), primary_key=True)
    until: Mapped[date]
