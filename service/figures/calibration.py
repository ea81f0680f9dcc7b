"""How far a stated probability can be believed: curve, errors and ranking, and below which a human should take over.

Everything is computed from counts of (probability, came true or not); probabilities are kept to hundredths.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from service.figures.rates import LEAST, LEVEL, Rate, two_sided, z_of
from service.figures.times import ROUNDS, SEED, percentiles
from service.figures.trends import FALSE_DISCOVERIES, benjamini_hochberg

BINS = 10

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """How often a probability (0..1) was stated and the thing came true, or did not."""

    probability: float
    hits: int
    misses: int


@dataclass(frozen=True, slots=True)
class Bin:
    """One part of the calibration curve: cases with a probability in `low`..`high`, their mean, and what came true."""

    low: float
    high: float
    stated: float
    rate: Rate


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Curve and errors. `error` is the expected calibration error, `brier` the mean squared error (both 0 at best),
    `auc` how often a case that came true was given more than one that did not (`None` when all or none came true),
    `stated` the mean probability, `rate` what came true."""

    curve: tuple[Bin, ...]
    error: Estimate
    brier: Estimate
    auc: Estimate | None
    stated: float
    rate: Rate


def calibration(points: Iterable[Point], level: float = LEVEL) -> Calibration | None:
    """Calibration of stated probabilities; `None` without a case.

    Expected calibration error: mean distance between what ten bins of equal width state and what came true, weighted
    by cases; bootstrap interval (bins and outcomes drawn anew, a bin's mean stated probability kept), which like the
    error itself lies too high when n is small. Brier score: normal
    interval. AUC: Mann-Whitney with ties as half, interval after Hanley and McNeil (1982).
    """
    known = sorted((p for p in points if p.hits + p.misses), key=lambda point: point.probability)
    if not known:
        return None
    curve = tuple(_curve(known))
    table = np.array([(p.probability, p.hits, p.misses) for p in known], dtype=np.float64)
    probability, hits, misses = table.T
    n = hits + misses
    rate = Rate(int(hits.sum()), int(n.sum()))
    return Calibration(
        curve=curve,
        error=_error(curve, level),
        brier=_brier(probability, hits, misses, level),
        auc=_auc(hits, misses, level),
        stated=float((probability * n).sum() / n.sum()),
        rate=rate,
    )


def _bin_of(probability: float) -> int:
    return min(int(probability * BINS + 1e-9), BINS - 1)


def _curve(points: Sequence[Point]) -> Iterable[Bin]:
    """The bins that hold a case, from the lowest; `points` rise."""
    for number, part in groupby(points, key=lambda p: _bin_of(p.probability)):
        inside = list(part)
        rate = Rate(sum(p.hits for p in inside), sum(p.hits + p.misses for p in inside))
        stated = sum(p.probability * (p.hits + p.misses) for p in inside) / rate.n
        yield Bin(number / BINS, (number + 1) / BINS, stated, rate)


@lru_cache(maxsize=2000)
def _error(curve: tuple[Bin, ...], level: float) -> Estimate:
    """Σ over bins of |Σ (probability - outcome)| / n: a bin needs only its hits, its misses and what it states.

    What is long past is drawn once: of the same curve it is always the same.
    """
    hits = np.array([part.rate.hits for part in curve])
    misses = np.array([part.rate.n for part in curve]) - hits
    stated = np.array([part.stated for part in curve])
    n = int(hits.sum() + misses.sum())
    value = float(np.abs(hits * (stated - 1) + misses * stated).sum() / n)
    drawn = np.random.default_rng(SEED).multinomial(n, np.concatenate([hits, misses]) / n, size=ROUNDS // 2)
    again = drawn[:, : len(hits)] * (stated - 1) + drawn[:, len(hits) :] * stated
    low, high = percentiles(np.abs(again).sum(axis=1) / n, level)
    return Estimate(value, min(low, value), max(high, value))


def _brier(probability: Counts, hits: Counts, misses: Counts, level: float) -> Estimate:
    n = float((hits + misses).sum())
    missed, hit = probability**2, (1 - probability) ** 2
    value = float((hits * hit + misses * missed).sum() / n)
    square = float((hits * hit**2 + misses * missed**2).sum() / n)
    reach = z_of(level) * math.sqrt(max(0.0, square - value**2) / n)
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))


