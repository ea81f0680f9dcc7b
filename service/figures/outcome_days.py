"""What conversations came to day by day, by group of outcomes: what savings and what-ifs are computed from.

Their intervals come from drawing the days anew: what happens on one day hangs together (an outage, a campaign), so days
are drawn whole, and everything that is computed from them varies together as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.figures.rates import LEVEL, NOT_ENOUGH
from service.figures.results import Better, Unit, Value
from service.figures.tally import Tally

Numbers = npt.NDArray[np.float64]

SOLVED, FAILED, ESCALATED, HUMAN_ONLY = range(4)
"""Columns: confirmed and likely; kept without being solved; handed over; without a bot."""

COLUMN = {
    "confirmed": SOLVED, "likely": SOLVED, "unclear": FAILED, "unresolved": FAILED, "abandoned": FAILED,
    "returned": FAILED, "escalated": ESCALATED, "human_only": HUMAN_ONLY,
}  # fmt: skip
"""The column of each class of containment."""

ROUNDS = 1000
SEED = 20260101
FEWEST_DAYS = 14
"""Days (or weeks) below which drawing them anew says nothing: two weeks, so that each weekday came twice."""


@dataclass(frozen=True)
class Sums:
    """Counts by group of outcomes, shape (rows, 4); `avoidable`, `unclear` and `returned` of shape (rows,).

    `rated` conversations gave `stars` in all; of the `settled`, whose seven days are over, `back` came back in them.
    """

    episodes: Numbers
    bot: Numbers
    human: Numbers
    messages: Numbers
    rated: Numbers
    stars: Numbers
    settled: Numbers
    back: Numbers
    avoidable: Numbers
    unclear: Numbers
    returned: Numbers


@dataclass(frozen=True)
class OutcomeDays:
    """`sums` has a row for each of the periods that `days` days were cut into, also for those without conversations."""

    sums: Sums
    days: int

    @classmethod
    def of(cls, tallies: Sequence[Tally], *, periods: int, days: int) -> OutcomeDays:
        """From the tallies of the periods that have any; the other `periods` are empty."""
        rows = [_row(each) for each in tallies] + [_row(Tally())] * max(0, periods - len(tallies))
        columns = {each.name: np.array([row[each.name] for row in rows]) for each in fields(Sums)}
        return cls(Sums(**columns), days)

    @property
    def month(self) -> float:
        """What all days are multiplied by to come to 30 of them."""
        return 30 / self.days if self.days else 0.0

    @property
    def periods(self) -> int:
        """How many days (or weeks) can be drawn."""
        return int((self.sums.episodes.sum(axis=1) > 0).sum())

    @cached_property
    def drawn(self) -> Sums:
        """All days added up in row 0, and in the other rows as many days, drawn with replacement."""
        size = len(self.sums.episodes)
        draws = np.random.default_rng(SEED).multinomial(size, np.full(size, 1 / size), size=ROUNDS)
        weights = np.vstack([np.ones(size), draws])
        return Sums(**{each.name: weights @ getattr(self.sums, each.name) for each in fields(Sums)})

    def value(
        self, name: str, compute: Callable[[Sums], Numbers], unit: Unit, *, n: int, better: Better, note: str = ""
    ) -> Value:
        """What `compute` makes of all days, and its 95 % interval over the drawn ones; without either where it is not
        a number, without the interval where there are too few days."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = compute(self.drawn)
        if not np.isfinite(found[0]):
            return Value(name, None, unit, n, better=better, note=NOT_ENOUGH)
        drawn = found[1:][np.isfinite(found[1:])]
        point = float(found[0])
        if self.periods < FEWEST_DAYS or len(drawn) < LEVEL * ROUNDS:
            return Value(name, point, unit, n, better=better, note=note)
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Value(name, point, unit, n, low=float(low), high=float(high), interval="bootstrap", better=better,
                     note=note)  # fmt: skip


def _row(tally: Tally) -> Mapping[str, Numbers | float]:
    """What one period adds to each of `Sums`: numbers by outcome, or one number."""
    counts = {each.name: np.zeros(4) for each in fields(Sums)}
    for outcome, n in tally.of("containment").items():
        if outcome in COLUMN:
            counts["episodes"][COLUMN[outcome]] += n
    for (outcome, what), n in _pairs(tally, "work"):
        counts["messages" if what == "agent_messages" else what][COLUMN[outcome]] += n
    for (outcome, hundredths), n in _pairs(tally, "satisfaction"):
        counts["rated"][COLUMN[outcome]] += n
        counts["stars"][COLUMN[outcome]] += n * int(hundredths) / 100
    for (outcome, word), n in _pairs(tally, "repeat.7d"):
        if word in ("returned", "not_returned"):
            counts["settled"][COLUMN[outcome]] += n
            counts["back"][COLUMN[outcome]] += n if word == "returned" else 0
    alone = {
        "avoidable": float(tally.count("escalation", "avoidable")),
        "unclear": float(tally.count("containment", "unclear")),
        "returned": float(tally.count("containment", "returned")),
    }
    return {**counts, **alone}


def _pairs(tally: Tally, measure: str) -> Iterable[tuple[tuple[str, str], int]]:
    return (((parts[0], parts[1]), n) for parts, n in tally.split(measure) if parts[0] in COLUMN)
