"""A real worker is killed again and again while it takes everything of ours off a helpdesk: it is all gone in the end.

Zendesk is left with PostgreSQL below, Intercom with SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from house import PATIENCE, House, inhabited, seed, until
from sqlalchemy import select

from service.store import conversations
from service.store.errand_models import Errand
from service.store.models import Conversation, Installation
from service.writeback import FIELDS
from tasks import leaving

MANY = 5
GATES = {
    "zendesk": [("GET", "/search/export", False), ("PUT", "/update_many", False), ("DELETE", "/ticket_fields/", False)],
    "intercom": [("DELETE", "/conversations/", True), ("PUT", "/conversations/", False), ("DELETE", "/tags/", False)],
}
"""Where the worker is killed, one after the other: at this request, before or after the helpdesk has seen it."""


@pytest.fixture(params=["zendesk", "intercom"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with inhabited(request, sqlite=request.param == "intercom") as house:
        yield house


def marked(house: House, desk: str, kit: Any) -> list[str]:
    """Conversations with our tags and fields on them; all but one are remembered to have been written to."""
    keys = [seed(house, desk, kit, number) for number in range(MANY)]
    for key in keys:
        for tag in ("dm__resolution__unresolved", "dm__gap"):
            house.desks[desk].tag(key, tag)
        if desk == "zendesk":
            ticket = house.desks[desk].account.tickets[int(key)]
            numeric = house.desks[desk].field_ids["dm_effort"]
            ticket["custom_fields"] = [
                {**item, "value": 6} if item["id"] == numeric else item for item in ticket["custom_fields"]
            ]
        else:
            house.desks[desk].workspace.conversations[key]["custom_attributes"]["dm_effort"] = 6
    with house.database.begin() as session:
        installation = session.get_one(Installation, desk)
        for key in keys[1:]:
            row_id = conversations.announce(session, installation, key, at=datetime.now(UTC), now=datetime.now(UTC))
            row = session.get_one(Conversation, row_id)
            row.written_at, row.due_at = datetime.now(UTC), None
    return keys


def test_killed_at_every_kind_of_request(house: House, kit: Any, request: pytest.FixtureRequest) -> None:
    desk = str(request.node.callspec.params["house"])
    keys = marked(house, desk, kit)
    if desk == "zendesk":
        house.desks[desk].connect_webhook("https://desk.example/webhooks/zendesk/zendesk", mode="trigger")
    house.start("beat", "writeback")
    gates = list(GATES[desk])
    number = 0
    for method, path, before in gates:
        with house.wires[desk].held(method, path, before=before) as gate:
            if not number:
                with house.database.begin() as session:
                    installation = session.get_one(Installation, desk)
                    options = {"remove": True, "revoke": True, "delete": True}
                    begun = leaving.begin(session, installation, actor="ada", options=options, now=datetime.now(UTC))
                    number = begun.id
            assert gate.reached.wait(PATIENCE), f"never got to {method} {path}, see {house.folder}"
            house.kill("writeback")
        house.start("writeback")

    def finished() -> bool:
        with house.database.read() as session:
            return session.get_one(Errand, number).finished_at is not None

    until(finished, "everything is taken away")
    for key in keys:
        stands = house.desks[desk].snapshot(key)
        assert stands.tags == ("vip",)
        assert not [name for name in FIELDS if stands.fields.get(name)]
    if desk == "zendesk":
        account = house.desks[desk].account
        assert (account.hooks, account.triggers, account.fields, house.desks[desk].access.tokens) == ({}, {}, {}, {})
    else:
        assert not [name for name in house.desks[desk].workspace.tags.values() if name.startswith("dm__")]
    with house.database.read() as session:
        assert session.get(Installation, desk) is None
        assert session.scalars(select(Conversation.id).where(Conversation.installation_id == desk)).all() == []
        done = session.get_one(Errand, number)
    assert (done.counts["cleared"], done.counts["not_cleared"]) == (MANY, 0)
    assert done.counts["deleted"]["conversation"] == MANY - 1