def _auc(hits: Counts, misses: Counts, level: float) -> Estimate | None:
    good, bad = float(hits.sum()), float(misses.sum())
    if not good or not bad:
        return None
    below = np.cumsum(misses) - misses
    value = float((hits * (below + misses / 2)).sum() / (good * bad))
    one, two = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (good - 1) * (one - value**2) + (bad - 1) * (two - value**2)
    reach = z_of(level) * math.sqrt(max(0.0, spread) / (good * bad))
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))


@dataclass(frozen=True, slots=True)
class Topic:
    """One intent's stated confidence against what came true; `p` two-sided, `q` corrected for the number of intents.

    `weak`: the bot promises more than it keeps here, beyond chance.
    """

    name: str
    stated: float
    rate: Rate
    p: float
    q: float
    weak: bool


def topics(cases: Mapping[str, tuple[float, Rate]], *, least: int = LEAST) -> list[Topic]:
    """The intents with at least `least` cases, most overconfident first; `cases` holds (sum of probabilities, rate).

    Test: difference of observed and stated over its standard error at the stated mean, √(s (1 - s) / n), which is not
    below that of cases with different probabilities; so the test errs on the careful side.
    """
    large = {name: case for name, case in cases.items() if case[1].n >= least}
    stated = {name: total / rate.n for name, (total, rate) in large.items()}
    p_values = []
    for name, (_, rate) in large.items():
        error = math.sqrt(max(stated[name] * (1 - stated[name]), 1e-9) / rate.n)
        p_values.append(two_sided((rate.hits / rate.n - stated[name]) / error))
    found = []
    corrected = benjamini_hochberg(p_values)
    for (name, (_, rate)), p, q in zip(large.items(), p_values, corrected, strict=True):
        weak = q < FALSE_DISCOVERIES and rate.hits / rate.n < stated[name]
        found.append(Topic(name, stated[name], rate, p, q, weak))
    return sorted(found, key=lambda topic: (topic.rate.hits / topic.rate.n - topic.stated, topic.name))


@dataclass(frozen=True, slots=True)
class Threshold:
    """Handing over below `below`: `precision` is needed of handed over, `recall` handed over of needed."""

    below: float
    precision: Rate
    recall: Rate

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.precision.hits / (self.precision.n + self.recall.n)


def thresholds(points: Iterable[Point]) -> list[Threshold]:
    """Every threshold that tells cases apart, rising; `hits` are the cases in which a human was needed."""
    known = sorted((p for p in points if p.hits + p.misses), key=lambda point: point.probability)
    needed = sum(p.hits for p in known)
    found = []
    hits = cases = 0
    for one, following in pairwise(known):
        hits, cases = hits + one.hits, cases + one.hits + one.misses
        if one.probability != following.probability:
            found.append(Threshold(following.probability, Rate(hits, cases), Rate(hits, needed)))
    return found


def suggested(points: Sequence[Point], *, least: int = LEAST) -> Threshold | None:
    """The threshold with the best balance of precision and recall (F1); of equal ones the lowest: it hands over least.

    `None` when a human was needed, or not needed, in fewer than `least` cases, or when confidence says nothing: the
    rate of need below it is not above that of all cases by more than chance (lower end of its interval).
    """
    needed, other = sum(p.hits for p in points), sum(p.misses for p in points)
    if min(needed, other) < least:
        return None
    best = max(thresholds(points), key=lambda t: (t.f1, -t.below), default=None)
    if best is None:
        return None
    ends = best.precision.interval()
    return best if ends is not None and ends[0] > needed / (needed + other) else None
