"""The chart of an alert: the figure day by day with the range in which it usually lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from service.charts.chart import Chart
from service.charts.data import By, Event, Point, Series, Tone
from service.charts.trend import trend
from service.figures.alarm import HISTORY, Sort
from service.figures.episode import Rules, usual
from service.figures.results import Unit
from service.figures.watched import BY_NAME
from service.settings import Settings
from service.store import figure_alerts, report_counts
from service.store.figures import Period, tallies
from service.store.report_models import FigureAlert
from tasks.figure_alarms import counted

RANGE, INTERVAL = "range in which a day raises no alarm", "95 % interval"
BEFORE, AFTER = 21, 21
"""Days before and after the alert's first one that are drawn."""


def drawn(session: Session, row: FigureAlert, settings: Settings, *, today: date) -> Chart | None:
    """The chart; `None` for a win that is no figure's."""
    watched = BY_NAME.get(row.figure)
    if watched is None:
        return None
    first, last = row.first_day - timedelta(days=BEFORE), min(today, row.first_day + timedelta(days=AFTER))
    since = first - timedelta(days=HISTORY)
    found = tallies(session, since=since, until=last, period=Period.DAY, installation_ids=[row.installation_id])
    given_up = report_counts.given_up(session, row.installation_id, since, last)
    counts = counted(watched, {day: tally for (day, _), tally in found.items()}, given_up)
    rules = Rules(
        settings.false_alarms_a_month, figure_alerts.steps(session, row.installation_id, row.figure),
        settings.fewest_cases,
    )  # fmt: skip
    # What was usual stays as it was when the alert began.
    fitted = usual(watched, counts, row.first_day, rules, without=())
    values, band = [], []
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        known = counts.get(day)
        n = known.n if known is not None and watched.sort is Sort.SHARE else 0
        value = None if known is None else known.hits / n if n else float(known.hits)
        if watched.sort is Sort.SHARE and n < settings.fewest_cases:
            value = None
        values.append(Point(day, value, n=n or (known.hits if known is not None else 0)))
        expected = fitted.expected(day, n or 1, rules.alarm_level) if fitted is not None else None
        thin = watched.sort is Sort.SHARE and n < settings.fewest_cases
        band.append(Point(day, None) if expected is None or thin else
                    Point(day, expected.mean, expected.low, expected.high, n))  # fmt: skip
    series = [Series(watched.title, tuple(values)), Series("usual", tuple(band),
                                                           Tone.NEUTRAL)]  # fmt: skip
    unit = Unit.SHARE if watched.sort is Sort.SHARE else Unit.COUNT
    chart = trend(watched.title, series, unit=unit, by=By.DAY, events=[Event(row.first_day, "it began")])
    # The band is not the interval of a number here.
    key = tuple(replace(each, text=RANGE) if "band" in each.mark.split() else each for each in chart.key)
    header = tuple("Range without alarm" if words == INTERVAL else words for words in chart.header)
    return replace(chart, key=key, header=header)
