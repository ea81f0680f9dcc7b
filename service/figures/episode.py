"""Alarms and wins as episodes: when one opens, how long it lasts, when it is over. Pure: days in, steps out.

An alarm opens when a day lies outside the usual range, or the last seven days together do, which finds a smaller
change; where a day has too few cases, the last seven or 28 days together. What is usual stays what it was meanwhile.
It ends when the days since say so (`service.figures.ending`), when nothing confirmed it for two weeks, or when a
day after four weeks confirms it, as the new normal. A win opens when days together lie on the better side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from service.figures.alarm import HISTORY, Counted, Judged, Side, Sort, before, level, up_to
from service.figures.ending import evidence
from service.figures.usual import Fitted, fit
from service.figures.watched import ALARM_TESTS, BETTER_DAYS, BETTER_WEEKS, LONG, WEEK, WIN_TESTS, Watched

USUAL_DAYS = 3
"""No alarm is over before so many days in a row speak for it, however many cases they have."""
UNCONFIRMED = timedelta(days=14)
"""What no day confirmed for so long is not said to go on."""
NEW_NORMAL = timedelta(days=28)
Past = Sequence[tuple[date, date]]
"""Days, both ends included, that say nothing about what is usual: those of earlier alarms."""


class Happens(StrEnum):
    """What a day does to an episode."""

    OPENS = "opens"
    GOES_ON = "goes_on"
    UNSURE = "unsure"
    RECOVERED = "recovered"
    UNCONFIRMED = "unconfirmed"
    NEW_NORMAL = "new_normal"


@dataclass(frozen=True, slots=True)
class Standing:
    """An episode that is open: which way, since which day, which opened it with so many `days` up to it."""

    side: Side
    first_day: date
    days: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """What a day did. `judged` is of so many `days` up to and with `day`. `usual_days`: days in a row that speak for
    its being over. `last`: the latest day that confirmed it, `n` the cases since, of a share."""

    happens: Happens
    day: date
    side: Side
    judged: Judged
    usual_days: int = 0
    days: int = 1
    last: date | None = None
    n: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """Accepted false alarms a month for one installation, how often "not useful" was said, the fewest cases."""

    false_alarms: float = 1.0
    steps: int = 0
    least: int = 20

    @property
    def alarm_level(self) -> float:
        """The one-sided level of each of the two stretches of days that are tested."""
        return level(self.false_alarms, 2 * ALARM_TESTS, steps=self.steps)

    @property
    def win_level(self) -> float:
        """The one-sided level of days together."""
        return level(self.false_alarms, WIN_TESTS, steps=self.steps)


def usual(watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules, *, without: Past) -> Fitted | None:
    """What the eight weeks before `day` lead one to expect."""
    first = min(counts, default=day)
    days = (each for each in before(day) if each >= first and not _within(each, without))
    return fit({each: counts.get(each, Counted(0)) for each in days}, watched.sort, least=rules.least)


def _within(day: date, past: Past) -> bool:
    return any(first <= day <= last for first, last in past)


def stretches(fitted: Fitted) -> tuple[int, int]:
    """How many days are judged together: one and seven, or, where a day has too few cases, seven and 28."""
    few = fitted.sort is Sort.SHARE and fitted.a_day < fitted.least
    return (WEEK, LONG) if few else (1, WEEK)


def alarm(
    watched: Watched,
    counts: Mapping[date, Counted],
    day: date,
    standing: Standing | None,
    rules: Rules,
    *,
    without: Past = (),
) -> Step | None:
    """What `day` does to the alarm of a figure; `None`: nothing, or it cannot be judged."""
    if standing is None:
        return _opens(watched, counts, day, rules, without)
    days = up_to(standing.first_day, standing.days)
    fitted = usual(watched, counts, days[0], rules, without=without)
    opening = fitted.judge(days, counts) if fitted is not None else None
    if fitted is None or opening is None:
        # What was usual is no longer known, as after the retention of days ended.
        return _closed(standing, day, standing.first_day, _of_day(counts, day), 0)
    said = evidence(fitted, opening, counts, standing.first_day, day)
    judged = fitted.judge([day], counts) or _of_day(counts, day)
    if said.usual and said.usual_days >= USUAL_DAYS:
        return Step(Happens.RECOVERED, day, standing.side, judged, said.usual_days, last=said.last)
    return _closed(standing, day, said.last, judged, said.n, said.usual_days)


def _closed(standing: Standing, day: date, last: date, judged: Judged, n: int, usual_days: int = 0) -> Step:
    """What the time does to an alarm that is not over by what its days say."""
    if day - last >= UNCONFIRMED:
        happens = Happens.UNCONFIRMED
    elif last < day:
        happens = Happens.UNSURE
    else:
        happens = Happens.NEW_NORMAL if day - standing.first_day >= NEW_NORMAL else Happens.GOES_ON
    return Step(happens, day, standing.side, judged, usual_days, last=last, n=n)


def _opens(watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules, without: Past) -> Step | None:
    """Whether the day, or days together up to it, lie outside."""
    latest = usual(watched, counts, day, rules, without=without)
    for length in stretches(latest) if latest is not None else ():
        days = up_to(day, length)
        if length > 1 and any(_within(each, without) for each in days):
            continue  # Days of an alarm that is over would open it again.
        fitted = usual(watched, counts, days[0], rules, without=without)
        judged = fitted.judge(days, counts) if fitted is not None else None
        side = judged.side(rules.alarm_level) if judged is not None else None
        if judged is not None and side is not None and side in watched.bad:
            return Step(Happens.OPENS, day, side, judged, days=length, last=day)
    return None


def win(watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules, *, last: date | None) -> Step | None:
    """Whether the seven days up to `day` are a win, or 28 where days have few cases; not before as many weeks as are
    compared with have passed since the `last` one."""
    if not watched.good or (last is not None and day - last < timedelta(days=HISTORY)):
        return None
    latest = usual(watched, counts, day, rules, without=())
    few = latest is not None and stretches(latest)[1] == LONG
    days = up_to(day, LONG if few else WEEK)
    fitted = usual(watched, counts, days[0], rules, without=())
    judged = fitted.judge(days, counts) if fitted is not None else None
    side = judged.side(rules.win_level) if judged is not None else None
    if fitted is None or judged is None or side is None or side not in watched.good:
        return None
    part, needed = (WEEK, BETTER_WEEKS) if few else (1, BETTER_DAYS)
    better = sum(_better(fitted, days[at : at + part], counts, side) for at in range(0, len(days), part))
    return Step(Happens.OPENS, day, side, judged, days=len(days)) if better >= needed else None


def _better(fitted: Fitted, days: Sequence[date], counts: Mapping[date, Counted], side: Side) -> bool:
    """Whether these days, however few their cases, lie on that side of what is usual."""
    judged = replace(fitted, least=1).judge(days, counts)
    if judged is None:
        return False
    return judged.value > judged.expected if side is Side.UP else judged.value < judged.expected


def _of_day(counts: Mapping[date, Counted], day: date) -> Judged:
    """A day of which nothing can be said but what was counted."""
    counted = counts.get(day, Counted(0))
    return Judged(counted.hits / counted.n if counted.n else float(counted.hits), counted.n, 0.0, 1.0, 1.0)
