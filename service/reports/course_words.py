"""What a course means, in sentences for people: against the beginning, over the shown days, against the target."""

from __future__ import annotations

from datetime import date, timedelta

from service.charts.data import By
from service.figures.results import Better, Unit, Value
from service.figures.standing import BASELINE, Moved
from service.figures.trends import Direction
from service.figures.wording import number, signed
from service.reports.course import Baseline, Course, Name

SAID = {"better": "Better than", "worse": "Worse than", "more": "More than", "less": "Less than"}

LARGEST = 0.5
"""Share of the cases of a value in one period from which on it tells of that period more than of the others."""

FEWEST_PERIODS = 4
"""Of fewer periods one holds much of all by itself."""


def against_beginning(course: Course, name: Name) -> str:
    """How the value stands against the account's first 30 days; empty where it is compared with nothing."""
    beginning = course.baseline
    if beginning is None:
        return ""
    if not beginning.whole:
        return (
            f"The account's first {BASELINE.days} days, which everything is compared with, are not over: "
            f"{beginning.days} of {BASELINE.days}."
        )
    change, then = course.moved.get(name), beginning.values.get(name)
    if change is not None:
        return _changed(change, beginning)
    if then is None or then.value is None:
        return f"{_when(beginning)}: {(then.note if then else '') or 'no number'}, so there is nothing to compare with."
    if not course.after:
        return f"{_when(beginning)}: {number(then.value, then.unit)}. The days shown are not after those."
    return f"{_when(beginning)}: {number(then.value, then.unit)}. It cannot be told whether the difference is chance."


def _when(beginning: Baseline) -> str:
    return f"In the account's first {BASELINE.days} days ({span(beginning.since, beginning.until)})"


def _changed(change: Moved, beginning: Baseline) -> str:
    then, now = (number(value.value or 0.0, value.unit) for value in (change.before, change.now))
    ends = f"{difference(change.low, change.now)} to {difference(change.high, change.now)}"
    days = f"the account's first {BASELINE.days} days ({span(beginning.since, beginning.until)})"
    if change.word:
        return (
            f"{SAID[change.word]} in {days}: {then} then, {now} since. The difference, "
            f"{difference(change.difference, change.now)} ({ends}), is more than chance explains."
        )
    return (
        f"No change shown against {days}: {then} then, {now} since. With all values tested together, chance could "
        f"explain the difference, {difference(change.difference, change.now)} ({ends})."
    )


def difference(value: float, of: Value) -> str:
    """A difference with its sign, that of shares in points.

    >>> difference(-0.031, Value("x", 0.5, Unit.SHARE, 9)), difference(90.0, Value("x", 9.0, Unit.SECONDS, 9))
    ('-3.1 points', '+1 min 30 s')
    """
    if of.unit is Unit.SHARE:
        return f"{points(value)} points"
    words = number(abs(value), of.unit)
    return words if words == number(0.0, of.unit) else ("-" if value < 0 else "+") + words


def mostly(course: Course, name: Name, by: str) -> str:
    """That most of what a value counts lies in one of the shown periods, so that it tells of what happened then; empty
    where it is spread, and where too few periods are shown to tell."""
    cases = {start: values[name].n for start, values in course.periods if name in values}
    n, value = sum(cases.values()), course.value(name)
    if value is None or value.value is None or len(course.periods) < FEWEST_PERIODS:
        return ""
    start = max(cases, key=lambda each: cases[each], default=None)
    if start is None or cases[start] <= LARGEST * n:
        return ""
    most = "All" if cases[start] == n else f"{cases[start]:,} of"
    when = f"one {by} ({By(by).named(start)})"
    return f"{most} {n:,} are from {when}: it tells of what happened then, not of all these days."


def over_days(course: Course, name: Name, by: str) -> str:
    """Whether a share moves over the shown periods; empty for what is no share."""
    found = course.trend(name)
    value = course.value(name)
    if found is None or value is None:
        return ""
    if found.direction is None:
        return f"Too few cases to say whether it moves from {by} to {by}: {found.note}."
    if found.direction is Direction.FLAT or found.slope is None or found.low is None or found.high is None:
        return f"From {by} to {by} no movement was shown beyond chance."
    up = found.slope > 0
    good = value.better is not Better.NEITHER and up is (value.better is Better.HIGHER)
    word = ("improves" if good else "declines") if value.better is not Better.NEITHER else "rises" if up else "falls"
    ends = f"{points(found.low)} to {points(found.high)}"
    return f"It {word} from {by} to {by}, by {points(found.slope)} points each ({ends}), more than chance explains."


def points(share: float) -> str:
    """A difference of shares in points, with its sign; small ones with two more digits.

    >>> points(0.0312), points(-0.0003), points(0.0)
    ('+3.1', '-0.03', '0')
    """
    digits = 1 if abs(share) >= 0.0005 else 2
    words = signed(share * 100, digits)
    return "0" if float(words) == 0 else words


def against_target(course: Course, name: Name) -> str:
    """Whether this month's target is reached; empty where there is none."""
    aim = course.progress.get(name)
    if aim is None:
        return ""
    start = f"Target of month {max(1, course.month)}: {number(aim.goal, aim.now.unit)}. "
    if aim.sure:
        return start + "Reached, beyond chance."
    if aim.reached:
        return start + "Reached so far; chance could still explain that."
    return start + f"Not reached: {number(aim.now.value or 0.0, aim.now.unit)}."


def span(since: date, until: date) -> str:
    """Days in words; `until` is the day after the last.

    >>> span(date(2026, 1, 5), date(2026, 2, 4))
    '5 Jan to 3 Feb 2026'
    """
    last = until - timedelta(days=1)
    year = "" if since.year == last.year else f" {since.year}"
    return f"{since.day} {since:%b}{year} to {last.day} {last:%b %Y}"
