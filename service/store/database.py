"""One database behind one URL: engine, transactions and migrations. PostgreSQL, or SQLite in WAL mode.

Three ways in: `begin()` for a transaction that writes, `read()` for one that only reads, `single()` for statements that
commit by themselves on a bare connection, which saves the webhook three round trips and the object mapping.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from psycopg.pq import Format
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_MILLISECONDS = 15_000
CONNECT_SECONDS = 3
"""An unreachable host must not hang a webhook: the helpdesk waits five seconds at most."""

_BEGIN = "deskmark_begin"
BINARY = "deskmark_binary"
"""Execution option of statements whose results are mostly bytes."""
PRIVATE = 0o600


class Database:
    """Engine and transactions. One per process: open it after a fork, never before."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """`url` is any PostgreSQL or SQLite address; `postgres://` as hosting companies hand it out will do."""
        self.url = driver_url(url)
        self.engine = _engine(self.url, pool_size)
        self._single = self._single_engine(pool_size)
        # SQLite in WAL mode shows a reader one state of the database by itself.
        one_state = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reading = self.engine.execution_options(**{_BEGIN: "BEGIN"}, **one_state)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database: one writer at a time."""
        return make_url(self.url).get_backend_name() == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that writes: committed at the end, rolled back on an exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that reads one state of the database; on SQLite it keeps no writer waiting."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def single(self) -> Iterator[Connection]:
        """Statements that commit one by one: one round trip each.

        A connection that died with a restarted server is noticed by the first statement, which then raises an
        `OperationalError` whose `connection_invalidated` is true; the next call gets a fresh one.
        """
        with self._single.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back; what a thread still uses is closed when that thread is done with it."""
        for engine in (self.engine, self._single):
            event.listen(engine, "checkin", _closed)
            engine.dispose()

    def _single_engine(self, pool_size: int) -> Engine:
        if self.is_sqlite:
            return self.engine.execution_options(**{_BEGIN: None})
        return create_engine(self.url, isolation_level="AUTOCOMMIT", **_postgres(pool_size))


def driver_url(url: str) -> str:
    """`url` with the driver we ship: psycopg for PostgreSQL, the standard library's for SQLite."""
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        return f"postgresql+psycopg{separator}{rest}"
    return url


def migrate(url: str) -> None:
    """Bring the tables up to date. Safe to run again and by several processes at once."""
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Two releases at the same time: the second waits here and then finds nothing to do.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(723451)")
            command.upgrade(alembic_config(connection), "head")
    finally:
        database.close()


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to an earlier revision; what only later ones knew is lost. Raises `CommandError`."""
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(723451)")
            command.downgrade(alembic_config(connection), revision)
    finally:
        database.close()


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic without an ini file; the scripts lie beside this module."""
    config = Config()
    config.set_main_option("script_location", str(files("service.store") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _engine(url: str, pool_size: int) -> Engine:
    # Parameters are hidden: an error's text ends up in logs, and customers' words do not belong there.
    if make_url(url).get_backend_name() != "sqlite":
        # A connection that died with a restarted server is noticed before it is handed out.
        server = create_engine(url, pool_pre_ping=True, **_postgres(pool_size))
        event.listen(server, "before_cursor_execute", _postgres_binary)
        return server
    # Python's own transaction handling would begin too late and not immediately: it is switched off, see _begin.
    arguments = {"isolation_level": None, "timeout": BUSY_MILLISECONDS / 1000}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "do_connect", _sqlite_private)
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _postgres(pool_size: int) -> dict[str, Any]:
    """How connections to PostgreSQL are made; parameters of statements never reach a log."""
    return {
        "connect_args": {"connect_timeout": CONNECT_SECONDS},
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "hide_parameters": True,
    }


def _postgres_binary(
    _connection: Connection, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """Many bytes come as they are where a statement asks for it: as text they would be twice as long."""
    if context is not None and context.execution_options.get(BINARY):
        cursor.format = Format.BINARY


def _closed(_connection: Any, record: ConnectionPoolEntry) -> None:
    """The pool it came from is given up: nobody would close it there."""
    record.close()


def _sqlite_private(_dialect: Any, _record: Any, arguments: Sequence[str], _more: Any) -> None:
    """A new database is this user's alone, whatever folder it lies in: SQLite gives its log the same mode."""
    if not arguments[0].startswith((":", "file:")):  # Those have no file, or are there already.
        with suppress(OSError):  # It is there already; what else is wrong SQLite says itself.
            os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))


def _sqlite_connected(connection: SqliteConnection, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: what was answered with 200 is on the disk, also when the power fails.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is removed is overwritten, also where SQLite was not built so: a text whose time is over is not in the file.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    """IMMEDIATE takes the write lock at the start: a transaction that reads first can then never fail half-way."""
    statement = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
    if statement is not None:
        connection.exec_driver_sql(statement)
