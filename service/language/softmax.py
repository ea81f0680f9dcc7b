"""Multinomial logistic regression, fitted with numpy alone. Knows no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

ITERATIONS = 30
MEMORY = 10
ENOUGH = 1e-4
"""Share of the first gradient below which the fit ends."""

_CURVATURE = 1e-12
_SHORTEST_STEP = 1e-6
_FALL_ENOUGH = 1e-4
"""Share of the fall that the slope promises, from which a step is taken."""
_Step = tuple[Matrix, Matrix, float]


def log_sum_exp(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """The logarithm of the sum of exp over each row, shape (n, 1)."""
    largest = logits.max(axis=1, keepdims=True)
    return np.asarray(largest + np.log(np.exp(logits - largest).sum(axis=1, keepdims=True)))


def fit_softmax(
    rows: Matrix, labels: NDArray[np.intp], weights: NDArray[np.floating], *, classes: int, strength: float
) -> Matrix:
    """Coefficients, shape (columns, classes): the logits of a row are `row @ coefficients`.

    Minimises the weighted cross-entropy (`weights` of the rows add up to 1) plus the squares of all coefficients but
    those of the last column, which is to be constant 1, times `1 / (2 * strength * rows)`. By limited-memory BFGS
    (Liu and Nocedal 1989), at most `ITERATIONS` steps. The same input gives the same result.

    >>> rows = np.array([[1, 1], [-1, 1]], dtype=np.float32)
    >>> fitted = fit_softmax(rows, np.array([0, 1]), np.array([0.5, 0.5]), classes=2, strength=10.0)
    >>> (rows @ fitted).argmax(axis=1).tolist()
    [0, 1]
    """
    penalty = np.full((rows.shape[1], 1), 1 / (strength * len(rows)), dtype=np.float32)
    penalty[-1] = 0
    objective = _Objective(rows, labels, weights.astype(np.float32), penalty)
    here = objective.at(np.zeros((rows.shape[1], classes), dtype=np.float32))
    small = ENOUGH * float(np.abs(here.slope).max())
    steps: list[_Step] = []
    for _ in range(ITERATIONS):
        there = _downhill(objective, here, _direction(here.slope, steps))
        moved, bent = there.coefficients - here.coefficients, there.slope - here.slope
        curvature = float((moved * bent).sum())
        if curvature > _CURVATURE:
            steps = [*steps[-MEMORY + 1 :], (moved, bent, 1 / curvature)]
        here = there
        if float(np.abs(here.slope).max()) <= small:
            break
    return here.coefficients


@dataclass(frozen=True, slots=True)
class _Place:
    """Coefficients, the loss there and its slope."""

    coefficients: Matrix
    loss: float
    slope: Matrix


@dataclass(frozen=True, slots=True)
class _Objective:
    """What is minimised: the cross-entropy of the rows by their `share`, and the penalty of each column's squares."""

    rows: Matrix
    labels: NDArray[np.intp]
    share: Matrix
    penalty: Matrix

    def at(self, coefficients: Matrix) -> _Place:
        logits = self.rows @ coefficients
        norm = log_sum_exp(logits)
        every = np.arange(len(self.rows))
        loss = float((self.share * (norm[:, 0] - logits[every, self.labels])).sum())
        miss = np.exp(logits - norm).astype(np.float32)
        miss[every, self.labels] -= 1
        miss *= self.share[:, None]
        slope = self.rows.T @ miss + self.penalty * coefficients
        return _Place(coefficients, loss + 0.5 * float((self.penalty * coefficients * coefficients).sum()), slope)


def _downhill(objective: _Objective, here: _Place, way: Matrix) -> _Place:
    """The first place against `way`, halving the step, where the loss falls enough (Armijo's rule)."""
    fall, length = float((here.slope * way).sum()), 1.0
    while True:
        there = objective.at((here.coefficients - length * way).astype(np.float32))
        if there.loss <= here.loss - _FALL_ENOUGH * length * fall or length < _SHORTEST_STEP:
            return there
        length /= 2


def _direction(slope: Matrix, steps: Sequence[_Step]) -> Matrix:
    """Down the slope, with the curvature seen in the last steps."""
    way = slope.copy()
    if not steps:
        return np.asarray(way / max(float(np.linalg.norm(way)), _CURVATURE))
    shares = []
    for moved, bent, inverse in reversed(steps):
        share = inverse * float((moved * way).sum())
        shares.append(share)
        way -= np.float32(share) * bent
    moved, bent, inverse = steps[-1]
    way *= np.float32(1 / (inverse * float((bent * bent).sum())))
    for (moved, bent, inverse), share in zip(steps, reversed(shares), strict=True):
        way += np.float32(share - inverse * float((bent * way).sum())) * moved
    return way
