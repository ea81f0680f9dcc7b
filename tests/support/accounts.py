"""Simulated accounts whose figures are judged day by day, as the worker does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from service.figures.alarm import HISTORY, Counted, Sort
from service.figures.episode import Happens, Rules, Standing, Step, alarm
from service.figures.watched import BY_NAME, LONG, WATCHED, Watched

MONDAY = date(2026, 1, 5)
SHAPE = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4])
WEEKEND = 1.3
"""How much larger shares are at weekends."""
BEGIN = HISTORY + LONG
"""Days before the first one that is judged."""
MONTH = 30
FOLLOWED = 60
"""Days for which a change, and its end, are waited for."""


@dataclass(frozen=True)
class Process:
    """A figure day by day: the share and cases (`volume`) of an account of 120 conversations a day, or their number;
    days differ by `scatter`."""

    sort: Sort
    rate: float
    volume: float
    scatter: float

    def day(self, rng: np.random.Generator, day: date, scale: float, factor: float = 1) -> Counted:
        """One day of an account `scale` times as large, with the rate times `factor`."""
        mean = self.volume * scale * SHAPE[day.weekday()]
        if self.sort is Sort.COUNT:
            return Counted(int(rng.poisson(rng.gamma(1 / self.scatter, mean * factor * self.scatter))))
        n, p = int(rng.poisson(mean)), min(0.95, self.rate * factor * (WEEKEND if day.weekday() > 4 else 1.0))
        p = rng.beta(p * (1 / self.scatter - 1), (1 - p) * (1 / self.scatter - 1))
        return Counted(int(rng.binomial(n, p)), n)


ACCOUNT: Mapping[str, Process] = {
    "escalated": Process(Sort.SHARE, 0.3, 120, 0.01),
    "solved": Process(Sort.SHARE, 0.7, 80, 0.01),
    "returned": Process(Sort.SHARE, 0.05, 80, 0.005),
    "hard": Process(Sort.SHARE, 0.12, 110, 0.01),
    "asked_again": Process(Sort.SHARE, 0.2, 40, 0.01),
    "unserved": Process(Sort.SHARE, 0.08, 120, 0.01),
    "dissatisfied": Process(Sort.SHARE, 0.15, 45, 0.01),
    "conversations": Process(Sort.COUNT, 0, 150, 0.02),
    "given_up": Process(Sort.COUNT, 0, 0.3, 0.3),
}
OF = 120
"""Conversations a day of that account."""


def number(at: int) -> date:
    """The day of this number."""
    return MONDAY + timedelta(days=at)


@dataclass
class Watch:
    """One figure, judged day by day as the worker does it."""

    watched: Watched
    rules: Rules = field(default_factory=Rules)
    counts: dict[date, Counted] = field(default_factory=dict)
    standing: Standing | None = None
    past: list[tuple[date, date]] = field(default_factory=list)

    def judge(self, day: date) -> Step | None:
        """What the day does; an alarm that is over is left out of what is usual."""
        step = alarm(self.watched, self.counts, day, self.standing, self.rules, without=self.past)
        if step is None:
            return None
        if step.happens is Happens.OPENS:
            self.standing = Standing(step.side, day, step.days)
        elif step.happens in (Happens.RECOVERED, Happens.UNCONFIRMED, Happens.NEW_NORMAL) and self.standing is not None:
            first = self.standing.first_day - timedelta(days=self.standing.days - 1)
            new_normal = step.happens is Happens.NEW_NORMAL
            self.past.append((date.min, first - timedelta(days=1)) if new_normal else (first, step.last or first))
            self.standing = None
        return step


def false_alarms(rng: np.random.Generator, scale: float, days: int) -> Iterator[Step]:
    """What opens on a stable account, over all figures."""
    for watched in WATCHED:
        watch, process = Watch(watched), ACCOUNT[watched.name]
        watch.counts |= {number(at): process.day(rng, number(at), scale) for at in range(BEGIN + days)}
        for at in range(BEGIN, BEGIN + days):
            step = watch.judge(number(at))
            if step is not None and step.happens is Happens.OPENS:
                yield step


@dataclass(frozen=True)
class Course:
    """What became of a rate that doubled: days until it was found, of those how it ended and after how many days; the
    end too early while it went on. `None`: not within the days it was followed."""

    found: int | None
    early: bool
    ended: Happens | None
    after: int | None


def course(rng: np.random.Generator, name: str, scale: float, *, lasts: int | None = None) -> Course:
    """A rate that doubles; it is usual again on the day after it is found, or `lasts` days after that."""
    watch, process = Watch(BY_NAME[name]), ACCOUNT[name]
    watch.counts |= {number(at): process.day(rng, number(at), scale) for at in range(BEGIN)}
    found = None
    for at in range(BEGIN, BEGIN + 2 * FOLLOWED):
        bad = found is None or at - found <= (lasts or 0)
        watch.counts[number(at)] = process.day(rng, number(at), scale, 2 if bad else 1)
        step = watch.judge(number(at))
        if step is None:
            pass
        elif step.happens is Happens.OPENS:
            found = at
        elif found is not None and watch.standing is None:
            return Course(found - BEGIN + 1, bad, step.happens, at - found - (lasts or 0))
        if found is None and at - BEGIN >= FOLLOWED:
            break
    return Course(None if found is None else found - BEGIN + 1, False, None, None)
