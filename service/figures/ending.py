"""Whether an alarm is over, goes on, or cannot be told: evidence is added up day by day until it is enough.

Each day says how many times as likely it is if all is usual again as if the figure stays changed. Evidence for either
is kept as a running sum that never falls below nothing (Page's CUSUM, 1954) until it stands 20 to 1. So a large account
knows in a day, and a small one in as many days as it takes: no number of cases is asked of a single day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from service.figures.alarm import Counted, Judged, Sort
from service.figures.usual import Fitted

BAR = math.log(20)
"""Evidence of 20 to 1 decides. Of an alarm that goes on at the strength it is tested for, a running sum that begins on
a given day reaches it with a chance of at most 1 in 20 (Ville's inequality)."""
PART = 0.75
"""The part of the change, on the scale of logarithms, that has to be gone: what raised an alarm looks larger than it
is, as it was chosen for being large."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the days since an alarm began say together. `last`: the latest day that confirmed it; `n`: cases since, of a
    share; `usual_days`: days for which the usual explains them better; `usual`: 20 to 1 that it is over."""

    last: date
    n: int
    usual_days: int
    usual: bool


def evidence(fitted: Fitted, opening: Judged, counts: Mapping[date, Counted], first: date, day: date) -> Evidence:
    """Add up the days after `first`, on which the alarm opened with `opening`, up to `day`."""
    change = changed(opening, fitted.sort)
    usual = goes_on = 0.0
    last, n, usual_days = first, 0, 0
    for number in range(1, (day - first).days + 1):
        each = first + timedelta(days=number)
        counted = counts.get(each, Counted(0))
        said = fitted.speaks_for_usual(each, counted, change)
        usual, goes_on = min(BAR, max(0.0, usual + said)), max(0.0, goes_on - said)
        usual_days, n = usual_days + 1 if usual else 0, n + counted.n
        if goes_on >= BAR:
            last, n, usual_days, usual, goes_on = each, 0, 0, 0.0, 0.0
    return Evidence(last, n, usual_days, usual >= BAR)


def changed(opening: Judged, sort: Sort) -> float:
    """By which factor the odds of a share, or a number, are taken to be changed: a part of what the opening showed."""
    if sort is Sort.COUNT:
        seen = (opening.value + 0.5) / (opening.expected + 0.5)
    else:
        share = (opening.value * opening.n + 0.5) / (opening.n + 1)
        seen = share / (1 - share) / (opening.expected / (1 - opening.expected))
    return math.exp(PART * math.log(seen))
