"""Does an answer address a question? From the text alone: sentence vectors without names, and what the words share.

The weights are made by `benchmarks/training/answer_relevance.py`; no metric is known here. English.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.language.embedding import Embedder, Vectors
from service.language.shared_names import without_names

WEIGHTS = Path(__file__).parent / "weights" / "answer_relevance.npz"
READ_CHARACTERS = 1500
"""Characters of a question and of an answer that are read."""


def relevance(pairs: Sequence[tuple[str, str]], embedder: Embedder, names: Iterable[str] = ()) -> tuple[float, ...]:
    """For each pair of a question and an answer the probability 0..1 that the answer addresses the question.

    `names` are words that say nothing about the topic, such as the brand.
    """
    if not pairs:
        return ()
    known = tuple(names)
    bare = [without_names(q[:READ_CHARACTERS], a[:READ_CHARACTERS], known) for q, a in pairs]
    vectors = embedder.vectors([text for pair in bare for text in pair])
    model = _model()
    odds = model.slope * model.cosines(vectors[0::2], vectors[1::2]) + model.intercept
    return tuple(1 / (1 + math.exp(-float(z))) for z in odds)


@dataclass(frozen=True, slots=True)
class _Model:
    question_mean: NDArray[np.float32]
    answer_mean: NDArray[np.float32]
    slope: float
    intercept: float

    def cosines(self, questions: Vectors, answers: Vectors) -> NDArray[np.float32]:
        """Of the vectors, each side around its own mean: questions are like each other, and so are answers."""
        products = _unit(questions - self.question_mean) * _unit(answers - self.answer_mean)
        cosines: NDArray[np.float32] = products.sum(axis=1)
        return cosines


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: NDArray[np.float32] = rows / np.maximum(lengths, 1e-9)
    return units


@lru_cache(maxsize=1)
def _model() -> _Model:
    with np.load(WEIGHTS) as file:
        return _Model(
            file["question_mean"].astype(np.float32),
            file["answer_mean"].astype(np.float32),
            float(file["slope"]),
            float(file["intercept"]),
        )
