"""Alerts and wins: what left the account's usual range, whether it is over, and what somebody said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.charts.data import Tone
from service.figures.alarm import MOST_STEPS
from service.figures.watched import BY_NAME, WATCHED
from service.reports.periodic import reading
from service.reports.periodic.alert_words import chance, lost, says, weeks
from service.store import figure_alerts
from service.store.report_models import AlertState, FigureAlert
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, acting, needs, visible_ids
from tasks import report_news
from tasks.alert_chart import drawn

blueprint = Blueprint("figure_alerts", __name__, url_prefix="/alerts")

SHOWN = timedelta(days=90)
SNOOZE = {"1": 1, "7": 7, "28": 28}
STATES: Mapping[str, tuple[str, str]] = {
    AlertState.OPEN: ("Open", Tone.BAD),
    AlertState.ACKNOWLEDGED: ("Somebody is on it", Tone.INFO),
    AlertState.SNOOZED: ("Snoozed", Tone.NEUTRAL),
    AlertState.NOT_USEFUL: ("Not useful", Tone.NEUTRAL),
    AlertState.RECOVERED: ("Usual again", Tone.GOOD),
    AlertState.UNCONFIRMED: ("Not confirmed", Tone.NEUTRAL),
    AlertState.NEW_NORMAL: ("The new normal", Tone.NEUTRAL),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert in words."""

    row: FigureAlert
    says: str
    numbers: str
    where: str
    state: str
    tone: str
    stands: str


@dataclass(frozen=True, slots=True)
class Strict:
    """How often the alarms of a figure of a helpdesk were called not useful, and what that makes of its share."""

    title: str
    where: str
    share: str


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """What is amiss now, what was, and wins; of the last 90 days."""
    p = parts()
    today = p.now().date()
    with p.database.read() as session:
        about = reading.scope(session, visible_ids())
        rows = figure_alerts.listed(session, about.ids, since=today - SHOWN, until=today + timedelta(days=1))
        shown = [_shown(row, about) for row in rows]
        strict = list(_strict(session, about))
    alarms = [each for each in shown if each.row.kind == figure_alerts.ALARM]
    return render_template(
        "figure_alerts.html",
        going_on=[each for each in alarms if each.row.closed_at is None],
        over=[each for each in alarms if each.row.closed_at is not None],
        wins=[each for each in shown if each.row.kind == figure_alerts.WIN],
        rate=p.settings.false_alarms_a_month, watched=WATCHED, strict=strict, least=p.settings.fewest_cases,
        helpdesks=len(about.installations), days=SHOWN.days,
    )  # fmt: skip


@blueprint.get("/<int:alert_id>")
@needs(Right.SEE)
def one(alert_id: int) -> str:
    """One alert: what was seen, against what was usual, and what can be said of it."""
    p = parts()
    with p.database.read() as session:
        row = _row(session, alert_id)
        about = reading.scope(session, (row.installation_id,))
        chart = drawn(session, row, p.settings, today=p.now().date())
        steps = figure_alerts.steps(session, row.installation_id, row.figure)
    return render_template(
        "figure_alert.html", alert=_shown(row, about), chart=chart, watched=BY_NAME.get(row.figure), steps=steps,
        most=MOST_STEPS, rate=p.settings.false_alarms_a_month, snooze=SNOOZE, behind=_behind(row),
        least=p.settings.fewest_cases, weeks=weeks(row.seen),
    )  # fmt: skip


@blueprint.post("/<int:alert_id>")
@needs(Right.MANAGE)
def answer(alert_id: int) -> AnyResponse:
    """Acknowledge, snooze, or say that it was not useful."""
    p, what = parts(), request.form.get("what", "")
    today = p.now().date()
    with p.database.begin() as session:
        row = _row(session, alert_id)
        if row.kind != figure_alerts.ALARM or what not in ("acknowledge", "snooze", "not_useful", "open"):
            abort(400)
        until: date | None = None
        if what == "snooze":
            until = today + timedelta(days=SNOOZE.get(request.form.get("days", ""), 7))
        state = {
            "acknowledge": AlertState.ACKNOWLEDGED,
            "snooze": AlertState.SNOOZED,
            "not_useful": AlertState.NOT_USEFUL,
            "open": AlertState.OPEN,
        }[what]
        if row.closed_at is not None and state is not AlertState.NOT_USEFUL:
            flash("It is over already; only “not useful” can still be said of it.", "error")
            return redirect(url_for("figure_alerts.one", alert_id=alert_id))
        figure_alerts.answer(session, row, state, by=acting(), now=p.now(), until=until)
        audited(session, f"alert {what.replace('_', ' ')}", row.figure, row.installation_id, alert=str(row.id))
    flash(_said(what, until), "good")
    return redirect(url_for("figure_alerts.one", alert_id=alert_id))


def _said(what: str, until: date | None) -> str:
    match what:
        case "snooze" if until is not None:
            return f"Snoozed until {until:%-d %b %Y}. If it goes on then, it is open again."
        case "not_useful":
            return "Kept. Alarms of this figure need stronger evidence from now on."
        case "acknowledge":
            return "Kept: you are on it. Here, and where alerts are sent, is told when it is back to usual."
    return "Open again."


def _row(session: Session, alert_id: int) -> FigureAlert:
    row = figure_alerts.get(session, alert_id)
    return row if row is not None else abort(404)


def _shown(row: FigureAlert, about: reading.Scope) -> Shown:
    state, tone = STATES[row.state] if row.kind == figure_alerts.ALARM else ("Win", Tone.GOOD)
    return Shown(
        row, says(row.figure, row.kind, row.first_day, row.seen), chance(row.seen, row.direction),
        about.where(row.installation_id), state, tone, report_news.standing(row, someone=False) or lost(row.seen),
    )  # fmt: skip


def _behind(row: FigureAlert) -> str:
    """The address of what stands behind it; empty where there is no page for that."""
    if "gap" in row.seen:
        return f"/gaps/{row.seen['gap']}"
    if "target" in row.seen:
        figure, value, part = row.seen["target"]
        days = f"since={row.seen['month']}&until={row.seen['by']}&installation={row.installation_id}"
        return f"/figures/{figure}?{days}&value={value}" + (f"&of={part}" if part else "")
    watched = BY_NAME.get(row.figure)
    if watched is None or not watched.figure:
        return ""
    of = f"&of={watched.of}" if watched.of else ""
    first = row.first_day - timedelta(days=row.seen["days"] - 1)
    days = f"since={first}&until={row.last_day}&installation={row.installation_id}"
    return f"/figures/{watched.figure}?{days}&value={watched.value}{of}"


def _strict(session: Session, about: reading.Scope) -> Iterator[Strict]:
    for row in figure_alerts.strict(session, about.ids):
        watched = BY_NAME.get(row.figure)
        if watched is not None and row.steps:
            yield Strict(watched.title, about.where(row.installation_id), f"1/{2**row.steps}")
