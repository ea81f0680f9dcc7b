"""Upgrades without downtime: while the new tables are there, the old version still inserts and reads; and the way back.

For every migration: the tables of the version before are filled as that version fills them, the migration runs, and the
same statements go through again. So no new column may be without a value that the database gives by itself, and nothing
that the old version names may go in the same step (docs/operations.md, "Upgrading").
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
)
from sqlalchemy.types import JSON

from service.store.database import Database, alembic_config

REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))
]
STEPS = list(pairwise(REVISIONS))
NUMBERS = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Database]]:
    """Makes databases that can be migrated up and down."""
    made: list[Database] = []

    def make() -> Database:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('upgrade')}/d.sqlite3"
        else:
            url = request.getfixturevalue("postgres_databases")()
        made.append(Database(url))
        if request.param == "postgres":
            to(made[-1], "base")
        return made[-1]

    yield make
    for database in made:
        database.close()


def to(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        config = alembic_config(connection)
        # Upgrading to where we are is nothing, and so is downgrading to it.
        command.downgrade(config, revision) if revision == "base" else command.upgrade(config, revision)


def back(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), revision)


def tables(connection: Connection) -> list[Table]:
    """The tables as they are now, those that others refer to first."""
    found = MetaData()
    with warnings.catch_warnings():
        # SQLite does not tell of an index over an expression; only the rows matter here.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def fill(connection: Connection, named: list[Table]) -> None:
    """A row in each table with a value in every column, as the version that made `named` would write it."""
    keys: dict[tuple[str, str], Any] = {}
    for table in named:
        row = {column.name: _value(table, column, keys) for column in table.columns}
        row = {name: value for name, value in row.items() if value is not None}
        connection.execute(insert(table).values(row))
        keys.update({(table.name, name): value for name, value in row.items()})


def _value(table: Table, column: Column[Any], keys: dict[tuple[str, str], Any]) -> Any:
    for key in column.foreign_keys:
        if key.column.table.name != table.name:
            return keys[key.column.table.name, key.column.name]
        return None
    number, kind = next(NUMBERS), column.type
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, DateTime):
        return datetime.now(UTC)
    if isinstance(kind, Date):
        return datetime.now(UTC).date()
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, LargeBinary):
        return number.to_bytes(4, "big")
    if isinstance(kind, String):
        return f"v{number}"[: kind.length or 9]
    if isinstance(kind, Integer | Float):
        return number
    return number


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_the_old_version_works_on_the_new_tables(fresh: Callable[[], Database], old: str, new: str) -> None:
    database = fresh()
    to(database, old)
    with database.engine.begin() as connection:
        known = tables(connection)
        fill(connection, known)
    to(database, new)
    with database.engine.begin() as connection:
        fill(connection, known)
        for table in known:
            assert connection.execute(select(*table.columns)).all(), "what the old version reads is still there"
            assert connection.scalar(select(func.count()).select_from(table)) == 2


def test_the_way_back_keeps_what_the_old_version_knows(fresh: Callable[[], Database]) -> None:
    """A step up and a step down, each, with rows in the tables."""
    database = fresh()
    to(database, REVISIONS[0])
    with database.engine.begin() as connection:
        fill(connection, tables(connection))
    for old, new in STEPS:
        to(database, new)
        with database.engine.begin() as connection:
            fill(connection, tables(connection))
        back(database, old)
        with database.engine.begin() as connection:
            assert connection.scalar(select(func.count()).select_from(_table(connection, "conversation"))) >= 2
        to(database, new)


def _table(connection: Connection, name: str) -> Table:
    return next(table for table in tables(connection) if table.name == name)
