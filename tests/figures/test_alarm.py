"""Alarms keep the stated rate of false alarms on stable accounts, and find a doubled rate; proven by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from service.figures.alarm import HISTORY, Counted, Side, Sort, before, fit, judge, level
from service.figures.episode import Happens, Rules, Standing, alarm, win
from service.figures.watched import ALARM_TESTS, BY_NAME, WATCHED, Watched

MONDAY = date(2026, 1, 5)
SHAPE = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4])
MONTH = 30


@dataclass(frozen=True)
class Process:
    """An account's figure day by day: `volume` by weekday, the rate by weekday, days that differ by `scatter`."""

    sort: Sort
    rate: float
    volume: float
    scatter: float

    def days(self, rng: np.random.Generator, count: int, *, doubled_from: int | None = None) -> dict[date, Counted]:
        found = {}
        for number in range(count):
            day, factor = (
                MONDAY + timedelta(days=number),
                2.0 if doubled_from is not None and number >= doubled_from else 1,
            )
            mean = self.volume * SHAPE[day.weekday()]
            if self.sort is Sort.COUNT:
                mean *= factor
                found[day] = Counted(int(rng.poisson(rng.gamma(1 / self.scatter, mean * self.scatter))))
                continue
            n, p = int(rng.poisson(mean)), min(0.95, self.rate * factor * (1.3 if day.weekday() > 4 else 1.0))
            p = rng.beta(p * (1 / self.scatter - 1), (1 - p) * (1 / self.scatter - 1))
            found[day] = Counted(int(rng.binomial(n, p)), n)
        return found


