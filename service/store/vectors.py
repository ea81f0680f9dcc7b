"""The vector cache that outlives the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import select

from service.language.embedding import Vector as SentenceVector
from service.store.database import Database
from service.store.models import Vector
from service.store.statements import insert

_LITTLE_ENDIAN = np.dtype("<f4")
_AT_ONCE = 500


class StoredVectors:
    """A `VectorCache` in the database."""

    def __init__(self, database: Database) -> None:
        """Vectors are read and written in transactions of their own."""
        self._database = database

    def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, SentenceVector]:
        """The vectors that are stored, by key."""
        found: dict[bytes, SentenceVector] = {}
        with self._database.read() as session:
            for start in range(0, len(keys), _AT_ONCE):
                statement = select(Vector.key, Vector.vector).where(Vector.key.in_(keys[start : start + _AT_ONCE]))
                for key, raw in session.execute(statement):
                    found[key] = np.frombuffer(raw, dtype=_LITTLE_ENDIAN).astype(np.float32)
        return found

    def put_many(self, vectors: Mapping[bytes, SentenceVector]) -> None:
        """Store vectors; those that are there already stay."""
        rows = [
            {"key": key, "vector": np.asarray(vector, dtype=_LITTLE_ENDIAN).tobytes()}
            # Sorted: two workers that store the same texts lock the rows in the same order.
            for key, vector in sorted(vectors.items(), key=lambda item: item[0])
        ]
        with self._database.begin() as session:
            for start in range(0, len(rows), _AT_ONCE):
                statement = insert(session, Vector).values(rows[start : start + _AT_ONCE])
                session.execute(statement.on_conflict_do_nothing(index_elements=[Vector.key]))
