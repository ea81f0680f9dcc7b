"""Erasing a person and choosing a retention, as an admin types them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from service.cli import main
from service.embedded import own_settings
from service.store import conversations, installations
from service.store.database import Database, migrate
from service.store.models import Conversation, Installation
from service.store.people_models import AuditEntry
from service.store.secrets import new_key

Run = Callable[..., Result]
OLD = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*arguments: str, typed: str = "") -> Result:
        return CliRunner(env={"DESKMARK_DATA_DIR": str(tmp_path)}).invoke(main, arguments, input=typed)

    return invoke


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Database]:
    """A helpdesk with an old conversation of somebody."""
    given = own_settings(data_dir=tmp_path)
    migrate(given.database)
    opened = Database(given.database)
    new = installations.NewInstallation(
        connector="zendesk", account="acme", base_url="", secrets=b"", prefix="dm__", id="i1"
    )
    document = {
        "id": "1",
        "helpdesk": "zendesk",
        "account": "acme",
        "contact": {"id": "c1", "email": "pat@example.com", "email_verified": True},
        "messages": [{"id": "m", "author": {"role": "customer"}, "text": "call 020 7946 0018"}],
    }
    with opened.begin() as session:
        row = installations.add(session, new, now=OLD)
        read = conversations.ReadConversation(document, {}, "email", OLD, OLD, OLD, False)
        row_id = conversations.keep(session, row, "1", read, now=OLD)
        session.get_one(Conversation, row_id).due_at = None
    yield opened
    opened.close()


def text(opened: Database) -> object:
    with opened.read() as session:
        return session.scalars(select(Conversation.document)).one()


def actions(opened: Database) -> list[str]:
    with opened.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_erasing_asks_first_and_leaves_a_receipt(run: Run, stored: Database, tmp_path: Path) -> None:
    (tmp_path / "export.jsonl").write_text('{"email": "pat@example.com"}\n')
    (tmp_path / "other.csv").write_text("pat@example.org\n")
    assert run("erasures").output == "Nobody was erased yet.\n"
    seen = run("erase", "--email", "Pat@Example.com", "--dry-run")
    assert seen.output.startswith("1 conversations, 1 texts,")
    refused = run("erase", "--email", "pat@example.com", typed="n\n")
    assert refused.exit_code == 1
    assert text(stored) is not None
    done = run("erase", "--email", "pat@example.com", "--installation", "zendesk", "--yes")
    assert done.exit_code == 0, done.output
    assert text(stored) is None
    assert "Receipt 1: erased" in done.output
    assert "by command line" in done.output
    assert "The helpdesks themselves were not touched" in done.output
    assert "export.jsonl names the person" in done.output
    assert "other.csv" not in done.output
    kept = run("erasures").output
    assert "who: email, keyed hash" in kept
    assert "where: i1; kept away: yes" in kept
    assert "pat" not in kept
    assert actions(stored) == ["erase person"]


def test_without_its_key_nobody_can_be_kept_away(run: Run, stored: Database, tmp_path: Path) -> None:
    assert run("erase", "--contact", "c9", "--yes").exit_code == 0
    kept = json.loads((tmp_path / "keys.json").read_text())
    (tmp_path / "keys.json").write_text(json.dumps({**kept, "secret_key": new_key()}))
    for flag in ("--yes", "--let-back"):
        refused = run("erase", "--contact", "c1", flag)
        assert refused.exit_code == 1
        assert "lacks the key" in refused.output
    assert text(stored) is not None


def test_letting_somebody_back(run: Run, stored: Database) -> None:
    assert "Nobody of that name" in run("erase", "--phone", "+44 20 7946 0018", "--let-back").output
    assert run("erase", "--phone", "+44 20 7946 0018", "--yes").exit_code == 0
    assert "kept again" in run("erase", "--phone", "020 7946 0018", "--let-back").output
    assert "kept away: no" in run("erasures").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name the person by one of"),
        (("--email", "a@b.c", "--phone", "1234567"), "name the person by one of"),
        (("--email", "nobody"), "no e-mail address"),
        (("--contact", "7", "--installation", "x"), "no helpdesk is connected as x"),
    ],
)
def test_what_cannot_be_erased_is_said(run: Run, stored: Database, arguments: tuple[str, ...], says: str) -> None:
    result = run("erase", *arguments)
    assert result.exit_code != 0
    assert says in result.output


def test_retention_asks_before_texts_go(run: Run, stored: Database) -> None:
    with stored.read() as session:
        ended = session.scalars(select(Conversation.ended_at)).one()
    assert ended is not None
    old = datetime.now(UTC) - ended
    assert old > timedelta(days=30)
    refused = run("installations", "retention", "i1", "30", typed="n\n")
    assert "1 conversations lose their text now" in refused.output
    assert text(stored) is not None
    done = run("installations", "retention", "i1", "30", typed="y\n")
    assert "Texts are dropped 30 days after the end." in done.output
    assert "1 conversations lost their text" in done.output
    assert text(stored) is None
    assert run("installations", "retention", "i1", "keep").output == "Texts are kept.\n"
    with stored.read() as session:
        assert session.get_one(Installation, "i1").retention_days is None
    assert actions(stored) == ["change retention", "change retention"]


@pytest.mark.parametrize(
    ("days", "says"),
    [("2", "texts can be kept for 8 to 3650 days"), ("soon", "neither a number"), ("-5", "No such option")],
)
def test_a_retention_that_cannot_be(run: Run, stored: Database, days: str, says: str) -> None:
    result = run("installations", "retention", "i1", days)
    assert result.exit_code != 0
    assert says in result.output


def test_a_helpdesk_that_is_not_connected(run: Run, stored: Database) -> None:
    assert "no helpdesk is connected as x" in run("installations", "retention", "x", "30").output


def test_an_id_is_of_one_helpdesk_only(run: Run, stored: Database) -> None:
    with stored.begin() as session:
        new = installations.NewInstallation("intercom", "w2", "https://api.intercom.io", b"", "dm__", id="i2")
        installations.add(session, new, now=datetime.now(UTC))
    refused = run("erase", "--contact", "c1", "--yes")
    assert (refused.exit_code, "name the helpdesk" in refused.output) == (2, True)
    assert text(stored) is not None
    assert run("erase", "--contact", "c1", "--installation", "i2", "--yes").exit_code == 0
    assert text(stored) is not None
    assert run("erase", "--contact", "c1", "--installation", "i1", "--yes").exit_code == 0
    assert text(stored) is None
