"""How far a message reaches towards any intent of a catalog: by logistic regression and by its nearest examples.

Knows neither names nor probabilities; `service.language.intents` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.language.embedding import Vectors
from service.language.gram_sketch import GramSketch
from service.language.softmax import Matrix, fit_softmax, log_sum_exp

NEAREST = 5
"""Examples of one intent that a message is compared with."""

WORDS = 0.5
"""Length of each part of a text's words beside its sentence vector, whose length is 1."""

STRENGTH = 30.0
Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Reach:
    """Of each message: its logits, shape (n, intents), and the mean cosine to the nearest examples of its nearest
    intent, shape (n,)."""

    logits: NDArray[np.float64]
    near: NDArray[np.float64]

    @property
    def first(self) -> NDArray[np.intp]:
        """The likeliest intent of each message."""
        return np.asarray(self.logits.argmax(axis=1))

    @property
    def height(self) -> NDArray[np.float64]:
        """The largest logit of each message."""
        return np.asarray(self.logits.max(axis=1))

    @property
    def shares(self) -> NDArray[np.float64]:
        """What each intent has of a message, shape (n, intents); a row adds up to 1."""
        return np.asarray(np.exp(self.logits - log_sum_exp(self.logits)))

    @property
    def odds(self) -> NDArray[np.float64]:
        """Logarithm of the likeliest intent's share against all others'; at most that of a million to one."""
        share = np.clip(self.shares.max(axis=1), 1e-6, 1 - 1e-6)
        return np.asarray(np.log(share / (1 - share)))


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

    def fitted(self, texts: Sequence[str]) -> float:
        """Mean logit of the examples' own intents, for the texts that the reader was fitted on."""
        logits = _columns(self.sketch, self.mean, texts, self.vectors) @ self.coefficients
        return float(logits[np.arange(len(self.labels)), self.labels].mean())


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
