"""Alarms open, go on and end as episodes, in small accounts as well; wins are told once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.figures.alarm import Counted, Judged, Side, Sort
from service.figures.ending import changed
from service.figures.episode import Happens, Rules, Standing, Step, alarm, win
from service.figures.watched import BY_NAME

MONDAY = date(2026, 1, 5)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def steady(rate: float = 0.3, n: int = 100, weeks: int = 10) -> dict[date, Counted]:
    """No scatter at all, a little more on every other day than chance would have."""
    return {
        MONDAY + timedelta(days=number): Counted(round(n * rate) + (3 if number % 2 else -3), n)
        for number in range(weeks * 7)
    }


def ends(counts: dict[date, Counted], standing: Standing, figure: str = "escalated") -> list[Step]:
    """What every day does until the alarm is closed."""
    found: list[Step] = []
    for number in range(1, 60):
        step = alarm(BY_NAME[figure], counts, standing.first_day + timedelta(days=number), standing, Rules())
        assert step is not None
        found.append(step)
        if step.happens not in (Happens.GOES_ON, Happens.UNSURE):
            break
    return found


def test_an_alarm_opens_once_goes_on_and_is_over_after_three_usual_days() -> None:
    counts = steady() | {day(65): Counted(60, 100), day(66): Counted(62, 100)}
    opened = alarm(BY_NAME["escalated"], counts, day(65), None, Rules())
    assert opened is not None
    assert (opened.happens, opened.side, opened.days) == (Happens.OPENS, Side.UP, 1)
    found = ends(counts, Standing(Side.UP, day(65)))
    assert [step.happens for step in found] == [
        Happens.GOES_ON, Happens.UNSURE, Happens.UNSURE, Happens.RECOVERED,
    ]  # fmt: skip
    assert [step.usual_days for step in found] == [0, 1, 2, 3]
    assert found[-1].last == day(66)
    # What was over does not open again through the week that holds it.
    assert alarm(BY_NAME["escalated"], counts, day(69), None, Rules(), without=[(day(65), day(66))]) is None


def test_what_is_confirmed_after_four_weeks_is_the_new_normal() -> None:
    counts = steady(weeks=14) | {day(number): Counted(60, 100) for number in range(65, 98)}
    found = ends(counts, Standing(Side.UP, day(65)))
    assert {step.happens for step in found[:-1]} == {Happens.GOES_ON}
    assert (found[-1].happens, len(found)) == (Happens.NEW_NORMAL, 28)


def small(rate: float, *, bad_from: int, bad: float, n: int = 3, weeks: int = 16) -> dict[date, Counted]:
    """Three conversations a day with steady rates, which add up over the days."""
    counts, owed = {}, 0.0
    for number in range(weeks * 7):
        owed += n * (bad if number >= bad_from else rate)
        hits = min(n, int(owed))
        owed -= hits
        counts[day(number)] = Counted(hits, n)
    return counts


def test_a_small_account_is_judged_by_days_together_and_its_alarm_ends() -> None:
    """No day of it has 20 cases. The alarm opens by days together, goes on while the days say so, and its end is
    found."""
    counts = small(0.2, bad_from=86, bad=0.9, weeks=22)
    opened = next(
        (
            step
            for number in range(86, 100)
            if (step := alarm(BY_NAME["escalated"], counts, day(number), None, Rules()))
        ),
        None,
    )
    assert opened is not None
    assert opened.days in (7, 28)
    over = counts | {each: counted for each, counted in small(0.2, bad_from=999, bad=0).items() if each > opened.day}
    found = ends(over, Standing(Side.UP, opened.day, opened.days))
    assert found[-1].happens is Happens.RECOVERED
    assert 3 <= len(found) <= 14
    lasting = ends(counts, Standing(Side.UP, opened.day, opened.days))
    assert Happens.GOES_ON in {step.happens for step in lasting}
    assert lasting[-1].happens is Happens.NEW_NORMAL


def test_what_nothing_confirms_for_two_weeks_ends_and_says_how_few_there_were() -> None:
    counts = small(0.2, bad_from=86, bad=0.9)
    opened = Standing(Side.UP, day(95), 28)
    silent = {each: counted for each, counted in counts.items() if each <= day(95)}
    silent |= {day(96): Counted(0, 1), day(110): Counted(0, 0)}
    found = ends(silent, opened)
    assert {step.happens for step in found[:-1]} == {Happens.UNSURE}
    assert (found[-1].happens, found[-1].n, len(found)) == (Happens.UNCONFIRMED, 1, 14)


def test_an_alarm_whose_usual_range_is_no_longer_known_ends_all_the_same() -> None:
    step = alarm(BY_NAME["escalated"], {}, day(14), Standing(Side.UP, MONDAY), Rules())
    assert step is not None
    assert step.happens is Happens.UNCONFIRMED
    again = alarm(BY_NAME["escalated"], {day(3): Counted(2, 5)}, day(3), Standing(Side.UP, MONDAY), Rules())
    assert again is not None
    assert (again.happens, again.judged.value) == (Happens.UNSURE, 0.4)
    assert alarm(BY_NAME["escalated"], {}, MONDAY, None, Rules()) is None


@pytest.mark.parametrize(
    ("judged", "sort", "over"),
    [
        (Judged(0.6, 20, 0.3, 0, 1), Sort.SHARE, True), (Judged(0.0, 40, 0.3, 1, 0), Sort.SHARE, False),
        (Judged(1.0, 20, 0.9, 0, 1), Sort.SHARE, True), (Judged(0.0, 0, 12.0, 1, 0), Sort.COUNT, False),
        (Judged(9.0, 9, 0.1, 0, 1), Sort.COUNT, True),
    ],
)  # fmt: skip
def test_the_change_that_is_tested_for_is_less_than_what_was_seen(judged: Judged, sort: Sort, over: bool) -> None:
    factor = changed(judged, sort)
    assert (factor > 1) is over
    assert factor > 0


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


def test_a_small_account_wins_by_four_weeks_together() -> None:
    counts = small(0.7, bad_from=84, bad=0.2)
    found = win(BY_NAME["hard"], counts, day(111), Rules(), last=None)
    assert found is not None
    assert (found.side, found.days) == (Side.DOWN, 28)
    one = small(0.7, bad_from=999, bad=0) | {day(number): Counted(0, 40) for number in range(105, 112)}
    assert win(BY_NAME["hard"], one, day(111), Rules(), last=None) is None, "one week of four"
    silent = small(0.7, bad_from=84, bad=0.1) | {day(number): Counted(0, 0) for number in range(84, 101)}
    assert win(BY_NAME["hard"], silent, day(111), Rules(), last=None) is None, "two weeks without any"
