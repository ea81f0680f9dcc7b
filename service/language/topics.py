"""Messages as rows of numbers in which those about one thing are close: by issue vector, and by words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.language.adaptation import WEIGHTS
from service.language.wording import content

RAREST_WORD = 2
"""Messages that must hold a word for it to count."""
COMMONEST_WORD = 0.5
"""Share of the messages above which a word says nothing."""
MOST_WORDS = 2000

Rows = NDArray[np.float32]
"""Shape (n, d)."""


@lru_cache(maxsize=1)
def general_mean() -> Rows:
    """Half the mean issue vector of public support messages, as text_model.py keeps it; shape (384,). Half of it serves
    small sets better than the whole.
    """
    with np.load(WEIGHTS) as file:
        mean: Rows = file["mean"].astype(np.float32)
    return mean


def centred(vectors: Rows, mean: Rows) -> Rows:
    """Unit rows that say how messages differ from those they are among; `mean` (384,) is of these."""
    return unit(vectors - mean)


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
