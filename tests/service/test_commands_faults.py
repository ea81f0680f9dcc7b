"""Every command while something outside is broken: a clear line, no traceback. A new command is in it by itself."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from kombu.exceptions import OperationalError as NoBroker
from sqlalchemy.exc import OperationalError

from service.cli import main
from service.commands import backfill
from service.commands.faults import fault
from service.embedded import own_settings
from service.store import installations
from service.store.database import Database, migrate
from service.store.secrets import SecretBox, new_key
from tasks.runtime import utc_now

PASSWORD = "hush-hush"
ARGUMENTS: Mapping[str, str] = {
    "score": "-",
    "cluster": "-",
    "intents import": "z {csv}",
    "intents learn": "z",
    "intents list": "z",
    "intents propose": "z",
    "intents remove": "z refund",
    "policy": "z",
    "gaps acknowledge": "1",
    "gaps show": "1",
    "improvements add": "z article_updated article:1",
    "reviews export": "-o {file}",
    "reviews import": "{reviews}",
    "evaluate": "{csv}",
    "import": "zendesk {csv}",
    "backfill": "z --since 2026-01-01",
    "reports print": "daily",
    "reports routes add": "chief --mail a@b.example --sends daily",
    "reports routes remove": "1",
    "reports send": "daily --to a@b.example",
    "people add": "a@b.example --role admin",
    "people change": "a@b.example",
    "people disable": "a@b.example",
    "people enable": "a@b.example",
    "people reset-password": "a@b.example",
    "people sign-out": "a@b.example",
    "keys make": "bi --scope read",
    "keys revoke": "dk",
    "dead drop": "score 1",
    "dead replay": "score 1",
    "dead show": "score 1",
    "backup": "{new}",
    "restore": "{new}",
    "installations guide": "z",
    "installations connect zendesk": "--account b --client-id c --client-secret d --webhook-secret e",
    "installations connect intercom": "--account b --access-token c --client-secret d",
    "installations credentials": "z",
    "installations prepare": "z",
    "installations set": "z rate=100/minute",
    "installations test": "z",
    "installations writing": "z on",
    "installations plans": "z",
    "installations write-planned": "z",
    "installations errands": "z",
    "installations go-on": "1",
    "installations leave": "z --disconnect --confirm acme",
    "installations reconnect": "z",
    "installations pause": "z",
    "installations resume": "z",
    "installations retention": "z 30",
    "apps find": "z",
    "apps zendesk": "z",
    "erase": "--email a@b.example --yes",
}
"""What commands are given that need something."""

WITHOUT_DATABASE = {
    "score", "cluster", "evaluate", "import", "key", "restore", "secrets new-key", "secrets drop-old-keys",
    "secrets rotate", "apps find", "apps zendesk", "doctor",
}  # fmt: skip
"""Commands that end before they need one, or that tell of it among other things."""

RUNNING = {"demo", "up", "sandbox"}
"""Commands that stay: what stops them has tests of its own below."""


def names(command: click.Command, context: click.Context, path: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    if path and command.invoke_without_command:
        yield " ".join(path)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from names(found, context, (*path, name))


COMMANDS = [name for name in names(main, click.Context(main)) if name not in RUNNING]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a helpdesk that does not answer."""
    monkeypatch.setattr(backfill, "PATIENCE", 0.0)
    settings = own_settings(data_dir=tmp_path / "data")
    migrate(settings.database)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    new = installations.NewInstallation(
        connector="zendesk", account="acme", base_url=address, prefix="dm__", id="z",
        secrets=SecretBox(settings.secret_key.get_secret_value()).lock({"client_id": "a", "client_secret": PASSWORD}),
    )  # fmt: skip
    database = Database(settings.database)
    with database.begin() as session:
        installations.add(session, new, now=utc_now())
    database.close()
    (tmp_path / "reviews.csv").write_text("conversation,reviewer,score,verdict\n")
    (tmp_path / "some.csv").write_text("intent,text\nrefund,I want my money back\n")
    return tmp_path


Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path) -> Run:
    def invoke(name: str, **environment: str) -> Result:
        given = (
            ARGUMENTS.get(name, "")
            .format(
                csv=folder / "some.csv", new=folder / "new", file=folder / "new.jsonl", reviews=folder / "reviews.csv"
            )
            .split()
        )
        known = {"DESKMARK_DATA_DIR": str(folder / "data"), "DESKMARK_SANDBOX": "1", **environment}
        return CliRunner(env=known).invoke(main, [*name.split(), *given], input="")

    return invoke


