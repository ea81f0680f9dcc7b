"""The daily, weekly and monthly report as pages, and the charts that chats fetch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from service.reports.periodic import reading
from service.reports.periodic.report import Kind, Report, Span
from service.reports.sources import Stored
from service.scoring.score import DEFINITIONS
from service.store import goals, installations
from service.web.given import FIRST
from service.web.parts import parts
from service.web.rights import Right, may, needs, visible_ids
from tasks import report_news

blueprint = Blueprint("reports", __name__, url_prefix="/reports")

NAMES = {Kind.DAILY: "Daily", Kind.WEEKLY: "Weekly", Kind.MONTHLY: "Monthly"}


@blueprint.get("/daily")
@needs(Right.SEE)
def daily() -> str:
    """Is anything broken, did anything jump, what waits."""
    return _page(Kind.DAILY)


@blueprint.get("/weekly")
@needs(Right.SEE)
def weekly() -> str:
    """New gaps, what moved, wins, what was fixed and whether it worked."""
    return _page(Kind.WEEKLY)


@blueprint.get("/monthly")
@needs(Right.SEE)
def monthly() -> str:
    """What came out of it, what it cost, what next month should bring."""
    return _page(Kind.MONTHLY)


def _page(kind: Kind) -> str:
    """The report of the period that `day` lies in; by default the latest that is over."""
    p, faults = parts(), list[str]()
    today = p.now().date()
    faults += [
        f"Reports are not filtered by “{name[:60]}”: choose a day or a helpdesk. Shown is everything."
        for name, value in request.args.items()
        if value and name not in ("day", "installation")
    ]
    span = _span(kind, today, faults)
    with p.database.read() as session:
        seen = installations.all_of(session, within=visible_ids())
        chosen = _chosen({row.id for row in seen}, faults)
        report = _report(session, span, chosen)
    following = span.following if span.following.since <= today else None
    return render_template(
        "report.html", span=span, report=report.told(texts=may(Right.READ)), kind=kind, names=NAMES, faults=faults,
        previous=_address(kind, span.previous, chosen), following=following and _address(kind, following, chosen),
        helpdesks=seen, chosen=chosen, over=span.until <= today,
    )  # fmt: skip


def _report(session: Session, span: Span, chosen: str | None) -> Report:
    p = parts()
    about = reading.scope(session, visible_ids() if chosen is None else (chosen,))
    prices = goals.prices(session, p.settings.prices)
    source = Stored(session, DEFINITIONS, about.ids, p.now(), prices, p.settings.fewest_cases)
    news = report_news.news(session, span, about, now=p.now())
    data = reading.read(source, span, about, news, now=p.now(), false_alarms=p.settings.false_alarms_a_month)
    return reading.build(data)


def _span(kind: Kind, today: date, faults: list[str]) -> Span:
    given = request.args.get("day", "")
    if not given:
        return Span.last(kind, today)
    try:
        day = date.fromisoformat(given)
    except ValueError:
        faults.append(f"“{given[:20]}” is no day; write it as 2026-03-31. Shown is the latest report.")
        return Span.last(kind, today)
    if day > today:
        faults.append(f"The day {day} lies ahead: there is no report of it yet. Shown is the one that today lies in.")
        return Span.holding(kind, today)
    if day < FIRST:
        faults.append(f"The day {day} lies before all helpdesks. Shown is the latest report.")
        return Span.last(kind, today)
    return Span.holding(kind, day)


def _chosen(seen: Collection[str], faults: list[str]) -> str | None:
    given = request.args.get("installation", "")
    if given and given not in seen:
        faults.append("There is no such helpdesk that you can see. Shown are all of them.")
        return None
    return given or None


def _address(kind: Kind, span: Span, chosen: str | None) -> str:
    return url_for(f"reports.{kind.value}", day=span.since, installation=chosen)
