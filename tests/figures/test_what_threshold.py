"""A threshold's what-if against going through the conversations one by one."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.figures.rates import Rate
from service.figures.what_threshold import Shift, Stated, ladder, what_if

cases = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["yes", "no", "open"])), max_size=60)


def stated(given_cases: list[tuple[int, str]]) -> list[Stated]:
    counts = Counter(given_cases)
    return [
        Stated(value, counts[value, "yes"], counts[value, "no"], counts[value, "open"])
        for value in {value for value, _ in given_cases}
    ]


@given(cases, st.integers(0, 101))
def test_it_is_what_going_through_them_gives(each: list[tuple[int, str]], below: int) -> None:
    found = what_if(stated(each), below)
    over = [need for value, need in each if value < below]
    needs = [need for _, need in each]
    assert found.handed_over == Rate(len(over), len(each))
    assert found.needed == Rate(over.count("yes"), len(over) - over.count("open"))
    assert found.caught == Rate(over.count("yes"), needs.count("yes"))
    assert found.spoiled == Rate(over.count("no"), needs.count("no"))
    assert found.missed == sum(need == "yes" for value, need in each if value >= below)


@given(cases)
def test_a_higher_threshold_hands_over_and_catches_at_least_as_many(each: list[tuple[int, str]]) -> None:
    steps = ladder(stated(each), range(102))
    assert [step.below for step in steps] == list(range(102))
    for one, following in pairwise(steps):
        assert one.handed_over.hits <= following.handed_over.hits
        assert one.caught.hits <= following.caught.hits
    assert (steps[0].handed_over.hits, steps[-1].handed_over.hits) == (0, len(each))


def test_a_shift_has_newcombes_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17:873-890, method 10: 56/70 less 48/80 is 0.2000 (0.0524 to 0.3339).
    shift = Shift(Rate(48, 80), Rate(56, 70))
    low, high = shift.interval() or (0.0, 0.0)
    assert (round(shift.points or 0, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)
    assert Shift(Rate(0, 0), Rate(1, 2)).points is None
    assert Shift(Rate(1, 2), Rate(0, 0)).interval() is None
