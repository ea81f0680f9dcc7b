"""The chart of an alert: the figure day by day with the range in which it usually lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from service.charts.chart import Chart
from service.charts.data import By, Event, Point, Series, Tone
from service.charts.trend import trend
from service.figures.alarm import HISTORY, Counted, Sort, up_to
from service.figures.episode import Rules, stretches, usual
from service.figures.results import Unit
from service.figures.usual import Fitted
from service.figures.watched import BY_NAME, WEEK, Watched
from service.settings import Settings
from service.store import figure_alerts, report_counts
from service.store.figures import Period, tallies
from service.store.report_models import FigureAlert
from tasks.figure_alarms import counted

RANGE, INTERVAL = "range in which a day raises no alarm", "95 % interval"
WEEKS = "range in which seven days raise no alarm"
AROUND = {1: (21, 21), WEEK: (HISTORY, 4 * WEEK)}
"""Days before and after the alert's first one that are drawn, by how many days a point is made of."""


def drawn(session: Session, row: FigureAlert, settings: Settings, *, today: date) -> Chart | None:
    """The chart; `None` for a win that is no figure's. Where days have too few cases, a point is seven days."""
    watched = BY_NAME.get(row.figure)
    if watched is None:
        return None
    began = row.first_day - timedelta(days=row.seen["days"] - 1)
    since = row.first_day - timedelta(days=AROUND[WEEK][0] + HISTORY + WEEK)
    until = min(today, row.first_day + timedelta(days=AROUND[WEEK][1] + 1))
    found = tallies(session, since=since, until=until, period=Period.DAY, installation_ids=[row.installation_id])
    given_up = report_counts.given_up(session, row.installation_id, since, until)
    counts = counted(watched, {day: tally for (day, _), tally in found.items()}, given_up)
    rules = Rules(
        settings.false_alarms_a_month, figure_alerts.steps(session, row.installation_id, row.figure),
        settings.fewest_cases,
    )  # fmt: skip
    # What was usual stays as it was when the alert began.
    past = figure_alerts.past(session, row.installation_id, row.figure, since=since)
    fitted = usual(watched, counts, began, rules, without=[each for each in past if each[1] < began - timedelta(1)])
    together = WEEK if fitted is not None and stretches(fitted)[0] == WEEK else 1
    before, after = AROUND[together]
    last = min(until - timedelta(days=1), row.first_day + timedelta(days=after))
    ends = [row.first_day + timedelta(days=back) for back in range(-before, after + 1, together)]
    blocks = [up_to(end, together) for end in ends if end <= last]
    points = [_points(watched, counts, days, fitted, rules) for days in blocks]
    series = [
        Series(watched.title, tuple(point for point, _ in points)),
        Series("usual", tuple(point for _, point in points), Tone.NEUTRAL),
    ]
    unit = Unit.SHARE if watched.sort is Sort.SHARE else Unit.COUNT
    chart = trend(watched.title, series, unit=unit, by=By.DAY, events=[Event(row.first_day, "it began")])
    # The band is not the interval of a number here.
    text = WEEKS if together == WEEK else RANGE
    key = tuple(replace(each, text=text) if "band" in each.mark.split() else each for each in chart.key)
    header = tuple("Range without alarm" if words == INTERVAL else words for words in chart.header)
    return replace(chart, key=key, header=header)


def _points(
    watched: Watched, counts: Mapping[date, Counted], days: Sequence[date], fitted: Fitted | None, rules: Rules
) -> tuple[Point, Point]:
    """What was counted on these days, and what was usual; a share of too few cases is not drawn."""
    known = [counts[day] for day in days if day in counts]
    hits, n, day = sum(each.hits for each in known), sum(each.n for each in known), days[-1]
    if not known or (watched.sort is Sort.SHARE and n < rules.least):
        return Point(day, None, n=n), Point(day, None)
    value = hits / n if watched.sort is Sort.SHARE else float(hits)
    expected = fitted.expected(days, counts, rules.alarm_level) if fitted is not None else None
    if expected is None:
        return Point(day, value, n=n or hits), Point(day, None)
    return Point(day, value, n=n or hits), Point(day, expected.mean, expected.low, expected.high, n)
