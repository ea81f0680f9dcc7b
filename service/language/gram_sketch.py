"""Words and pieces of words of a text as one short row of numbers: what a sentence vector blurs, spelling keeps.

Every gram is hashed, weighed by how rare it is among the texts it was fitted on, and added to one of `COLUMNS` sums
with a sign of its own, which keeps the products of rows (Charikar, Chen and Farach-Colton 2002). No text is kept.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

COLUMNS = 1024
LONGEST = 2000
"""Characters of a text that are read."""

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d|[?!$%£€]")
_PIECES = (3, 4, 5)
_SIGN = np.uint32(1 << 31)


@dataclass(frozen=True, slots=True)
class GramSketch:
    """`grams` are the hashes of everything seen, sorted; `counts` in how many of `texts` texts each was."""

    grams: NDArray[np.uint32]
    counts: NDArray[np.int32]
    texts: int

    @classmethod
    def fit(cls, texts: Sequence[str]) -> GramSketch:
        """The grams of `texts` and how rare each is."""
        seen: Counter[int] = Counter()
        for text in texts:
            for part in _grams(text):
                seen.update(part)
        grams = np.array(sorted(seen), dtype=np.uint32)
        return cls(grams, np.array([seen[gram] for gram in grams.tolist()], dtype=np.int32), len(texts))

    def rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of `COLUMNS` numbers for each text: its words' part and its pieces' part, each of length 1.

        Grams that were never seen add nothing; a text without a known gram is a row of zeros.
        """
        rows = np.zeros((len(texts), COLUMNS), dtype=np.float32)
        for place, text in enumerate(texts):
            for part in _grams(text):
                rows[place] += self._part(part)
        return rows

    def _part(self, part: frozenset[int]) -> NDArray[np.float64]:
        hashes = np.sort(np.fromiter(part, dtype=np.uint32, count=len(part)))
        places = np.minimum(np.searchsorted(self.grams, hashes), len(self.grams) - 1)
        known = self.grams[places] == hashes if len(self.grams) else np.zeros(len(hashes), dtype=bool)
        if not known.any():
            return np.zeros(COLUMNS)
        hashes, places = hashes[known], places[known]
        weights = np.log((1 + self.texts) / (1 + self.counts[places])) + 1
        weights = np.where(hashes & _SIGN, weights, -weights) / np.linalg.norm(weights)
        return np.bincount(hashes % COLUMNS, weights=weights, minlength=COLUMNS).astype(np.float64)


def _grams(text: str) -> Iterator[frozenset[int]]:
    """The hashed words and pairs of words, then the hashed pieces of words, of 3 to 5 characters."""
    words = _TOKEN.findall(text[:LONGEST].lower().replace("\u2019", "'"))
    yield frozenset(_hash(f"w {word}") for word in (*words, *(f"{a} {b}" for a, b in pairwise(words))))
    framed = [f" {word} " for word in dict.fromkeys(words)]
    yield frozenset(_hash(w[i : i + n]) for w in framed for n in _PIECES for i in range(len(w) - n + 1))


def _hash(gram: str) -> int:
    return zlib.crc32(gram.encode(errors="surrogatepass"))
