"""A linear projection of sentence vectors that brings messages of one intent together: its training.

Supervised contrastive loss over batches of neighbouring intents, held near the identity, averaged over runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
INTENTS_A_GROUP, GROUPS, MESSAGES_AN_INTENT, NEIGHBOURS = 8, 4, 4, 15
TEMPERATURE, RATE = 0.1, 2e-3


@dataclass(frozen=True)
class Labelled:
    """Centred unit vectors with the intent of each; the corpus is the intent's first part ("bank:...")."""

    vectors: Floats
    intents: NDArray[np.str_]

    def only(self, kept: NDArray[np.bool_]) -> Labelled:
        """The rows that are kept."""
        return Labelled(self.vectors[kept], self.intents[kept])


def average(train: Labelled, *, steps: int, pull: float, runs: int) -> Floats:
    """The mean of several projections: what they share transfers to intents that none has seen better than any one."""
    mean: Floats = np.mean([fit(train, steps=steps, pull=pull, seed=seed) for seed in range(runs)], axis=0)
    return mean


def fit(train: Labelled, *, steps: int, pull: float, seed: int) -> Floats:
    """The projection (384 x 384): supervised contrastive loss over batches of neighbouring intents, Adam."""
    rng = np.random.default_rng(seed)
    names = sorted(set(train.intents))
    members = [np.flatnonzero(train.intents == name) for name in names]
    near = neighbours(train, names, members)
    projection = np.eye(train.vectors.shape[1])
    first, second = np.zeros_like(projection), np.zeros_like(projection)
    for step in range(1, steps + 1):
        chosen = [k for _ in range(GROUPS) for k in group(rng, near)]
        rows = np.concatenate([rng.choice(members[k], MESSAGES_AN_INTENT) for k in chosen])
        labels = np.repeat(chosen, MESSAGES_AN_INTENT)
        gradient = contrast(train.vectors[rows], labels, projection) + 2 * pull * (projection - np.eye(len(projection)))
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        projection -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return projection


def neighbours(train: Labelled, names: list[str], members: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """For each intent the nearest others of its corpus, nearest first."""
    centres = unit(np.stack([train.vectors[rows].mean(0) for rows in members]))
    likeness = centres @ centres.T
    corpus = np.array([name.split(":")[0] for name in names])
    likeness[corpus[:, None] != corpus[None, :]] = -9
    nearest: NDArray[np.int64] = np.argsort(-likeness, axis=1)[:, 1 : NEIGHBOURS + 1]
    return nearest


def group(rng: np.random.Generator, near: NDArray[np.int64]) -> list[int]:
    """One intent and some of its neighbours."""
    start = int(rng.integers(len(near)))
    return [start, *(int(k) for k in rng.choice(near[start], INTENTS_A_GROUP - 1, replace=False))]


def contrast(vectors: Floats, labels: NDArray[np.int64], projection: Floats) -> Floats:
    """The gradient of the supervised contrastive loss with respect to the projection."""
    projected = vectors @ projection
    lengths = np.linalg.norm(projected, axis=1, keepdims=True)
    units = projected / lengths
    logits = units @ units.T / TEMPERATURE
    np.fill_diagonal(logits, -1e9)
    chance = np.exp(logits - logits.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    same = (labels[:, None] == labels[None, :]).astype(float)
    np.fill_diagonal(same, 0)
    error = (chance - same / same.sum(1, keepdims=True)) / len(labels) / TEMPERATURE
    to_units = (error + error.T) @ units
    to_projected = (to_units - (to_units * units).sum(1, keepdims=True) * units) / lengths
    gradient: Floats = vectors.T @ to_projected
    return gradient


def unit(rows: Floats) -> Floats:
    """Every row at length 1."""
    result: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result
