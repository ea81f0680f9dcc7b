"""A real worker is killed in the middle of a backfill, wherever it asks the helpdesk: nothing twice, nothing lost.

Zendesk's history goes into PostgreSQL, Intercom's into SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from house import PATIENCE, House, inhabited, until
from sqlalchemy import func, select

from service.conversation import Channel, Contact
from service.store import backfills, installations
from service.store.backfill_models import BackfillPart, BackfillState
from service.store.models import Conversation, State, WriteState

MANY = 6
GATES = {
    "zendesk": ("/incremental/tickets", "/incremental/ticket_events", "/audits"),
    "intercom": ("/conversations/search", "/contacts/"),
}


@pytest.fixture(scope="module", params=["zendesk", "intercom"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with inhabited(request, sqlite=request.param == "intercom") as house:
        house.desks["zendesk"].limits.incremental = 1000
        options = {**house.desks["zendesk"].options, "incremental_rate": "1000/minute"}
        with house.database.begin() as session:
            installations.change(session, "zendesk", options=options)
        house.start("ingest", "score", "writeback", "beat")
        yield house


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> str:
    """The helpdesk that the house's database is for."""
    return str(request.node.callspec.params["house"])


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_killed_while_asking(house: House, desk: str, kit: Any, number: int, before: bool) -> None:
    if number >= len(GATES[desk]):
        number, before = 1, not before  # Intercom has two places only: the last one once more.
    path = GATES[desk][number]
    start = datetime.now(UTC) - timedelta(hours=2)
    name = f"{number}{before}{datetime.now(UTC).timestamp()}"
    keys = [house.desks[desk].seed(_told(kit, desk, f"{name}-{n}", start)) for n in range(MANY)]
    with house.wires[desk].held("POST" if path.endswith("search") else "GET", path, before=before) as gate:
        with house.database.begin() as session:
            backfills.drop(session, desk)
            backfills.begin(
                session, desk, since=start - timedelta(hours=1), until=start + timedelta(hours=1), share=100,
                now=datetime.now(UTC),
            )  # fmt: skip
        assert gate.reached.wait(PATIENCE)
        house.kill("writeback")
    house.start("writeback")

    until(lambda: _state(house, desk) == BackfillState.DONE, "the backfill is done")

    with house.database.read() as session:
        row = backfills.get(session, desk)
        assert row is not None
        known = row.counts.get("known", 0)
        assert row.counts["found"] == row.counts["stored"] + known
        mine = Conversation.installation_id == desk
        stored = session.scalar(select(func.count()).where(mine, Conversation.backfilled)) or 0
        assert stored == row.counts["stored"] + known
        assert row.counts["stored"] == len(keys)
        assert session.scalar(select(func.count()).select_from(BackfillPart)) == 0
    until(lambda: _unfinished(house, desk) == 0, "everything is scored")
    assert not any(house.desks[desk].snapshot(key).notes for key in keys)


def _told(kit: Any, desk: str, name: str, start: datetime) -> Any:
    contact = Contact(id=name, email=f"{name}@example.com", email_verified=True)
    return kit.conversation(name, start, kit.unhelpful, contact=contact, helpdesk=desk, channel=Channel.MESSAGING)


def _state(house: House, desk: str) -> str | None:
    with house.database.read() as session:
        row = backfills.get(session, desk)
        return row.state if row else None


def _unfinished(house: House, desk: str) -> int:
    """Backfilled conversations that are not scored yet, or were to be written."""
    with house.database.read() as session:
        mine = (Conversation.installation_id == desk, Conversation.backfilled)
        right = (Conversation.state == State.SCORED, Conversation.write_state == WriteState.OFF)
        return session.scalar(select(func.count()).where(*mine, ~(right[0] & right[1]))) or 0
