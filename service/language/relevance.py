"""Does an answer address a question? From the text alone: names taken out, then sentence vectors compared.

Learned: where questions and where answers lie on the whole, and a matrix for each side, held near the identity. As an
answer beside the question speaks of the same thing, what both say beyond their shared words is compared too, and
whether the answer has the form that is asked for. The weights are made by `benchmarks/training/answer_relevance.py`
and `relevance_chance.py`; no metric is known here. English.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.language.embedding import DIMENSIONS, Embedder, Vectors
from service.language.question_fit import form_fit, unshared
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
    return tuple(1 / (1 + math.exp(-float(z))) for z in _model().odds(features(pairs, embedder, names)))


def features(pairs: Sequence[tuple[str, str]], embedder: Embedder, names: Iterable[str] = ()) -> NDArray[np.float32]:
    """What the probability is read from, a row of seven numbers for each pair.

    Three cosines (plain; with the matrices; plain without the shared words), then the four marks of `form_fit`.
    """
    known = tuple(names)
    read = [(question[:READ_CHARACTERS], answer[:READ_CHARACTERS]) for question, answer in pairs]
    texts = [(*without_names(*pair, known), *unshared(*pair)) for pair in read]
    vectors = embedder.vectors([text for four in texts for text in four])
    marks = np.array([form_fit(*pair) for pair in read], dtype=np.float32)
    return np.column_stack([_model().cosines(*(vectors[k::4] for k in range(4))), marks])


@dataclass(frozen=True, slots=True)
class _Model:
    """Means and matrices of questions and of answers; slopes of the features."""

    question_mean: NDArray[np.float32]
    answer_mean: NDArray[np.float32]
    question_matrix: NDArray[np.float32]
    answer_matrix: NDArray[np.float32]
    slopes: NDArray[np.float32]
    intercept: float

    def odds(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log odds row by row."""
        odds: NDArray[np.float32] = rows @ self.slopes + self.intercept
        return odds

    def cosines(self, questions: Vectors, answers: Vectors, rest: Vectors, told_rest: Vectors) -> NDArray[np.float32]:
        """The three cosines. Each side is read around its own mean: questions are alike, and so are answers."""
        asked: NDArray[np.float32] = questions - self.question_mean
        told: NDArray[np.float32] = answers - self.answer_mean
        learned = _cosines(np.matmul(asked, self.question_matrix), np.matmul(told, self.answer_matrix))
        beyond = _cosines(rest - self.question_mean, told_rest - self.answer_mean)
        return np.column_stack([_cosines(asked, told), learned, beyond])


def _cosines(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    cosines: NDArray[np.float32] = (_unit(left) * _unit(right)).sum(axis=1)
    return cosines


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: NDArray[np.float32] = rows / np.maximum(lengths, 1e-9)
    return units


@lru_cache(maxsize=1)
def _model() -> _Model:
    with np.load(WEIGHTS) as file:
        identity = np.eye(DIMENSIONS, dtype=np.float32)
        return _Model(
            question_mean=file["question_mean"].astype(np.float32),
            answer_mean=file["answer_mean"].astype(np.float32),
            question_matrix=identity + file["question_matrix"].astype(np.float32),
            answer_matrix=identity + file["answer_matrix"].astype(np.float32),
            slopes=file["slopes"].astype(np.float32),
            intercept=float(file["intercept"]),
        )
