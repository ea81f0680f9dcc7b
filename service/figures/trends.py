"""Whether a rate moves: over several periods (Cochran-Armitage), or between two; corrected for looking at many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.figures.rates import LEAST, LEVEL, Rate, too_few, two_sided, z_of

FALSE_DISCOVERIES = 0.05
"""Share of the trends that are called improving or declining without being so, on average at most."""


class Direction(StrEnum):
    """Where a rate of which more is better goes."""

    IMPROVING = "improving"
    FLAT = "flat"
    DECLINING = "declining"


@dataclass(frozen=True, slots=True)
class Trend:
    """The movement of a rate over equally long periods.

    `slope` is the change per period (a share: 0.02 is two points), with its interval; `p` two-sided, `q` corrected for
    the number of trends that were looked at together. `direction` is `None` where `note` says that data are too few.
    Flat means that no change was shown, not that there is none: the interval says how much it could be.
    """

    slope: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    n: int
    direction: Direction | None
    note: str = ""


def cochran_armitage(periods: Sequence[Rate]) -> float | None:
    """The z of the Cochran-Armitage test for a linear trend in proportions (Armitage 1955), periods scored 0, 1 ...

    z = Σ t (x - n p) / √(p (1 - p) (Σ n t² - (Σ n t)² / N)); positive when the rate rises. `None` when it is undefined:
    fewer than two periods with cases, or a rate of 0 or 1 over all.

    >>> round(cochran_armitage([Rate(10, 50), Rate(15, 50), Rate(24, 50)]), 3)
    2.985
    """
    whole = sum(periods, Rate(0, 0))
    spread = _spread(periods)
    if whole.value is None or whole.hits in (0, whole.n) or spread <= 0:
        return None
    p = whole.hits / whole.n
    excess = sum(t * (rate.hits - rate.n * p) for t, rate in enumerate(periods))
    return excess / math.sqrt(p * (1 - p) * spread)


def _spread(periods: Sequence[Rate]) -> float:
    """Σ n t² - (Σ n t)² / N: how far the cases are spread over the periods; 0 of nothing."""
    n = sum(rate.n for rate in periods)
    first = sum(t * rate.n for t, rate in enumerate(periods))
    return sum(t * t * rate.n for t, rate in enumerate(periods)) - first * first / n if n else 0.0


def slope(periods: Sequence[Rate], level: float = LEVEL) -> tuple[float, float, float] | None:
    """Change of the rate per period with its interval: least squares weighted by n, variance from each period's rate.

    A period's rate enters the variance as (x + 1) / (n + 2), so that a rate of 0 is not certain (Agresti and Coull
    1998). `None` with cases in fewer than two periods.
    """
    n, spread = sum(rate.n for rate in periods), _spread(periods)
    if spread <= 0:
        return None
    centre = sum(t * rate.n for t, rate in enumerate(periods)) / n
    change = sum((t - centre) * rate.hits for t, rate in enumerate(periods)) / spread
    variance = 0.0
    for t, rate in enumerate(periods):
        p = (rate.hits + 1) / (rate.n + 2)
        variance += ((t - centre) / spread) ** 2 * rate.n * p * (1 - p)
    reach = z_of(level) * math.sqrt(variance)
    return change, change - reach, change + reach


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected so that calling those below a share significant makes at most that share of the calls
    false (Benjamini and Hochberg 1995); in the order given.

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i], reverse=True)
    corrected = [1.0] * len(p_values)
    least = 1.0
    for place, i in enumerate(order):
        least = min(least, p_values[i] * len(p_values) / (len(p_values) - place))
        corrected[i] = least
    return corrected


def trends(by_name: Mapping[str, Sequence[Rate]], *, least: int = LEAST) -> dict[str, Trend]:
    """The trend of each name's rate over the same periods, tested together.

    A name is tested when it has `least` cases and at least two periods hold half as many each; the others are not
    part of the correction. A rate that was 0 or 1 throughout is flat.
    """
    tested = {name: _p(periods) for name, periods in by_name.items() if not _lacks(periods, least)}
    corrected = dict(zip(tested, benjamini_hochberg(list(tested.values())), strict=True))
    return {name: _trend(periods, tested.get(name), corrected.get(name), least) for name, periods in by_name.items()}


def _lacks(periods: Sequence[Rate], least: int) -> str:
    """What the data lack for a test; empty when nothing."""
    n = sum(rate.n for rate in periods)
    if n < least:
        return too_few(n, least)
    held = sum(rate.n >= least / 2 for rate in periods)
    return "not enough data, cases in fewer than two periods" if held < 2 else ""


def _p(periods: Sequence[Rate]) -> float:
    z = cochran_armitage(periods)
    return 1.0 if z is None else two_sided(z)


def _trend(periods: Sequence[Rate], p: float | None, q: float | None, least: int) -> Trend:
    n = sum(rate.n for rate in periods)
    if p is None or q is None:
        return Trend(None, None, None, None, None, n, None, _lacks(periods, least))
    line = slope(periods)
    change, low, high = line if line is not None else (None, None, None)
    moves = q < FALSE_DISCOVERIES and change is not None
    direction = Direction.FLAT
    if moves and change is not None:
        direction = Direction.IMPROVING if change > 0 else Direction.DECLINING
    return Trend(change, low, high, p, q, n, direction)


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of a rate between two periods: later minus earlier, with its interval and two-sided p."""

    difference: float
    low: float
    high: float
    p: float


def change(earlier: Rate, later: Rate, *, least: int = LEAST) -> Change | None:
    """How a rate moved between two periods; `None` when one of them holds fewer than `least` cases.

    Interval: Newcombe's hybrid of the two Wilson intervals (1998, method 10). p: two-proportion score test, pooled.

    >>> moved = change(Rate(40, 100), Rate(60, 100))
    >>> round(moved.difference, 2), round(moved.low, 3), round(moved.high, 3), round(moved.p, 4)
    (0.2, 0.061, 0.328, 0.0047)
    """
    before, after = earlier.interval(), later.interval()
    a, b = earlier.value, later.value
    if before is None or after is None or a is None or b is None or min(earlier.n, later.n) < least:
        return None
    low = b - a - math.hypot(b - after[0], before[1] - a)
    high = b - a + math.hypot(after[1] - b, a - before[0])
    pooled = (earlier.hits + later.hits) / (earlier.n + later.n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / earlier.n + 1 / later.n))
    return Change(b - a, low, high, two_sided((b - a) / error) if error else 1.0)
