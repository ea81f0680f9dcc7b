"""What one message signals: a customer who asks for a person or is angry, a bot that cannot go on, an agent who acted.

Logistic regressions over hashed n-grams and a few patterns, for customers also over the sentence vector. The author is
given by the caller and never read from the wording. Weights are made by `benchmarks/training/signals.py`; no metric is
known here.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.conversation import Role
from service.language.embedding import Embedder, Vector, Vectors
from service.language.signal_patterns import PATTERNS, Signal

WEIGHTS = Path(__file__).parent / "weights" / "signals.npz"
BUCKETS = 2**13
"""n-grams are kept as crc32 modulo this, so that no text of the training data is shipped."""

LONGEST = 2000
"""Characters of a message that are read."""

SENTENCES = 8
"""Sentences of a message that are read."""

SHORTEST = 3
"""Words below which a sentence is read together with the next one."""


CUSTOMER_SIGNALS = tuple(Signal)[:10]
BOT_SIGNALS = tuple(Signal)[10:18]
AGENT_SIGNALS = (Signal.ACTED,)

Reading = Mapping[Signal, float]
"""Strength of each signal of that author, 0..1. From .5 it counts as present: the level that at most a few in a
thousand public turns without the signal reach (`benchmarks/training/signals.py` prints the rates)."""

PRESENT = 0.5

_COMPILED = {signal: re.compile(pattern) for signal, pattern in PATTERNS.items()}

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_TOKEN = re.compile(r"[a-z]+|#+|[?!]")
_LONG = re.compile(r"([a-z!?])\1{2,}")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_LETTERS = re.compile(r"[A-Za-z]")
_CAPITALS = re.compile(r"[A-Z]")
MIN_SHOUTED = 8
"""Letters below which capitals say nothing ("OK", "VAT")."""

SHAPES = 3


@dataclass(frozen=True, slots=True)
class _Model:
    """One author's weights, a column for each of its signals; `vectors` is empty where vectors are not read."""

    grams: NDArray[np.float32]
    patterns: NDArray[np.float32]
    vectors: NDArray[np.float32]
    mean: NDArray[np.float32]
    intercepts: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one customer message signals, and its vector: the mean of its pieces', length 1."""

    signals: Reading
    vector: Vector


def read_customer(texts: Sequence[str], embedder: Embedder) -> tuple[Heard, ...]:
    """What each customer message signals, in order. Embeds every sentence, as a request hides in a long message.

    A message that turns a person down ("no need for an agent") does not ask for one.
    """
    cut = [pieces(text) for text in texts]
    flat = [piece for parts in cut for piece in parts]
    vectors = embedder.vectors(flat) if flat else np.zeros((0, 0), dtype=np.float32)
    heard, start = [], 0
    for text, parts in zip(texts, cut, strict=True):
        own = vectors[start : start + len(parts)]
        start += len(parts)
        whole = own.mean(axis=0)
        whole = (whole / max(float(np.linalg.norm(whole)), 1e-6)).astype(np.float32)
        units = (text[:LONGEST], *parts) if len(parts) > 1 else parts
        rows = _strengths(Role.CUSTOMER, units, np.vstack([whole[None], own]) if len(parts) > 1 else own)
        reading = dict(zip(CUSTOMER_SIGNALS, rows.max(axis=0).tolist(), strict=True))
        heard.append(Heard(_without_contradiction(reading), whole))
    return tuple(heard)


def read_bot(texts: Sequence[str]) -> tuple[Reading, ...]:
    """What each bot message signals, in order."""
    return tuple(_read_words(Role.BOT, text, BOT_SIGNALS) for text in texts)


def read_agent(texts: Sequence[str]) -> tuple[Reading, ...]:
    """What each agent message signals, in order."""
    return tuple(_read_words(Role.AGENT, text, AGENT_SIGNALS) for text in texts)


def _read_words(role: Role, text: str, signals: Sequence[Signal]) -> Reading:
    parts = pieces(text)
    units = (text[:LONGEST], *parts) if len(parts) > 1 else parts
    return dict(zip(signals, _strengths(role, units, None).max(axis=0).tolist(), strict=True))


