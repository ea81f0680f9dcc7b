"""What is said of days of a watched figure: how they were counted, what was expected, and which way they lie outside.

The threshold follows from how many false alarms a month are accepted over all figures that are watched, divided evenly
among every test of a month. `tests/figures/test_false_alarms.py` proves the rate by simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

HISTORY = 56
"""Days before the judged ones that are looked at: eight of each weekday."""
DAYS_OF_MONTH = 365.25 / 12
SURE = 0.75
"""What is used of the accepted false alarms."""
MOST_STEPS = 4
"""How often a level can be halved: to a sixteenth."""


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
    less, if nothing had changed. `weeks` were looked at for what was expected; 0: not known."""

    value: float
    n: int
    expected: float
    p_up: float
    p_down: float
    weeks: int = 0

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
    halved = min(max(0, steps), MOST_STEPS)
    return SURE * false_alarms / (DAYS_OF_MONTH * max(1, tests)) * 0.5**halved


def before(day: date, days: int = HISTORY) -> tuple[date, ...]:
    """The days before `day`, the earliest first."""
    return tuple(day - timedelta(days=back) for back in range(days, 0, -1))


def up_to(day: date, days: int) -> tuple[date, ...]:
    """So many days that end with `day`, the earliest first."""
    return before(day + timedelta(days=1), days)
