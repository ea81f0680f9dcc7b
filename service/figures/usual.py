"""What the account's own last weeks lead one to expect of a day, and how well days agree with that.

A day is compared with the same weekday of up to eight weeks before it; weekdays with too few cases to stand alone are
taken together. How far days scatter beyond chance is read from all of those weeks, so that an account whose figures
jump every day is not told of each jump. The tail probability is exact for a beta-binomial (shares) or a negative
binomial (counts) with that mean and scatter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from service.figures.alarm import Counted, Expected, Judged, Sort
from service.figures.chances import Chances, beta_binomial, corrected, negative_binomial, uncorrected

SAME_DAYS = 4
"""Fewest days of the same weekday; below that nothing is judged."""
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Mean:
    """What is usual on these `weekdays`: the mean (share, or number), and its own variance, as it is estimated."""

    weekdays: tuple[int, ...]
    value: float
    variance: float


Pairs = Sequence[tuple[Mean, Counted]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the past leads one to expect. `scatter`: how far days differ beyond chance (of a share: the correlation of
    cases of one day; of a count: the variance's part that grows with the mean's square). `freedom`: on how many
    independent days the scatter rests. `a_day`: cases a day there were on average. `weeks`: how many there were to look
    at."""

    sort: Sort
    weekdays: Mapping[int, Mean]
    scatter: float
    freedom: int
    least: int
    a_day: float
    weeks: int = 0

    def judge(self, days: Sequence[date], now: Mapping[date, Counted]) -> Judged | None:
        """These days together; `None` where one of their weekdays is not known or a share's cases are too few."""
        known = [(self.weekdays.get(day.weekday()), now.get(day, Counted(0))) for day in days]
        pairs = [(mean, counted) for mean, counted in known if mean is not None]
        if len(pairs) < len(known) or not pairs:
            return None
        hits, n = sum(counted.hits for _, counted in pairs), sum(counted.n for _, counted in pairs)
        if self.sort is Sort.COUNT:
            expected = sum(mean.value for mean, _ in pairs)
            return Judged(float(hits), hits, expected, *self._tails(pairs, hits), self.weeks)
        if n < max(self.least, 1):
            return None
        expected = sum(counted.n * mean.value for mean, counted in pairs) / n
        return Judged(hits / n, n, expected, *self._tails(pairs, hits), self.weeks)

    def _tails(self, pairs: Pairs, hits: int) -> tuple[float, float]:
        """Chance of so many or more, and of so many or fewer."""
        chances = self._chances(pairs, hits)
        up, down = float(chances[hits:].sum()), float(chances[: hits + 1].sum())
        return corrected(up, self.freedom), corrected(down, self.freedom)

    def expected(self, days: Sequence[date], now: Mapping[date, Counted], at: float) -> Expected | None:
        """What these days together, with the cases they have, are expected to be, with the ends at this one-sided
        level; `None` without a mean or cases."""
        pairs = [(self.weekdays[day.weekday()], now.get(day, Counted(0))) for day in days
                 if day.weekday() in self.weekdays]  # fmt: skip
        n = sum(counted.n for _, counted in pairs)
        if len(pairs) < len(days) or (self.sort is Sort.SHARE and not n):
            return None
        # The tail of the distribution that, corrected for the scatter being estimated, has this level.
        edge = uncorrected(at, self.freedom)
        chances = self._chances(pairs, 0)
        down, up = np.cumsum(chances), np.cumsum(chances[::-1])[::-1]
        low, high = int(np.argmax(down >= edge)), int(len(up) - 1 - np.argmax((up >= edge)[::-1]))
        if self.sort is Sort.COUNT:
            return Expected(sum(mean.value for mean, _ in pairs), low, max(low, high))
        return Expected(sum(c.n * m.value for m, c in pairs) / n, low / n, max(low, high) / n)

    def speaks_for_usual(self, day: date, counted: Counted, change: float) -> float:
        """How many times as likely the day is if all is as usual as it is if the figure has changed by the factor
        `change` (of the odds of a share, of a number itself); its logarithm. 0 where the day says nothing."""
        mean = self.weekdays.get(day.weekday())
        if mean is None or (self.sort is Sort.SHARE and not counted.n):
            return 0.0
        changed = _odds(mean.value, change) if self.sort is Sort.SHARE else mean.value * change
        usual, other = (
            max(float(self._chances([(each, counted)], counted.hits)[counted.hits]), 1e-300)
            for each in (mean, replace(mean, value=changed))
        )
        return math.log(usual / other)

    def _chances(self, pairs: Pairs, hits: int) -> Chances:
        """The distribution of the number on these days together, at least up to `hits`."""
        if self.sort is Sort.COUNT:
            mean = sum(m.value for m, _ in pairs)
            variance = sum(m.value + self.scatter * m.value**2 for m, _ in pairs)
            return negative_binomial(mean, variance + _of_means((m, 1) for m, _ in pairs), hits)
        n = sum(counted.n for _, counted in pairs)
        variance = sum(c.n * m.value * (1 - m.value) * (1 + (c.n - 1) * self.scatter) for m, c in pairs)
        share = sum(c.n * m.value for m, c in pairs) / n
        return beta_binomial(n, share, variance + _of_means((m, c.n) for m, c in pairs))


