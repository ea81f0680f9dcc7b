"""What is usual for messages that do have an intent of a catalog, from the catalog's own examples held out.

A message is novel when it reaches less than these do, and a reading is as sure as theirs were right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.language.intent_reader import Labels, Reach, Reader

FOLDS = 5
MANY = 2500
"""Examples from which one fold is held out, not each in turn: enough to know the usual."""

PRIOR = 5
"""Held-out examples that weigh as much as what is usual in catalogs of this size."""

NEAR = (0.57, 0.14)
"""Mean and standard deviation of the nearness in public catalogs with an example or two of each intent."""

_ROUNDS = 20

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Usual:
    """Mean and standard deviation of the largest logit and of the nearness of messages that have an intent.

    `right`: constant and slope of the odds that the likeliest intent is the right one, over the odds of its share.
    """

    height: tuple[float, float]
    near: tuple[float, float]
    right: tuple[float, float]

    @classmethod
    def of(cls, reader: Reader, texts: Sequence[str]) -> Usual:
        """From the examples `reader` was fitted on, held out: each in turn, or a fifth of many.

        The fewer could be held out, the more it is what public catalogs of this size have; an intent's only example
        cannot be. The constants are those that `benchmarks/training/intents.py` prints.
        """
        sizes = np.bincount(reader.labels)
        size, examples = float(np.log(len(sizes))), float(np.log(sizes).mean())
        found = [(reach, labels) for reach, labels in _held_out(reader, texts, sizes) if len(labels)]
        heights = np.concatenate([[], *(reach.height for reach, _ in found)])
        nears = np.concatenate([[], *(reach.near for reach, _ in found)])
        odds = np.concatenate([[], *(reach.odds for reach, _ in found)])
        hits = np.concatenate([[], *(reach.first == labels for reach, labels in found)]).astype(float)
        scale = max(reader.fitted(texts), 1e-3)
        return cls(
            height=_moments(heights, scale * (1 - 0.6 * np.exp(-0.6 * examples)), 0.18 * scale),
            near=_moments(nears, *NEAR),
            right=_line(odds, hits, (1.94 + 0.46 * size - 0.76 * examples, 1.6)),
        )


def _held_out(reader: Reader, texts: Sequence[str], sizes: NDArray[np.intp]) -> list[tuple[Reach, Labels]]:
    """The reach of examples by readers that were fitted without them, and their labels."""
    labels, vectors = reader.labels, reader.vectors
    place = np.arange(len(labels)) - np.searchsorted(labels, labels)
    fold = np.where(sizes[labels] > 1, place % FOLDS, -1)
    found = []
    for number in range(1 if len(labels) > MANY else FOLDS):
        out = fold == number
        if not out.any():
            continue
        kept = [text for text, held in zip(texts, out, strict=True) if not held]
        held_out = [text for text, held in zip(texts, out, strict=True) if held]
        without = Reader.fit(kept, labels[~out], vectors[~out])
        found.append((without.reach(held_out, vectors[out]), labels[out]))
    return found


def _moments(values: Numbers, mean: float, deviation: float) -> tuple[float, float]:
    """Mean and standard deviation of `values` and of `PRIOR` more with the mean and deviation given."""
    total = len(values) + PRIOR
    middle = (float(values.sum()) + PRIOR * mean) / total
    spread = float(((values - middle) ** 2).sum()) + PRIOR * (deviation**2 + (mean - middle) ** 2)
    return middle, (spread / total) ** 0.5


def _line(odds: Numbers, hits: Numbers, usual: tuple[float, float]) -> tuple[float, float]:
    """Constant and slope of the odds of a hit (Platt 1999), drawn towards `usual` with a standard deviation of 1."""
    prior = np.array(usual)
    line = prior.copy()
    columns = np.stack([np.ones(len(odds)), odds], axis=1)
    for _ in range(_ROUNDS):
        chances = 1 / (1 + np.exp(-np.clip(columns @ line, -30, 30)))
        slope = columns.T @ (chances - hits) + (line - prior)
        bend = columns.T @ (columns * (chances * (1 - chances))[:, None]) + np.eye(2)
        step = np.linalg.solve(bend, slope)
        # Far away the curve is flat and a whole step would leap over the bottom.
        line -= step * min(1.0, 2 / max(float(np.abs(step).max()), 1e-9))
    return float(line[0]), max(float(line[1]), 0.0)
