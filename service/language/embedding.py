"""Sentence vectors: the interface, and a cache in front of it.

The model behind the interface is in `service.language.model`; a cache that outlives the process is the store's.
Nothing here reads a file.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384

Vector = NDArray[np.float32]
"""Shape (384,), length 1."""

Vectors = NDArray[np.float32]
"""Shape (n, 384), every row of length 1."""


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row of 384 numbers, length 1, for each text; the same text always gives the same row."""
        ...

    def issue_vectors(self, texts: Sequence[str]) -> Vectors:
        """The same from the model adapted to tell issues apart; never to be compared with a row of `vectors`."""
        ...


class Named(Embedder, Protocol):
    """An embedder that can say which model it is, so that its vectors are never taken for another's."""

    @property
    def id(self) -> str:
        """Changes whenever the vectors of a text would."""
        ...

    @property
    def issue_id(self) -> str:
        """Changes whenever the issue vectors of a text would."""
        ...


class VectorCache(Protocol):
    """Where vectors wait to be asked for again. Losing an entry costs time, never a result."""

    def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, Vector]:
        """The vectors that are there, by key; keys (32 bytes each, distinct) that are not are left out."""
        ...

    def put_many(self, vectors: Mapping[bytes, Vector]) -> None:
        """Keep these vectors; a key that is already there may be left as it is (its vector is the same)."""
        ...


def cache_key(model_id: str, text: str) -> bytes:
    """The 32-byte name of a text's vector: sha256 over the model's id and the text."""
    return hashlib.sha256(f"{model_id}\0{text}".encode(errors="surrogatepass")).digest()


class MemoryCache:
    """A `VectorCache` in this process that forgets the least recently used; 1.6 kB an entry. One thread only."""

    def __init__(self, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, Vector] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, Vector]:
        """The vectors that are there; being asked for keeps them longer."""
        found = {key: self._kept[key] for key in keys if key in self._kept}
        for key in found:
            self._kept.move_to_end(key)
        return found

    def put_many(self, vectors: Mapping[bytes, Vector]) -> None:
        """Keep these, dropping the longest unused beyond the capacity."""
        for key, vector in vectors.items():
            self._kept[key] = vector
            self._kept.move_to_end(key)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


class CachedEmbedder:
    """A model with a cache in front: each distinct text is embedded once.

    `embedded` and `cached` count the distinct texts of each call that the model had to read, and that it had not.
    """

    def __init__(self, model: Named, cache: VectorCache) -> None:
        self._model = model
        self._cache = cache
        self.embedded = 0
        self.cached = 0

    @property
    def id(self) -> str:
        """The model's id."""
        return self._model.id

    @property
    def issue_id(self) -> str:
        """The adapted model's id."""
        return self._model.issue_id

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One unit row for each text, in order."""
        return self._read(texts, self._model.id, self._model.vectors)

    def issue_vectors(self, texts: Sequence[str]) -> Vectors:
        """One unit row for each text, in order, from the model adapted to tell issues apart."""
        return self._read(texts, self._model.issue_id, self._model.issue_vectors)

    def _read(self, texts: Sequence[str], model_id: str, read: Callable[[Sequence[str]], Vectors]) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        keys = [cache_key(model_id, text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        found = dict(self._cache.get_many(list(wanted)))
        missing = {key: text for key, text in wanted.items() if key not in found}
        self.cached += len(found)
        if missing:
            rows = read(list(missing.values()))
            # A copy of each row: a view would keep the whole batch alive in the cache.
            fresh = {key: row.copy() for key, row in zip(missing, rows, strict=True)}
            self._cache.put_many(fresh)
            found.update(fresh)
            self.embedded += len(missing)
        return np.stack([found[key] for key in keys])
