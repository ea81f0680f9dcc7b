"""The commands around the service, as an admin types them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from connectors.zendesk.options import Options as ZendeskOptions
from service.commands import installations, running
from service.embedded import own_settings
from service.store.database import Database
from service.store.models import Delivery, Installation
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox
from service.web.kinds import KINDS
from service.writeback import FIELDS
from tasks.runtime import utc_now

pytestmark = pytest.mark.usefixtures("no_helpdesk")
Run = Callable[..., Result]
CONNECT = (
    "installations",
    "connect",
    "zendesk",
    "--account",
    "acme",
    "--base-url",
    "https://acme.zendesk.com",
    "--client-id",
    "deskmark",
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    group = click.Group(
        commands={command.name or "": command for command in (*running.COMMANDS, *installations.COMMANDS)}
    )

    def invoke(*arguments: str, typed: str = "", **environment: str) -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), **environment}
        return CliRunner(env=known).invoke(group, arguments, input=typed)

    return invoke


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(own_settings(data_dir=tmp_path).database)


def test_connecting_asks_for_secrets_unseen_and_prints_the_webhook_address(
    run: Run, database: Database, tmp_path: Path
) -> None:
    done = run(*CONNECT, "--bot-author-ids", "31,32", typed="hush-hush\n")

    assert done.exit_code == 0, done.output
    with database.read() as session:
        row = session.scalars(select(Installation)).one()
    box = SecretBox(own_settings(data_dir=tmp_path).secret_key.get_secret_value())
    assert box.unlock(row.secrets) == {"client_id": "deskmark", "client_secret": "hush-hush"}
    assert row.options == {"bot_author_ids": ["31", "32"]}
    assert f"/webhooks/zendesk/{row.id}" in done.output
    assert "Connected, but Zendesk could not be asked" in done.output
    assert "set PUBLIC_URL" in done.output
    assert "hush-hush" not in done.output
    database.close()


def test_secrets_may_come_from_the_environment(run: Run) -> None:
    done = run(
        "installations", "connect", "intercom", "--account", "acme",
        DESKMARK_CONNECT_INTERCOM_ACCESS_TOKEN="t", DESKMARK_CONNECT_INTERCOM_CLIENT_SECRET="s", PUBLIC_URL="https://desk.example",
    )  # fmt: skip

    assert "https://desk.example/webhooks/intercom/" in done.output
    assert "set PUBLIC_URL" not in done.output


def test_what_cannot_be_used_is_said(run: Run) -> None:
    assert "client secret is needed" in run(*CONNECT, "--client-secret", " ").output
    assert run(*CONNECT, typed="s\n").exit_code == 0

    again = run(*CONNECT, typed="s\n")

    assert again.exit_code == 1
    assert "connected already; correct its credentials with deskmark installations credentials ID" in again.output


@pytest.mark.parametrize(
    "command",
    [
        ("installations",),
        ("sign-in-link",),
        ("installations", "guide", "x"),
        ("installations", "set", "x"),
        ("installations", "prepare", "x"),
        ("installations", "writing", "x", "on"),
    ],
    ids="-".join,
)
def test_in_a_folder_without_data_nothing_is_made(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    elsewhere = tmp_path / "elsewhere"
    done = run(*command, DESKMARK_DATA_DIR=str(elsewhere))

    assert done.exit_code == 1
    assert f"no Deskmark data in {elsewhere}; run it where `deskmark up` runs" in done.output
    assert not elsewhere.exists()


def test_a_database_that_is_named_needs_no_data_folder(run: Run, tmp_path: Path, sqlite_url: str) -> None:
    done = run("installations", DESKMARK_DATA_DIR=str(tmp_path / "new"), DATABASE_URL=sqlite_url)

    assert "No helpdesk is connected" in done.output


def test_installations_are_listed_and_writing_switched(run: Run, database: Database) -> None:
    assert "No helpdesk is connected" in run("installations").output
    run(*CONNECT, typed="s\n")
    with database.begin() as session:
        row = session.scalars(select(Installation)).one()
    assert "writing off  no webhook yet" in run("installations").output

    assert run("installations", "writing", row.id, "on").output.startswith("Writing is on.")
    with database.begin() as session:
        session.add(Delivery(installation_id=row.id, key="k", event="e", signal="ended", received_at=utc_now()))
    listed = run("installations").output

    assert "writing on  last webhook" in listed
    assert f"/webhooks/zendesk/{row.id}" in listed
    assert "refused" not in listed
    with database.begin() as session:
        session.get_one(Installation, row.id).refused_count = 1
        session.get_one(Installation, row.id).refused_at = utc_now()
    assert "  1 webhook refused, last" in run("installations").output
    assert run("installations", "writing", "nobody", "off").exit_code == 1
    database.close()


def test_a_sign_in_link_is_printed(run: Run) -> None:
    assert run("migrate").output == "The database is up to date.\n"
    assert "/sign-in/" in run("sign-in-link").output


def test_a_key_is_one_that_is_accepted(run: Run) -> None:
    assert SecretBox(run("key").output.strip())


def test_unusable_settings_are_named(run: Run) -> None:
    done = run("migrate", DESKMARK_SETTLE_SECONDS="soon")

    assert done.exit_code == 1
    assert "DESKMARK_SETTLE_SECONDS:" in done.output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "nonsense"),
        ("PUBLIC_URL", "desk.example"),
        ("PUBLIC_URL", "https://"),
    ],
)
def test_an_address_of_the_wrong_kind_is_named(run: Run, name: str, value: str) -> None:
    done = run("migrate", **{name: value})

    assert done.exit_code == 1
    assert f"{name}: " in done.output
    assert "Traceback" not in done.output


def test_connecting_says_what_comes_next(run: Run, database: Database) -> None:
    done = run("installations", "connect", "zendesk", "--account", "acme", "--client-id", "deskmark", typed="s\n")
    with database.read() as session:
        row = session.scalars(select(Installation)).one()

    assert row.base_url == "https://acme.zendesk.com"
    assert f"deskmark installations prepare {row.id}" in done.output
    other = run("installations", "connect", "intercom", "--account", "acme", typed="t\ns\n")
    assert "Paste this address into Intercom's webhook next" in other.output
    assert "installations prepare" not in other.output
    database.close()


def test_a_damaged_key_file_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")

    assert "keys.json is damaged" in run("migrate").output


def test_an_unreachable_database_is_named_without_its_password(run: Run) -> None:
    done = run("migrate", DATABASE_URL="postgresql://ada:hush@127.0.0.1:1/deskmark")

    assert done.exit_code == 1
    assert "DATABASE_URL" in done.output
    assert "hush" not in done.output


def test_up_names_the_port_in_use(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("up", "--port", str(taken.getsockname()[1]))

    assert done.exit_code == 1
    assert "--port" in done.output


def test_the_guide_names_everything_to_click_and_paste(run: Run) -> None:
    before = run("installations", "guide", "zendesk", PUBLIC_URL="https://desk.example").output
    assert "[open] Make an OAuth client" in before
    assert "Redirect URLs: https://desk.example/installations/oauth/zendesk" in before
    assert '"ticket_id": "{{ticket.id}}"' in before
    assert "Scope: read   (" in before
    other = run("installations", "guide", "intercom").output
    assert "Permission: Write tags   (" in other
    assert "conversation.admin.closed" in other
    done = run("installations", "guide", "zendesk", DESKMARK_ZENDESK_CLIENT_ID="ours").output
    assert "[done] An OAuth client" in done


def test_the_guide_of_an_installation_says_what_is_done(run: Run, database: Database) -> None:
    run(*CONNECT, typed="s\n")
    with database.read() as session:
        row = session.scalars(select(Installation)).one()

    shown = run("installations", "guide", row.id, PUBLIC_URL="https://desk.example").output

    assert "[done] Make an OAuth client" in shown
    assert "[open] Ticket fields" in shown
    assert f"Endpoint URL: https://desk.example/webhooks/zendesk/{row.id}" in shown
    assert shown.splitlines()[-1].startswith("Open: Ticket fields, Webhook, ")
    database.close()


def test_options_are_set_by_name(run: Run, database: Database) -> None:
    run(*CONNECT, typed="s\n")
    with database.read() as session:
        number = session.scalars(select(Installation)).one().id

    done = run("installations", "set", number, "rate=200/minute", "account_group=acme", "bot_author_ids=31, 32")
    faster = run("installations", "set", number, "incremental_rate=30/minute")

    assert done.output == faster.output == "Set.\n"
    with database.read() as session:
        row = session.scalars(select(Installation)).one()
        entries = session.scalars(select(AuditEntry)).all()
    assert row.options == {"rate": "200/minute", "bot_author_ids": ["31", "32"], "incremental_rate": "30/minute"}
    assert row.account_group == "acme"
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("connect helpdesk", "command line"),
        ("change installation", "command line"),
        ("change installation", "command line"),
    ]
    assert "rate=200/minute" in run("installations", "set", number).output
    run("installations", "set", number, "account_group=", "rate=", "incremental_rate=")
    with database.read() as session:
        row = session.scalars(select(Installation)).one()
    assert (row.account_group, row.options) == (None, {"bot_author_ids": ["31", "32"]})
    database.close()


@pytest.mark.parametrize(
    ("connector", "options"),
    [
        ("zendesk", {each.name for each in fields(ZendeskOptions)} - {"prefix", "field_ids"} | {*FIELDS}),
        ("zendesk", {"webhook_tolerance_seconds"}),
        ("intercom", {"admin_id", "emails_verified", "bot_author_ids", "bot_email_patterns", "bot_tags"}),
    ],
)
def test_every_option_that_a_connector_reads_can_be_set(connector: str, options: set[str]) -> None:
    assert options <= {each.name for each in KINDS[connector].fields if not each.kept.encrypted}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("rate=soon", "must be a rate such as 400/minute"),
        ("conversation_log=perhaps", "must be auto, always or never"),
        ("webhook_tolerance_seconds=-1", "must be a number"),
        ("base_url=https://evil.example", "must be https://your-account.zendesk.com"),
        ("client_secret=x", "client_secret cannot be set"),
        ("rate", "rate cannot be set"),
    ],
)
def test_what_cannot_be_set_is_said(run: Run, database: Database, given: str, said: str) -> None:
    run(*CONNECT, typed="s\n")
    with database.read() as session:
        number = session.scalars(select(Installation)).one().id

    done = run("installations", "set", number, given)

    assert done.exit_code == 1
    assert said in done.output
    database.close()
