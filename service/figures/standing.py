"""An account against itself: one period against an earlier one, and against the goal that grows from its beginning.

Industry averages are not used: they compare other customers, other questions and other definitions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from service.figures.rates import two_sided, z_of
from service.figures.results import Better, Unit, Value
from service.figures.trends import FALSE_DISCOVERIES, benjamini_hochberg

BASELINE = timedelta(days=30)
"""How long an account's beginning lasts."""

STEP = 0.05
"""By how much a goal is stricter each month, relative to the month before; a setting."""

MOST: Mapping[Unit, float] = MappingProxyType({Unit.SHARE: 1.0, Unit.POINTS: 7.0, Unit.STARS: 5.0})
"""The largest value there can be, by unit."""


def baseline_period(first: date) -> tuple[date, date]:
    """The account's first 30 days: the first day and the one after the last.

    >>> baseline_period(date(2026, 1, 5))
    (datetime.date(2026, 1, 5), datetime.date(2026, 2, 4))
    """
    return first, first + BASELINE


def months_after(first: date, day: date) -> int:
    """Which month of goals `day` lies in for an account whose first day is `first`: 1 for the 30 days that follow its
    baseline, then 2 ...; 0 within the baseline.

    >>> months_after(date(2026, 1, 5), date(2026, 2, 3)), months_after(date(2026, 1, 5), date(2026, 2, 4))
    (0, 1)
    """
    return max(0, (day - first) // BASELINE)


@dataclass(frozen=True, slots=True)
class Moved:
    """How a value of a figure differs from an earlier period: `now` minus `before`, with interval and p-values.

    `word` is better or worse, or, of a value that should go neither way, more or less; empty when chance explains it.
    """

    before: Value
    now: Value
    difference: float
    low: float
    high: float
    p: float
    q: float = 1.0
    word: str = ""


def moved(before: Sequence[Value], now: Sequence[Value]) -> tuple[Moved, ...]:
    """Every value of a figure that has an interval in both periods, compared; tested together (Benjamini-Hochberg).

    The interval is made from those of both periods (MOVER, Zou and Donner 2008): for shares it is Newcombe's, for
    medians and means it needs no further assumption. p is that of the normal statistic with the same reach towards 0.
    """
    earlier = {(value.name, value.of): value for value in before}
    pairs = [(earlier[key], value) for value in now if (key := (value.name, value.of)) in earlier]
    found = [one for one in (_difference(a, b) for a, b in pairs) if one is not None]
    corrected = benjamini_hochberg([one.p for one in found])
    return tuple(
        Moved(one.before, one.now, one.difference, one.low, one.high, one.p, q, _word(one, q))
        for one, q in zip(found, corrected, strict=True)
    )


def _difference(before: Value, now: Value) -> Moved | None:
    a, b = _ends(before), _ends(now)
    if a is None or b is None:
        return None
    difference = b[1] - a[1]
    low = difference - math.hypot(b[1] - b[0], a[2] - a[1])
    high = difference + math.hypot(b[2] - b[1], a[1] - a[0])
    reach = difference - low if difference > 0 else high - difference
    p = two_sided(difference * z_of() / reach) if reach > 0 else float(difference == 0)
    return Moved(before, now, difference, low, high, p)


def _ends(value: Value) -> tuple[float, float, float] | None:
    """Lower end, value, upper end; `None` where there is no interval."""
    if value.value is None or value.low is None or value.high is None:
        return None
    return value.low, value.value, value.high


def _word(one: Moved, q: float) -> str:
    if q >= FALSE_DISCOVERIES or not one.difference:
        return ""
    up = one.difference > 0
    if one.now.better is Better.NEITHER:
        return "more" if up else "less"
    return "better" if up is (one.now.better is Better.HIGHER) else "worse"


@dataclass(frozen=True, slots=True)
class Progress:
    """A value against its goal. `sure`: its whole interval is on the right side of the goal. `relative`: change
    relative to the baseline, `None` when that was 0."""

    baseline: Value
    now: Value
    goal: float
    reached: bool
    sure: bool
    relative: float | None


def progress(
    baseline: Sequence[Value], now: Sequence[Value], *, months: int = 1, step: float = STEP
) -> tuple[Progress, ...]:
    """Where every value that should go one way stands, so many months after its baseline.

    Each month asks `step` more of it, relative to the month before, up to the largest value there can be; or `step`
    less where lower is better. Values without a number in either period, or without a wish, are left out.
    """
    start = {(value.name, value.of): value for value in baseline}
    found = (_progress(start[key], value, months, step) for value in now if (key := (value.name, value.of)) in start)
    return tuple(one for one in found if one is not None)


def _progress(baseline: Value, now: Value, months: int, step: float) -> Progress | None:
    if baseline.value is None or now.value is None or now.better is Better.NEITHER:
        return None
    low = now.value if now.low is None else now.low
    high = now.value if now.high is None else now.high
    if now.better is Better.HIGHER:
        goal = min(MOST.get(now.unit, math.inf), baseline.value * (1 + step) ** months)
        reached, sure = now.value >= goal, low >= goal
    else:
        goal = baseline.value * (1 - step) ** months
        reached, sure = now.value <= goal, high <= goal
    relative = now.value / baseline.value - 1 if baseline.value else None
    return Progress(baseline, now, goal, reached, sure, relative)
