"""The embedded service on real parts: one a data folder, nothing lost over stops and kills, plain words on failure."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import select, update

from service.embedded import Embedded, EmbeddedError, keys, own_settings, sign_in_link
from service.embedded.folder import DataFolder
from service.embedded.listening import reachable
from service.embedded.programs import environment
from service.settings import Settings
from service.store import installations
from service.store.database import Database
from service.store.models import Conversation, Delivery, DeliveryState, SignInLink, State
from service.store.secrets import SecretBox
from tasks.runtime import utc_now

SECRET = "what Intercom signs with"
UP = "import sys; from service.embedded import own_settings, up; sys.exit(up(own_settings(), port=0))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def own(folder: Path) -> Settings:
    # One scorer would do, but what is tested is what is shipped.
    return own_settings(data_dir=folder, settle_seconds=0, sweep_seconds=1, requeue_seconds=1)


@pytest.fixture
def running(own: Settings) -> Iterator[Callable[[], Embedded]]:
    started: list[Embedded] = []

    def start() -> Embedded:
        service = Embedded(own, port=0)
        started.append(service)
        service.start()
        return service

    yield start
    for service in started:
        service.stop()


def until(condition: Callable[[], bool]) -> None:
    looked = threading.Event()
    for _ in range(1200):
        if condition():
            return
        looked.wait(0.05)
    pytest.fail("it never came")


def connect(own: Settings) -> str:
    database = Database(own.database)
    new = installations.NewInstallation(
        connector="intercom",
        account="acme",
        base_url="http://127.0.0.1:1",  # nobody answers there: what is announced stays to be read
        secrets=SecretBox(own.secret_key.get_secret_value()).lock({"access_token": "t", "client_secret": SECRET}),
        prefix="dm__",
    )
    with database.begin() as session:
        installations.add(session, new, now=utc_now())
    database.close()
    return new.id


def close_conversation(base_url: str, installation: str, number: int) -> int:
    body = json.dumps(
        {
            "type": "notification_event", "id": f"notif_{number}", "topic": "conversation.admin.closed",
            "created_at": 1_772_000_000, "data": {"item": {"type": "conversation", "id": str(number)}},
        }
    ).encode()  # fmt: skip
    signed = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    request = Request(f"{base_url}/webhooks/intercom/{installation}", body, {"X-Hub-Signature": f"sha1={signed}"})
    with urlopen(request, timeout=10) as answer:
        return int(answer.status)


def states(own: Settings) -> tuple[list[str], list[str]]:
    """States of all deliveries and all conversations."""
    database = Database(own.database)
    with database.read() as session:
        found = list(session.scalars(select(Delivery.state))), list(session.scalars(select(Conversation.state)))
    database.close()
    return found


def test_nothing_is_lost_over_a_stop(own: Settings, folder: Path, running: Callable[[], Embedded]) -> None:
    service = running()
    assert set(service.pids()) == {"valkey", "web", "ingest", "score", "writeback", "beat"}
    with urlopen(f"{service.base_url}/readyz", timeout=10) as answer:
        assert json.load(answer)["ready"]
    installation = connect(own)
    for number in range(5):
        assert close_conversation(service.base_url, installation, number) == 200
    service.stop()
    assert service.pids() == {}

    running()
    until(lambda: states(own) == ([DeliveryState.ACCEPTED] * 5, [State.NEW] * 5))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "run" / "valkey.conf").stat().st_mode) == 0o600


def signed_in(own: Settings) -> None:
    """Somebody used the link that was printed."""
    database = Database(own.database)
    with database.begin() as session:
        session.execute(update(SignInLink).values(used_at=utc_now()))
    database.close()


def test_a_killed_service_leaves_nothing_behind_and_starts_again(own: Settings, folder: Path) -> None:
    environment = {**os.environ, "DESKMARK_DATA_DIR": str(folder)}

    def up() -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", UP], env=environment, stdout=subprocess.PIPE, text=True)

    def first_line(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline()

    with up() as first:
        assert "Deskmark runs at" in first_line(first)
        assert "/sign-in/" in first_line(first)
        installation = connect(own)
        base_url = (folder / "run" / "address").read_text().strip()
        assert close_conversation(base_url, installation, 1) == 200
        first.kill()
    signed_in(own)
    with up() as second:
        assert "Deskmark runs at" in first_line(second)
        assert first_line(second) == "Sign in there with your password, or run: deskmark sign-in-link\n"
        until(lambda: states(own)[0] == [DeliveryState.ACCEPTED])
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0
        assert second.stdout is not None
        assert "Deskmark has stopped." in second.stdout.read()
    children = folder / "run" / "children.lock"
    assert children.exists()


def test_one_service_a_folder(own: Settings, folder: Path) -> None:
    (folder / "run").mkdir(parents=True)
    with (folder / "run" / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        with pytest.raises(EmbeddedError, match=r"process 4711(.|\n)*DESKMARK_DATA_DIR"):
            Embedded(own, port=0).start()


def test_a_port_in_use_is_named(own: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"127.0.0.1:{port}.*PORT"):
            Embedded(own, port=port).start()


def test_a_database_that_cannot_be_used_is_named_without_its_password(own: Settings) -> None:
    away = own.model_copy(update={"database_url": "postgresql://ada:hush@127.0.0.1:1/deskmark"})

    with pytest.raises(EmbeddedError, match="DATABASE_URL") as raised:
        Embedded(away, port=0).start()
    assert "hush" not in str(raised.value)


def test_a_missing_model_is_said_at_the_start(own: Settings, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="DESKMARK_MODEL_DIR"):
        Embedded(own.model_copy(update={"model_dir": tmp_path}), port=0).start()


def test_the_demo_stays_on_this_machine(own: Settings) -> None:
    with pytest.raises(EmbeddedError, match=r"127\.0\.0\.1 only"):
        Embedded(own, host="0.0.0.0", demo=True)
    with pytest.raises(EmbeddedError, match="PUBLIC_URL"):
        Embedded(own.model_copy(update={"public_url": "https://desk.example.com"}), demo=True)
    elsewhere = own.model_copy(update={"host": "0.0.0.0"})
    assert Embedded(elsewhere, host="127.0.0.1", demo=True).settings.host == "127.0.0.1"


def test_a_database_and_a_broker_of_ones_own_are_used(own: Settings, database_url: str, valkey: str) -> None:
    given = {"redis_url": valkey, "database_url": database_url}
    service = Embedded(own.model_copy(update=given), port=0, demo=True)
    service.start()
    try:
        assert "valkey" not in service.pids()
        with urlopen(f"{service.base_url}/readyz", timeout=10) as answer:
            assert json.load(answer)["checks"]["broker"] == "ok"
        with urlopen(f"{service.base_url}/", timeout=10) as answer:
            assert b"Demo" in answer.read()
        assert not (own.data_dir / "valkey" / "appendonlydir").exists()
        assert not (own.data_dir / "deskmark.sqlite3").exists()
    finally:
        service.request_stop()
        service.wait()
        service.stop()


def test_a_stop_that_comes_first_is_obeyed(own: Settings) -> None:
    service = Embedded(own, port=0)
    service.wait()
    assert service.pids() == {}
    service.request_stop()
    service.start()
    service.wait()
    service.stop()

    assert service.pids() == {}
    assert not list((own.data_dir / "logs").iterdir())  # nothing was started


def test_keys_are_made_once_and_kept_private(folder: Path) -> None:
    first, second = own_settings(data_dir=folder), own_settings(data_dir=folder)
    assert first.secret_key == second.secret_key
    assert first.session_key == second.session_key

    path = folder / "keys.json"
    path.chmod(0o644)
    own_settings(data_dir=folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    path.write_text("{")
    with pytest.raises(EmbeddedError, match="damaged"):
        own_settings(data_dir=folder)


def test_keys_that_are_given_win(folder: Path, secret_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMARK_SECRET_KEY", secret_key)
    monkeypatch.setenv("DESKMARK_SESSION_KEY", "given")
    monkeypatch.setenv("DESKMARK_DATA_DIR", str(folder))

    assert own_settings().session_key.get_secret_value() == "given"
    assert not folder.exists()


def test_a_sign_in_link_leads_to_the_public_address_or_to_where_it_runs(own: Settings, sqlite_url: str) -> None:
    here = own.model_copy(update={"database_url": sqlite_url, "port": 8321})
    public = here.model_copy(update={"public_url": "https://desk.example"})

    assert re.fullmatch(r"http://127\.0\.0\.1:8321/sign-in/\S{20,}", sign_in_link(here))
    assert re.fullmatch(r"https://desk\.example/sign-in/\S{20,}", sign_in_link(public))


def test_pages_need_a_sign_in_also_on_loopback(own: Settings, valkey: str) -> None:
    service = Embedded(own.model_copy(update={"redis_url": valkey}), port=0)
    service.start()
    try:
        with urlopen(f"{service.base_url}/conversations", timeout=10) as answer:
            assert answer.url.endswith("/sign-in")
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"{service.base_url}/webhooks/intercom/nobody", b"{}", timeout=10)
    finally:
        service.stop()


def test_a_key_file_with_a_key_missing_is_damaged(folder: Path) -> None:
    folder.mkdir()
    (folder / "keys.json").write_text('{"secret_key": "x"}')

    with pytest.raises(EmbeddedError, match="damaged"):
        own_settings(data_dir=folder)


def test_relative_paths_reach_children_as_absolute_ones(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = environment(own.model_copy(update={"database_url": "sqlite:///mine.sqlite3", "model_dir": Path("model")}))

    assert given["DATABASE_URL"] == f"sqlite:///{tmp_path / 'mine.sqlite3'}"
    assert given["DESKMARK_MODEL_DIR"] == str(tmp_path / "model")
    assert given["DESKMARK_METRICS_TOKEN"] == ""
    elsewhere = own.model_copy(update={"database_url": "postgresql://db/x"})
    assert environment(elsewhere)["DATABASE_URL"] == "postgresql://db/x"


def test_every_setting_reaches_the_children(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    update = {"repeat_window_hours": 36.0, "prefix": "qa__", "demo": True, "redis_url": "redis://x"}
    changed = own.model_copy(update=update)
    for name, value in environment(changed).items():
        monkeypatch.setenv(name, value)

    told = Settings()

    assert told.model_dump(exclude={"database_url"}) == changed.model_dump(exclude={"database_url"})
    assert told.database == changed.database


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::", "::1")])
def test_an_address_to_listen_on_is_not_always_one_to_visit(host: str, shown: str) -> None:
    assert reachable(host) == shown


HOLDER = (
    "import fcntl, signal, sys; lock = open(sys.argv[1], 'a'); fcntl.flock(lock, fcntl.LOCK_EX);"
    "print('up', flush=True); signal.pause()"
)


def left_behind(folder: DataFolder, marker: str) -> subprocess.Popen[str]:
    """A child of an earlier service that is still at work."""
    folder.run.mkdir(parents=True)
    command = [sys.executable, "-c", HOLDER, str(folder.run / "children.lock"), marker]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stdout is not None
    child.stdout.readline()
    folder.pid_file.write_text(json.dumps({"valkey": child.pid}))
    return child


def test_what_an_earlier_run_left_is_ended_first(folder: Path) -> None:
    data = DataFolder(folder)
    with left_behind(data, data.marker) as child:
        data.hold()
        assert child.wait(10) == -signal.SIGTERM
    data.release()


def test_strangers_in_the_folder_are_not_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.embedded.folder.ORPHANS_SECONDS", 0.2)
    data = DataFolder(folder)
    with left_behind(data, "somebody else") as child:
        with pytest.raises(EmbeddedError, match="earlier run"):
            data.hold()
        assert child.poll() is None
        child.kill()
    data.release()


def test_the_first_to_make_keys_is_the_one_who_made_them(folder: Path) -> None:
    first = own_settings(data_dir=folder)
    keys._make(folder / "keys.json")  # as a second process does that looked at the same time

    assert own_settings(data_dir=folder).secret_key == first.secret_key
    assert [path.name for path in folder.iterdir()] == ["keys.json"]
