"""The distributions that days of a figure are measured by, and tails whose variance was estimated from days."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Chances = npt.NDArray[np.float64]

_NORMAL = NormalDist()
_HALF = 0.5


def corrected(p: float, freedom: int) -> float:
    """A tail probability whose variance was estimated from so many days: Student's t in place of the normal.

    The normal quantile that belongs to a t (approximation of Wallace 1959, given by Johnson, Kotz and Balakrishnan).
    """
    if not 0 < p < _HALF:
        return min(1.0, max(p, 0.0))
    t = -_NORMAL.inv_cdf(max(p, 1e-300))
    return _NORMAL.cdf(-t * (1 - 1 / (4 * freedom)) / math.sqrt(1 + t * t / (2 * freedom)))


def uncorrected(p: float, freedom: int) -> float:
    """The tail probability that `corrected` makes `p` of."""
    z = -_NORMAL.inv_cdf(p)
    c = 1 - 1 / (4 * freedom)
    left = c * c - z * z / (2 * freedom)
    return _NORMAL.cdf(-z / math.sqrt(left)) if left > 0 else 0.0


def beta_binomial(n: int, mean: float, variance: float) -> Chances:
    """The chance of each number of 0..n of a beta-binomial with this mean share and this variance of the number."""
    chance = n * mean * (1 - mean)
    correlation = min(0.999, max(0.0, (variance / chance - 1) / (n - 1))) if n > 1 else 0.0
    k = np.arange(n)
    ratios = (n - k) / (k + 1)
    if correlation < 1e-9:
        return _normalised(ratios * mean / (1 - mean))
    size = 1 / correlation - 1
    a, b = mean * size, (1 - mean) * size
    return _normalised(ratios * (k + a) / (n - k - 1 + b))


def negative_binomial(mean: float, variance: float, hits: int) -> Chances:
    """The chance of 0, 1 ... up to far beyond the mean and `hits`; Poisson where the variance is not the larger one."""
    top = max(hits + 1, math.ceil(mean + 12 * math.sqrt(max(variance, mean)) + 30))
    k = np.arange(top)
    if variance <= mean * (1 + 1e-9):
        return _normalised(mean / (k + 1))
    size = mean**2 / (variance - mean)
    return _normalised((k + size) / (k + 1) * (mean / (size + mean)))


def _normalised(ratios: Chances) -> Chances:
    """Chances from how each number's relates to the one before."""
    logs = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    chances: Chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    return chances
