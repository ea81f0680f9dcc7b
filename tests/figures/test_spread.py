"""Ranges of times against the times themselves."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.figures.cells import time_bucket
from service.figures.spread import ENDS, spread
from service.figures.times import Times


@given(st.lists(st.floats(0, 2_000_000), max_size=50))
def test_every_time_is_in_one_range_and_beside_it_by_two_percent_at_most(seconds: list[float]) -> None:
    found = spread(Times({int(bucket): n for bucket, n in Counter(map(time_bucket, seconds)).items()}))
    assert sum(n for _, _, n in found) == len(seconds)
    for low, high, n in found:
        surely = sum(low * 1.02 <= each < (high or float("inf")) / 1.02 for each in seconds)
        maybe = sum(low / 1.02 <= each < (high or float("inf")) * 1.02 for each in seconds)
        assert surely <= n <= maybe


@given(st.lists(st.floats(0, 2_000_000), min_size=1, max_size=20))
def test_ranges_follow_one_another_and_begin_and_end_with_a_case(seconds: list[float]) -> None:
    found = spread(Times({int(bucket): n for bucket, n in Counter(map(time_bucket, seconds)).items()}))
    assert found[0][2] > 0
    assert found[-1][2] > 0
    for one, following in pairwise(found):
        assert one[1] == following[0]
    assert all(low in ENDS for low, _, _ in found)


def test_nothing_is_spread_over_nothing() -> None:
    assert spread(Times({})) == ()
