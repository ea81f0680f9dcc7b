"""Cohen's kappa against statsmodels and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from service.figures.agreement import agreement
from service.figures.rates import Rate, z_of

WORDS = "abc"
tables = st.lists(st.integers(0, 60), min_size=9, max_size=9).map(lambda counts: np.array(counts).reshape(3, 3))


def pairs(table: np.ndarray) -> dict[tuple[str, str], int]:
    return {(WORDS[i], WORDS[j]): int(n) for (i, j), n in np.ndenumerate(table) if n}


def tells_apart(table: np.ndarray) -> bool:
    return bool((table.sum(axis=0) > 0).sum() > 1 and (table.sum(axis=1) > 0).sum() > 1)


@given(tables.filter(tells_apart))
def test_kappa_is_that_of_statsmodels(table: np.ndarray) -> None:
    found, expected = agreement(pairs(table)), cohens_kappa(table)
    assert found.kappa == pytest.approx(expected.kappa, abs=1e-9)
    assert found.low is not None
    reach = z_of() * np.sqrt(max(expected.var_kappa, 0))
    assert found.low == pytest.approx(max(-1, expected.kappa - reach), abs=1e-6)
    assert found.high == pytest.approx(min(1, expected.kappa + reach), abs=1e-6)
    assert found.rate == Rate(int(np.trace(table)), int(table.sum()))


@given(tables.filter(tells_apart))
def test_it_does_not_matter_who_is_named_first(table: np.ndarray) -> None:
    one, other = agreement(pairs(table)), agreement(pairs(table.T))
    assert one.kappa == pytest.approx(other.kappa)
    assert one.low == pytest.approx(other.low)


@given(tables.filter(tells_apart), st.integers(2, 9))
def test_more_cases_make_it_narrower(table: np.ndarray, times: int) -> None:
    one, other = agreement(pairs(table)), agreement(pairs(table * times))
    assert other.kappa == pytest.approx(one.kappa)
    assert (other.high or 0) - (other.low or 0) <= (one.high or 0) - (one.low or 0) + 1e-9


def test_nothing_and_one_word_only() -> None:
    assert agreement({}) == agreement({("a", "a"): 0})
    assert agreement({}).kappa is None
    only = agreement({("a", "a"): 30})
    assert (only.kappa, only.low, only.high, only.rate.value) == (None, None, None, 1.0)
    # One who says the same of everything agrees by chance alone, with whomever: no 0 with an interval from 0 to 0.
    for deaf in ({("a", "a"): 29, ("a", "b"): 1, ("b", "b"): 0}, {("a", "b"): 10, ("b", "b"): 20}):
        assert (agreement(deaf).kappa, agreement(deaf).low) == (None, None)


def test_always_is_1() -> None:
    assert agreement({("a", "a"): 10, ("b", "b"): 10}).kappa == 1
