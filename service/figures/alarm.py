"""Whether a day of a watched figure lies outside what the account's own last weeks lead one to expect.

A day is compared with the same weekday of the eight weeks before it. How far days scatter beyond chance is read from
all of those weeks, so that an account whose figures jump every day is not told of each jump. The tail probability is
exact for a beta-binomial (shares) or a negative binomial (counts) with that mean and scatter.

The threshold follows from how many false alarms a month are accepted over all figures that are watched, divided evenly
among every test of a month. `tests/figures/test_alarm.py` proves the rate by simulation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

HISTORY = 56
"""Days before the judged ones that are looked at: eight of each weekday."""
SAME_DAYS = 4
"""Fewest days of the same weekday with cases; below that nothing is judged."""
DAYS_OF_MONTH = 365.25 / 12
Chances = npt.NDArray[np.float64]

_NORMAL = NormalDist()
_HALF = 0.5


class Sort(StrEnum):
    """What is watched: a share of cases, or how many there are."""

    SHARE = "share"
    COUNT = "count"


class Side(StrEnum):
    """Which way a figure went."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Counted:
    """One day: `hits` of `n` for a share; for a count `hits` is the number and `n` is not looked at."""

    hits: int
    n: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What a day was expected to be: its mean and the ends between which it stays but for the accepted false alarms.

    In units of the figure: a share, or a number.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A day, or several together, against what was expected. `p_up`, `p_down`: chance of as much or more, as little or
    less, if nothing had changed."""

    value: float
    n: int
    expected: float
    p_up: float
    p_down: float

    def side(self, level: float) -> Side | None:
        """Which way it lies outside at this one-sided level; `None`: within."""
        if self.p_up < level:
            return Side.UP
        return Side.DOWN if self.p_down < level else None


def level(false_alarms: float, tests: int, *, steps: int = 0) -> float:
    """The one-sided level of one test, so that `tests` of them every day give `false_alarms` a month on average.

    A quarter is kept back, as the scatter of days is estimated and not known. Each of `steps` halves it ("not
    useful"), at most four times.

    >>> round(level(1, 10), 5), round(level(1, 10, steps=1), 5), level(1, 10, steps=9) == level(1, 10, steps=4)
    (0.00246, 0.00123, True)
    """
    return SURE * false_alarms / (DAYS_OF_MONTH * max(1, tests)) * _HALF ** min(max(0, steps), MOST_STEPS)


SURE = 0.75
"""What is used of the accepted false alarms."""
MOST_STEPS = 4
"""How often a level can be halved: to a sixteenth."""


def judge(
    history: Mapping[date, Counted], days: Sequence[date], now: Mapping[date, Counted], sort: Sort, *, least: int
) -> Judged | None:
    """The days together against the history of their weekdays; `None` where there is too little to judge by.

    A share needs `least` cases on the judged days and in the history of each of their weekdays; a count needs the
    days themselves in the history (a day without any is 0 there). Days of an earlier alarm should not be in `history`.
    """
    fitted = fit(history, sort, least=least)
    if fitted is None or not days:
        return None
    return fitted.judge(days, now)


def fit(history: Mapping[date, Counted], sort: Sort, *, least: int) -> Fitted | None:
    """What the history says of each weekday; `None` where it holds fewer than four of every weekday."""
    by_weekday: dict[int, list[Counted]] = {}
    for day, counted in history.items():
        if sort is Sort.COUNT or counted.n:
            by_weekday.setdefault(day.weekday(), []).append(counted)
    usable = {name: rows for name, rows in by_weekday.items() if len(rows) >= SAME_DAYS}
    if not usable:
        return None
    return _shares(usable, least) if sort is Sort.SHARE else _counts(usable, least)


@dataclass(frozen=True, slots=True)
class Weekday:
    """The mean of a weekday (share, or number), on how many cases and days it rests, and the variance of the mean."""

    mean: float
    n: int
    days: int
    variance: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the past leads one to expect. `scatter`: how far days differ beyond chance (of a share: the correlation of
    cases of one day; of a count: the variance's part that grows with the mean's square). `freedom`: on how many
    independent days the scatter rests."""

    sort: Sort
    weekdays: Mapping[int, Weekday]
    scatter: float
    freedom: int
    least: int

    def judge(self, days: Sequence[date], now: Mapping[date, Counted]) -> Judged | None:
        """These days together; `None` where one of their weekdays is not known or cases are too few."""
        known = [(self.weekdays.get(day.weekday()), now.get(day, Counted(0))) for day in days]
        if any(weekday is None for weekday, _ in known):
            return None
        pairs = [(weekday, counted) for weekday, counted in known if weekday is not None]
        return self._share(pairs) if self.sort is Sort.SHARE else self._count(pairs)

    def _share(self, pairs: Sequence[tuple[Weekday, Counted]]) -> Judged | None:
        n, hits = sum(counted.n for _, counted in pairs), sum(counted.hits for _, counted in pairs)
        if n < max(self.least, 1) or any(w.n < self.least for w, c in pairs if c.n):
            return None
        mean = sum(c.n * w.mean for w, c in pairs) / n
        return Judged(hits / n, n, mean, *self._tails(pairs, hits))

    def _count(self, pairs: Sequence[tuple[Weekday, Counted]]) -> Judged | None:
        hits, mean = sum(counted.hits for _, counted in pairs), sum(w.mean for w, _ in pairs)
        return Judged(float(hits), hits, mean, *self._tails(pairs, hits))

    def _tails(self, pairs: Sequence[tuple[Weekday, Counted]], hits: int) -> tuple[float, float]:
        """Chance of so many or more, and of so many or fewer."""
        chances = self._chances(pairs, hits)
        up, down = float(chances[hits:].sum()), float(chances[: hits + 1].sum())
        return _corrected(up, self.freedom), _corrected(down, self.freedom)

    def expected(self, day: date, n: int, at: float) -> Expected | None:
        """What `day` with `n` cases is expected to be, with the ends at this one-sided level; `None` without a mean."""
        weekday = self.weekdays.get(day.weekday())
        if weekday is None or (self.sort is Sort.SHARE and n < 1):
            return None
        # The tail of the distribution that, corrected for the scatter being estimated, has this level.
        edge = _uncorrected(at, self.freedom)
        chances = self._chances([(weekday, Counted(0, n))], 0)
        down, up = np.cumsum(chances), np.cumsum(chances[::-1])[::-1]
        low, high = int(np.argmax(down >= edge)), int(len(up) - 1 - np.argmax((up >= edge)[::-1]))
        per = n if self.sort is Sort.SHARE else 1
        return Expected(weekday.mean, low / per, max(low, high) / per)

    def _chances(self, pairs: Sequence[tuple[Weekday, Counted]], hits: int) -> Chances:
        """The distribution of the number on these days together, at least up to `hits`."""
        if self.sort is Sort.COUNT:
            mean = sum(w.mean for w, _ in pairs)
            return _negative_binomial(mean, sum(w.mean + self.scatter * w.mean**2 + w.variance for w, _ in pairs), hits)
        n = sum(counted.n for _, counted in pairs)
        variance = sum(
            c.n * w.mean * (1 - w.mean) * (1 + (c.n - 1) * self.scatter) + c.n**2 * w.variance for w, c in pairs
        )
        return _beta_binomial(n, sum(c.n * w.mean for w, c in pairs) / n, variance)


def _shares(by_weekday: Mapping[int, Sequence[Counted]], least: int) -> Fitted:
    """Weekday means with half a case added on either side; scatter by moments (Pearson's chi square of the days)."""
    means = {name: _mean(rows) for name, rows in by_weekday.items()}
    pearson = excess = 0.0
    days = 0
    for name, rows in by_weekday.items():
        p = means[name]
        for row in rows:
            pearson += (row.hits - row.n * p) ** 2 / (row.n * p * (1 - p))
            excess += row.n - 1
            days += 1
    freedom = max(1, days - len(by_weekday))
    scatter = max(0.0, (pearson * days / freedom - days) / excess) if excess else 0.0
    weekdays = {
        name: Weekday(
            p,
            sum(row.n for row in by_weekday[name]),
            len(by_weekday[name]),
            sum(row.n * p * (1 - p) * (1 + (row.n - 1) * scatter) for row in by_weekday[name])
            / sum(row.n for row in by_weekday[name]) ** 2,
        )
        for name, p in means.items()
    }
    return Fitted(Sort.SHARE, weekdays, min(scatter, 0.99), freedom, least)


def _mean(rows: Iterable[Counted]) -> float:
    hits = n = 0
    for row in rows:
        hits, n = hits + row.hits, n + row.n
    return (hits + _HALF) / (n + 1)


def _counts(by_weekday: Mapping[int, Sequence[Counted]], least: int) -> Fitted:
    """As for shares: half a case is added to each weekday's sum, scatter beyond Poisson by moments."""
    means = {name: (sum(row.hits for row in rows) + _HALF) / len(rows) for name, rows in by_weekday.items()}
    squares = chance = weights = 0.0
    days = 0
    for name, rows in by_weekday.items():
        mean = means[name]
        squares += sum((row.hits - mean) ** 2 for row in rows) * len(rows) / (len(rows) - 1)
        chance, weights, days = chance + mean * len(rows), weights + mean**2 * len(rows), days + len(rows)
    scatter = max(0.0, (squares - chance) / weights)
    weekdays = {
        name: Weekday(mean, 0, len(by_weekday[name]), (mean + scatter * mean**2) / len(by_weekday[name]))
        for name, mean in means.items()
    }
    return Fitted(Sort.COUNT, weekdays, scatter, max(1, days - len(by_weekday)), least)


def _corrected(p: float, freedom: int) -> float:
    """A tail probability whose variance was estimated from so many days: Student's t in place of the normal.

    The normal quantile that belongs to a t (approximation of Wallace 1959, given by Johnson, Kotz and Balakrishnan).
    """
    if not 0 < p < _HALF:
        return min(1.0, max(p, 0.0))
    t = -_NORMAL.inv_cdf(max(p, 1e-300))
    return _NORMAL.cdf(-t * (1 - 1 / (4 * freedom)) / math.sqrt(1 + t * t / (2 * freedom)))


def _uncorrected(p: float, freedom: int) -> float:
    """The tail probability that `_corrected` makes `p` of."""
    z = -_NORMAL.inv_cdf(p)
    c = 1 - 1 / (4 * freedom)
    left = c * c - z * z / (2 * freedom)
    return _NORMAL.cdf(-z / math.sqrt(left)) if left > 0 else 0.0


def _beta_binomial(n: int, mean: float, variance: float) -> Chances:
    """The chance of each number of 0..n of a beta-binomial with this mean share and this variance of the number."""
    chance = n * mean * (1 - mean)
    correlation = min(0.999, max(0.0, (variance / chance - 1) / (n - 1))) if n > 1 else 0.0
    k = np.arange(n)
    ratios = (n - k) / (k + 1)
    if correlation < 1e-9:
        return _normalised(ratios * mean / (1 - mean))
    size = 1 / correlation - 1
    a, b = mean * size, (1 - mean) * size
    return _normalised(ratios * (k + a) / (n - k - 1 + b))


def _negative_binomial(mean: float, variance: float, hits: int) -> Chances:
    """The chance of 0, 1 ... up to far beyond the mean and `hits`; Poisson where the variance is not the larger one."""
    top = max(hits + 1, math.ceil(mean + 12 * math.sqrt(max(variance, mean)) + 30))
    k = np.arange(top)
    if variance <= mean * (1 + 1e-9):
        return _normalised(mean / (k + 1))
    size = mean**2 / (variance - mean)
    return _normalised((k + size) / (k + 1) * (mean / (size + mean)))


def _normalised(ratios: Chances) -> Chances:
    """Chances from how each number's relates to the one before."""
    logs = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    chances: Chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    return chances


def before(day: date, days: int = HISTORY) -> tuple[date, ...]:
    """The days before `day`, the earliest first."""
    return tuple(day - timedelta(days=back) for back in range(days, 0, -1))
