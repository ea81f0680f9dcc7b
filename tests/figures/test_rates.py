"""Rates against statsmodels, and what must hold for any of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from service.figures.rates import Rate, too_few, two_sided, z_of

rates = st.integers(1, 5000).flatmap(lambda n: st.builds(Rate, st.integers(0, n), st.just(n)))


@given(rates, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_interval_is_wilsons(rate: Rate, level: float) -> None:
    expected = proportion_confint(rate.hits, rate.n, alpha=1 - level, method="wilson")
    assert rate.interval(level) == pytest.approx(expected, abs=1e-9)


@given(rates)
def test_a_rate_lies_within_its_interval_and_that_within_0_and_1(rate: Rate) -> None:
    low, high = rate.interval() or (None, None)
    assert low is not None
    assert high is not None
    assert rate.value is not None
    assert 0 <= low <= rate.value <= high <= 1
    assert low < high


@given(rates, st.integers(2, 20))
def test_more_cases_make_it_narrower(rate: Rate, times: int) -> None:
    (low, high), (lower, higher) = (
        rate.interval() or (0, 0),
        Rate(rate.hits * times, rate.n * times).interval() or (0, 0),
    )
    assert higher - lower < high - low


@given(rates, rates)
def test_sums_first_then_one_division(one: Rate, other: Rate) -> None:
    both = one + other
    assert both.value == (one.hits + other.hits) / (one.n + other.n)
    assert min(one.value or 0, other.value or 0) <= (both.value or 0) + 1e-12
    assert (both.value or 0) <= max(one.value or 0, other.value or 0) + 1e-12


def test_of_nothing_there_is_no_rate() -> None:
    assert Rate(0, 0).value is None
    assert Rate(0, 0).interval() is None


@pytest.mark.parametrize(("hits", "n"), [(2, 1), (-1, 3), (0, -1)])
def test_what_is_no_rate_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        Rate(hits, n)


def test_too_few() -> None:
    assert too_few(19) == "not enough data, 19 of 20"
    assert too_few(20) == ""
    assert too_few(20, 50) == "not enough data, 20 of 50"


@given(st.floats(-37, 37))
def test_p_values_are_those_of_scipy(z: float) -> None:
    assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)


def test_the_quantile_is_that_of_scipy() -> None:
    assert z_of(0.95) == pytest.approx(stats.norm.ppf(0.975))
