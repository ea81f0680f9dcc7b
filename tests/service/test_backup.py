"""Backup and restore on both databases: whole, into an empty place only, with the keys that fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, inspect, make_url, select, text

from service.commands import running
from service.commands.backup import COMMANDS, backup, restore
from service.embedded import own_settings
from service.store import backups, conversations, installations
from service.store.database import Database, migrate
from service.store.models import Conversation
from service.store.secrets import SecretBox, new_key
from tasks.runtime import utc_now

Run = Callable[..., Result]
NEEDS_POSTGRES = pytest.mark.skipif(shutil.which("pg_dump") is None, reason="no pg_dump on the path")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=NEEDS_POSTGRES)])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The environment of the service that is backed up, and that of an empty place."""
    here = {"DESKMARK_DATA_DIR": str(tmp_path / "here")}
    there = {"DESKMARK_DATA_DIR": str(tmp_path / "there")}
    if request.param == "postgres":
        make = request.getfixturevalue("postgres_databases")
        here["DATABASE_URL"], there["DATABASE_URL"] = make(), make()
        _empty(there["DATABASE_URL"])
    return here, there


@pytest.fixture
def filled(places: Any) -> dict[str, str]:
    """A service with one helpdesk and one conversation."""
    here, _ = places
    given = own_settings(data_dir=Path(here["DESKMARK_DATA_DIR"]), database_url=here.get("DATABASE_URL", ""))
    migrate(given.database)
    opened = Database(given.database)
    with opened.begin() as session:
        new = installations.NewInstallation(
            connector="zendesk",
            account="acme",
            base_url="https://acme.zendesk.com",
            secrets=SecretBox(given.secret_key.get_secret_value()).lock({"token": "t"}),
            prefix="dm__",
            id="i1",
        )
        owner = installations.add(session, new, now=utc_now())
        conversations.announce(session, owner, "4711", at=utc_now(), now=utc_now())
    opened.close()
    return dict(here)


def _empty(url: str) -> None:
    opened = Database(url)
    with opened.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    opened.close()


def call(command: Any, folder: Path, environment: dict[str, str]) -> Result:
    return CliRunner(env=environment).invoke(command, [str(folder)])


def test_there_and_back(places: Any, filled: dict[str, str], tmp_path: Path) -> None:
    _, there = places
    kept = tmp_path / "backup"
    made = call(backup, kept, filled)
    assert made.exit_code == 0, made.output
    assert {path.stat().st_mode & 0o077 for path in (kept, *kept.iterdir())} == {0}
    back = call(restore, kept, there)
    assert back.exit_code == 0, back.output
    assert "nothing is written twice" in back.output
    given = own_settings(data_dir=Path(there["DESKMARK_DATA_DIR"]), database_url=there.get("DATABASE_URL", ""))
    opened = Database(given.database)
    with opened.read() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 1
        owner = installations.get(session, "i1")
        assert owner is not None
        assert SecretBox(given.secret_key.get_secret_value()).unlock(owner.secrets) == {"token": "t"}
    opened.close()
    again = call(restore, kept, there)
    assert (again.exit_code, "tables in the database already" in again.output) == (1, True)


def test_a_copy_is_made_while_somebody_writes(filled: dict[str, str], places: Any, tmp_path: Path) -> None:
    given = own_settings(data_dir=Path(filled["DESKMARK_DATA_DIR"]), database_url=filled.get("DATABASE_URL", ""))
    opened = Database(given.database)
    with opened.begin() as session:
        session.execute(text("UPDATE conversation SET error = 'half done'"))
        assert call(backup, tmp_path / "backup", filled).exit_code == 0
    opened.close()
    manifest = backups.read(tmp_path / "backup")
    assert manifest.revision


