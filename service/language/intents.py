"""An account's intent catalog: names with example messages, fitted once, and how a message is read against it.

Knows no metric, no file and no database.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.language.embedding import Embedder, Vectors
from service.language.intent_reader import Reach, Reader, Usual
from service.language.softmax import log_sum_exp

MOST_CANDIDATES = 3
NOVEL_SHARE = 0.1
"""How many of an account's messages are taken to have an intent that its catalog lacks, before one is read."""

_NOVEL = (-3.05, -1.22, -0.98, 0.46, -0.36)
_RIGHT = (0.0, 0.0, 1.0, 0.0, 0.0)


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

    def read(self, text: str, embedder: Embedder) -> IntentReading:
        """The message `text` against every intent."""
        return self.readings([text], embedder.vectors([text]))[0]

    def readings(self, texts: Sequence[str], vectors: Vectors) -> list[IntentReading]:
        """The same for many messages whose vectors are known."""
        reach = self.reader.reach(texts, vectors)
        return [self._reading(reach, i) for i in range(len(texts))]

    def signs(self, reach: Reach, row: int) -> tuple[float, float, float, float, float]:
        """What the probabilities are made of: how unusual the largest logit and the nearness of a message are, in
        standard deviations; the log-odds of the likeliest intent; ln of the intents; ln of the examples an intent has.
        """
        near = (float(reach.near[row]) - self.usual.near[0]) / self.usual.near[1]
        height = near
        if len(self.names) > 1:
            height = (float(reach.height[row]) - self.usual.height[0]) / self.usual.height[1]
        first = float(np.exp(reach.height[row] - log_sum_exp(reach.logits[row : row + 1])[0, 0]))
        odds = math.log(max(first, 1e-6) / max(1 - first, 1e-6))
        examples = float(np.log(np.bincount(self.reader.labels)).mean())
        return height, near, odds, math.log(len(self.names)), examples

    def _reading(self, reach: Reach, row: int) -> IntentReading:
        height, near, odds, intents, examples = self.signs(reach, row)
        novelty = _sigmoid(_weighed(_NOVEL, (height, near, intents, examples)) + _PRIOR_ODDS)
        right = _sigmoid(_weighed(_RIGHT, (height, odds, intents, examples))) if len(self.names) > 1 else 1.0
        shares = np.exp(reach.logits[row] - log_sum_exp(reach.logits[row : row + 1])[0, 0])
        first = int(np.argmax(reach.logits[row]))
        # What the likeliest intent leaves, the others have by their shares.
        others = (1 - right) / max(1 - float(shares[first]), 1e-9)
        order = np.argsort(-reach.logits[row], kind="stable")[:MOST_CANDIDATES]
        candidates = tuple(
            (self.names[i], (1 - novelty) * (right if i == first else float(shares[i]) * others)) for i in order
        )
        return IntentReading(candidates, novelty)


_PRIOR_ODDS = math.log(NOVEL_SHARE / (1 - NOVEL_SHARE))


def _weighed(weights: Sequence[float], signs: Sequence[float]) -> float:
    """The constant, which stands first, and each sign times its weight."""
    return weights[0] + sum(weight * sign for weight, sign in zip(weights[1:], signs, strict=True))


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
