"""Setting helpdesks up from the command line, against the stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.zendesk.sandbox import Sandbox as Zendesk
from service.commands import installations, running
from service.embedded import own_settings
from service.store.database import Database
from service.store.models import Installation
from service.store.secrets import SecretBox

Run = Callable[..., Result]
PUBLIC = {"PUBLIC_URL": "https://desk.example"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    group = click.Group(
        commands={command.name or "": command for command in (*running.COMMANDS, *installations.COMMANDS)}
    )

    def invoke(*arguments: str, **environment: str) -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), "DESKMARK_SANDBOX": "true", **environment}
        return CliRunner(env=known).invoke(group, arguments)

    return invoke


def connected(tmp_path: Path) -> tuple[Installation, dict[str, str]]:
    own = own_settings(data_dir=tmp_path)
    database = Database(own.database)
    with database.read() as session:
        row = session.scalars(select(Installation)).one()
    database.close()
    return row, SecretBox(own.secret_key.get_secret_value()).unlock(row.secrets)


def connect(run: Run, sandbox: Zendesk | Intercom, connector: str, *fields: str) -> None:
    given = [part for name in fields for part in (f"--{name.replace('_', '-')}", sandbox.secrets[name])]
    done = run("installations", "connect", connector, "--account", "acme", "--base-url", sandbox.base_url, *given)
    assert done.exit_code == 0, done.output


def test_zendesk_is_prepared_over_its_api(run: Run, tmp_path: Path) -> None:
    with Zendesk(with_fields=False) as sandbox:
        connect(run, sandbox, "zendesk", "client_id", "client_secret")
        row, secrets = connected(tmp_path)
        assert "webhook_secret" not in secrets
        before = run("installations", "check", row.id)
        assert before.exit_code == 1
        assert "open" in before.output

        done = run("installations", "prepare", row.id, **PUBLIC)
        assert done.exit_code == 0, done.output
        assert f"https://desk.example/webhooks/zendesk/{row.id}" in done.output
        row, secrets = connected(tmp_path)
        assert set(row.options) == {"dm_resolution", "dm_effort", "dm_outcome", "dm_definitions", "dm_scored_at"}
        assert secrets["webhook_secret"] not in done.output

        after = run("installations", "check", row.id)
        assert after.exit_code == 0, after.output


def test_intercom_is_looked_at_and_prepared_by_hand(run: Run, tmp_path: Path) -> None:
    with Intercom() as sandbox:
        connect(run, sandbox, "intercom", "access_token", "client_secret")
        row, _ = connected(tmp_path)

        assert "subscribe to" in run("installations", "check", row.id, **PUBLIC).output
        refused = run("installations", "prepare", row.id, **PUBLIC)

    assert refused.exit_code == 1
    assert "cannot be made" in refused.output


def test_a_helpdesk_that_does_not_let_us_in_is_said_so(run: Run, tmp_path: Path) -> None:
    with Zendesk() as sandbox:
        done = run(
            "installations", "connect", "zendesk", "--account", "acme", "--base-url", sandbox.base_url,
            "--client-id", "deskmark", "--client-secret", "wrong",
        )  # fmt: skip
        assert done.exit_code == 0
        row, _ = connected(tmp_path)
        assert run("installations", "check", row.id).exit_code == 1
        assert run("installations", "prepare", row.id, **PUBLIC).exit_code == 1
    gone = run("installations", "check", row.id)

    assert gone.exit_code == 1
    assert "does not answer" in gone.output


def test_what_is_needed_first_is_said(run: Run) -> None:
    assert run("migrate").exit_code == 0
    assert "set PUBLIC_URL" in run("installations", "prepare", "nobody").output
    assert "no helpdesk is connected as nobody" in run("installations", "prepare", "nobody", **PUBLIC).output
    assert "no helpdesk is connected as nobody" in run("installations", "check", "nobody").output