def has(reading: Reading, signal: Signal) -> bool:
    """Whether `signal` is present."""
    return reading.get(signal, 0.0) >= PRESENT


def _without_contradiction(reading: dict[Signal, float]) -> Reading:
    if reading[Signal.DECLINES_HUMAN] >= max(PRESENT, reading[Signal.ASKS_FOR_HUMAN]):
        reading[Signal.ASKS_FOR_HUMAN] = min(reading[Signal.ASKS_FOR_HUMAN], 1 - reading[Signal.DECLINES_HUMAN])
    return reading


def normal(text: str) -> str:
    """Lower case without apostrophes, links as `link`, digits as `#`, letters repeated at most twice."""
    plain = _LINK.sub(" link ", text[:LONGEST].lower().replace("\u2019", "'").replace("'", ""))
    return _LONG.sub(r"\1\1", re.sub(r"\d", "#", plain))


def pieces(text: str) -> tuple[str, ...]:
    """The first `SENTENCES` sentences of a message, very short ones joined to the next; at least one piece."""
    joined: list[str] = []
    pending = ""
    for sentence in (s.strip() for s in _SENTENCE.split(text[:LONGEST]) if s.strip()):
        pending = f"{pending} {sentence}".strip()
        if len(pending.split()) >= SHORTEST:
            joined.append(pending)
            pending = ""
    if pending:
        joined = [*joined[:-1], f"{joined[-1]} {pending}"] if joined else [pending]
    return tuple(joined[:SENTENCES]) or (text[:LONGEST],)


@lru_cache(maxsize=4096)
def gram_weights(text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Buckets of the word 1-3-grams and in-word 3-5-grams of `text`, and their weights (length 3)."""
    words = ["^", *_TOKEN.findall(normal(text)), "$"]
    grams = [" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)]
    for word in words[1:-1]:
        marked = f"<{word}>"
        grams.extend("~" + marked[i : i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1))
    counts = Counter(zlib.crc32(gram.encode()) % BUCKETS for gram in grams)
    buckets = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
    weights = np.sqrt(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
    return buckets, (3 * weights / np.linalg.norm(weights)).astype(np.float32)


def pattern_row(text: str, signals: Sequence[Signal]) -> NDArray[np.float32]:
    """For each signal whether its pattern occurs (0/1), then `SHAPES` shapes: shouting, length, a question."""
    plain = normal(text)
    letters = len(_LETTERS.findall(text))
    shouted = letters >= MIN_SHOUTED and len(_CAPITALS.findall(text)) > 0.7 * letters
    found = [float(bool(_COMPILED[signal].search(plain))) for signal in signals]
    return np.array([*found, float(shouted), min(len(plain.split()), 60) / 30, float("?" in plain)], dtype=np.float32)


VECTOR_SCALE = 4.0


def _strengths(role: Role, units: Sequence[str], vectors: Vectors | None) -> NDArray[np.float64]:
    """One row of strengths for each unit of text."""
    model = _models()[role]
    signals = {Role.CUSTOMER: CUSTOMER_SIGNALS, Role.BOT: BOT_SIGNALS, Role.AGENT: AGENT_SIGNALS}[role]
    rows = np.stack([_piece(model, unit, signals) for unit in units]).astype(np.float64)
    if vectors is not None:
        rows += VECTOR_SCALE * (vectors - model.mean) @ model.vectors
    strengths: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(rows + model.intercepts, -30, 30)))
    return strengths


def _piece(model: _Model, text: str, signals: Sequence[Signal]) -> NDArray[np.float32]:
    buckets, weights = gram_weights(text)
    logits: NDArray[np.float32] = weights @ model.grams[buckets] + pattern_row(text, signals) @ model.patterns
    return logits


@lru_cache(maxsize=1)
def _models() -> Mapping[Role, _Model]:
    """Every author's weights, read once."""
    with np.load(WEIGHTS) as file:
        return {
            role: _Model(
                **{
                    part: file[f"{role}_{part}"].astype(np.float32)
                    for part in ("grams", "patterns", "vectors", "mean", "intercepts")
                }
            )
            for role in (Role.CUSTOMER, Role.BOT, Role.AGENT)
        }
