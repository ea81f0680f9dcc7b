"""Times from buckets: percentiles against those of the times themselves, intervals against plain resampling."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from fact_samples import fact
from hypothesis import given, settings
from hypothesis import strategies as st

from service.figures.cells import WIDTH, time_bucket
from service.figures.tally import tally
from service.figures.times import Times, percentiles, times_of

seconds = st.lists(st.floats(1, 1e7), min_size=1, max_size=60)


def times(values: list[float]) -> Times:
    counts = Counter(int(time_bucket(value)) for value in values)
    return Times(counts, sum(round(value * 1000) for value in values))


@given(seconds, st.floats(0.01, 0.99))
def test_a_percentile_is_that_of_the_times_but_for_a_buckets_width(values: list[float], share: float) -> None:
    found = times(values).quantile(share)
    low = np.quantile(values, share, method="inverted_cdf")
    high = np.quantile(values, min(1.0, share + 1e-9), method="higher")
    assert found is not None
    assert low / WIDTH * (1 - 1e-9) <= found <= high * WIDTH * (1 + 1e-9)


@given(seconds)
def test_the_mean_is_exact(values: list[float]) -> None:
    found = times(values)
    assert found.n == len(values)
    assert found.mean == pytest.approx(np.mean(values), abs=0.001)


@settings(max_examples=30)
@given(seconds)
def test_the_median_lies_within_its_interval(values: list[float]) -> None:
    found = times(values)
    low, high = found.interval(0.5) or (0.0, 0.0)
    assert low <= (found.quantile(0.5) or 0.0) <= high
    assert found.interval(0.5) == (low, high)


@given(seconds, seconds)
def test_adding_up(one: list[float], other: list[float]) -> None:
    both, whole = times(one) + times(other), times([*one, *other])
    assert dict(both.counts) == dict(whole.counts)
    assert both.milliseconds == whole.milliseconds


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("n", [40, 41, 1000])
def test_the_interval_is_that_of_resampling(share: float, n: int) -> None:
    values = np.random.default_rng(n).lognormal(6, 1.2, n)
    found = times(list(values))
    resampled = np.random.default_rng(1).choice(values, (4000, n))
    expected = np.quantile(np.quantile(resampled, share, axis=1), [0.025, 0.975])
    assert found.interval(share) == pytest.approx(expected, rel=0.06)


@given(st.dictionaries(st.integers(0, 700), st.integers(1, 400), min_size=1), st.sampled_from([0.5, 0.9]))
def test_the_interval_is_that_of_all_draws_to_the_last_digit(counts: dict[int, int], share: float) -> None:
    times = Times(counts)
    estimate = times.quantile(share)
    low, high = percentiles(times.draws(share))
    assert estimate is not None
    assert times.interval(share) == (min(low, estimate), max(high, estimate))


def test_more_times_make_it_narrower() -> None:
    values = list(np.random.default_rng(3).lognormal(6, 1, 50))
    few, many = times(values).interval(0.5) or (0, 0), times(values * 20).interval(0.5) or (0, 0)
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_of_nothing_there_is_no_time() -> None:
    nothing = Times({})
    assert (nothing.n, nothing.mean, nothing.quantile(0.5), nothing.interval(0.5)) == (0, None, None, None)
    with pytest.raises(ValueError, match="no times"):
        nothing.draws(0.5)


def test_streams_differ_and_repeat() -> None:
    found = times([float(x) for x in range(1, 200)])
    assert (found.draws(0.5) == found.draws(0.5)).all()
    assert (found.draws(0.5) != found.draws(0.5, stream=1)).any()


def test_times_of_a_measure_and_of_a_place() -> None:
    counts = tally([
        fact(1, first_reply=60, handoff_seconds=30, intent="refund"),
        fact(2, first_reply=0.5, handoff_seconds=90),
    ])  # fmt: skip
    assert times_of(counts, "first_reply").n == 2
    assert times_of(counts, "first_reply").milliseconds == 60500
    assert times_of(counts, "handling", "escalated\trefund").mean == 30
    assert times_of(counts, "handling", "escalated\t").mean == 90
    assert times_of(counts, "handling", "direct\trefund").n == 0
