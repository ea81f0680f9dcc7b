"""When an account works: its business hours, and how many of the seconds between two moments fall into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 24 * 60
"""Minutes of a day on the clock; also the end of hours that last until midnight."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `start` until `end`, minutes on the local clock since midnight: 0 <= start < end <= 1440.

    Raises `ValueError` otherwise. A night shift is two of them, one on each day.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= DAY:
            raise ValueError("hours start before they end, between 00:00 and 24:00")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Business hours of one account.

    time_zone: IANA name ("Europe/Amsterdam"); an unknown one raises `ZoneInfoNotFoundError` when used.
    week: the hours of Monday to Sunday, in order and not overlapping; an empty day is closed.
    holidays: local dates that are closed all day.
    """

    time_zone: str
    week: tuple[tuple[Hours, ...], ...]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        for hours in self.week:
            if any(later.start < earlier.end for earlier, later in pairwise(hours)):
                raise ValueError("hours of a day are in order and do not overlap")


def business_seconds(start: datetime, end: datetime, schedule: Schedule) -> float:
    """Seconds between two aware moments that fall into the business hours; 0 when `end` is not after `start`.

    Real seconds, not clock readings: a day that is open all day has 23 or 25 hours when the clock changes. Hours whose
    clock time occurs twice open at the first and close at the last occurrence; a skipped one is the moment of the skip.

    >>> nine_to_five = Schedule("Europe/Amsterdam", ((Hours(540, 1020),),) * 5 + ((), ()))
    >>> friday = datetime(2026, 3, 27, 15, 0, tzinfo=UTC)  # 16:00 there; on Sunday the clock is put forward
    >>> business_seconds(friday, datetime(2026, 3, 30, 8, 0, tzinfo=UTC), nine_to_five) / 3600
    2.0
    """
    if end <= start:
        return 0.0
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    spans = (min(closes, end) - max(opens, start) for opens, closes in _open(start, end, schedule))
    return sum(span.total_seconds() for span in spans if span > timedelta(0))


def _open(start: datetime, end: datetime, schedule: Schedule) -> Iterator[tuple[datetime, datetime]]:
    """Every opening of the local days from the one before `start` to `end`, in UTC, none before the last one closed.

    The day before, as its midnight may come twice.
    """
    zone = ZoneInfo(schedule.time_zone)
    closed = datetime.min.replace(tzinfo=UTC)
    day, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    while day <= last:
        if day not in schedule.holidays:
            for hours in schedule.week[day.weekday()]:
                opens = max(closed, _moment(day, hours.start, schedule.time_zone, closing=False))
                closed = _moment(day, hours.end, schedule.time_zone, closing=True)
                yield opens, closed
        day += timedelta(days=1)


@lru_cache(maxsize=4096)
def _moment(day: date, minutes: int, time_zone: str, *, closing: bool) -> datetime:
    """The moment in UTC at which the local clock shows `minutes` after midnight of `day`."""
    zone = ZoneInfo(time_zone)
    clock = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001 - a clock has no zone
    early, late = sorted(clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == clock:
        return late if closing else early
    # The clock skips this time: the moment of the skip lies between the readings before and after it.
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        skipped = middle.astimezone(zone).replace(tzinfo=None) >= clock
        early, late = (early, middle) if skipped else (middle, late)
    return late.replace(microsecond=0)
