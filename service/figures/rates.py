"""Rates: hits of n, with Wilson's interval, and a word instead of a number where n is too small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

LEAST = 20
"""Fewest cases for which a figure is shown; a setting of the account."""

NOT_ENOUGH = "not enough data"
"""How a note begins that stands in the place of a number on too few cases."""

LEVEL = 0.95
"""Level of every interval."""

_NORMAL = NormalDist()


@cache
def z_of(level: float = LEVEL) -> float:
    """The normal quantile of a two-sided interval: 1.96 for 95 %."""
    return _NORMAL.inv_cdf((1 + level) / 2)


def two_sided(z: float) -> float:
    """The p-value of a standard normal statistic, both sides; exact far out in the tail as well.

    >>> round(two_sided(-1.96), 4)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n`; raises `ValueError` when hits are not within 0..n. Sums first, divided once.

    >>> whole = Rate(30, 40) + Rate(10, 60)
    >>> whole.value, [round(end, 3) for end in whole.interval()]
    (0.4, [0.309, 0.498])
    """

    hits: int
    n: int

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} of {self.n} is no rate")

    def __add__(self, other: Rate) -> Rate:
        """Both together: counts are added, rates never averaged."""
        return Rate(self.hits + other.hits, self.n + other.n)

    @property
    def value(self) -> float | None:
        """Hits divided by n, `None` of nothing."""
        return self.hits / self.n if self.n else None

    def interval(self, level: float = LEVEL) -> tuple[float, float] | None:
        """Wilson's score interval (1927): (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n); `None` of nothing."""
        if not self.n:
            return None
        z, p, n = z_of(level), self.hits / self.n, self.n
        middle = p + z * z / (2 * n)
        reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # At the ends the formula gives 0 and 1 but for the last digits.
        low = 0.0 if self.hits == 0 else (middle - reach) / (1 + z * z / n)
        high = 1.0 if self.hits == n else (middle + reach) / (1 + z * z / n)
        return low, high


def too_few(n: int, least: int = LEAST) -> str:
    """What stands in the place of a number when n is below `least`; empty when it is not.

    >>> too_few(12), too_few(20)
    ('not enough data, 12 of 20', '')
    """
    return f"{NOT_ENOUGH}, {n} of {least}" if n < least else ""
