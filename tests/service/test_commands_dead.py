"""deskmark dead: what was given up, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from service.commands.dead import dead
from service.embedded import own_settings
from service.store import conversations, deliveries, failures, installations
from service.store.database import Database, migrate
from service.store.failure_models import Happened
from service.store.failures import Wrong
from service.store.models import Conversation, DeliveryState, State, WriteState
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox
from tasks.runtime import utc_now

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*arguments: str, **environment: str) -> Result:
        known = {"DESKMARK_DATA_DIR": str(tmp_path), **environment}
        return CliRunner(env=known).invoke(dead, arguments)

    return invoke


@pytest.fixture
def house(tmp_path: Path) -> SimpleNamespace:
    """A data folder with one conversation that could be neither scored nor written, and a delivery given up."""
    given = own_settings(data_dir=tmp_path)
    migrate(given.database)
    opened, now = Database(given.database), utc_now()
    with opened.begin() as session:
        new = installations.NewInstallation(
            connector="zendesk",
            account="acme",
            base_url="https://acme.zendesk.com",
            secrets=SecretBox(given.secret_key.get_secret_value()).lock({}),
            prefix="dm__",
            id="i1",
        )
        owner = installations.add(session, new, now=now)
        row_id = conversations.announce(session, owner, "4711", at=now, now=now)
        row = session.get_one(Conversation, row_id)
        row.state, row.due_at, row.error = State.DEAD, None, "GET /api/v2/tickets/4711: HTTP 403"
        row.write_state, row.write_error = WriteState.DEAD, "PUT /api/v2/tickets/4711: HTTP 422"
        session.flush()
        failures.of_conversations(
            session,
            [row_id],
            Wrong(Happened.PUT_OFF, "score", "unforeseen: KeyError", 2, ["mapping.py:4 read"]),
            now=now,
        )
        number, _ = deliveries.record(
            session, deliveries.Received("i1", "k", "e", "ended", external_id="4711"), now=now, hold=given.hold
        )
        deliveries.settle(session, number, DeliveryState.DEAD, "given up")
    yield SimpleNamespace(database=opened, row=row_id, delivery=str(number))
    opened.close()


def test_listed_by_error_and_one_by_one(run: Run, house: SimpleNamespace) -> None:
    by_error = run("list").output
    assert "1  score       GET /api/v2/tickets/…: HTTP 403" in by_error
    assert "1  write_back  PUT /api/v2/tickets/…: HTTP 422" in by_error
    assert "1  ingest      given up" in by_error
    assert run("list", "--work", "score").output.startswith(f"{house.row}  zendesk 4711")


def test_one_with_its_attempts(run: Run, house: SimpleNamespace) -> None:
    said = run("show", "score", house.row).output
    assert "error: GET /api/v2/tickets/4711: HTTP 403" in said
    assert "put_off  attempt 2  unforeseen: KeyError" in said
    assert "    mapping.py:4 read" in said
    missing = run("show", "write_back", "nobody")
    assert (missing.exit_code, "deskmark dead list --work write_back" in missing.output) == (1, True)


@pytest.mark.parametrize("broker", [False, True])
def test_replayed(run: Run, house: SimpleNamespace, valkey: str, broker: bool) -> None:
    environment = {"REDIS_URL": valkey} if broker else {}
    for kind, name in (("score", house.row), ("write_back", house.row), ("ingest", house.delivery)):
        assert run("replay", kind, name, **environment).output == "Started anew: 1.\n"
    with house.database.read() as session:
        row = session.get_one(Conversation, house.row)
        assert (row.state, row.write_state) == (State.NEW, WriteState.PENDING)
        assert row.due_at is not None
        assert {entry.actor for entry in session.scalars(select(AuditEntry))} == {"command line"}
    assert run("list").output == "Nothing was given up.\n"


def test_dropped_by_error(run: Run, house: SimpleNamespace) -> None:
    assert run("drop", "score", "--error", "GET /api/v2/tickets/…: HTTP 403").output == "Put aside: 1.\n"
    again = run("drop", "score", "--error", "GET /api/v2/tickets/…: HTTP 403")
    assert (again.exit_code, "see deskmark dead list" in again.output) == (1, True)
    assert run("drop", "score").exit_code == 2
    assert run("drop", "score", house.row, "--error", "x").exit_code == 2
    with house.database.read() as session:
        assert session.get_one(Conversation, house.row).state == State.DROPPED
    assert run("list", "--work", "score").output == ""
