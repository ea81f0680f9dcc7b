"""An account's intent catalog: names with example messages, fitted once, and how a message is read against it.

Pure numpy over sentence vectors; knows no metric, no file and no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.language.embedding import Embedder, Vectors

NEAREST = 5
"""Examples of an intent that a message is compared with: its mean cosine to the nearest ones."""


@dataclass(frozen=True, slots=True)
class Example:
    """One message that an account says has this intent."""

    intent: str
    text: str


@dataclass(frozen=True, slots=True)
class IntentReading:
    """What one message wants: the likeliest intents with their probabilities, likeliest first.

    `novelty` is 0..1, higher the less the message fits any intent.
    """

    candidates: tuple[tuple[str, float], ...]
    novelty: float


@dataclass(frozen=True, slots=True)
class IntentCatalog:
    """A fitted catalog. `names` are the intents; `labels` say which one each row of `vectors` is an example of."""

    names: tuple[str, ...]
    labels: NDArray[np.intp]
    vectors: Vectors

    @classmethod
    def fit(cls, examples: Sequence[Example], vectors: Vectors) -> IntentCatalog:
        """The catalog of these examples; `vectors` holds a row for each text. Raises `ValueError` without any."""
        if not examples:
            raise ValueError("an intent catalog needs at least one example")
        names = tuple(sorted({example.intent for example in examples}))
        places = {name: place for place, name in enumerate(names)}
        labels = np.array([places[example.intent] for example in examples])
        order = np.argsort(labels, kind="stable")
        return cls(names, labels[order], vectors[order])

    def read(self, text: str, embedder: Embedder) -> IntentReading:
        """The message `text` against every intent."""
        cosines = self.vectors @ embedder.vectors([text])[0]
        near = np.array(
            [np.sort(cosines[self.labels == k])[-NEAREST:].mean() for k in range(len(self.names))], dtype=np.float64
        )
        chances = np.exp(20 * (near - near.max()))
        chances /= chances.sum()
        order = np.argsort(-near, kind="stable")[:3]
        return IntentReading(
            candidates=tuple((self.names[k], float(chances[k])) for k in order),
            novelty=float(np.clip(1 - near.max(), 0, 1)),
        )
