"""The vector cache that outlives the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.language.embedding import MemoryCache, VectorCache
from service.language.embedding import Vector as SentenceVector
from service.store.database import Database
from service.store.models import Vector
from service.store.statements import insert

_LITTLE_ENDIAN = np.dtype("<f4")
_AT_ONCE = 500


class StoredVectors:
    """A `VectorCache` in the database, with a smaller one of this process in front."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime], near: VectorCache | None = None) -> None:
        """Vectors are read and written in transactions of their own."""
        self._database = database
        self._clock = clock
        self._near = near or MemoryCache()

    def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, SentenceVector]:
        """The vectors that are known, by key."""
        found = dict(self._near.get_many(keys))
        missing = [key for key in keys if key not in found]
        if missing:
            stored = self._stored(missing)
            self._near.put_many(stored)
            found.update(stored)
        return found

    def _stored(self, keys: Sequence[bytes]) -> dict[bytes, SentenceVector]:
        found: dict[bytes, SentenceVector] = {}
        with self._database.read() as session:
            for start in range(0, len(keys), _AT_ONCE):
                statement = select(Vector.key, Vector.vector).where(Vector.key.in_(keys[start : start + _AT_ONCE]))
                for key, raw in session.execute(statement):
                    found[key] = np.frombuffer(raw, dtype=_LITTLE_ENDIAN).astype(np.float32)
        return found

    def put_many(self, vectors: Mapping[bytes, SentenceVector]) -> None:
        """Store vectors; those that are there already stay."""
        self._near.put_many(vectors)
        now = self._clock()
        rows = [
            {"key": key, "vector": np.asarray(vector, dtype=_LITTLE_ENDIAN).tobytes(), "created_at": now}
            # Sorted: two workers that store the same texts lock the rows in the same order.
            for key, vector in sorted(vectors.items(), key=lambda item: item[0])
        ]
        with self._database.begin() as session:
            for start in range(0, len(rows), _AT_ONCE):
                statement = insert(session, Vector).values(rows[start : start + _AT_ONCE])
                session.execute(statement.on_conflict_do_nothing(index_elements=[Vector.key]))


def forget(session: Session, *, before: datetime) -> int:
    """Remove vectors stored before that time: they would only be needed for conversations whose windows are over."""
    result: Any = session.execute(delete(Vector).where(Vector.created_at < before))
    return int(result.rowcount)
