"""Conversations of one file, put aside on disk until the last line is read, so that any order and any size will do.

Memory stays bounded: one conversation and its customer's neighbours in time at once.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from service.conversation import Conversation
from service.document import from_json, to_document
from service.scoring.customer import customer_keys

REACH = timedelta(days=8)
"""How far apart two conversations of a customer may lie to matter to a score (the longest window and a margin)."""

NEIGHBOURS = 200
"""At most so many conversations of one customer are read beside one: no real customer has more within the reach."""

_TABLES = """
CREATE TABLE line (number INTEGER PRIMARY KEY, name TEXT UNIQUE, started REAL, ended REAL, document TEXT NOT NULL);
CREATE TABLE customer (key TEXT, number INTEGER, started REAL);
"""


class DuplicateConversation(ValueError):
    """The same conversation stands twice in one file."""


class Spool:
    """A temporary database of conversations; gone when closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="deskmark-")
        self._database = sqlite3.connect(Path(self._folder.name) / "spool.sqlite3", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES + "BEGIN;")
        self._latest: float | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()
        self._folder.cleanup()

    def add(self, number: int, conversation: Conversation) -> None:
        """Put `conversation` of line `number` aside; raises `DuplicateConversation`."""
        started, ended = _seconds(conversation.started_at), _seconds(conversation.ended_at)
        row = (number, "\0".join(conversation.key), started, ended, json.dumps(to_document(conversation)))
        try:
            self._database.execute("INSERT INTO line VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise DuplicateConversation(
                f"conversation {conversation.id!r} stands on an earlier line already"
            ) from error
        keys = [(key, number, started) for key in customer_keys(conversation)]
        self._database.executemany("INSERT INTO customer VALUES (?, ?, ?)", keys)
        times = [_seconds(m.at) for m in conversation.messages] + [_seconds(e.at) for e in conversation.events]
        self._latest = max((t for t in (*times, started, ended, self._latest) if t is not None), default=None)
        self.count += 1

    def finish(self) -> None:
        """Call once, after the last `add`."""
        self._database.execute("CREATE INDEX customer_key ON customer (key, started)")

    @property
    def latest(self) -> datetime | None:
        """The latest time that any conversation mentions."""
        return None if self._latest is None else datetime.fromtimestamp(self._latest, UTC)

    def conversations(self) -> Iterator[Conversation]:
        """Every conversation, in the order of the lines."""
        for (document,) in self._database.execute("SELECT document FROM line ORDER BY number"):
            yield from_json(document)

    def others(self, conversation: Conversation) -> tuple[Conversation, ...]:
        """The same customer's other conversations within reach, nearest in time first."""
        started, ended = _seconds(conversation.started_at), _seconds(conversation.ended_at)
        if started is None or ended is None:
            return ()
        keys = sorted(customer_keys(conversation))
        marks, reach = ",".join("?" * len(keys)), REACH.total_seconds()
        rows = self._database.execute(
            "SELECT DISTINCT document, abs(line.started - ?) AS distance FROM customer JOIN line USING (number) "  # noqa: S608
            f"WHERE key IN ({marks}) AND customer.started BETWEEN ? AND ? AND name != ? ORDER BY distance LIMIT ?",
            (started, *keys, started - reach, ended + reach, "\0".join(conversation.key), NEIGHBOURS),
        )
        return tuple(from_json(document) for document, _ in rows)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
