"""Axes: round numbers that people count in, and how they are written beside an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from service.charts.data import By
from service.figures.results import Unit
from service.figures.wording import DAY, HOUR, MINUTE

TIMES = (1, 2, 5, 10, 15, 30, *(m * MINUTE for m in (1, 2, 5, 10, 15, 30)), *(h * HOUR for h in (1, 2, 3, 6, 12)),
         *(d * DAY for d in (1, 2, 7, 14, 30, 90)))  # fmt: skip
"""Steps of an axis of times, in seconds."""

SCALES: Mapping[Unit, tuple[float, ...]] = MappingProxyType(
    {Unit.STARS: (1.0, 2.0, 3.0, 4.0, 5.0), Unit.POINTS: (1.0, 3.0, 5.0, 7.0)}
)
"""What can be answered in units that have a first and a last point; an axis of them goes nowhere else."""

CLOSE = 0.45
"""A trend's axis begins at 0 when its lowest number is below this share of its highest."""


def ticks(low: float, high: float, unit: Unit, *, most: int = 4) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, `most` + 1 at most.

    >>> ticks(0, 0.63, Unit.SHARE), ticks(0, 7100, Unit.SECONDS)
    ([0.0, 0.2, 0.4, 0.6, 0.8], [0.0, 1800.0, 3600.0, 5400.0, 7200.0])
    """
    scale = SCALES.get(unit, ())
    if scale and (low, high) == (scale[0], scale[-1]):
        return list(scale)
    step = _step(max(high - low, 1e-9) / most, unit)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    found = [round(place * step, 10) for place in range(first, max(last, first + 1) + 1)]
    if len(found) > most + 1:
        return ticks(found[0], found[-1], unit, most=most)
    return found


def _step(at_least: float, unit: Unit) -> float:
    if unit is Unit.SECONDS and at_least <= TIMES[-1]:
        return float(next(step for step in TIMES if step >= at_least))
    if unit is Unit.COUNT:
        at_least = max(at_least, 1.0)
    size = 10.0 ** math.floor(math.log10(at_least))
    return next(nice * size for nice in (1, 2, 2.5, 5, 10) if nice * size >= at_least * (1 - 1e-9))


def span(numbers: Iterable[float | None], unit: Unit, *, from_zero: bool = False) -> tuple[float, float]:
    """Where an axis begins and ends: at 0, or closer where all numbers are far from it; shares never beyond 100 %,
    answers on a scale from its first point to its last where it would begin at 0.
    """
    known = [value for value in numbers if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    scale = SCALES.get(unit, ())
    if scale and known and scale[0] <= low <= high <= scale[-1] and (from_zero or low < CLOSE * high):
        return scale[0], scale[-1]
    if low >= 0 and (from_zero or low < CLOSE * high):
        low = 0.0
    if high <= low:
        wide = 0.1 if unit is Unit.SHARE else 1.0
        low, high = (low - wide, low) if unit is Unit.SHARE and low > 1 - wide else (low, low + wide)
    around = ticks(low, high, unit)
    most = 1.0 if unit is Unit.SHARE else scale[-1] if scale else math.inf
    return around[0], min(around[-1], most) if high <= most else around[-1]


def short(value: float, unit: Unit) -> str:
    """A number as it stands beside an axis.

    >>> short(0.2, Unit.SHARE), short(5400, Unit.SECONDS), short(12000, Unit.COUNT), short(2.5, Unit.POINTS)
    ('20 %', '1.5 h', '12k', '2.5')
    """
    match unit:
        case Unit.SHARE | Unit.CHANGE:
            return f"{value * 100:.4g} %"
        case Unit.SECONDS:
            for size, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
                if abs(value) >= size:
                    return f"{value / size:.3g} {name}"
            return f"{value:.3g} s"
    for size, name in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.4g}"


def days(first: date, last: date, by: By, *, most: int = 6) -> list[tuple[date, str]]:
    """Days to name below an axis, `most` at most: first days of months over a long time, else every so many periods."""
    if by is By.MONTH or (last - first).days > 120:
        months = _months(first, last)
        return [(day, f"{day:%b %y}" if day.month == 1 or place == 0 else f"{day:%b}")
                for place, day in enumerate(_thinned(months, most))]  # fmt: skip
    step = 7 if by is By.WEEK else 1
    every = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
    return [(day, f"{day.day} {day:%b}") for day in _thinned(every, most)]


def _months(first: date, last: date) -> list[date]:
    day = first if first.day == 1 else By.MONTH.following(first)
    found = []
    while day <= last:
        found.append(day)
        day = By.MONTH.following(day)
    return found or [first]


def _thinned(given: Sequence[date], most: int) -> list[date]:
    return list(given[:: max(1, math.ceil(len(given) / most))])
