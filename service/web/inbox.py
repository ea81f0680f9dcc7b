"""Records webhooks that arrive together in one statement: each is answered only when its row is durable.

While one insert is under way, whatever arrives waits and goes into the next one: under load many webhooks share a round
trip and a commit, and a single one waits for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from service.store import deliveries
from service.store.database import Database
from service.store.deliveries import Received
from tasks.runtime import Clock


@dataclass(slots=True)
class _Waiting:
    """One webhook on its way into the database. `new` is its row's id, `None` for a duplicate."""

    received: Received
    written: bool = False
    new: int | None = None
    error: SQLAlchemyError | None = None


class Inbox:
    """The deliveries of one web process. Safe to use from several threads."""

    def __init__(self, database: Database, now: Clock, hold: timedelta) -> None:
        """`hold` is how long the sweep leaves a row to the message that the caller sends."""
        self._database, self._now, self._hold = database, now, hold
        self._waiting: list[_Waiting] = []
        self._guard, self._turn = Lock(), Lock()

    def record(self, received: Received) -> int | None:
        """Keep one delivery; its row id, or `None` when it is there already. Raises SQLAlchemy's errors."""
        mine = _Waiting(received)
        with self._guard:
            self._waiting.append(mine)
        with self._turn:
            # Whoever had the turn before may have written mine with theirs.
            if not mine.written:
                with self._guard:
                    batch, self._waiting = self._waiting, []
                self._write(batch)
        if mine.error is not None:
            raise mine.error
        return mine.new

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            with self._database.single() as connection:
                rows = [each.received for each in batch]
                new = deliveries.record_all(connection, rows, now=self._now(), hold=self._hold)
            for each in batch:
                each.new, each.error = new.pop(each.received.name, None), None
        except (DataError, IntegrityError) as error:
            if len(batch) > 1:  # One row cannot be stored: the others must not pay for it.
                for each in batch:
                    self._write([each])
            else:
                batch[0].error = error
        except SQLAlchemyError as error:
            for each in batch:
                each.error = error
        for each in batch:
            each.written = True
