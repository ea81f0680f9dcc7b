"""Sending reports: which are due by which route, each exactly once, however many processes look and whichever dies.

A message is claimed, put together, written down as being handed over, and only then given to the mail server or chat.
What is certainly refused is tried again; what may have been taken is not, and an admin is told on the page of routes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from service.reports.periodic import reading
from service.reports.periodic.report import Kind, Report, Span
from service.reports.sources import Stored
from service.scoring.score import DEFINITIONS
from service.store import goals, report_routes, report_sending
from service.store.models import Installation
from service.store.report_models import ReportRoute
from tasks import delivering, report_news
from tasks.packing import Building, Parcel, packed
from tasks.runtime import Ground, Runtime

LEASE = timedelta(minutes=10)
"""How long a process may hold a claimed message; putting one together takes seconds."""
LATE = {Kind.DAILY: timedelta(hours=18), Kind.WEEKLY: timedelta(days=2), Kind.MONTHLY: timedelta(days=5)}
"""A report that could not be sent for so long (nothing ran) is not sent any more: a newer one is near."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A report that a route is to get."""

    route_id: int
    kind: Kind
    span: Span


def send_due(runtime: Runtime) -> int:
    """Send every report that is due; how many were taken."""
    now = runtime.clock()
    with runtime.database.read() as session:
        found = [
            each for row in report_routes.all_of(session, enabled=True) for each in due(session, runtime, row, now)
        ]
    return sum(send(runtime, each) for each in found)


def due(session: Session, ground: Ground, row: ReportRoute, now: datetime) -> Iterator[Due]:
    """The reports of a route whose time has come; also those that were sent already."""
    zone = time_zone(session, ground, row)
    for kind in Kind:
        if kind.value not in row.sends:
            continue
        span, moment = scheduled(kind, now, zone, ground.settings.report_hour)
        if row.created_at < moment and now - moment <= LATE[kind]:
            yield Due(row.id, kind, span)


def scheduled(kind: Kind, now: datetime, zone: ZoneInfo, hour: int) -> tuple[Span, datetime]:
    """The latest report whose time has come, and that time: the hour on the local day after the period, but not before
    the period's last day, which is one of UTC, is over."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    while True:
        span = Span.last(kind, day)
        moment = max(
            datetime.combine(span.until, time(hour), zone).astimezone(UTC), datetime.combine(span.until, time(), UTC)
        )
        if moment <= now:
            return span, moment
        day = span.since


def time_zone(session: Session, ground: Ground, row: ReportRoute) -> ZoneInfo:
    """That of the business hours of the route's helpdesk; with several the first that has any, else UTC."""
    about = reading.scope(session, None if row.installation_id is None else (row.installation_id,))
    zones = (_zone(ground, each) for each in about.installations)
    return ZoneInfo(next((zone for zone in zones if zone), "UTC"))


def _zone(ground: Ground, row: Installation) -> str:
    schedule = ground.policy(row).schedule
    return schedule.time_zone if schedule is not None else ""


def send(runtime: Runtime, wanted: Due) -> bool:
    """Send one report if nobody has; whether it was taken now."""
    period = wanted.span.since.isoformat()
    return deliver(runtime, wanted.route_id, wanted.kind.value, period, lambda session, row: report(
        session, runtime, row, wanted.span))  # fmt: skip


def deliver(runtime: Runtime, route_id: int, kind: str, period: str, build: Building) -> bool:
    """Claim this message, build it and hand it over; whether it was taken now."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        number = report_sending.claim(session, route_id, kind, period, now=now, lease=LEASE)
    if number is None:
        return False
    try:
        parcel = _packed(runtime, route_id, f"{kind}/{period}", build)
        with runtime.database.begin() as session:
            if parcel is None or not report_sending.handing_over(session, number):
                return False
        parcel.hand_over(runtime.settings)
    except delivering.NotTaken as error:
        _told(runtime, number, str(error), for_good=isinstance(error, delivering.Refused))
        return False
    except delivering.Unsure as error:
        with runtime.database.begin() as session:
            report_sending.in_doubt(session, number, str(error))
        log.warning("report_in_doubt", sent=number, error=str(error))
        return False
    with runtime.database.begin() as session:
        report_sending.sent(session, number, now=runtime.clock())
    log.info("report_sent", sent=number, kind=kind, period=period)
    return True


def _packed(runtime: Runtime, route_id: int, name: str, build: Building) -> Parcel | None:
    """The message; `None` when the route is gone. Building only reads: on SQLite it would hold up writers."""
    with runtime.database.read() as session:
        row = report_routes.get(session, route_id)
        built = build(session, row) if row is not None else None
    if row is None or built is None:
        return None
    now, box = runtime.clock(), runtime.secrets
    with runtime.database.begin() as session:
        return packed(session, runtime.settings, box, row, built, name=name, now=now)


def _told(runtime: Runtime, number: int, error: str, *, for_good: bool) -> None:
    with runtime.database.begin() as session:
        report_sending.failed(session, number, error, now=runtime.clock(), for_good=for_good)
    log.warning("report_not_sent", sent=number, error=error)


def report(session: Session, ground: Ground, row: ReportRoute, span: Span) -> Report:
    """The report as this route gets it."""
    about = reading.scope(session, None if row.installation_id is None else (row.installation_id,), row.intents)
    return whole(session, ground, span, about).told(audience=row.audience, texts=row.texts)


def whole(session: Session, ground: Ground, span: Span, about: reading.Scope) -> Report:
    """The report of these installations and intents, everything in it."""
    now, settings = ground.clock(), ground.settings
    prices = goals.prices(session, settings.prices)
    source = Stored(session, DEFINITIONS, about.ids, now, prices, settings.fewest_cases)
    news = report_news.news(session, span, about, now=now)
    return reading.build(reading.read(source, span, about, news, now=now, false_alarms=settings.false_alarms_a_month))
