"""Credentials as an admin gives and corrects them on the command line, against stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.zendesk.sandbox import Sandbox as Zendesk
from service.commands import installations
from service.embedded import own_settings
from service.store.database import Database
from service.store.models import Installation
from service.store.notices import Kind
from service.store.pausing import pause
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox
from tasks.runtime import utc_now

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    group = click.Group(commands={"installations": installations.COMMANDS[0]})

    def invoke(*arguments: str, typed: str = "", **environment: str) -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), "DESKMARK_SANDBOX": "true", **environment}
        return CliRunner(env=known).invoke(group, ["installations", *arguments], input=typed)

    return invoke


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(own_settings(data_dir=tmp_path).database)


def stored(database: Database) -> Installation:
    with database.read() as session:
        return session.scalars(select(Installation)).one()


def secrets(tmp_path: Path, database: Database) -> dict[str, str]:
    return SecretBox(own_settings(data_dir=tmp_path).secret_key.get_secret_value()).unlock(stored(database).secrets)


def connect(run: Run, desk: Zendesk | Intercom, connector: str, **given: str) -> Result:
    options = [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]
    done = run("connect", connector, "--account", "acme", "--base-url", desk.base_url, *options)
    assert done.exit_code == 0, done.output
    return done


def test_a_typing_mistake_is_told_and_corrected(run: Run, database: Database, tmp_path: Path) -> None:
    with Zendesk() as desk:
        client = {"client_id": desk.secrets["client_id"], "webhook_secret": "signed"}
        done = connect(run, desk, "zendesk", client_secret="mistyped", **client)
        number = stored(database).id
        assert "Connected, but refused: " in done.output
        command = f"deskmark installations credentials {number}"
        assert f"correct with {command}, then deskmark installations test {number}." in done.output
        with database.begin() as session:
            pause(session, number, Kind.CREDENTIALS_REFUSED, now=utc_now(), until=utc_now())

        good = desk.secrets["client_secret"]
        corrected = run("credentials", number, typed=f"\n{good}\n\n")

        assert corrected.exit_code == 0, corrected.output
        assert "Changed: client_secret." in corrected.output
        assert corrected.output.splitlines()[-1] == "Zendesk lets Deskmark in."
        assert good not in corrected.output
        assert secrets(tmp_path, database) == {**client, "client_secret": good}
        assert stored(database).paused_at is None
    with database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.actor, entry.details) == (
        "change credentials", "command line", {"filled in": "client_secret"},
    )  # fmt: skip
    database.close()


def test_from_the_environment_nothing_is_asked(run: Run, database: Database, tmp_path: Path) -> None:
    with Intercom() as desk:
        done = connect(run, desk, "intercom", access_token=desk.secrets["access_token"], client_secret="first")
        assert "Intercom lets Deskmark in." in done.output
        number = stored(database).id
        corrected = run("credentials", number, DESKMARK_CONNECT_INTERCOM_CLIENT_SECRET="second")
    assert corrected.output == "Changed: client_secret.\nIntercom lets Deskmark in.\n"
    assert secrets(tmp_path, database)["client_secret"] == "second"
    database.close()


def test_nothing_given_changes_nothing(run: Run, database: Database) -> None:
    with Intercom() as desk:
        connect(run, desk, "intercom", access_token=desk.secrets["access_token"], client_secret="first")
        before = stored(database).secrets
        done = run("credentials", stored(database).id, typed="\n\n")
    assert "OAuth" not in done.output, "only what the kind has"
    assert done.output.splitlines()[-1] == "Nothing was changed."
    assert stored(database).secrets == before
    assert run("credentials", "nobody").exit_code == 1
    database.close()


def test_an_address_that_is_no_helpdesk(run: Run, database: Database) -> None:
    with Zendesk() as desk:
        given = {"access_token": "t", "client_secret": "s"}
        done = connect(run, desk, "intercom", **given)
    assert "Connected, but refused: " in done.output
    assert "answers, but not as Intercom does" in done.output
    number = stored(database).id
    away = run("credentials", number, DESKMARK_CONNECT_INTERCOM_ACCESS_TOKEN="u")
    assert away.exit_code == 0, away.output
    assert f"it is asked again by itself; see deskmark installations test {number}." in away.output
    database.close()


def test_after_disconnecting_they_are_given_again(run: Run, database: Database) -> None:
    with Zendesk() as desk:
        given = {name: desk.secrets[name] for name in ("client_id", "client_secret")}
        connect(run, desk, "zendesk", **given)
        number = stored(database).id
        assert run("leave", number, "--disconnect", "--confirm", "acme").exit_code == 0
        assert f"deskmark installations credentials {number}" in run("reconnect", number).output
        again = {f"DESKMARK_CONNECT_ZENDESK_{name}".upper(): value for name, value in given.items()}
        done = run("credentials", number, **again)
        assert f"deskmark installations reconnect {number}" in done.output
        assert run("reconnect", number).exit_code == 0
    assert stored(database).disconnected_at is None
    database.close()
