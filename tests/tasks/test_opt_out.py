"""The opt-out tag on a conversation, its customer or their organisation: which requests leave, and what is kept.

Zendesk gives a ticket's tags only together with its subject and description, and Intercom a conversation's only
together with its parts: that one request has to be made. Nothing after it asks for content, and nothing is stored.
"""

from __future__ import annotations

import pytest
from sandboxed import Rig
from sqlalchemy import func, select

from service.store.models import ContactKey, Scorecard, State


@pytest.fixture
def zendesk(zendesk: Rig) -> Rig:
    zendesk.make()
    return zendesk


@pytest.fixture
def intercom(intercom: Rig) -> Rig:
    intercom.make()
    return intercom


def paths(desk: Rig) -> list[str]:
    return [f"{each.method} {each.path}" for each in desk.calls()]


def assert_nothing_is_kept(desk: Rig, key: str) -> None:
    row = desk.row(key)
    assert (row.state, row.document, row.there, row.channel) == (State.OPTED_OUT, None, None, None)
    with desk.runtime.database.read() as session:
        for table in (Scorecard, ContactKey):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert not [tag for tag in desk.desk.snapshot(key).tags if tag.startswith("dm__") and tag != "dm__ignore"]
    assert desk.desk.snapshot(key).notes == ()


@pytest.mark.parametrize("where", ["ticket", "customer", "ticket's organisation", "customer's organisation"])
def test_zendesk(zendesk: Rig, where: str) -> None:
    key = zendesk.seed(1)
    account = zendesk.desk.account
    ticket = account.tickets[int(key)]
    if where == "ticket":
        zendesk.desk.tag(key, "dm__ignore")
    elif where == "customer":
        zendesk.desk.tag_customer(key, "dm__ignore")
    else:
        zendesk.desk.set_organization(key, "Acme", ["dm__ignore"])
        if where.startswith("customer"):
            account.users[ticket["requester_id"]]["organization_id"] = ticket["organization_id"]
            ticket["organization_id"] = None
    zendesk.calls()
    zendesk.arrive(key)
    made = paths(zendesk)
    assert made[0] == f"GET /api/v2/tickets/{key}"
    assert [path for path in made[1:] if not path.startswith(("GET /api/v2/users", "GET /api/v2/organizations"))] == []
    assert len(made) <= 2
    assert_nothing_is_kept(zendesk, key)


@pytest.mark.parametrize("where", ["conversation", "contact", "company"])
def test_intercom(intercom: Rig, where: str) -> None:
    key = intercom.seed(1)
    workspace = intercom.desk.workspace
    contact = workspace.contacts[workspace.conversations[key]["contacts"]["contacts"][0]["id"]]
    if where == "conversation":
        intercom.desk.tag(key, "dm__ignore")
    elif where == "contact":
        contact["tag_ids"] = [workspace.tag("dm__ignore")]
    else:
        contact["company_ids"] = [workspace.company("Acme", tags=["dm__ignore"])]
    intercom.calls()
    intercom.arrive(key)
    made = paths(intercom)
    assert made[0] == f"GET /conversations/{key}"
    assert [path for path in made[1:] if not path.startswith(("GET /contacts/", "GET /tags"))] == []
    assert len(made) == {"conversation": 1, "contact": 3, "company": 4}[where]
    assert_nothing_is_kept(intercom, key)


def test_who_opts_out_later_loses_plan_and_text(zendesk: Rig) -> None:
    zendesk.change(writing=False)
    key = zendesk.seed(1)
    zendesk.arrive(key)
    assert zendesk.row(key).planned_at is not None
    zendesk.desk.tag_customer(key, "dm__ignore")
    zendesk.clock.forward(minutes=1)
    zendesk.arrive(key)
    assert_nothing_is_kept(zendesk, key)
    assert zendesk.row(key).planned_at is None
