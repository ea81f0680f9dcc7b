"""Telling routes of alerts, of their end, and of wins: each once, by the same way as reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from service.reports.periodic import reading
from service.reports.periodic.alert_words import ENDS, Told, chance, letter, measured, says
from service.reports.periodic.report import Report
from service.store import figure_alerts, report_routes, report_sending
from service.store.report_models import FigureAlert, ReportRoute, Sends
from tasks import report_news
from tasks.alert_chart import drawn
from tasks.delivering import Refused
from tasks.reporting import deliver
from tasks.runtime import Runtime

FRESH = timedelta(days=5)
"""What began longer ago when it was found, as on the first look at months of history, is on the pages only."""
LOOKED_BACK = timedelta(days=2)
BEGAN, OVER = "alert", "alert_over"
"""The kinds under which what was sent is kept."""


@dataclass(frozen=True, slots=True)
class _News:
    route_id: int
    alert_id: int
    kind: str


def send_due(runtime: Runtime) -> int:
    """Tell what nobody was told of; how many messages were taken."""
    now = runtime.clock()
    with runtime.database.read() as session:
        rows = figure_alerts.changed(session, since=now - LOOKED_BACK)
        routes = [row for row in report_routes.all_of(session, enabled=True) if _carries(row)] if rows else []
        found = [news for route in routes for row in rows for news in _news(session, route, row)]
    return sum(_send(runtime, news) for news in found)


def _carries(row: ReportRoute) -> bool:
    return report_routes.carries(row, (Sends.ALERTS, Sends.WINS))


def _news(session: Session, route: ReportRoute, row: FigureAlert) -> Iterator[_News]:
    wanted = Sends.WINS if row.kind == figure_alerts.WIN else Sends.ALERTS
    if wanted.value not in route.sends or route.installation_id not in (None, row.installation_id):
        return
    if route.audience is not None and row.seen.get("audience") not in (None, route.audience):
        return
    if row.opened_at <= route.created_at or row.opened_at.date() - row.first_day > FRESH:
        return
    told = {each.kind for each in report_sending.of_period(session, route.id, str(row.id))}
    if row.closed_at is None or BEGAN in told:
        yield _News(route.id, row.id, BEGAN)
    if row.closed_at is not None and row.state in ENDS and BEGAN in told:
        yield _News(route.id, row.id, OVER)


def _send(runtime: Runtime, news: _News) -> bool:
    def build(session: Session, _route: ReportRoute) -> Report:
        row = figure_alerts.get(session, news.alert_id)
        if row is None:
            raise Refused("the alert is gone, with its helpdesk")
        return told(session, runtime, row, over=news.kind == OVER)

    return deliver(runtime, news.route_id, news.kind, str(news.alert_id), build)


def told(session: Session, runtime: Runtime, row: FigureAlert, *, over: bool) -> Report:
    """The message about an alert."""
    where = reading.scope(session, (row.installation_id,)).where(row.installation_id)
    sentence = says(row.figure, row.kind, row.first_day, row.seen)
    numbers = chance(row.seen, row.direction)
    chart = drawn(session, row, runtime.settings, today=runtime.clock().date())
    end = row.state if over else ""
    message = Told(row.id, row.kind, sentence, numbers, where, report_news.standing(row), end, measured(row.seen))
    return letter(
        message,
        false_alarms=runtime.settings.false_alarms_a_month,
        charts=(chart,) if chart is not None else (),
    )
