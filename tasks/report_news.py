"""What a report tells beside figures: alerts and wins of its period, troubles, work that waits now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from sqlalchemy.orm import Session

from service.reports.periodic.data import Trouble, Work
from service.reports.periodic.reading import News, Scope
from service.reports.periodic.report import Kind, Span
from service.store import notices, report_counts
from service.store.notices import Kind as NoticeKind
from tasks.alerting import TITLES


def news(session: Session, span: Span, about: Scope, *, now: datetime) -> News:
    """The news of these days, of the scope's installations. Troubles and work belong to the daily report only."""
    if span.kind is not Kind.DAILY:
        return News()
    return News(troubles=tuple(_troubles(session, span, about)), work=tuple(_work(session, about, now)))


def _troubles(session: Session, span: Span, about: Scope) -> Iterator[Trouble]:
    """What stands open, and what was over within the period."""
    start, end = (datetime.combine(day, time(), UTC) for day in (span.since, span.until))
    for row in notices.between(session, start, end, about.ids):
        where = about.where(row.installation_id)
        yield Trouble(TITLES[NoticeKind(row.kind)], row.text, where, row.first_at, row.closed_at)


def _work(session: Session, about: Scope, now: datetime) -> Iterator[Work]:
    for name, found in report_counts.waiting(session, about.ids, now=now).items():
        yield Work(name, found.due, found.oldest, found.dead)