def test_what_is_refused(filled: dict[str, str], places: Any, tmp_path: Path) -> None:
    _, there = places
    kept = tmp_path / "backup"
    assert "holds no backup" in call(restore, tmp_path, there).output
    assert call(backup, kept, filled).exit_code == 0
    assert "is not empty" in call(backup, kept, filled).output
    told = json.loads((kept / "manifest.json").read_text())

    def with_manifest(**changes: Any) -> str:
        (kept / "manifest.json").write_text(json.dumps({**told, **changes}))
        return call(restore, kept, there).output

    assert "another version" in with_manifest(format=99)
    assert "both must be the same" in with_manifest(database="sqlite" if told["database"] != "sqlite" else "postgresql")
    assert "newer Deskmark" in with_manifest(revision="9999")
    with_manifest(format=99)
    (kept / "keys.json").write_text("{}")
    assert "was changed since" in with_manifest()


def test_other_keys_are_not_overwritten(filled: dict[str, str], places: Any, tmp_path: Path) -> None:
    _, there = places
    assert call(backup, tmp_path / "backup", filled).exit_code == 0
    own_settings(data_dir=Path(there["DESKMARK_DATA_DIR"]))
    assert "holds other keys" in call(restore, tmp_path / "backup", there).output


def test_keys_of_the_environment_are_told_when_they_do_not_fit(
    filled: dict[str, str], places: Any, tmp_path: Path
) -> None:
    _, there = places
    (Path(filled["DESKMARK_DATA_DIR"]) / "keys.json").unlink()
    own = {"DESKMARK_SECRET_KEY": new_key(), "DESKMARK_SESSION_KEY": "s" * 20}
    made = call(backup, tmp_path / "backup", {**filled, **own})
    assert "keep DESKMARK_SECRET_KEY" in made.output
    assert "do not open the secrets of i1" in call(restore, tmp_path / "backup", {**there, **own}).output


def test_nothing_to_back_up(tmp_path: Path) -> None:
    environment = {"DESKMARK_DATA_DIR": str(tmp_path / "d")}
    own_settings(data_dir=tmp_path / "d")
    assert "no tables" in call(backup, tmp_path / "b", environment).output
    away = {**environment, "DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    assert "cannot be used" in call(backup, tmp_path / "c", away).output


def test_programs_of_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they lack, or fail: a plain word, without the password."""
    told = backups._libpq(make_url("postgresql+psycopg://me:secret@h:5433/d?sslmode=require"))
    assert (told["PGHOST"], told["PGPORT"], told["PGUSER"]) == ("h", "5433", "me")
    assert (told["PGPASSWORD"], told["PGDATABASE"], told["PGSSLMODE"]) == ("secret", "d", "require")
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'no connection' >&2\necho \"row of $PGPASSWORD\" >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(backups.BackupError, match=r"^pg_dump failed: no connection$"):
        backups._run_postgres("pg_dump", "postgresql://me:secret@h/d")
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(backups.BackupError, match="is not installed"):
        backups._run_postgres("pg_dump", "postgresql://me:secret@h/d")


def test_the_tables_go_back(filled: dict[str, str]) -> None:
    def down(*arguments: str, said: str = "y\n") -> Result:
        return CliRunner(env=filled).invoke(running.migrate, arguments, input=said)

    assert "no earlier revision 7777" in down("--down-to", "7777").output
    assert down("--down-to", "0012", said="n\n").exit_code == 1
    assert "those of revision 0012" in down("--down-to", "0012").output
    given = own_settings(data_dir=Path(filled["DESKMARK_DATA_DIR"]), database_url=filled.get("DATABASE_URL", ""))
    opened = Database(given.database)
    assert not inspect(opened.engine).has_table("failure")
    opened.close()
    assert "up to date" in down().output
    away = {**filled, "DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    assert "cannot be used" in CliRunner(env=away).invoke(running.migrate, ["--down-to", "0012"], input="y\n").output


def test_both_commands_are_mounted() -> None:
    assert [command.name for command in COMMANDS] == ["backup", "restore"]
