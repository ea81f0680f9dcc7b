"""An account's intent catalog: names with example messages, fitted once, and how a message is read against it.

Knows no metric, no file and no database.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.language.embedding import Embedder, Vectors
from service.language.intent_reader import Reach, Reader
from service.language.intent_usual import Usual
from service.language.signals import pieces

MOST_CANDIDATES = 3
MISSING = 3
"""Before a message is read, `MISSING / (MISSING + intents)` of an account's messages are taken to have an intent that
its catalog lacks: most with one intent, one in fifty with 150."""

NOVEL = np.array([-2.793, -1.121, -1.066, 0.466, -0.38])
"""Log-odds of novelty where half of the messages are novel: a constant and a weight for each of `novelty_signs`.
Learned on catalogs of many sizes cut from CLINC150 (CC BY 3.0) and BANKING77 (CC BY 4.0), whose left-out intents were
novel; `benchmarks/training/intents.py` prints them. Another draw of catalogs moved a weight by up to .25, the figures
of a large catalog by under .01 (recall of novel messages by .04), accuracy with three intents by .03."""


@dataclass(frozen=True, slots=True)
class Example:
    """One message that an account says has this intent."""

    intent: str
    text: str


@dataclass(frozen=True, slots=True)
class IntentReading:
    """What one message wants: the likeliest intents with their probabilities, likeliest first.

    `novelty` is the probability, 0..1, that the message has no intent of the catalog.
    """

    candidates: tuple[tuple[str, float], ...]
    novelty: float

    @property
    def novel(self) -> bool:
        """Whether no intent is likelier than that there is none."""
        return self.novelty >= self.candidates[0][1]


@dataclass(frozen=True, slots=True)
class IntentCatalog:
    """A fitted catalog: the intents' names in the order of the reader's labels."""

    names: tuple[str, ...]
    reader: Reader
    usual: Usual

    @classmethod
    def fit(cls, examples: Sequence[Example], vectors: Vectors) -> IntentCatalog:
        """The catalog of these examples; `vectors` holds a row for each text. Raises `ValueError` without any."""
        if not examples:
            raise ValueError("an intent catalog needs at least one example")
        names = tuple(sorted({example.intent for example in examples}))
        places = {name: place for place, name in enumerate(names)}
        labels = np.array([places[example.intent] for example in examples], dtype=np.intp)
        order = np.argsort(labels, kind="stable")
        texts = [examples[i].text for i in order]
        reader = Reader.fit(texts, labels[order], vectors[order])
        return cls(names, reader, Usual.of(reader, texts))

    @property
    def labels(self) -> NDArray[np.intp]:
        """Of each example, sorted: the place of its intent in `names`."""
        return self.reader.labels

    @property
    def vectors(self) -> Vectors:
        """Of each example, in the order of `labels`."""
        return self.reader.vectors

    def read(self, text: str, embedder: Embedder) -> IntentReading:
        """The message `text` against every intent.

        A long message that fits nothing as a whole is read sentence by sentence: what it wants often stands in one of
        them. The sentence that fits best then speaks for it.
        """
        whole = self.readings([text], embedder.vectors([text]))[0]
        parts = pieces(text)
        if not whole.novel or len(parts) < 2:
            return whole
        return min(whole, *self.readings(parts, embedder.vectors(parts)), key=lambda reading: reading.novelty)

    def readings(self, texts: Sequence[str], vectors: Vectors) -> list[IntentReading]:
        """The same for many messages whose vectors are known."""
        reach = self.reader.reach(texts, vectors)
        before = math.log(MISSING / len(self.names))
        novelty = _chance(self.novelty_signs(reach) @ NOVEL[1:] + NOVEL[0] + before)
        right = _chance(self.usual.right[0] + self.usual.right[1] * reach.odds)
        shares = reach.shares
        return [self._reading(shares[i], float(right[i]), float(novelty[i])) for i in range(len(texts))]

    def novelty_signs(self, reach: Reach) -> NDArray[np.float64]:
        """What tells novelty, shape (n, 4): largest logit and nearness in standard deviations from the usual, ln of
        the number of intents, mean ln of the examples that an intent has.
        """
        near = (reach.near - self.usual.near[0]) / self.usual.near[1]
        # With one intent there is nothing to tell apart, and no logit says anything.
        height = (reach.height - self.usual.height[0]) / self.usual.height[1] if len(self.names) > 1 else near
        size = np.full(len(near), math.log(len(self.names)))
        examples = np.full(len(near), float(np.log(np.bincount(self.labels)).mean()))
        return np.stack([height, near, size, examples], axis=1)

    def _reading(self, shares: NDArray[np.float64], right: float, novelty: float) -> IntentReading:
        order = np.argsort(-shares, kind="stable")
        rest = float(shares[order[1:]].sum())
        if not rest:
            return IntentReading(((self.names[order[0]], 1 - novelty),), novelty)
        # However unsure, the first is no less likely than the second.
        second = float(shares[order[1]])
        right = max(right, second / (rest + second))
        chances = shares * (1 - right) / rest
        chances[order[0]] = right
        candidates = tuple((self.names[i], (1 - novelty) * float(chances[i])) for i in order[:MOST_CANDIDATES])
        return IntentReading(candidates, novelty)


def _chance(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
