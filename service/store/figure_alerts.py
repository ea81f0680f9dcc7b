"""Alerts of figures and wins: one open episode of a figure at a time, how people answered, how far days were judged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.figures.alarm import MOST_STEPS, Judged, Side
from service.figures.episode import Happens, Standing, Step
from service.store.report_models import AlertState, AlertStrictness, FigureAlert, FigureWatched
from service.store.statements import insert

ALARM, WIN = "alarm", "win"
OVER = {
    Happens.RECOVERED: AlertState.RECOVERED,
    Happens.UNCONFIRMED: AlertState.UNCONFIRMED,
    Happens.NEW_NORMAL: AlertState.NEW_NORMAL,
}
HANDLED = (AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.NOT_USEFUL)


def hold(session: Session, installation_id: str, figure: str, *, before: date) -> FigureWatched:
    """Up to which day the figure was judged (`before`: not yet at all), locked: nobody else judges it meanwhile."""
    new = insert(session, FigureWatched).values(installation_id=installation_id, figure=figure, until=before)
    session.execute(new.on_conflict_do_nothing())
    mine = (FigureWatched.installation_id == installation_id, FigureWatched.figure == figure)
    return session.scalars(select(FigureWatched).where(*mine).with_for_update()).one()


def steps(session: Session, installation_id: str, figure: str) -> int:
    """How often the figure's share of false alarms is halved."""
    row = session.get(AlertStrictness, (installation_id, figure))
    return 0 if row is None else row.steps


def opened(session: Session, installation_id: str, figure: str) -> FigureAlert | None:
    """The alarm of the figure that goes on."""
    return by_key(session, _key(installation_id, figure))


def standing(row: FigureAlert) -> Standing:
    """The alarm as an episode."""
    return Standing(Side(row.direction), row.first_day, row.seen["days"])


def past(session: Session, installation_id: str, figure: str, *, since: date) -> list[tuple[date, date]]:
    """Days that say nothing about what is usual: those of alarms that ended, with the days together that opened them,
    and whatever was before a new normal. Not those of alarms that nobody found useful."""
    statement = select(FigureAlert).where(
        FigureAlert.installation_id == installation_id,
        FigureAlert.figure == figure,
        FigureAlert.kind == ALARM,
        FigureAlert.closed_at.is_not(None),
        FigureAlert.state.in_(OVER.values()),
        FigureAlert.last_day >= since,
    )
    return [_left_out(row) for row in session.scalars(statement)]


def _left_out(row: FigureAlert) -> tuple[date, date]:
    first = row.first_day - timedelta(days=row.seen["days"] - 1)
    return (date.min, first - timedelta(days=1)) if row.state == AlertState.NEW_NORMAL else (first, row.last_day)


def apply(session: Session, row: FigureAlert | None, step: Step, *, of: tuple[str, str], now: datetime) -> FigureAlert:
    """Keep what a day did; `of` names installation and figure of a new alarm. `seen["n_since"]`: cases since the last
    day that confirmed it."""
    if row is None:
        return open_one(session, of, kind=ALARM, step=step, key=_key(*of), now=now)
    row.judged_until = step.day
    row.usual_days = step.usual_days
    row.seen = {**row.seen, "n_since": step.n}
    row.last_day = step.last or row.last_day
    if step.happens is Happens.GOES_ON:
        if row.state == AlertState.SNOOZED and row.snoozed_until is not None and step.day >= row.snoozed_until:
            row.state, row.snoozed_until = AlertState.OPEN, None
    elif step.happens in OVER:
        if row.state != AlertState.NOT_USEFUL:
            row.state = OVER[step.happens]
        row.closed_at, row.open_key = now, None
    row.changed_at = now
    return row


def open_one(session: Session, of: tuple[str, str], *, kind: str, step: Step, key: str, now: datetime) -> FigureAlert:
    """A new alarm or win."""
    return announce(
        session, of, kind=kind, direction=step.side.value, day=step.day, key=key, now=now,
        seen={"day": step.day.isoformat(), "days": step.days, **asdict(step.judged)},
    )  # fmt: skip