def _of_means(weighed: Iterable[tuple[Mean, int]]) -> float:
    """What the means being estimated adds to the variance: one that was used several times errs the same way each."""
    weights: dict[Mean, int] = {}
    for mean, weight in weighed:
        weights[mean] = weights.get(mean, 0) + weight
    return sum(weight**2 * mean.variance for mean, weight in weights.items())


def _odds(share: float, change: float) -> float:
    """The share whose odds are `change` times those of this one."""
    odds = share / (1 - share) * change
    return odds / (1 + odds)


def fit(history: Mapping[date, Counted], sort: Sort, *, least: int) -> Fitted | None:
    """What the history says of each weekday; `None` where it holds fewer than four of every weekday, or of a share
    fewer than `least` cases in all."""
    by_weekday: dict[int, list[Counted]] = {}
    for day, counted in history.items():
        by_weekday.setdefault(day.weekday(), []).append(counted)
    usable = {name: rows for name, rows in by_weekday.items() if len(rows) >= SAME_DAYS}
    if not usable:
        return None
    found = _counts(usable, least) if sort is Sort.COUNT else _shares(usable, least)
    return None if found is None else replace(found, weeks=max(len(rows) for rows in usable.values()))


def _together(by_weekday: Mapping[int, Sequence[Counted]], least: int) -> dict[tuple[int, ...], int]:
    """Weekdays by themselves where they have `least` cases, those with fewer together; with their cases."""
    groups: dict[tuple[int, ...], int] = {}
    names, n = tuple[int, ...](), 0
    for more, name in sorted((sum(row.n for row in rows), name) for name, rows in by_weekday.items()):
        names, n = (*names, name), n + more
        if n >= least:
            groups[names] = n
            names, n = (), 0
    if names and groups:
        last, cases = groups.popitem()
        groups[(*last, *names)] = cases + n
    return groups


def _shares(by_weekday: Mapping[int, Sequence[Counted]], least: int) -> Fitted | None:
    """Means with half a case added on either side; scatter by moments (Pearson's chi square of the days)."""
    groups = _together(by_weekday, max(least, 1))
    if not groups:
        return None
    rows = {names: [row for name in names for row in by_weekday[name] if row.n] for names in groups}
    means = {names: (sum(row.hits for row in rows[names]) + _HALF) / (n + 1) for names, n in groups.items()}
    each = [(row, means[names]) for names, found in rows.items() for row in found]
    pearson = sum((row.hits - row.n * p) ** 2 / (row.n * p * (1 - p)) for row, p in each)
    excess, days = sum(row.n - 1 for row, _ in each), len(each)
    freedom = max(1, days - len(groups))
    scatter = min(0.99, max(0.0, (pearson * days / freedom - days) / excess)) if excess else 0.0
    weekdays: dict[int, Mean] = {}
    for names, n in groups.items():
        p = means[names]
        variance = sum(row.n * p * (1 - p) * (1 + (row.n - 1) * scatter) for row in rows[names]) / n**2
        weekdays |= dict.fromkeys(names, Mean(names, p, variance))
    a_day = sum(groups.values()) / sum(len(found) for found in by_weekday.values())
    return Fitted(Sort.SHARE, weekdays, scatter, freedom, least, a_day)


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
        name: Mean((name,), mean, (mean + scatter * mean**2) / len(by_weekday[name])) for name, mean in means.items()
    }
    a_day = sum(row.hits for rows in by_weekday.values() for row in rows) / days
    return Fitted(Sort.COUNT, weekdays, scatter, max(1, days - len(by_weekday)), least, a_day)
