"""What a report tells beside figures: alerts and wins of its period, troubles, work that waits now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from sqlalchemy.orm import Session

from service.figures.alarm import Sort
from service.figures.watched import BY_NAME
from service.reports.periodic.alert_words import Episode, lost, measured, says, stands
from service.reports.periodic.data import Alert, Trouble, Work
from service.reports.periodic.reading import News, Scope
from service.reports.periodic.report import Kind, Span
from service.store import figure_alerts, notices, report_counts
from service.store.notices import Kind as NoticeKind
from service.store.report_models import FigureAlert
from tasks.alerting import TITLES


def news(session: Session, span: Span, about: Scope, *, now: datetime) -> News:
    """The news of these days, of the scope's installations. Troubles and work belong to the daily report only."""
    alerts = tuple(_alerts(session, span, about))
    if span.kind is not Kind.DAILY:
        return News(alerts)
    return News(alerts, tuple(_troubles(session, span, about)), tuple(_work(session, about, now)))


def _alerts(session: Session, span: Span, about: Scope) -> Iterator[Alert]:
    """What began in the period, and alarms that go on."""
    for row in figure_alerts.listed(session, about.ids, since=span.since, until=span.until):
        yield Alert(
            id=row.id,
            where=about.where(row.installation_id),
            says=says(row.figure, row.kind, row.first_day, row.seen),
            good=row.kind == figure_alerts.WIN,
            first_day=row.first_day,
            stands=standing(row),
            lost=lost(row.seen),
            measured=measured(row.seen),
        )


def standing(row: FigureAlert, *, someone: bool = True) -> str:
    """Where an alarm stands, in a sentence; empty for a win. `someone`: with whether somebody is on it."""
    if row.kind != figure_alerts.ALARM:
        return ""
    watched = BY_NAME.get(row.figure)
    of_cases = watched is not None and watched.sort is Sort.SHARE
    return stands(
        Episode(
            row.state, someone and row.state in figure_alerts.HANDLED, row.first_day, row.last_day,
            row.judged_until, row.usual_days,
            row.seen.get("n_since", 0) if of_cases else None,
        )
    )  # fmt: skip


def _troubles(session: Session, span: Span, about: Scope) -> Iterator[Trouble]:
    """What stands open, and what was over within the period."""
    start, end = (datetime.combine(day, time(), UTC) for day in (span.since, span.until))
    for row in notices.between(session, start, end, about.ids):
        where = about.where(row.installation_id)
        yield Trouble(TITLES[NoticeKind(row.kind)], row.text, where, row.first_at, row.closed_at)


def _work(session: Session, about: Scope, now: datetime) -> Iterator[Work]:
    for name, found in report_counts.waiting(session, about.ids, now=now).items():
        yield Work(name, found.due, found.oldest, found.dead)
