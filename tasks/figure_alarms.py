"""Judging days of watched figures that are over: alarms, recoveries and wins; each figure by one process at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from service.figures.alarm import HISTORY, Counted
from service.figures.episode import NEW_NORMAL, Rules, Step, alarm, win
from service.figures.gap_life import GapState
from service.figures.tally import Tally
from service.figures.watched import LONG, WATCHED, Watched
from service.reports import gaps as gap_report
from service.reports.history import unread
from service.scoring.score import DEFINITIONS
from service.store import fact_days, figure_alerts, gaps, installations, report_counts
from service.store.figures import Period, tallies
from service.store.models import Installation
from tasks import target_wins
from tasks.runtime import Runtime

BACK = timedelta(days=28)
"""How far back a figure is judged when it is watched for the first time."""
GAPS = "gaps"
ANNOUNCED = timedelta(days=7)
"""A fix that was verified longer ago is no news."""


def watch(runtime: Runtime) -> int:
    """Judge what is over and was not judged; how many days of figures were looked at."""
    with runtime.database.read() as session:
        found = (row for row in installations.all_of(session) if _watched(row))
        rows = [row for row in found if not _still_read(session, runtime, row)]
    return sum(_watch(runtime, row) for row in rows)


def _watched(row: Installation) -> bool:
    """One from files or that was left sends nothing any more: its silence is no news."""
    return row.disconnected_at is None and not installations.is_imported(row)


def _still_read(session: Session, runtime: Runtime, row: Installation) -> bool:
    """Whether its history still comes: what a day is judged against is not there yet, and each is judged once."""
    left = unread(session, [row.id], now=runtime.clock())
    return left is not None and left.moves


def _watch(runtime: Runtime, row: Installation) -> int:
    today, done = runtime.clock().date(), 0
    since = today - BACK - NEW_NORMAL - timedelta(days=HISTORY + LONG)
    with runtime.database.read() as session:
        if fact_days.first_day(session, DEFINITIONS, (row.id,)) is None:
            return 0
        found = tallies(session, since=since, until=today, period=Period.DAY, installation_ids=[row.id])
        by_day = {day: counted for (day, _), counted in found.items()}
        given_up = report_counts.given_up(session, row.id, since, today)
    for watched in WATCHED:
        counts = counted(watched, by_day, given_up)
        with runtime.database.begin() as session:
            done += _judge(runtime, session, row.id, watched, counts, today)
    with runtime.database.begin() as session:
        _gaps(session, row.id, runtime.clock())
    with runtime.database.begin() as session:
        target_wins.look(runtime, session, row)
    return done


def counted(watched: Watched, by_day: Mapping[date, Tally], given_up: Mapping[date, int]) -> dict[date, Counted]:
    """Each day's count from the first day with anything on; a day without any is 0."""
    if not by_day:
        return {}
    first, last = min(by_day), max((*by_day, *given_up))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    if watched.count is None:
        return {day: Counted(given_up.get(day, 0)) for day in days}
    return {day: watched.count(by_day.get(day, Tally())) for day in days}


def _judge(
    runtime: Runtime, session: Session, installation_id: str, watched: Watched, counts: Mapping[date, Counted],
    today: date,
) -> int:  # fmt: skip
    """Judge every ripe day of a figure in order."""
    settings, now = runtime.settings, runtime.clock()
    held = figure_alerts.hold(session, installation_id, watched.name, before=today - BACK)
    rules = Rules(
        settings.false_alarms_a_month,
        figure_alerts.steps(session, installation_id, watched.name),
        settings.fewest_cases,
    )
    of, done = (installation_id, watched.name), 0
    day = held.until
    while day <= today - timedelta(days=watched.ripe):
        _alarm(session, of, watched, counts, day, rules, now)
        last = figure_alerts.last_win(session, *of)
        better = win(watched, counts, day, rules, last=last)
        if better is not None:
            key = f"{figure_alerts.WIN}/{installation_id}/{watched.name}/{day}"
            figure_alerts.open_one(session, of, kind=figure_alerts.WIN, step=better, key=key, now=now)
        day, done = day + timedelta(days=1), done + 1
    held.until = max(held.until, day)
    return done


def _alarm(
    session: Session, of: tuple[str, str], watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules,
    now: datetime,
) -> None:  # fmt: skip
    row = figure_alerts.opened(session, *of)
    standing = figure_alerts.standing(row) if row is not None else None
    without = figure_alerts.past(session, *of, since=day - NEW_NORMAL - timedelta(days=HISTORY + LONG))
    step: Step | None = alarm(watched, counts, day, standing, rules, without=without)
    if step is not None:
        figure_alerts.apply(session, row, step, of=of, now=now)
        session.flush()


def _gaps(session: Session, installation_id: str, now: datetime) -> None:
    """A fix that is seen to work is a win; looked at once a day."""
    today = now.date()
    held = figure_alerts.hold(session, installation_id, GAPS, before=today - timedelta(days=1))
    if held.until >= today:
        return
    held.until = today
    found = gaps.listed(session, installation_ids=[installation_id], examples=False)
    for gap, lived in gap_report.lived(found, gap_report.talked_in(session), as_of=now):
        if lived.state is not GapState.VERIFIED or lived.effect is None:
            continue
        day = lived.steps[-1].at.astimezone(UTC).date()
        if today - day <= ANNOUNCED:
            effect = lived.effect
            figure_alerts.announce(
                session, (installation_id, f"gap:{gap.row.id}"), kind=figure_alerts.WIN, direction="down", day=day,
                key=f"{figure_alerts.WIN}/{installation_id}/gap:{gap.row.id}/{day}", now=now,
                seen={
                    "gap": gap.row.id, "audience": gap.row.audience,
                    "before": [effect.messages_before, effect.conversations_before],
                    "after": [effect.messages_after, effect.conversations_after], "p": effect.p,
                },
            )  # fmt: skip
