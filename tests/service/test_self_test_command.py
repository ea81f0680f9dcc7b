"""`deskmark installations test` against a stand-in; what a worker takes up is the same test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.limiter import Limiter
from connectors.registry import connectors
from service.commands.installations import installations
from service.conversation import Author, Contact, Conversation, Message, Role
from service.embedded import own_settings
from service.store import self_tests as store
from service.store.database import Database
from service.store.models import Installation
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox, new_key
from tasks.runtime import Clients, utc_now
from tasks.self_testing import run_kept

Run = Callable[..., Result]
STORY = Conversation(
    "s",
    (Message("1", Author(Role.CUSTOMER, "c"), "Hello?"), Message("2", Author(Role.BOT, "b"), "Hi.")),
    contact=Contact("c1"),
    closed_at=utc_now(),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*arguments: str, **environment: str) -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), "DESKMARK_SANDBOX": "true", "PUBLIC_URL": "https://d.example"}
        return CliRunner(env={**known, **environment}).invoke(installations, arguments)

    return invoke


def connect(run: Run, sandbox: Intercom, tmp_path: Path) -> str:
    given = [part for name, value in sandbox.secrets.items() for part in (f"--{name.replace('_', '-')}", value)]
    done = run("connect", "intercom", "--account", "acme", "--base-url", sandbox.base_url, *given)
    assert done.exit_code == 0, done.output
    database = Database(own_settings(data_dir=tmp_path).database)
    with database.read() as session:
        found = session.scalars(select(Installation.id)).one()
    database.close()
    return found


def test_steps_are_told_with_what_is_next(run: Run, tmp_path: Path) -> None:
    with Intercom() as sandbox:
        installation = connect(run, sandbox, tmp_path)
        number = sandbox.seed(STORY)

        done = run("test", installation, "--conversation", number, "--write")

        assert done.exit_code == 0, done.output
        assert "ok    credentials   We write as teammate" in done.output
        assert "open  signature     Waiting" in done.output
        assert "Next: In the Developer Hub" in done.output
        assert "The tag dm__test was written" in done.output
        assert "dm__test" not in sandbox.snapshot(number).tags

        sandbox.elsewhere = True
        as_json = run("test", installation, "--json")
    assert as_json.exit_code == 1
    steps = json.loads(as_json.output)["steps"]
    assert [step["outcome"] for step in steps] == ["failed", *["skipped"] * 9]
    database = Database(own_settings(data_dir=tmp_path).database)
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "test installation")).all()
    database.close()
    assert [entry.actor for entry in entries] == ["command line", "command line"]
    assert entries[0].details == {"conversation": number, "write": "yes"}


def test_an_unknown_author_is_told(run: Run, tmp_path: Path) -> None:
    with Intercom() as sandbox:
        installation = connect(run, sandbox, tmp_path)
        number = sandbox.seed(STORY)
        for part in sandbox.workspace.conversations[number]["parts"]:
            part["author"] = {"type": "robot", "id": "815"}
        done = run("test", installation, "--conversation", number)
    assert "unknown author 815: " in done.output
    assert f"in conversation {number}" in done.output


def test_what_cannot_be_asked(run: Run, tmp_path: Path) -> None:
    assert "--write needs --conversation" in run("test", "x", "--write").output
    with Intercom() as sandbox:
        installation = connect(run, sandbox, tmp_path)
    assert "no helpdesk is connected as x" in run("test", "x").output
    database = Database(own_settings(data_dir=tmp_path).database)
    with database.begin() as session:
        store.ask(session, installation, now=utc_now())
    database.close()
    assert "is under way" in run("test", installation).output


def test_secrets_under_another_key(run: Run, tmp_path: Path) -> None:
    with Intercom() as sandbox:
        installation = connect(run, sandbox, tmp_path)
    database = Database(own_settings(data_dir=tmp_path).database)
    with database.begin() as session:
        store.ask(session, installation, now=utc_now())
    clients = Clients(connectors(), Limiter(), local=True)
    seen = run_kept(database, clients, SecretBox(new_key()), installation, webhook_base="")
    database.close()
    assert "unreadable with this DESKMARK_SECRET_KEY" in seen.steps[0].seen
    assert "Put the key" in seen.steps[0].action