def announce(
    session: Session, of: tuple[str, str], *, kind: str, direction: str, day: date, key: str, now: datetime,
    seen: Mapping[str, Any],
) -> FigureAlert:  # fmt: skip
    """Keep one; where there is one with this key, that one."""
    known = by_key(session, key)
    if known is not None:
        return known
    row = FigureAlert(
        installation_id=of[0], figure=of[1], kind=kind, direction=direction, state=AlertState.OPEN, open_key=key,
        first_day=day, last_day=day, judged_until=day, usual_days=0, seen=dict(seen), opened_at=now, changed_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def by_key(session: Session, key: str) -> FigureAlert | None:
    """The one with this key."""
    return session.scalar(select(FigureAlert).where(FigureAlert.open_key == key))


def last_win(session: Session, installation_id: str, figure: str) -> date | None:
    """When the figure was last a win."""
    statement = select(FigureAlert.first_day).where(
        FigureAlert.installation_id == installation_id, FigureAlert.figure == figure, FigureAlert.kind == WIN
    )
    return session.scalar(statement.order_by(FigureAlert.first_day.desc()).limit(1))


def answer(session: Session, row: FigureAlert, state: AlertState, *, by: str, now: datetime,
           until: date | None = None) -> None:  # fmt: skip
    """What somebody says of an alarm. Not useful: its figure's threshold rises one step, up to a sixteenth of its share
    of false alarms; acknowledged: it comes down one step again."""
    moves = {AlertState.NOT_USEFUL: 1, AlertState.ACKNOWLEDGED: -1}.get(state, 0)
    if moves and row.state != state:
        _strict(session, row, moves, now)
    row.state, row.actor, row.changed_at, row.snoozed_until = state, by[:255], now, until


def _strict(session: Session, row: FigureAlert, moves: int, now: datetime) -> None:
    known = steps(session, row.installation_id, row.figure)
    values = {"steps": min(MOST_STEPS, max(0, known + moves)), "changed_at": now}
    new = insert(session, AlertStrictness).values(installation_id=row.installation_id, figure=row.figure, **values)
    unique = [AlertStrictness.installation_id, AlertStrictness.figure]
    session.execute(new.on_conflict_do_update(index_elements=unique, set_=values))


def get(session: Session, alert_id: int) -> FigureAlert | None:
    """One alert."""
    return session.get(FigureAlert, alert_id)


def listed(
    session: Session, installation_ids: Collection[str], *, since: date, until: date, limit: int = 200
) -> Sequence[FigureAlert]:
    """Alarms and wins that began from `since` up to but without `until`, and alarms that go on; the latest first."""
    begun = (FigureAlert.first_day >= since) & (FigureAlert.first_day < until)
    goes_on = (FigureAlert.kind == ALARM) & FigureAlert.closed_at.is_(None) & (FigureAlert.first_day < until)
    statement = select(FigureAlert).where(
        FigureAlert.installation_id.in_(sorted(installation_ids)), or_(begun, goes_on)
    )
    return session.scalars(statement.order_by(FigureAlert.first_day.desc(), FigureAlert.id.desc()).limit(limit)).all()


def changed(session: Session, *, since: datetime) -> Sequence[FigureAlert]:
    """What was opened or came to its end since, for routes."""
    recent = or_(FigureAlert.opened_at >= since, FigureAlert.closed_at >= since)
    return session.scalars(select(FigureAlert).where(recent).order_by(FigureAlert.id)).all()


def judged(row: FigureAlert) -> Judged:
    """What its first day said."""
    return Judged(*(row.seen[name] for name in ("value", "n", "expected", "p_up", "p_down")))


def _key(installation_id: str, figure: str) -> str:
    return f"{ALARM}/{installation_id}/{figure}"


def strict(session: Session, installation_ids: Collection[str]) -> Sequence[AlertStrictness]:
    """Figures of which somebody said that their alarms are not useful."""
    statement = select(AlertStrictness).where(AlertStrictness.installation_id.in_(sorted(installation_ids)))
    return session.scalars(statement.order_by(AlertStrictness.installation_id, AlertStrictness.figure)).all()
