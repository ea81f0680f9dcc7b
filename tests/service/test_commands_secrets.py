"""Changing the key as an operator does: a new one in front, everything moved, the old one away. No key is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from service.commands.secrets import secrets_group
from service.embedded import own_settings
from service.store.database import Database, migrate
from service.store.people_models import AuditEntry
from service.store.privacy_models import OwnSecret
from service.store.secrets import SecretBox, new_key
from service.telemetry.board import Board
from service.telemetry.holding import Holding
from tasks.runtime import utc_now

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, valkey: str) -> Run:
    def invoke(*arguments: str, **environment: str) -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), "REDIS_URL": valkey, **environment}
        return CliRunner(env=known).invoke(secrets_group, arguments)

    return invoke


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Database]:
    """A data folder with one secret under its own key."""
    given = own_settings(data_dir=tmp_path)
    migrate(given.database)
    opened = Database(given.database)
    with opened.begin() as session:
        box = SecretBox(given.secret_key.get_secret_value())
        session.add(OwnSecret(name="x", locked=box.lock({"token": "hush-hush"}), created_at=utc_now()))
    yield opened
    opened.close()


def keys(folder: Path) -> list[str]:
    return str(json.loads((folder / "keys.json").read_text())["secret_key"]).split(",")


def test_the_whole_way(run: Run, stored: Database, tmp_path: Path) -> None:
    (old,) = keys(tmp_path)
    said = [run("new-key"), run("status")]
    new, kept = keys(tmp_path)
    assert kept == old != new
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    refused = run("drop-old-keys")
    assert refused.exit_code == 1
    assert "1 stored secrets need an older key" in refused.output
    said += [refused, run("rotate"), run("status"), run("drop-old-keys"), run("drop-old-keys")]
    assert keys(tmp_path) == [new]
    with stored.read() as session:
        locked = session.scalars(select(OwnSecret.locked)).one()
        done = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert SecretBox(new).unlock(locked) == {"token": "hush-hush"}
    assert done == ["rotate secrets", "drop old keys", "drop old keys"]
    printed = "".join(result.output for result in said)
    assert "1 of 1 stored secrets were encrypted anew." in printed
    assert "0 stored secrets are under the first key, 1 need an older one." in printed
    assert "The older keys can be taken away." in printed
    assert not any(secret in printed for secret in (old, new, "hush-hush"))


def test_keys_of_the_environment_are_changed_there(run: Run, stored: Database, tmp_path: Path) -> None:
    (old,) = keys(tmp_path)
    both = f"{new_key()},{old}"
    for command in ("new-key", "drop-old-keys"):
        refused = run(command, DESKMARK_SECRET_KEY=both)
        assert refused.exit_code == 1
        assert "DESKMARK_SECRET_KEY=new,old" in refused.output
    assert run("rotate", DESKMARK_SECRET_KEY=both).exit_code == 0
    assert run("status").exit_code == 1, "the folder's own key reads it no more"
    assert run("status", DESKMARK_SECRET_KEY=both).exit_code == 0


def test_a_missing_key_is_told(run: Run, stored: Database) -> None:
    result = run("rotate", DESKMARK_SECRET_KEY=new_key())
    assert result.exit_code == 1
    assert "1 cannot be read with any of the keys" in result.output


def test_a_key_that_is_none_is_told_without_showing_it(run: Run, stored: Database) -> None:
    result = run("status", DESKMARK_SECRET_KEY="much too short")
    assert result.exit_code == 1
    assert "must be Fernet keys" in result.output
    assert "much too short" not in result.output


def test_nothing_is_encrypted_that_what_runs_could_not_read(
    run: Run, stored: Database, tmp_path: Path, valkey: str
) -> None:
    (old,) = keys(tmp_path)
    board = Board(valkey)
    before = Holding(board, SecretBox(old).fingerprints, "worker score@here")
    before.tell()
    assert run("rotate").exit_code == 0, "it knows the only key"
    run("new-key")
    refused = run("rotate")
    assert refused.exit_code == 1
    assert "nothing was changed. Restart Deskmark first" in refused.output
    assert "worker score@here on " in refused.output
    assert "--anyway" in refused.output
    with stored.read() as session:
        assert SecretBox(old).is_current(session.scalars(select(OwnSecret.locked)).one())
    before.end()
    Holding(board, SecretBox(",".join(keys(tmp_path))).fingerprints, "worker score@here").tell()
    done = run("rotate")
    assert done.exit_code == 0
    assert "1 of 1 stored secrets were encrypted anew." in done.output


def test_whoever_insists_goes_on(run: Run, stored: Database, tmp_path: Path, valkey: str) -> None:
    Holding(Board(valkey), SecretBox(keys(tmp_path)[0]).fingerprints, "web").tell()
    run("new-key")
    done = run("rotate", "--anyway")
    assert done.exit_code == 0
    assert "Going on anyway. Restart Deskmark first" in done.output
    assert "1 of 1 stored secrets were encrypted anew." in done.output


@pytest.mark.parametrize(
    ("broker", "why"),
    [
        ("redis://127.0.0.1:9/0", "does not answer (BoardDown)"),
        ("", "no service has run in the data folder"),
    ],
)
def test_when_nobody_can_be_asked_that_is_said(run: Run, stored: Database, broker: str, why: str) -> None:
    refused = run("rotate", REDIS_URL=broker)
    assert refused.exit_code == 1
    assert "could not be asked" in refused.output
    assert why in refused.output
    assert run("rotate", "--anyway", REDIS_URL=broker).exit_code == 0


def test_no_key_goes_that_what_runs_still_encrypts_with(
    run: Run, stored: Database, tmp_path: Path, valkey: str
) -> None:
    (old,) = keys(tmp_path)
    run("new-key")
    both = keys(tmp_path)
    assert run("rotate").exit_code == 0
    # It reads both, and encrypts with the old one: what it stores next could not be read any more.
    late = Holding(Board(valkey), SecretBox(",".join(reversed(both))).fingerprints, "web")
    late.tell()
    for environment in ({}, {"REDIS_URL": "redis://127.0.0.1:9/0"}):
        refused = run("drop-old-keys", **environment)
        assert refused.exit_code == 1
        assert "nothing was changed." in refused.output
        assert keys(tmp_path) == both
    assert "web on " in run("drop-old-keys").output
    late.end()
    Holding(Board(valkey), SecretBox(",".join(both)).fingerprints, "web").tell()
    assert run("drop-old-keys").exit_code == 0
    assert keys(tmp_path) == both[:1] != [old]


def test_whoever_insists_drops_old_keys(run: Run, stored: Database, tmp_path: Path, valkey: str) -> None:
    run("new-key")
    run("rotate")
    Holding(Board(valkey), SecretBox(keys(tmp_path)[1]).fingerprints, "web").tell()
    done = run("drop-old-keys", "--anyway")
    assert "Going on anyway. Restart Deskmark first" in done.output
    assert len(keys(tmp_path)) == 1
