"""`deskmark apps` and the language by command, as an admin types them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
from sqlalchemy import select, update
from ticket_app import HOST, INSTALLED, public_pem
from typed import Run, connected, typed

from service.commands.apps import COMMANDS
from service.commands.installations.setting import set_options
from service.embedded import own_settings
from service.store import installations, ticket_apps
from service.store.database import Database, migrate
from service.store.models import Installation
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'd.sqlite3'}"
    migrate(url)
    opened = Database(url)
    connected(opened)
    yield opened
    opened.close()


@pytest.fixture
def run(tmp_path: Path, database: Database) -> Run:
    return typed([*COMMANDS, set_options], tmp_path, database, PUBLIC_URL="https://deskmark.example.com")


@pytest.fixture
def with_secrets(run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The helpdesk `i1` is at Zendesk's, with credentials."""
    monkeypatch.setenv("DESKMARK_DATA_DIR", str(tmp_path))
    box = SecretBox(own_settings().secret_key.get_secret_value())
    locked = box.lock({"client_id": "deskmark", "client_secret": "s"})
    with database.begin() as session:
        session.execute(update(Installation).values(base_url=f"https://{HOST}", secrets=locked))


def test_the_zip(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "app.zip"
    said = run("apps", "zendesk", "i1", "--output", str(output))
    assert said.exit_code == 0, said.output
    assert "deskmark apps find i1" in said.output
    assert "manifest.json" in zipfile.ZipFile(output).namelist()
    first = output.read_bytes()
    run("apps", "zendesk", "i1", "--output", str(output))
    assert output.read_bytes() == first
    assert "no helpdesk is connected as i2" in run("apps", "zendesk", "i2", "--output", str(output)).output


def test_without_an_address_there_is_no_app(tmp_path: Path, database: Database) -> None:
    said = typed(COMMANDS, tmp_path, database, PUBLIC_URL="http://deskmark.example.com")("apps", "zendesk", "i1")
    assert said.exit_code == 1
    assert "set PUBLIC_URL" in said.output


def test_only_zendesk_has_an_app(run: Run, database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Installation).values(connector="intercom"))
    assert "only Zendesk has an app to upload" in run("apps", "zendesk", "i1").output
    assert "only Zendesk has an app to upload" in run("apps", "find", "i1").output


def test_the_key_from_a_file(run: Run, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(public_pem())
    said = run("apps", "find", "i1", "--number", INSTALLED, "--key", str(file))
    assert said.exit_code == 0, said.output
    with database.read() as session:
        app = ticket_apps.get(session, "i1")
        assert app is not None
        assert app.public_key == public_pem()
        assert session.scalars(select(AuditEntry.action)).all() == ["find ticket app"]
    file.write_text("nothing")
    assert "is not a public key" in run("apps", "find", "i1", "--number", INSTALLED, "--key", str(file)).output
    assert run("apps", "find", "i1", "--number", INSTALLED).exit_code == 2


@responses.activate
def test_the_key_asked_of_zendesk(run: Run, database: Database, with_secrets: None) -> None:
    responses.post(f"https://{HOST}/oauth/tokens", json={"access_token": "t", "expires_in": 900})
    ours = {"id": int(INSTALLED), "app_id": 55, "settings": {"name": "Deskmark"}}
    responses.get(f"https://{HOST}/api/v2/apps/installations", json={"installations": [ours]})
    responses.get(f"https://{HOST}/api/v2/apps/55/public_key.pem", body=public_pem())
    said = run("apps", "find", "i1")
    assert said.exit_code == 0, said.output
    assert INSTALLED in said.output


def test_the_language_by_command(run: Run, database: Database, with_secrets: None) -> None:
    assert run("set", "i1", "language=fr").output == "Set.\n"
    with database.read() as session:
        row = installations.get(session, "i1")
        assert row is not None
        assert row.language == "fr"
    assert "language=fr" in run("set", "i1").output
    wrong = run("set", "i1", "language=nl")
    assert wrong.exit_code == 1
    assert "language must be one of en, de, fr, es, pt, ja" in wrong.output
