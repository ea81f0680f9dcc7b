"""An account against itself: differences between periods, and goals."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from fact_samples import fact
from hypothesis import given
from hypothesis import strategies as st

from service.figures.beside import Beside
from service.figures.catalogue import figure
from service.figures.facts import Fact
from service.figures.rates import Rate
from service.figures.results import Better, Unit, Value, count, share
from service.figures.standing import baseline_period, moved, progress
from service.figures.tally import tally
from service.figures.trends import change


def rate(hits: int, n: int = 100, better: Better = Better.HIGHER) -> Value:
    return share("x", Rate(hits, n), better=better)


@given(st.integers(0, 60), st.integers(0, 80))
def test_the_difference_of_two_shares_is_newcombes(before: int, now: int) -> None:
    found = moved([rate(before, 60)], [rate(now, 80)])[0]
    expected = change(Rate(before, 60), Rate(now, 80))
    assert expected is not None
    assert (found.difference, found.low, found.high) == pytest.approx(
        (expected.difference, expected.low, expected.high), abs=1e-12
    )
    assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
    assert found.p == pytest.approx(expected.p, abs=0.12)


@pytest.mark.parametrize(
    ("before", "now", "better", "word"),
    [
        (30, 70, Better.HIGHER, "better"),
        (70, 30, Better.HIGHER, "worse"),
        (30, 70, Better.LOWER, "worse"),
        (70, 30, Better.LOWER, "better"),
        (30, 70, Better.NEITHER, "more"),
        (70, 30, Better.NEITHER, "less"),
        (50, 55, Better.HIGHER, ""),
        (50, 50, Better.HIGHER, ""),
    ],
)
def test_better_and_worse(before: int, now: int, better: Better, word: str) -> None:
    assert moved([rate(before)], [rate(now, better=better)])[0].word == word


def test_what_has_no_interval_or_no_counterpart_is_left_out() -> None:
    assert moved([rate(5, 10)], [rate(50)]) == ()
    assert moved([count("x", 3)], [count("x", 4)]) == ()
    assert moved([], [rate(50)]) == ()


def test_two_certain_values() -> None:
    sure = Value("x", 1.0, Unit.SHARE, 30, low=1.0, high=1.0)
    other = Value("x", 2.0, Unit.SHARE, 30, low=2.0, high=2.0)
    assert (moved([sure], [sure])[0].p, moved([sure], [other])[0].p) == (1.0, 0.0)


def _handled(n: int, median: float, seed: int) -> list[Fact]:
    times = np.random.default_rng(seed).lognormal(np.log(median), 0.5, n)
    return [fact(i, handed_off=True, seconds_before=float(t)) for i, t in enumerate(times)]


def test_medians_are_compared_as_well() -> None:
    before, now = (figure("escalation").compute(tally(_handled(300, m, m)), Beside()) for m in (600, 300))
    found = {one.now.name: one for one in moved(before, now)}["time_before"]
    assert found.difference == pytest.approx(-300, rel=0.2)
    assert found.word == "better"


def test_periods_alike_are_seldom_called_different() -> None:
    called = 0
    for seed in range(120):
        before, now = (figure("escalation").compute(tally(_handled(60, 600, 2 * seed + k)), Beside()) for k in (0, 1))
        called += any(one.word for one in moved(before, now) if one.now.name == "time_before")
    assert called / 120 <= 0.1


def test_the_first_thirty_days() -> None:
    assert baseline_period(date(2026, 2, 1)) == (date(2026, 2, 1), date(2026, 3, 3))


def test_the_goal_grows_by_the_month() -> None:
    one = progress([rate(40)], [rate(60)])[0]
    two = progress([rate(40)], [rate(43)], months=2)[0]
    assert (one.goal, two.goal) == (pytest.approx(0.42), pytest.approx(0.441))
    assert (one.reached, one.sure, two.reached) == (True, True, False)
    assert one.relative == pytest.approx(0.5)


def test_where_less_is_better() -> None:
    found = progress([rate(40)], [rate(37, better=Better.LOWER)])[0]
    assert found.goal == pytest.approx(0.38)
    assert (found.reached, found.sure) == (True, False)


def test_a_goal_is_never_beyond_all() -> None:
    assert progress([rate(99)], [rate(100)], months=9)[0].goal == 1
    ease = Value("mean", 6.8, Unit.POINTS, 50, better=Better.HIGHER)
    assert progress([ease], [ease], months=3)[0].goal == 7


def test_what_has_no_wish_or_no_number_has_no_goal() -> None:
    assert progress([rate(40)], [rate(40, better=Better.NEITHER)]) == ()
    assert progress([rate(4, 10)], [rate(40)]) == ()
    assert progress([], [rate(40)]) == ()
    assert progress([rate(0)], [rate(40)])[0].relative is None
