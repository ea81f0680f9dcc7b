"""Records put aside on disk until all of an export is read: what belongs to one conversation may stand far apart."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_TABLES = """
CREATE TABLE one (kind TEXT, name TEXT, number INTEGER, body TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE INDEX one_in_order ON one (kind, number);
CREATE TABLE part (kind TEXT, name TEXT, number INTEGER PRIMARY KEY, body TEXT);
CREATE INDEX part_of ON part (kind, name);
"""


class Shelf:
    """Named JSON values of several kinds, and lists of them. A temporary database; gone when closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="deskmark-")
        self._database = sqlite3.connect(Path(self._folder.name) / "shelf.sqlite3", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES + "BEGIN;")
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()
        self._folder.cleanup()

    def put(self, kind: str, name: str, value: object) -> None:
        """Keep `value`; one of the same kind and name is replaced and keeps its place."""
        self._number += 1
        self._database.execute(
            "INSERT INTO one VALUES (?, ?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
            (kind, name, self._number, json.dumps(value)),
        )

    def get(self, kind: str, name: str) -> Any:
        """The value of this kind and name; `None` when there is none."""
        found = self._database.execute("SELECT body FROM one WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return json.loads(found[0]) if found else None

    def all(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Name and value of everything of a kind, in the order in which it first came."""
        rows = self._database.execute("SELECT name, body FROM one WHERE kind = ? ORDER BY number", (kind,))
        for name, body in rows:
            yield name, json.loads(body)

    def count(self, kind: str) -> int:
        """How many there are of a kind."""
        return int(self._database.execute("SELECT count(*) FROM one WHERE kind = ?", (kind,)).fetchone()[0])

    def append(self, kind: str, name: str, values: Iterable[object]) -> None:
        """Add to the list of this kind and name."""
        rows = [(kind, name, json.dumps(value)) for value in values]
        self._database.executemany("INSERT INTO part (kind, name, body) VALUES (?, ?, ?)", rows)

    def parts(self, kind: str, name: str) -> list[Any]:
        """The list of this kind and name, in the order in which it was added to."""
        rows = self._database.execute("SELECT body FROM part WHERE kind = ? AND name = ? ORDER BY number", (kind, name))
        return [json.loads(body) for (body,) in rows]
