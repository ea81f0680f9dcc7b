"""What each bot message does: answers, says it is done or failed, has no answer, or asks for something.

Five logistic regressions over hashed word 1-2-grams of the message and shape features of it, of the bot's previous
message and of the customer's previous one: a "yes" after "shall I book it?" makes the next message an outcome.
The weights are made by `benchmarks/training/acts.py`; this module only reads text and knows no metric.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.conversation import Message, Role
from service.language.shapes import normal, shape

WEIGHTS = Path(__file__).parent / "weights" / "acts_bot_turns.npz"

LABELS = ("useful", "success", "failure", "no_answer", "asks")
"""The order of the regressions in the weights file."""

WORD_SCALE = 3.0
NOTHING = "."
"""Stands for a previous message that does not exist."""

_TOKEN = re.compile(r"[a-z']+|#+|[?!$]")

Row = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BotAct:
    """What one bot message does, each as a probability 0..1; they are independent and need not add up to 1.

    useful: offers or informs (facts, steps, a link, a policy, a completed action); a question, a greeting, a promise to
    look and a non-answer are not. success, failure: says that the wanted action was done, or that it could not be.
    no_answer: does not understand, does not know or cannot help. asks: needs something of the customer to go on
    ("anything else?" does not).
    """

    message_id: str
    useful: float
    success: float
    failure: float
    no_answer: float
    asks: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What the bot's words claim in the end: `verdict` is success, failure or none, each with its probability."""

    verdict: str
    success: float
    failure: float
    none: float

    @property
    def probability(self) -> float:
        """Of the verdict."""
        return max(self.success, self.failure, self.none)


@dataclass(frozen=True, slots=True)
class _Model:
    """Weights: sorted n-gram hashes, their idf, coefficients (n-grams x labels, 3 * SHAPES x labels), intercepts."""

    grams: NDArray[np.uint32]
    idf: Row
    words: NDArray[np.float32]
    shapes: NDArray[np.float32]
    intercepts: Row


def read_bot_turns(messages: Sequence[Message]) -> tuple[BotAct, ...]:
    """One `BotAct` for each public bot message of `messages`, in order.

    `messages` is a conversation or a part of it from its start; what is internal or from an agent is skipped. A
    customer's message reaches the reading of later bot messages only.
    """
    acts: list[BotAct] = []
    previous_bot = previous_customer = NOTHING
    for message in messages:
        if message.internal:
            continue
        if message.role is Role.BOT:
            acts.append(BotAct(message.id, *_probabilities(message.text, previous_bot, previous_customer)))
            previous_bot = message.text
        elif message.role is Role.CUSTOMER:
            previous_customer = message.text
    return tuple(acts)


def gram_counts(text: str) -> Counter[int]:
    """How often each hashed word 1-gram and 2-gram occurs in `text`."""
    words = _TOKEN.findall(normal(text))
    pairs = (f"{a} {b}" for a, b in pairwise(words))
    return Counter(zlib.crc32(gram.encode()) for gram in (*words, *pairs))


@lru_cache(maxsize=1)
def _model() -> _Model:
    """The weights, read once."""
    with np.load(WEIGHTS) as file:
        return _Model(
            grams=file["grams"],
            idf=file["idf"].astype(np.float32),
            words=file["words"].astype(np.float32),
            shapes=file["shapes"].astype(np.float32),
            intercepts=file["intercepts"].astype(np.float32),
        )


@lru_cache(maxsize=8192)
def _probabilities(text: str, previous_bot: str, previous_customer: str) -> tuple[float, ...]:
    """One probability for each of `LABELS`."""
    model = _model()
    positions, weights = word_weights(text, model.grams, model.idf)
    around = np.array([*shape(text), *shape(previous_bot), *shape(previous_customer)], dtype=np.float32)
    logits = model.intercepts + weights @ model.words[positions] + around @ model.shapes
    return tuple(float(1 / (1 + math.exp(-z))) for z in np.clip(logits, -30, 30))


def word_weights(text: str, grams: NDArray[np.uint32], idf: Row) -> tuple[NDArray[np.intp], Row]:
    """Columns of the known n-grams of `text` and their TF-IDF weights (sublinear, length `WORD_SCALE`)."""
    counts = gram_counts(text)
    hashes = np.fromiter(counts.keys(), dtype=np.uint32, count=len(counts))
    times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    columns = np.minimum(np.searchsorted(grams, hashes), len(grams) - 1)
    known = grams[columns] == hashes
    columns = columns[known]
    weights = (1 + np.log(times[known])) * idf[columns]
    length = float(np.linalg.norm(weights))
    return columns, (weights * (WORD_SCALE / length) if length else weights).astype(np.float32)


def first_of(useful: Sequence[float], counts: Sequence[int]) -> int | None:
    """The most probable count at the first useful turn; `None` when "no turn is useful" is the most probable.

    `useful` holds each turn's probability, `counts` what is counted at it (such as customer messages so far, never
    falling). Turn k is the first one with probability p_k * prod(1 - p_j, j < k); turns of equal count add up.
    """
    chances: dict[int | None, float] = {}
    none_yet = 1.0
    for probability, count in zip(useful, counts, strict=True):
        chances[count] = chances.get(count, 0.0) + none_yet * probability
        none_yet *= 1 - probability
    chances[None] = none_yet
    return max(chances, key=lambda count: chances[count])


def last_claim(turns: Sequence[tuple[float, float]]) -> Claim:
    """The last outcome claimed, from each turn's probabilities (success, failure) in order.

    Walks back from the end: the turn reached decides with its own probabilities, what is left falls to the turn before.
    """
    success = failure = 0.0
    alive = 1.0
    for done, failed in reversed(turns):
        both = max(done + failed, 1.0)
        success += alive * done / both
        failure += alive * failed / both
        alive *= max(0.0, 1 - (done + failed) / both)
    verdict = max((success, "success"), (failure, "failure"), (alive, "none"))[1]
    return Claim(verdict, success, failure, alive)
