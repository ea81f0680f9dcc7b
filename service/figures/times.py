"""Times from counts: medians and percentiles out of buckets of 2 % width, with bootstrap intervals, and exact sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from service.figures.cells import SEPARATOR, bounds
from service.figures.rates import LEVEL
from service.figures.tally import Tally

ROUNDS = 2000
SEED = 20260101

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Times:
    """Times as counts by bucket (`cells.time_bucket`), and their exact sum in milliseconds.

    A percentile lies within its bucket, so at most 2 % beside that of the times themselves.
    """

    counts: Mapping[int, int]
    milliseconds: int = 0

    @property
    def n(self) -> int:
        """How many times."""
        return int(self._ends[-1]) if len(self.counts) else 0

    @property
    def mean(self) -> float | None:
        """Exact mean in seconds; `None` of nothing."""
        return self.milliseconds / 1000 / self.n if self.n else None

    def __add__(self, other: Times) -> Times:
        """Both together."""
        counts = dict(self.counts)
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        return Times(counts, self.milliseconds + other.milliseconds)

    def quantile(self, share: float) -> float | None:
        """The time in seconds below which `share` of the times lie; `None` of nothing."""
        return float(self._at(np.array([share]))[0]) if self.n else None

    def draws(self, share: float, *, rounds: int = ROUNDS, stream: int = 0) -> Numbers:
        """The quantile in `rounds` bootstrap samples; the same `stream` draws the same. Raises `ValueError` of nothing.

        The k-th of n times drawn with replacement lies where the k-th of n uniform numbers falls in the distribution,
        and that number follows Beta(k, n - k + 1): one draw each instead of resampling n times.
        """
        if not self.n:
            raise ValueError("no times to draw from")
        return self._at(_kept_shares(share, self.n, rounds, stream))

    def interval(self, share: float, level: float = LEVEL) -> tuple[float, float] | None:
        """Percentile bootstrap interval of a quantile, in seconds; `None` of nothing. Deterministic."""
        estimate = self.quantile(share)
        if estimate is None:
            return None
        # Where a share lies rises with the share: only the draws that the interval ends between are looked up.
        ends, within = _ends_of(share, self.n, level)
        low, after_low, high, after_high = map(float, self._at(np.array(ends)))
        return min(_between(low, after_low, within[0]), estimate), max(_between(high, after_high, within[1]), estimate)

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return np.cumsum([count for _, count in sorted(self.counts.items())])

    @cached_property
    def _edges(self) -> tuple[Numbers, Numbers]:
        pairs = np.array([bounds(bucket) for bucket in sorted(self.counts)])
        return pairs[:, 0], pairs[:, 1]

    def _at(self, shares: Numbers) -> Numbers:
        """The times at shares of the distribution, evenly spread within a bucket."""
        ranks = shares * self.n
        place = np.minimum(np.searchsorted(self._ends, ranks, side="left"), len(self._ends) - 1)
        before = np.concatenate(([0], self._ends[:-1]))[place]
        low, high = (edge[place] for edge in self._edges)
        within = np.clip((ranks - before) / (self._ends[place] - before), 0, 1)
        return np.asarray(low + within * (high - low), dtype=np.float64)


def _shares(share: float, n: int, rounds: int, stream: int) -> Numbers:
    """Where the quantile of `n` times falls in their distribution, in `rounds` bootstrap samples."""
    rank = share * (n - 1) + 1
    return np.random.default_rng((SEED, stream)).beta(rank, n - rank + 1, size=rounds)


_kept_shares = lru_cache(maxsize=512)(_shares)
"""At most 8 MB: the next page about the same conversations draws the same."""


@lru_cache(maxsize=10_000)
def _ends_of(share: float, n: int, level: float) -> tuple[tuple[float, float, float, float], tuple[float, float]]:
    """The draws below and above each end of the interval, and how far between them it lies (0 to 1).

    They depend on the number of times alone, so that what was drawn once is not drawn again.
    """
    drawn = np.sort(_shares(share, n, ROUNDS, 0))
    low, high = (places := (ROUNDS - 1) * np.array([(1 - level) / 2, (1 + level) / 2])).astype(int)
    ends = tuple(float(drawn[min(place, ROUNDS - 1)]) for place in (low, low + 1, high, high + 1))
    return (ends[0], ends[1], ends[2], ends[3]), (float(places[0] - low), float(places[1] - high))


def _between(low: float, high: float, part: float) -> float:
    """As numpy's quantiles go from one number to the next, to the last digit."""
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part


def percentiles(draws: Numbers, level: float = LEVEL) -> tuple[float, float]:
    """The middle `level` of bootstrap draws."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def times_of(tally: Tally, measure: str, place: str = "") -> Times:
    """The times of a measure, or of one place (class, intent) of it, where `measure.sum` holds the milliseconds."""
    start = f"{place}{SEPARATOR}" if place else ""
    counts = {
        int(bucket[len(start) :]): count
        for bucket, count in tally.of(measure).items()
        if bucket.startswith(start) and SEPARATOR not in bucket[len(start) :]
    }
    return Times(counts, tally.count(f"{measure}.sum", place))