ACCOUNT = {
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
"""A middling account; every figure scatters from day to day more than chance alone would."""


def alarms(watched: Watched, counts: dict[date, Counted], rules: Rules) -> list[date]:
    """The days on which an alarm opens after the first eight weeks and one."""
    found: list[date] = []
    standing, first, past = None, None, []
    for number in range(HISTORY + 7, len(counts)):
        day = MONDAY + timedelta(days=number)
        step = alarm(watched, counts, day, standing, rules, without=past)
        if step is None:
            continue
        if step.happens is Happens.OPENS:
            found.append(day)
            standing, first = Standing(step.side, day), day
        elif step.happens in (Happens.RECOVERED, Happens.NEW_NORMAL):
            assert first is not None
            past.append((first, day))
            standing = None
        else:
            standing = Standing(step.side, standing.first_day, step.usual_days) if standing else None
    return found


def test_a_stable_account_has_at_most_the_stated_false_alarms_a_month() -> None:
    """One a month is stated. 30 accounts, two months each: the upper end of the exact Poisson interval of what was
    counted is compared with a rate that is half as large again, the lower end must not exceed what is stated."""
    rng, months, count = np.random.default_rng(11), 0.0, 0
    for _ in range(30):
        for watched in WATCHED:
            counts = ACCOUNT[watched.name].days(rng, HISTORY + 7 + 2 * MONTH)
            count += len(alarms(watched, counts, Rules()))
        months += 2
    low, high = stats.chi2.ppf(0.025, 2 * count) / 2 / months, stats.chi2.ppf(0.975, 2 * count + 2) / 2 / months
    assert low <= 1.0, f"{count} alarms in {months} months"
    assert high < 1.5, f"{count} alarms in {months} months"
    assert count > 0.2 * months, "it is not so strict that it never speaks"


@pytest.mark.parametrize(
    ("name", "days", "power"), [("escalated", 7, 0.9), ("unserved", 7, 0.8), ("conversations", 7, 0.9)]
)
def test_a_doubled_rate_is_found_within_a_week(name: str, days: int, power: float) -> None:
    rng, found = np.random.default_rng(5), 0
    for _ in range(40):
        counts = ACCOUNT[name].days(rng, HISTORY + 7 + days, doubled_from=HISTORY + 7)
        found += bool(alarms(BY_NAME[name], counts, Rules()))
    assert found / 40 >= power


def steady(rate: float = 0.3, n: int = 100, weeks: int = 10) -> dict[date, Counted]:
    """No scatter at all, a little more on every other day than chance would have."""
    return {
        MONDAY + timedelta(days=number): Counted(round(n * rate) + (3 if number % 2 else -3), n)
        for number in range(weeks * 7)
    }


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
        expected = fitted.expected(MONDAY, 90, at)
        assert expected is not None
        per = 90 if sort is Sort.SHARE else 1
        sides = {hits: fitted.judge([MONDAY], {MONDAY: Counted(hits, 90)}) for hits in range(91)}
        inside = [hits / per for hits, judged in sides.items() if judged is not None and judged.side(at) is None]
        assert (expected.low, expected.high) == pytest.approx((inside[0], inside[-1]))
        assert fitted.expected(MONDAY, 0, at) is None or sort is Sort.COUNT


@pytest.mark.parametrize("least", [20, 500])
def test_too_little_is_not_judged(least: int) -> None:
    few = {day: Counted(1, 5) for day in before(MONDAY)}
    assert judge(few, [MONDAY], {MONDAY: Counted(5, 5)}, Sort.SHARE, least=least) is None
    assert judge({}, [MONDAY], {}, Sort.SHARE, least=least) is None
    weeks = {day: Counted(1, 50) for day in before(MONDAY, 21)}
    assert judge(weeks, [MONDAY], {MONDAY: Counted(5, 50)}, Sort.SHARE, least=least) is None
    mondays = {day: Counted(1, 50) for day in before(MONDAY) if day.weekday() == 0}
    assert judge(mondays, [MONDAY + timedelta(days=1)], {}, Sort.COUNT, least=least) is None


def test_not_useful_makes_it_stricter_within_bounds() -> None:
    assert [round(level(1, 10, steps=n) / level(1, 10), 4) for n in (-1, 0, 1, 4, 9)] == [1, 1, 0.5, 0.0625, 0.0625]
    assert Rules(steps=2).alarm_level == pytest.approx(level(1, 2 * ALARM_TESTS) / 4)


def test_an_alarm_opens_once_goes_on_and_is_over_after_three_usual_days() -> None:
    watched, counts = BY_NAME["escalated"], steady()
    day = MONDAY + timedelta(days=65)
    counts |= {day: Counted(60, 100), day + timedelta(days=1): Counted(62, 100)}
    opened = alarm(watched, counts, day, None, Rules())
    assert opened is not None
    assert (opened.happens, opened.side, opened.days) == (Happens.OPENS, Side.UP, 1)
    standing = Standing(Side.UP, day)
    after = alarm(watched, counts, day + timedelta(days=1), standing, Rules())
    assert after is not None
    assert after.happens is Happens.GOES_ON
    happens = []
    for number in range(2, 5):
        step = alarm(watched, counts, day + timedelta(days=number), Standing(Side.UP, day, number - 2), Rules())
        assert step is not None
        happens.append(step.happens)
    assert happens == [Happens.USUAL, Happens.USUAL, Happens.RECOVERED]
    # What was over does not open again through the week that holds it.
    assert (
        alarm(watched, counts, day + timedelta(days=4), None, Rules(), without=[(day, day + timedelta(days=1))]) is None
    )


def test_what_lasts_four_weeks_is_the_new_normal() -> None:
    counts = steady()
    step = alarm(
        BY_NAME["escalated"],
        counts,
        MONDAY + timedelta(days=69),
        Standing(Side.UP, MONDAY + timedelta(days=41)),
        Rules(),
    )
    assert step is not None
    assert step.happens is Happens.NEW_NORMAL
    empty = alarm(BY_NAME["escalated"], {}, MONDAY + timedelta(days=69), Standing(Side.UP, MONDAY), Rules())
    assert empty is not None
    assert empty.happens is Happens.NEW_NORMAL
    assert alarm(BY_NAME["escalated"], {}, MONDAY, Standing(Side.UP, MONDAY), Rules()) is None


def test_better_for_a_week_is_a_win_and_not_an_alarm_and_not_told_twice() -> None:
    watched, counts = BY_NAME["hard"], steady()
    for number in range(60, 67):
        counts[MONDAY + timedelta(days=number)] = Counted(15, 100)
    day = MONDAY + timedelta(days=66)
    assert alarm(watched, counts, day, None, Rules()) is None
    found = win(watched, counts, day, Rules(), last=None)
    assert found is not None
    assert (found.side, found.days, found.judged.value) == (Side.DOWN, 7, 0.15)
    assert win(watched, counts, day, Rules(), last=day - timedelta(days=7)) is None
    for neither in ("conversations", "escalated"):
        assert win(BY_NAME[neither], counts, day, Rules(), last=None) is None
    assert win(watched, steady(), day, Rules(), last=None) is None
    one = steady() | {day: Counted(0, 400)}
    assert win(watched, one, day, Rules(), last=None) is None, "one day is no week"
