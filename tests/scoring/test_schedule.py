"""Business seconds: plain weeks, holidays, and the days on which the clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scoring.schedule import Hours, Schedule, business_seconds

NINE_TO_FIVE = ((Hours(540, 1020),),) * 5 + ((), ())
ALWAYS = ((Hours(0, 1440),),) * 7
AMSTERDAM = "Europe/Amsterdam"


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def hours_between(start: str, end: str, schedule: Schedule) -> float:
    zone = schedule.time_zone
    return business_seconds(at(start, zone), at(end, zone), schedule) / 3600


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-06-01T10:00", "2026-06-01T11:30", 1.5),
        ("2026-06-01T07:00", "2026-06-01T20:00", 8),
        ("2026-06-01T16:00", "2026-06-02T10:00", 2),
        ("2026-06-05T16:00", "2026-06-08T10:00", 2),  # over a weekend
        ("2026-06-06T10:00", "2026-06-07T10:00", 0),  # within one
        ("2026-06-01T18:00", "2026-06-02T08:00", 0),  # a night
        ("2026-06-01T11:00", "2026-06-01T11:00", 0),
        ("2026-06-01T11:00", "2026-06-01T10:00", 0),
        ("2026-06-01T00:00", "2026-06-08T00:00", 40),
    ],
)
def test_a_plain_week(start: str, end: str, expected: float) -> None:
    assert hours_between(start, end, Schedule(AMSTERDAM, NINE_TO_FIVE)) == expected


def test_holidays_are_closed_all_day() -> None:
    schedule = Schedule(AMSTERDAM, NINE_TO_FIVE, frozenset({date(2026, 12, 25)}))
    assert hours_between("2026-12-24T16:00", "2026-12-28T10:00", schedule) == 2


def test_the_zone_decides_the_day() -> None:
    """22:00 UTC on Sunday is Monday morning in Auckland."""
    start, end = at("2026-06-07T21:00"), at("2026-06-08T05:00")
    assert business_seconds(start, end, Schedule("Pacific/Auckland", NINE_TO_FIVE)) == 8 * 3600
    assert business_seconds(start, end, Schedule("America/New_York", NINE_TO_FIVE)) == 0


def test_days_of_23_and_25_hours() -> None:
    open_always = Schedule(AMSTERDAM, ALWAYS)
    assert hours_between("2026-03-29T00:00", "2026-03-30T00:00", open_always) == 23
    assert hours_between("2026-10-25T00:00", "2026-10-26T00:00", open_always) == 25
    assert hours_between("2026-03-28T00:00", "2026-03-31T00:00", open_always) == 71


def test_working_hours_do_not_change_with_the_clock() -> None:
    """Nine to five is eight hours on either side of a change, at another time in UTC."""
    week = Schedule("America/New_York", ((Hours(540, 1020),),) * 7)
    for day in ("2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01"):
        assert hours_between(f"{day}T00:00", f"{day}T23:59", week) == 8
    assert business_seconds(at("2026-03-06T13:30"), at("2026-03-06T14:30"), week) == 1800  # opens at 14:00 UTC
    assert business_seconds(at("2026-03-10T12:30"), at("2026-03-10T13:30"), week) == 1800  # opens at 13:00 UTC


def test_hours_that_the_clock_skips() -> None:
    """On 29 March 2026 Amsterdam has no time between 02:00 and 03:00."""

    def open_on_that_day(start: int, end: int) -> float:
        return hours_between("2026-03-29T00:00", "2026-03-29T12:00", Schedule(AMSTERDAM, ((Hours(start, end),),) * 7))

    assert open_on_that_day(0, 360) == 5
    assert open_on_that_day(150, 300) == 2  # from 02:30, which is the moment of the skip, to 05:00
    assert open_on_that_day(60, 150) == 1  # from 01:00 to the moment of the skip
    assert open_on_that_day(130, 170) == 0


def test_hours_that_come_twice() -> None:
    """On 25 October 2026 Amsterdam lives 02:00 to 03:00 twice; no second is counted twice."""

    def open_on_that_day(*hours: Hours) -> float:
        return hours_between("2026-10-25T00:00", "2026-10-25T12:00", Schedule(AMSTERDAM, (hours,) * 7))

    assert open_on_that_day(Hours(0, 360)) == 7
    assert open_on_that_day(Hours(150, 210)) == 2  # from the first 02:30 to 03:30
    assert open_on_that_day(Hours(60, 150)) == 2.5  # to the second 02:30
    assert open_on_that_day(Hours(0, 120), Hours(120, 360)) == 7
    assert open_on_that_day(Hours(0, 135), Hours(150, 360)) == 7


def test_a_midnight_that_comes_twice() -> None:
    """On 1 November 2026 Havana puts the clock back from 01:00 to 00:00: Saturday's last opening lasts till then."""
    saturday = Schedule("America/Havana", ((),) * 5 + ((Hours(1320, 1440),), ()))
    assert business_seconds(at("2026-10-31T22:00"), at("2026-11-02T00:00"), saturday) == 3 * 3600
    assert business_seconds(at("2026-11-01T04:30"), at("2026-11-02T00:00"), saturday) == 1800


@pytest.mark.parametrize("hours", [(-1, 10), (10, 10), (20, 10), (0, 1441)])
def test_hours_that_are_none(hours: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="start before they end"):
        Hours(*hours)


def test_weeks_that_are_none() -> None:
    with pytest.raises(ValueError, match="seven days"):
        Schedule("UTC", ((),) * 6)
    with pytest.raises(ValueError, match="do not overlap"):
        Schedule("UTC", ((Hours(0, 60), Hours(30, 90)), *((),) * 6))


zones = st.sampled_from(["UTC", AMSTERDAM, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"])
moments = st.integers(0, 365 * 86400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
hours = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(sorted).filter(lambda x: x[0] < x[1])
weeks = st.lists(hours.map(lambda x: (Hours(*x),)) | st.just(()), min_size=7, max_size=7).map(tuple)
holidays = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=30)
schedules = st.builds(Schedule, zones, weeks, holidays)


@given(moments, moments, moments, schedules)
def test_parts_add_up(a: datetime, b: datetime, c: datetime, schedule: Schedule) -> None:
    a, b, c = sorted((a, b, c))
    whole = business_seconds(a, c, schedule)
    assert whole == business_seconds(a, b, schedule) + business_seconds(b, c, schedule)
    assert 0 <= whole <= (c - a).total_seconds()


@given(moments, st.integers(0, 3000), schedules)
def test_counted_minute_by_minute(start: datetime, minutes: int, schedule: Schedule) -> None:
    """The clock on the wall, read once a minute, away from days on which it changes."""
    start = start.replace(second=0)
    zone = ZoneInfo(schedule.time_zone)
    around = [(start + timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-30, minutes // 60 + 31)]
    if len(set(around)) > 1:
        return
    clocks = [(start + timedelta(minutes=n)).astimezone(zone) for n in range(minutes)]
    open_minutes = sum(
        any(span.start <= clock.hour * 60 + clock.minute < span.end for span in schedule.week[clock.weekday()])
        for clock in clocks
        if clock.date() not in schedule.holidays
    )
    assert business_seconds(start, start + timedelta(minutes=minutes), schedule) == open_minutes * 60
