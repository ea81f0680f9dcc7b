"""An embedder for what reads no text."""

from __future__ import annotations

from collections.abc import Sequence

from service.language.embedding import Vectors


class NoVectors:
    """Asked for vectors, it fails: a score that reads no text asks for none."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"vectors of {len(texts)} texts were asked for")

    issue_vectors = vectors
