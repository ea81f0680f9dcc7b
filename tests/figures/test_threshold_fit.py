"""A suggested threshold is better on cases that it was not chosen by, or it is not suggested."""

from __future__ import annotations

import numpy as np
import pytest

from service.figures.threshold_fit import fit

GRID = np.round(np.arange(0.05, 1.0, 0.05), 2)


def right(seed: int, *, truth: float, n: int, noise: float) -> np.ndarray:
    """Cases whose reviewers say yes from `truth` on, but for some of them."""
    random = np.random.default_rng(seed)
    values = random.random(n)
    said = (values >= truth) ^ (random.random(n) < noise)
    return (values[:, None] >= GRID[None, :]) == said[:, None]


def test_too_few_cases() -> None:
    assert fit(right(1, truth=0.5, n=39, noise=0.1), np.abs(GRID - 0.5).tolist()) is None


def test_a_wrong_threshold_is_found_out_and_the_right_one_kept() -> None:
    found = fit(right(2, truth=0.7, n=400, noise=0.05), np.abs(GRID - 0.4).tolist())
    assert found is not None
    assert found.surely_better
    assert GRID[found.best] == pytest.approx(0.7, abs=0.06)
    assert 0.1 < found.low < found.gain < found.high < 0.45
    kept = fit(right(2, truth=0.7, n=400, noise=0.05), np.abs(GRID - 0.7).tolist())
    assert kept is not None
    assert not kept.surely_better


@pytest.mark.parametrize("n", [40, 120, 400])
def test_chance_is_seldom_taken_for_a_gain(n: int) -> None:
    """Reviewers who say anything: whatever is chosen, nothing is gained. Few of 200 accounts are told otherwise."""
    told = 0
    for seed in range(200):
        found = fit(right(seed, truth=0.5, n=n, noise=0.5), np.abs(GRID - 0.5).tolist())
        told += found is not None and found.surely_better
    assert told <= 10


def test_the_nearest_of_equals_is_taken_and_the_answer_is_always_the_same() -> None:
    cases = np.array([[True, False, True, True]] * 25 + [[True, True, True, True]] * 25)
    found = fit(cases, [2.0, 0.0, 3.0, 1.0])
    assert found is not None
    assert (found.best, found.n) == (3, 50)
    assert fit(cases, [2.0, 0.0, 3.0, 1.0]) == found
