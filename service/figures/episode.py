"""Alarms and wins as episodes: when one opens, how long it lasts, when it is over. Pure: days in, steps out.

An alarm opens when a day lies outside the usual range, or the last seven days together do, which finds a smaller change
and one of few conversations. It is over after three usual days in a row; meanwhile what is usual stays what it was.
One that lasts four weeks has become the new normal. A win opens when seven days together lie on the better side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from service.figures.alarm import HISTORY, Counted, Fitted, Judged, Side, before, fit, level
from service.figures.watched import ALARM_TESTS, BETTER_DAYS, WIN_TESTS, WINDOW, Watched

USUAL_DAYS = 3
"""So many judged days in a row within the range end an alarm."""
NEW_NORMAL = timedelta(days=28)


class Happens(StrEnum):
    """What a day does to an episode."""

    OPENS = "opens"
    GOES_ON = "goes_on"
    USUAL = "usual"
    RECOVERED = "recovered"
    NEW_NORMAL = "new_normal"


@dataclass(frozen=True, slots=True)
class Standing:
    """An episode that is open: which way, since when, and usual days in a row."""

    side: Side
    first_day: date
    usual_days: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What a day did. `judged` is of so many `days` up to and with `day`."""

    happens: Happens
    day: date
    side: Side
    judged: Judged
    usual_days: int = 0
    days: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """Accepted false alarms a month for one installation, how often "not useful" was said, the fewest cases."""

    false_alarms: float = 1.0
    steps: int = 0
    least: int = 20

    @property
    def alarm_level(self) -> float:
        """The one-sided level of a day, and of seven days together: both are tested."""
        return level(self.false_alarms, 2 * ALARM_TESTS, steps=self.steps)

    @property
    def win_level(self) -> float:
        """The one-sided level of seven days together."""
        return level(self.false_alarms, WIN_TESTS, steps=self.steps)


def usual(
    watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules, *, without: Sequence[tuple[date, date]]
) -> Fitted | None:
    """What the eight weeks before `day` lead one to expect; days of earlier alarms (`without`, both ends included) are
    not among them."""
    days = [each for each in before(day) if not any(first <= each <= last for first, last in without)]
    first = min(counts, default=day)
    return fit({each: counts.get(each, Counted(0)) for each in days if each >= first}, watched.sort, least=rules.least)


def alarm(
    watched: Watched,
    counts: Mapping[date, Counted],
    day: date,
    standing: Standing | None,
    rules: Rules,
    *,
    without: Sequence[tuple[date, date]] = (),
) -> Step | None:
    """What `day` does to the alarm of a figure; `None`: nothing, or it cannot be judged."""
    if standing is None:
        return _opens(watched, counts, day, rules, without)
    fitted = usual(watched, counts, standing.first_day, rules, without=without)
    judged = fitted.judge([day], counts) if fitted is not None else None
    if day - standing.first_day >= NEW_NORMAL:
        return Step(Happens.NEW_NORMAL, day, standing.side, judged or _unknown(counts, day))
    if judged is None:
        return None
    # Back within what ordinary days reach: half of them lie beyond a level of a quarter on either side.
    if judged.side(max(rules.alarm_level, ORDINARY)) is standing.side:
        return Step(Happens.GOES_ON, day, standing.side, judged)
    usual_days = standing.usual_days + 1
    happens = Happens.RECOVERED if usual_days >= USUAL_DAYS else Happens.USUAL
    return Step(happens, day, standing.side, judged, usual_days)


def _opens(
    watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules, without: Sequence[tuple[date, date]]
) -> Step | None:
    """Whether the day, or the seven days up to it, lie outside."""
    for length in (1, WINDOW):
        days = _days(day, length)
        if length > 1 and any(first <= each <= last for each in days for first, last in without):
            continue  # Days of an alarm that is over would open it again.
        fitted = usual(watched, counts, days[0], rules, without=without)
        judged = fitted.judge(days, counts) if fitted is not None else None
        side = judged.side(rules.alarm_level) if judged is not None else None
        if judged is not None and side is not None and side in watched.bad:
            return Step(Happens.OPENS, day, side, judged, days=length)
    return None


def _days(last: date, length: int) -> list[date]:
    return [last - timedelta(days=back) for back in range(length - 1, -1, -1)]


ORDINARY = 0.05
"""A day counts as usual again when its tail is at least so large."""


def win(watched: Watched, counts: Mapping[date, Counted], day: date, rules: Rules, *, last: date | None) -> Step | None:
    """Whether the seven days up to `day` are a win; not before as many weeks as are compared with have passed since the
    `last` one."""
    if not watched.good or (last is not None and day - last < timedelta(days=HISTORY)):
        return None
    days = _days(day, WINDOW)
    fitted = usual(watched, counts, days[0], rules, without=())
    judged = fitted.judge(days, counts) if fitted is not None else None
    side = judged.side(rules.win_level) if judged is not None else None
    if fitted is None or judged is None or side is None or side not in watched.good:
        return None
    better = sum(_better(fitted, each, counts, side) for each in days)
    return Step(Happens.OPENS, day, side, judged, days=WINDOW) if better >= BETTER_DAYS else None


def _better(fitted: Fitted, day: date, counts: Mapping[date, Counted], side: Side) -> bool:
    counted, weekday = counts.get(day, Counted(0)), fitted.weekdays.get(day.weekday())
    if weekday is None or not counted.n:
        return False
    share = counted.hits / counted.n
    return share > weekday.mean if side is Side.UP else share < weekday.mean


def _unknown(counts: Mapping[date, Counted], day: date) -> Judged:
    counted = counts.get(day, Counted(0))
    return Judged(counted.hits / counted.n if counted.n else float(counted.hits), counted.n, 0.0, 1.0, 1.0)
