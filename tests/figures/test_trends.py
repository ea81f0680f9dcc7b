"""Trends against statsmodels and scipy, and how often they cry wolf."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from service.figures.rates import Rate, two_sided
from service.figures.trends import Direction, benjamini_hochberg, change, cochran_armitage, slope, trends

rates = st.integers(1, 300).flatmap(lambda n: st.builds(Rate, st.integers(0, n), st.just(n)))
months = st.lists(rates, min_size=2, max_size=8)


def defined(periods: list[Rate]) -> bool:
    whole = sum(periods, Rate(0, 0))
    return 0 < whole.hits < whole.n


@given(months.filter(defined))
def test_the_trend_test_is_that_of_statsmodels(periods: list[Rate]) -> None:
    """Their variance is the permutation one, with N - 1 for N."""
    table = Table(np.array([[r.n - r.hits, r.hits] for r in periods]), shift_zeros=False)
    found = table.test_ordinal_association(row_scores=np.arange(len(periods)), col_scores=np.array([0, 1]))
    n = sum(rate.n for rate in periods)
    z = cochran_armitage(periods)
    assert z is not None
    assert z * math.sqrt((n - 1) / n) == pytest.approx(found.zscore, abs=1e-6)


@given(months)
def test_it_turns_with_time_and_with_the_sign(periods: list[Rate]) -> None:
    z = cochran_armitage(periods)
    back = cochran_armitage(periods[::-1])
    misses = cochran_armitage([Rate(rate.n - rate.hits, rate.n) for rate in periods])
    if z is None:
        assert back is None
        assert misses is None
    else:
        assert back == pytest.approx(-z, abs=1e-9)
        assert misses == pytest.approx(-z, abs=1e-9)


@pytest.mark.parametrize(
    "periods", [[], [Rate(3, 9)], [Rate(0, 9), Rate(0, 8)], [Rate(5, 5), Rate(8, 8)], [Rate(0, 0)] * 3]
)
def test_where_there_is_no_test(periods: list[Rate]) -> None:
    assert cochran_armitage(periods) is None


@given(months)
def test_the_slope_is_that_of_least_squares(periods: list[Rate]) -> None:
    month = np.repeat(np.arange(len(periods)), [rate.n for rate in periods])
    hit = np.concatenate([np.repeat([1, 0], [rate.hits, rate.n - rate.hits]) for rate in periods])
    found = slope(periods)
    assert found is not None
    assert found[0] == pytest.approx(stats.linregress(month, hit).slope, abs=1e-9)
    assert found[1] < found[0] < found[2]


def test_the_slopes_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(600):
        periods = [Rate(int(rng.binomial(40, 0.5 + 0.03 * t)), 40) for t in range(6)]
        _, low, high = slope(periods) or (0, 0, 0)
        held += low <= 0.03 <= high
    assert held / 600 == pytest.approx(0.95, abs=0.025)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_correction_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


def test_nothing_to_correct() -> None:
    assert benjamini_hochberg([]) == []


def test_improving_flat_declining_and_too_few() -> None:
    found = trends(
        {
            "better": [Rate(40, 100), Rate(55, 100), Rate(70, 100)],
            "same": [Rate(50, 100), Rate(52, 100), Rate(49, 100)],
            "always": [Rate(50, 50), Rate(60, 60)],
            "worse": [Rate(90, 100), Rate(70, 100), Rate(40, 100)],
            "rare": [Rate(1, 5), Rate(4, 5)],
            "new": [Rate(0, 0), Rate(3, 4), Rate(40, 80)],
            "nothing": [],
        }
    )
    directions = {name: trend.direction for name, trend in found.items()}
    assert directions == {
        "better": Direction.IMPROVING, "same": Direction.FLAT, "always": Direction.FLAT, "worse": Direction.DECLINING,
        "rare": None, "new": None, "nothing": None,
    }  # fmt: skip
    assert found["rare"].note == "not enough data, 10 of 20"
    assert found["new"].note == "not enough data, cases in fewer than two periods"
    assert found["better"].slope == pytest.approx(0.15)
    assert found["rare"].slope is None
    assert found["always"].p == 1.0


def test_many_intents_that_stand_still_are_seldom_called_moving() -> None:
    """At 5 % each, a third of these rounds would call one of the eight falsely; together about one in 20 does."""
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(300):
        lines = {str(i): [Rate(int(rng.binomial(60, 0.7)), 60) for _ in range(4)] for i in range(8)}
        false += any(trend.direction is not Direction.FLAT for trend in trends(lines).values())
    assert false / 300 <= 0.08


@given(rates, rates)
def test_the_change_between_two_periods_is_that_of_statsmodels(one: Rate, other: Rate) -> None:
    found = change(one, other, least=1)
    assert found is not None
    ends = confint_proportions_2indep(other.hits, other.n, one.hits, one.n, method="newcomb")
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)
    whole = one + other
    if 0 < whole.hits < whole.n:
        p = proportions_ztest([other.hits, one.hits], [other.n, one.n])[1]
        assert found.p == pytest.approx(p, abs=1e-9)
    else:
        assert found.p == 1.0
    assert found.low <= found.difference <= found.high


def test_too_few_cases_for_a_change() -> None:
    assert change(Rate(5, 19), Rate(50, 100)) is None
    assert change(Rate(0, 0), Rate(50, 100), least=0) is None


def test_p_falls_when_a_difference_is_shown_by_more() -> None:
    few, many = change(Rate(20, 50), Rate(30, 50)), change(Rate(200, 500), Rate(300, 500))
    assert few is not None
    assert many is not None
    assert many.p < few.p
    assert two_sided(0) == 1
