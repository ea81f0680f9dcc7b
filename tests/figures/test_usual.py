"""What is usual: weekdays against their own kind, thin ones together, tails as scipy has them, evidence of a day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from scipy import stats

from service.figures.alarm import Counted, Judged, Side, Sort, before, up_to
from service.figures.usual import fit

MONDAY = date(2026, 1, 5)


def judge(
    history: Mapping[date, Counted], days: Sequence[date], now: Mapping[date, Counted], sort: Sort, *, least: int
) -> Judged | None:
    fitted = fit(history, sort, least=least)
    return None if fitted is None else fitted.judge(days, now)


def test_a_weekday_is_measured_against_its_own_kind() -> None:
    counts = {
        MONDAY + timedelta(days=number): Counted((50 if number % 7 == 6 else 10) + number % 3, 100)
        for number in range(63)
    }
    sunday = MONDAY + timedelta(days=62)
    history = {day: counts[day] for day in before(sunday)}
    found = judge(history, [sunday], counts, Sort.SHARE, least=20)
    assert found is not None
    assert found.side(0.01) is None
    monday = {MONDAY + timedelta(days=63): Counted(50, 100)}
    found = judge(
        {day: counts[day] for day in before(MONDAY + timedelta(days=63))}, list(monday), monday, Sort.SHARE, least=20
    )
    assert found is not None
    assert found.side(0.001) is Side.UP


@pytest.mark.parametrize(("days", "weeks"), [(56, 8), (42, 6), (38, 6), (28, 4)])
@pytest.mark.parametrize("sort", Sort)
def test_it_is_told_how_many_weeks_there_were(days: int, weeks: int, sort: Sort) -> None:
    history = {day: Counted(10, 100) for day in before(MONDAY, days)}
    found = judge(history, [MONDAY], {MONDAY: Counted(12, 100)}, sort, least=20)
    assert (found.weeks if found else 0) == weeks


def test_the_tails_are_those_of_scipy() -> None:
    history = {day: Counted(30, 100) for day in before(MONDAY)}
    fitted = fit(history, Sort.SHARE, least=20)
    assert fitted is not None
    assert fitted.scatter == 0
    (found,) = [fitted.judge([MONDAY], {MONDAY: Counted(44, 100)})]
    assert found is not None
    mean = (8 * 30 + 0.5) / (8 * 100 + 1)
    variance = 100 * mean * (1 - mean) + 100**2 * mean * (1 - mean) / 800
    rho = (variance / (100 * mean * (1 - mean)) - 1) / 99
    a, b = mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
    normal = stats.norm.isf(stats.betabinom.sf(43, 100, a, b))
    corrected = stats.norm.sf(normal * (1 - 1 / (4 * 49)) / (1 + normal**2 / (2 * 49)) ** 0.5)
    assert found.p_up == pytest.approx(corrected, rel=1e-6)


def test_the_range_is_where_a_day_raises_no_alarm() -> None:
    for sort, at in ((Sort.SHARE, 0.002), (Sort.COUNT, 0.002)):
        counts = {day: Counted(20 + number % 9, 90) for number, day in enumerate(before(MONDAY))}
        fitted = fit(counts, sort, least=20)
        assert fitted is not None
        expected = fitted.expected([MONDAY], {MONDAY: Counted(0, 90)}, at)
        assert expected is not None
        per = 90 if sort is Sort.SHARE else 1
        sides = {hits: fitted.judge([MONDAY], {MONDAY: Counted(hits, 90)}) for hits in range(91)}
        inside = [hits / per for hits, judged in sides.items() if judged is not None and judged.side(at) is None]
        assert (expected.low, expected.high) == pytest.approx((inside[0], inside[-1]))
        assert fitted.expected([MONDAY], {}, at) is None or sort is Sort.COUNT


@pytest.mark.parametrize("least", [20, 500])
def test_too_little_is_not_judged(least: int) -> None:
    few = {day: Counted(1, 5) for day in before(MONDAY)}
    assert judge(few, [MONDAY], {MONDAY: Counted(5, 5)}, Sort.SHARE, least=least) is None
    assert judge({}, [MONDAY], {}, Sort.SHARE, least=least) is None
    weeks = {day: Counted(1, 50) for day in before(MONDAY, 21)}
    assert judge(weeks, [MONDAY], {MONDAY: Counted(5, 50)}, Sort.SHARE, least=least) is None
    mondays = {day: Counted(1, 50) for day in before(MONDAY) if day.weekday() == 0}
    assert judge(mondays, [MONDAY + timedelta(days=1)], {}, Sort.COUNT, least=least) is None


def test_weekdays_with_too_few_cases_are_taken_together() -> None:
    """Two cases on each Sunday, none on Saturdays: 16 of 20. With Saturday they are still too few and go with the
    smallest other day; a week that holds a case on a Sunday can be judged."""
    history = {
        day: Counted(1, 2) if day.weekday() == 6 else Counted(0, 0) if day.weekday() == 5 else Counted(30, 100)
        for day in before(MONDAY)
    }
    fitted = fit(history, Sort.SHARE, least=20)
    assert fitted is not None
    assert fitted.weekdays[5] == fitted.weekdays[6]
    assert len(fitted.weekdays[6].weekdays) == 3
    assert len({mean.weekdays for mean in fitted.weekdays.values()}) == 5
    week = up_to(MONDAY + timedelta(days=6), 7)
    assert fitted.judge(week, {day: Counted(1, 4) for day in week}) is not None
    assert fitted.judge([], {}) is None


def test_what_is_left_of_thin_weekdays_goes_with_the_last_group() -> None:
    fitted = fit({day: Counted(1, 2) for day in before(MONDAY)}, Sort.SHARE, least=20)
    assert fitted is not None
    assert sorted(len(names) for names in {mean.weekdays for mean in fitted.weekdays.values()}) == [2, 2, 3]
    assert fitted.a_day == 2


def test_a_mean_that_is_used_twice_errs_the_same_way_twice() -> None:
    history = {day: Counted(3, 10) for day in before(MONDAY)}
    fitted = fit(history, Sort.SHARE, least=20)
    assert fitted is not None
    mondays = [MONDAY, MONDAY + timedelta(days=7)]
    apart = [MONDAY, MONDAY + timedelta(days=1)]
    both, two = (fitted.judge(days, dict.fromkeys(days, Counted(9, 10))) for days in (mondays, apart))
    assert both is not None
    assert two is not None
    assert both.p_up > two.p_up


def test_a_day_speaks_for_what_is_nearer_to_it() -> None:
    shares = fit({day: Counted(30, 100) for day in before(MONDAY)}, Sort.SHARE, least=20)
    numbers = fit({day: Counted(30) for day in before(MONDAY)}, Sort.COUNT, least=20)
    assert shares is not None
    assert numbers is not None
    assert shares.speaks_for_usual(MONDAY, Counted(30, 100), 3.0) > 3
    assert shares.speaks_for_usual(MONDAY, Counted(56, 100), 3.0) < -3
    assert shares.speaks_for_usual(MONDAY, Counted(0, 0), 3.0) == 0
    assert numbers.speaks_for_usual(MONDAY, Counted(30), 2.0) > 3
    assert numbers.speaks_for_usual(MONDAY, Counted(0), 0.1) < -3
    assert math.isfinite(numbers.speaks_for_usual(MONDAY, Counted(100_000), 2.0))
    mondays = fit({day: Counted(9) for day in before(MONDAY) if not day.weekday()}, Sort.COUNT, least=20)
    assert mondays is not None
    assert mondays.speaks_for_usual(MONDAY + timedelta(days=1), Counted(9), 2.0) == 0
    assert mondays.expected([MONDAY + timedelta(days=1)], {}, 0.01) is None
