"""What a figure gives: values, each with its n and its interval, or with what is missing for one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from service.figures.calibration import Estimate
from service.figures.rates import LEAST, Rate, too_few, z_of
from service.figures.times import Times


class Unit(StrEnum):
    """What a value is counted in."""

    SHARE = "share"
    CHANGE = "share per month"
    SECONDS = "seconds"
    DAYS = "days"
    POINTS = "points"
    STARS = "points of 5"
    TURNS = "bot turns"
    COUNT = "count"
    PER_WEEK = "per week"
    MONEY = "money"
    RATIO = "ratio"
    NUMBER = "number"


class Better(StrEnum):
    """Which way a value should go."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = ""


NO_WISHES: Mapping[str, Better] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a figure.

    `name` says what it is, `of` of what (an intent, a class, a source; empty for all). `value` is `None` where `note`
    says what is missing; `n` is how many cases it rests on, `hits` how many of them for a share. `interval` names how
    `low` and `high` (95 %) were found: wilson, bootstrap, normal; empty for counts, which have none. `word` is what a
    test says (improving ...): whether the value differs from `against`, with the p-value `p`, and `q` corrected for the
    number of tests (`service.figures.tested`).
    """

    name: str
    value: float | None
    unit: Unit
    n: int
    of: str = ""
    hits: int | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    better: Better = Better.NEITHER
    against: float | None = None
    p: float | None = None
    q: float | None = None
    word: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Every key, JSON types only."""
        return asdict(self)


def share(
    name: str, rate: Rate, *, of: str = "", better: Better = Better.NEITHER, least: int = LEAST, note: str = ""
) -> Value:
    """A rate with Wilson's interval; without a number below `least` cases."""
    few = too_few(rate.n, least)
    ends = None if few else rate.interval()
    low, high = ends if ends is not None else (None, None)
    value = None if few else rate.value
    wilson = "wilson" if ends is not None else ""
    return Value(name, value, Unit.SHARE, rate.n, of, rate.hits, low, high, wilson, better, note=few or note)


def shares(
    name: str,
    counts: Mapping[str, int],
    words: Iterable[str] = (),
    *,
    better: Mapping[str, Better] = NO_WISHES,
    least: int = LEAST,
) -> list[Value]:
    """The share of each word in all counts: `words` first and also at 0, then the others, the most frequent first."""
    n = sum(counts.values())
    fixed = tuple(words)
    others = sorted(counts.keys() - set(fixed), key=lambda word: (-counts[word], word))
    return [
        share(name, Rate(counts.get(word, 0), n), of=word, better=better.get(word, Better.NEITHER), least=least)
        for word in (*fixed, *others)
    ]


def duration(
    name: str, times: Times, *, at: float = 0.5, of: str = "", better: Better = Better.LOWER, least: int = LEAST
) -> Value:
    """A median (or other quantile) of times in seconds, with its bootstrap interval."""
    few = too_few(times.n, least)
    ends = None if few else times.interval(at)
    low, high = ends if ends is not None else (None, None)
    value = None if few else times.quantile(at)
    boot = "bootstrap" if ends is not None else ""
    return Value(name, value, Unit.SECONDS, times.n, of, None, low, high, boot, better, note=few)


def mean(
    name: str,
    sums: tuple[int, float, float],
    unit: Unit,
    *,
    of: str = "",
    scale: tuple[float, float] | None = None,
    better: Better = Better.NEITHER,
    least: int = LEAST,
) -> Value:
    """A mean from (n, sum, sum of squares) with its normal interval, kept within `scale`."""
    n, total, squares = sums
    few = too_few(n, least)
    if few:
        return Value(name, None, unit, n, of, better=better, note=few)
    value = total / n
    error = math.sqrt(max(0.0, squares / n - value**2) / max(1, n - 1))
    low, high = value - z_of() * error, value + z_of() * error
    if scale is not None:
        low, high = max(low, scale[0]), min(high, scale[1])
    return Value(name, value, unit, n, of, None, low, high, "normal", better)


def sums_of(counts: Mapping[str, int], per: float = 1) -> tuple[int, float, float]:
    """(n, sum, sum of squares) of numbers that are the buckets themselves, divided by `per`."""
    n = total = squares = 0
    for bucket, cases in counts.items():
        number = int(bucket)
        n, total, squares = n + cases, total + cases * number, squares + cases * number * number
    return n, total / per, squares / per**2


def estimate(
    name: str,
    found: Estimate,
    n: int,
    *,
    interval: str,
    of: str = "",
    unit: Unit = Unit.NUMBER,
    better: Better = Better.LOWER,
) -> Value:
    """An estimate that brings its own interval."""
    return Value(name, found.value, unit, n, of, low=found.low, high=found.high, interval=interval, better=better)


def count(name: str, n: int, *, of: str = "", better: Better = Better.NEITHER, note: str = "") -> Value:
    """A number of things."""
    return Value(name, float(n), Unit.COUNT, n, of, better=better, note=note)
