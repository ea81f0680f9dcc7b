"""Sentence vectors: the interface. The model behind it is loaded from a file, never fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row of 384 numbers, length 1, for each text; the same text always gives the same row."""
        ...