def wrong(name: str, result: Result) -> str:
    """What is wrong with how a command ended; empty: nothing. A word that nobody foresaw is no way to end."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"{name}: {result.exception!r}"
    if result.exit_code == 2:
        return f"{name}: does not understand its own example: {result.output}"
    return f"{name} tells a secret" if PASSWORD in result.output else ""


def test_with_another_key_nothing_shows_a_traceback(run: Run) -> None:
    refused = {name: run(name, DESKMARK_SECRET_KEY=new_key()) for name in COMMANDS}
    assert [fault for name, result in refused.items() if (fault := wrong(name, result))] == []
    for name in ("backfill", "installations guide", "installations prepare", "installations set", "apps find"):
        assert refused[name].exit_code == 1, name
        assert "DESKMARK_SECRET_KEY lacks the key it was encrypted with" in refused[name].output, name
        assert "back into DESKMARK_SECRET_KEY (new,old); deskmark doctor says" in refused[name].output, name


def test_half_a_key_is_told_without_showing_it(run: Run) -> None:
    for name in ("rescore", "backfill", "reviews export", "installations prepare", "secrets status", "up"):
        result = run(name, DESKMARK_SECRET_KEY=PASSWORD)
        assert wrong(name, result) == ""
        assert result.exit_code == 1, name
        assert "must be Fernet keys (44 characters each)" in result.output, name


def test_without_a_database_every_command_that_needs_it_says_so(run: Run) -> None:
    address = f"postgresql://deskmark:{PASSWORD}@127.0.0.1:1/deskmark"
    for name in COMMANDS:
        result = run(name, DATABASE_URL=address)
        assert wrong(name, result) == ""
        if name in WITHOUT_DATABASE:
            continue
        assert result.exit_code == 1, name
        assert "the database postgresql+psycopg://deskmark:***@127.0.0.1:1/deskmark cannot be used" in result.output
        assert "Check DATABASE_URL" in result.output


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", f"postgresql://u:{PASSWORD}/x@h:5432/d", "DATABASE_URL: has a port that is no number"),
        ("REDIS_URL", f"redis://:{PASSWORD}@h:none/0", "REDIS_URL: has a port that is no number"),
        ("REDIS_URL", PASSWORD, "REDIS_URL: must be the address of a Redis or Valkey"),
        ("PUBLIC_URL", PASSWORD, "PUBLIC_URL: must be an address"),
    ],
)
def test_addresses_that_are_none(run: Run, name: str, value: str, says: str) -> None:
    for command in ("people list", "up", "doctor"):
        result = run(command, **{name: value})
        assert wrong(command, result) == ""
        assert result.exit_code == 1
        assert says in result.output


def test_a_broker_that_is_away_is_told_where_it_is_needed(run: Run) -> None:
    away = f"redis://:{PASSWORD}@127.0.0.1:1/0"
    said = {name: run(name, REDIS_URL=away) for name in ("backfill", "secrets rotate", "people list", "gaps", "doctor")}
    assert [fault for name, result in said.items() if (fault := wrong(name, result))] == []
    assert "the broker at REDIS_URL does not answer" in said["backfill"].output
    assert "the broker does not answer" in said["secrets rotate"].output


def test_a_folder_that_cannot_be_used_is_told(run: Run, folder: Path) -> None:
    there = str(folder / "some.csv")
    for name in ("up", "migrate", "installations connect zendesk"):
        result = run(name, DESKMARK_DATA_DIR=there)
        assert wrong(name, result) == ""
        assert result.exit_code == 1
        assert "the data folder cannot be used" in result.output
        assert "DESKMARK_DATA_DIR" in result.output
    (folder / "new").write_text("no folder")
    for name in ("backup", "restore"):
        assert run(name).exit_code == 2


@pytest.mark.parametrize("command", ["up", "demo --once --no-history", "sandbox zendesk"])
def test_a_port_in_use_is_told(run: Run, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run(f"{command} --port {port}")
    assert wrong(command, result) == ""
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.output
    assert "--port" in result.output


def test_a_damaged_or_missing_key_file_is_told(run: Run, folder: Path) -> None:
    (folder / "data" / "keys.json").write_text("{")
    damaged = run("people list")
    assert damaged.exit_code == 1
    assert "keys.json is damaged" in damaged.output
    (folder / "data" / "keys.json").write_text(
        json.dumps(dict.fromkeys(("secret_key", "session_key", "broker_password"), "x"))
    )
    assert f"put {folder / 'data' / 'keys.json'} back as it was, from a backup" in run("rescore").output


def test_what_a_command_is_told_by_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMARK_DATA_DIR", str(folder / "data"))
    assert "the broker at REDIS_URL" in str(fault(NoBroker("no")))
    assert "deskmark.sqlite3 cannot be used (disk full)" in str(fault(OperationalError("", {}, Exception("disk full"))))
    full = OSError(errno.ENOSPC, "No space left on device", "/far/export.csv")
    assert fault(full) == (
        "/far/export.csv cannot be used: No space left on device. Name another place, or give this user the right to it"
    )
    assert fault(OSError("no file")) is None
    assert fault(KeyError("a fault of ours")) is None


def test_credentials_can_be_given_anew_where_their_key_is_lost(run: Run, folder: Path) -> None:
    lost = {"DESKMARK_SECRET_KEY": new_key()}
    half = run("installations credentials", DESKMARK_CONNECT_ZENDESK_CLIENT_SECRET="anew", **lost)
    assert half.exit_code == 1
    assert "lacks the key" in half.output
    both = {"DESKMARK_CONNECT_ZENDESK_CLIENT_ID": "one", "DESKMARK_CONNECT_ZENDESK_CLIENT_SECRET": "anew"}
    given = run("installations credentials", **both, **lost)
    assert given.exit_code == 0, given.output
    assert "Changed: client_id, client_secret." in given.output
    assert run("installations guide", **lost).exit_code == 0
