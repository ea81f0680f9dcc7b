"""`deskmark installations pause` and `resume`, and what the list says of how each stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from service.commands import installations
from service.embedded import own_settings
from service.store import installations as store
from service.store import pausing
from service.store.database import Database, migrate
from service.store.models import Installation
from service.store.notices import Kind
from service.store.people_models import AuditEntry
from tasks.runtime import utc_now

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    group = click.Group(commands={command.name or "": command for command in installations.COMMANDS})

    def invoke(*arguments: str) -> Result:
        return CliRunner(env={"DESKMARK_DATA_DIR": str(tmp_path)}).invoke(group, ("installations", *arguments))

    return invoke


@pytest.fixture
def database(tmp_path: Path) -> Database:
    url = own_settings(data_dir=tmp_path).database
    migrate(url)
    opened = Database(url)
    with opened.begin() as session:
        new = store.NewInstallation(
            connector="zendesk",
            account="acme",
            base_url="https://acme.zendesk.com",
            secrets=b"",
            prefix="dm__",
            id="i1",
        )
        store.add(session, new, now=utc_now())
    return opened


def row_of(database: Database) -> Installation:
    with database.read() as session:
        return session.get_one(Installation, "i1")


def test_an_admin_pauses_and_goes_on(run: Run, database: Database) -> None:
    done = run("pause", "i1")
    assert (done.exit_code, row_of(database).enabled) == (0, False), done.output
    assert "paused by an admin; go on with: deskmark installations resume i1" in run().output
    with database.begin() as session:
        pausing.pause(session, "i1", Kind.QUOTA_GONE, now=utc_now(), until=utc_now() + timedelta(hours=1))
    done = run("resume", "i1")
    assert (done.output, row_of(database).enabled, row_of(database).paused_at) == (
        "It goes on; 0 conversations waited.\n", True, None,
    )  # fmt: skip
    with database.read() as session:
        assert [each.action for each in session.query(AuditEntry)] == ["pause installation", "resume installation"]


def test_the_list_says_how_each_stands(run: Run, database: Database) -> None:
    with database.begin() as session:
        pausing.pause(session, "i1", Kind.CREDENTIALS_REFUSED, now=utc_now(), until=utc_now() + timedelta(hours=1))
        store.change(session, "i1", missed_count=1, missed_at=utc_now())
    told = run().output
    assert "UTC: The helpdesk refuses our credentials." in told
    assert "1 conversation came without a webhook and were found by asking, last" in told


def test_one_that_was_left_cannot_go_on(run: Run, database: Database) -> None:
    with database.begin() as session:
        store.change(session, "i1", disconnected_at=utc_now(), missed_count=3)
    done = run("resume", "i1")
    assert done.exit_code == 1
    assert "was disconnected" in done.output
    assert "disconnected since" in run().output
    assert "3 conversations came without a webhook" in run().output


def test_nobody_of_that_name(run: Run, database: Database) -> None:
    assert run("pause", "i9").exit_code == 1
