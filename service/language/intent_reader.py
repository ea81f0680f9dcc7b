"""How far a message reaches towards any intent of a catalog: by logistic regression and by its nearest examples.

And how far messages that do have an intent usually reach, from the catalog's own examples held out. Knows neither
names nor probabilities; `service.language.intents` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.language.embedding import Vectors
from service.language.gram_sketch import GramSketch
from service.language.softmax import Matrix, fit_softmax

NEAREST = 5
"""Examples of one intent that a message is compared with."""

WORDS = 0.5
"""Length of each part of a text's words beside its sentence vector, whose length is 1."""

STRENGTH = 30.0
FOLDS = 5
MANY = 2500
"""Examples from which one fold is held out, not each in turn: enough to know the usual."""

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Reach:
    """Of each message: its logits, shape (n, intents), and the mean cosine to the nearest examples of its nearest
    intent, shape (n,)."""

    logits: NDArray[np.float64]
    near: NDArray[np.float64]

    @property
    def height(self) -> NDArray[np.float64]:
        """The largest logit of each message."""
        return np.asarray(self.logits.max(axis=1))


@dataclass(frozen=True, slots=True)
class Reader:
    """What was fitted. Row i of `vectors` is an example of intent `labels[i]`; labels are sorted, none is left out."""

    labels: Labels
    vectors: Vectors
    mean: NDArray[np.float32]
    sketch: GramSketch
    coefficients: Matrix

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Labels, vectors: Vectors) -> Reader:
        """The reader of these examples; every intent counts alike, however many examples it has."""
        sketch, mean = GramSketch.fit(texts), vectors.mean(axis=0)
        sizes = np.bincount(labels)
        coefficients = fit_softmax(
            _columns(sketch, mean, texts, vectors),
            labels,
            1 / (len(sizes) * sizes[labels]),
            classes=len(sizes),
            strength=STRENGTH,
        )
        # What is kept has half the digits: rounded here, the same catalog reads alike before and after it was kept.
        return cls(labels, _half(vectors), _half(mean), sketch, _half(coefficients))

    def reach(self, texts: Sequence[str], vectors: Vectors) -> Reach:
        """How far each message reaches."""
        logits = _columns(self.sketch, self.mean, texts, vectors) @ self.coefficients
        cosines = vectors @ self.vectors.T
        edges = np.searchsorted(self.labels, np.arange(1, self.coefficients.shape[1]))
        near = [_nearest(part) for part in np.split(cosines, edges, axis=1)]
        return Reach(logits.astype(np.float64), np.max(near, axis=0).astype(np.float64))


@dataclass(frozen=True, slots=True)
class Usual:
    """Mean and standard deviation of the largest logit and of the nearness of messages that have an intent."""

    height: tuple[float, float]
    near: tuple[float, float]

    @classmethod
    def of(cls, reader: Reader, texts: Sequence[str]) -> Usual:
        """From the examples `reader` was fitted on, held out: each in turn, or a fifth of many.

        The fewer could be held out, the more it is what catalogs of this size usually have; an intent's only example
        cannot be.
        """
        labels, vectors = reader.labels, reader.vectors
        sizes = np.bincount(labels)
        place = np.arange(len(labels)) - np.searchsorted(labels, labels)
        fold = np.where(sizes[labels] > 1, place % FOLDS, -1)
        heights: list[float] = []
        nears: list[float] = []
        for number in range(1 if len(labels) > MANY else FOLDS):
            out = fold == number
            if not out.any():
                continue
            kept = [text for text, held in zip(texts, out, strict=True) if not held]
            held = [text for text, held in zip(texts, out, strict=True) if held]
            found = Reader.fit(kept, labels[~out], vectors[~out]).reach(held, vectors[out])
            heights += found.height.tolist()
            nears += found.near.tolist()
        fitted = _columns(reader.sketch, reader.mean, texts, vectors) @ reader.coefficients
        scale = max(float(fitted[np.arange(len(labels)), labels].mean()), 1e-3)
        examples = float(np.exp(np.log(sizes).mean()))
        return cls(
            height=_moments(heights, scale * (1 - 0.6 * examples**-0.6), 0.18 * scale), near=_moments(nears, 0.57, 0.14)
        )


PRIOR = 5
"""Held-out examples that weigh as much as what is usual."""


def _moments(found: Sequence[float], mean: float, deviation: float) -> tuple[float, float]:
    """Mean and standard deviation of `found` and of `PRIOR` more values with the usual ones."""
    total = len(found) + PRIOR
    values = np.array(found)
    middle = (float(values.sum()) + PRIOR * mean) / total
    spread = float(((values - middle) ** 2).sum()) + PRIOR * (deviation**2 + (mean - middle) ** 2)
    return middle, (spread / total) ** 0.5


def _columns(sketch: GramSketch, mean: NDArray[np.float32], texts: Sequence[str], vectors: Vectors) -> Matrix:
    """Sentence vector, words and a constant 1."""
    constant = np.ones((len(texts), 1), dtype=np.float32)
    return np.hstack([vectors - mean, np.float32(WORDS) * sketch.rows(texts), constant], dtype=np.float32)


def _nearest(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the `NEAREST` largest of each row, of all where there are fewer."""
    count = min(NEAREST, cosines.shape[1])
    first = cosines.shape[1] - count
    return np.asarray(np.partition(cosines, first, axis=1)[:, first:].mean(axis=1))


def _half(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values.astype(np.float16).astype(np.float32)
