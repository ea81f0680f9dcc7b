"""Which setting of a threshold would have agreed best with reviewers, and by how much: cross-validated, no promise.

Pure: what each setting would have said of each case goes in as a matrix of right and wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.figures.rates import LEVEL, Rate

LEAST_REVIEWS = 40
"""Reviews from which a threshold is looked for: with fewer, folds of the cross-validation hold too few cases."""

FOLDS = 10
DRAWS = 2000
SHARED = (1 + FOLDS / (FOLDS - 1)) ** 0.5
"""What intervals are widened by: the folds choose by nearly the same cases, so their gains go together (Nadeau and
Bengio, Inference for the generalization error, 2003). Without it chance was taken for a gain in 15 of 200 accounts
whose reviewers say anything."""

Right = NDArray[np.bool_]
"""Cases x settings: whether Deskmark would have said what the reviewers say."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The best setting (its place) on all `n` cases, and how often the present one and it agree with reviewers.

    `gain` is what choosing the best setting brought in cases that it was not chosen by (10-fold cross-validation), as a
    share of the cases; `low` and `high` are its 95 % bootstrap interval over the cases, widened by `SHARED`.
    """

    best: int
    present: Rate
    would: Rate
    gain: float
    low: float
    high: float

    @property
    def n(self) -> int:
        """How many cases it rests on."""
        return self.present.n

    @property
    def surely_better(self) -> bool:
        """Whether the gain is more than chance would give."""
        return self.low > 0


def fit(right: Right, distances: Sequence[float], *, least: int = LEAST_REVIEWS, level: float = LEVEL) -> Fit | None:
    """The best of the settings (columns) against the present one; `None` with fewer than `least` cases.

    `distances` are those of the settings from the present one, whose own is 0: of equally good settings the nearest is
    taken, so nothing is suggested without a reason. The same input gives the same answer.

    >>> wrong_until_now = np.array([[False, True]] * 30 + [[True, True]] * 10)
    >>> found = fit(wrong_until_now, [0, 0.5])
    >>> found.best, found.present.value, found.would.value, found.gain
    (1, 0.25, 1.0, 0.75)
    """
    n = len(right)
    if n < least:
        return None
    near = np.asarray(distances, dtype=float)
    present = int(np.argmin(near))
    random = np.random.default_rng(n)
    folds = random.permutation(np.arange(n) % FOLDS)
    differences = np.zeros(n)
    for fold in range(FOLDS):
        held_out = folds == fold
        chosen = _best(right[~held_out], near)
        differences[held_out] = right[held_out, chosen].astype(float) - right[held_out, present]
    gain = float(differences.mean())
    draws = gain + SHARED * (random.choice(differences, size=(DRAWS, n)).mean(axis=1) - gain)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    best = _best(right, near)
    return Fit(
        best=best,
        present=Rate(int(right[:, present].sum()), n),
        would=Rate(int(right[:, best].sum()), n),
        gain=gain,
        low=float(low),
        high=float(high),
    )


def _best(right: Right, near: NDArray[np.float64]) -> int:
    hits = right.sum(axis=0)
    best = np.flatnonzero(hits == hits.max())
    return int(best[np.argmin(near[best])])
