"""Messages as rows of numbers in which those about one thing are close: by sentence vector, and by words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.language.wording import content

WEIGHTS = Path(__file__).parent / "weights" / "topic_projection.npz"
"""Written by benchmarks/training/clusters.py (see topic_projection.md): a mean, a 384 x 384 projection; no text.

Learned from which messages of CLINC150 (CC BY 3.0) and BANKING77 (CC BY 4.0) share an intent, plain and put among
small talk and details of Schema-Guided Dialogue (CC BY-SA 4.0; so are these weights).
"""

RAREST_WORD = 2
"""Messages that must hold a word for it to count."""
COMMONEST_WORD = 0.5
"""Share of the messages above which a word says nothing."""
MOST_WORDS = 2000

Rows = NDArray[np.float32]
"""Shape (n, d)."""


@lru_cache(maxsize=1)
def _weights() -> tuple[Rows, Rows]:
    with np.load(WEIGHTS) as file:
        return file["mean"].astype(np.float32), file["projection"].astype(np.float32)


def general_mean() -> Rows:
    """The mean sentence vector of public support messages; shape (384,)."""
    return _weights()[0]


def project(vectors: Rows, mean: Rows) -> Rows:
    """Unit rows that say what sentence vectors are about; `mean` (384,) is of the messages they are among."""
    return unit((vectors - mean) @ _weights()[1])


def word_rows(texts: Sequence[str]) -> Rows:
    """Unit rows of the stems that `texts` hold, rare ones weighing more (tf-idf); zeros where none counts.

    A stem counts that stands in two texts at least and in half of them at most; the 2,000 most frequent ones do.
    """
    found = [content(text) for text in texts]
    frequency = Counter(word for words in found for word in words)
    most = max(RAREST_WORD, COMMONEST_WORD * len(texts))
    kept = sorted(word for word, count in frequency.items() if RAREST_WORD <= count <= most)
    column = {word: i for i, word in enumerate(sorted(kept, key=lambda word: (-frequency[word], word))[:MOST_WORDS])}
    rows = np.zeros((len(texts), len(column)), dtype=np.float32)
    for place, words in enumerate(found):
        for word in words & column.keys():
            rows[place, column[word]] = math.log((1 + len(texts)) / (1 + frequency[word])) + 1
    return unit(rows)


def unit(rows: NDArray[np.floating]) -> Rows:
    """Every row at length 1; a row of zeros stays one."""
    lengths = np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    result: Rows = (rows / lengths).astype(np.float32)
    return result
