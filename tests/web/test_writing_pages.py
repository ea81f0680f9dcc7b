"""What would be written, on pages: switch, rules with a preview, plans as differences, and asking for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from service.store.errand_models import Errand
from service.store.models import Installation, WriteState
from service.store.people_models import AuditEntry

PLAN = {
    "add_tags": ["dm__resolution__returned"],
    "remove_tags": ["dm__resolution__likely"],
    "fields": {"dm_effort": 3, "dm_outcome": "returned", "dm_scored_at": "2026-03-02T09:00:00Z"},
    "was": {"dm_effort": None, "dm_outcome": "likely", "dm_scored_at": None},
    "note": {"reference": "0123abcd-1", "text": "Deskmark: <b>outcome</b> returned\nref 0123abcd-1"},
    "reason": "writing is switched off",
    "counts": {"tags": 2, "fields": 2, "notes": 1},
}


@pytest.fixture
def planned(web: Any, seed: Any, shapes: Any) -> str:
    """A conversation for which something is planned; the id of its installation."""
    seed(shapes.told(inbox="Billing"), plan=PLAN, planned_at=web.clock(), write_state=WriteState.OFF)
    seed(shapes.told("4712", inbox="Sales", brand="901", attributes={"form": "77"}))
    return str(seed.installations["zendesk"])


def stored(web: Any) -> Installation:
    with web.parts.database.read() as session:
        return session.scalars(select(Installation)).one()


def actions(web: Any) -> list[str]:
    with web.parts.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_plans_are_shown_as_differences(web: Any, planned: str) -> None:
    client = web.admin()
    page = client.get(f"/installations/{planned}/writing").get_data(as_text=True)
    assert "dm__resolution__returned" in page
    assert "dm__resolution__likely" in page
    assert "dm_outcome" in page
    assert "dm_scored_at" not in page, "it goes along with everything"
    assert "&lt;b&gt;outcome&lt;/b&gt;" in page
    assert "Kept back when it was planned: writing is switched off." in page
    assert "Seen lately: Billing, Sales" in page
    assert "look at plans" in actions(web)
    assert "1 conversation: 2 tags, 2 fields, 1 notes" in client.get(f"/installations/{planned}").get_data(as_text=True)


def test_a_group_without_a_name_is_not_offered(web: Any, seed: Any, shapes: Any, planned: str) -> None:
    seed(shapes.told("4713", inbox="4000095", brand="902"))
    page = web.admin().get(f"/installations/{planned}/writing").get_data(as_text=True)
    assert "Seen lately: Billing, Sales<" in page
    assert "Seen lately: 901, 902<" in page


def test_the_plan_stands_on_the_conversation(web: Any, seed: Any) -> None:
    row_id = seed(plan=PLAN, planned_at=web.clock(), write_state=WriteState.OFF)
    page = web.admin().get(f"/c/{row_id}").get_data(as_text=True)
    assert "What would be written" in page
    assert "dm__resolution__likely" in page


def test_rules_are_previewed_then_saved(web: Any, planned: str) -> None:
    client = web.admin()
    page = f"/installations/{planned}/writing"
    form = {"tags": "on", "groups": "Billing , tier 2", "sample": "100"}
    shown = web.post(client, f"{page}/rules", form_on=page, what="preview", **form).get_data(as_text=True)
    assert "<strong>1 of the last 2</strong>" in shown
    assert "not saved yet" in shown
    assert "no conversation of the last 2 has the group tier 2." in shown
    assert "has the group Billing" not in shown
    assert stored(web).write_rules is None

    assert web.post(client, f"{page}/rules", form_on=page, what="save", **form).status_code == 302
    assert stored(web).write_rules == {
        "tags": True, "fields": False, "notes": False, "groups": ["Billing", "tier 2"], "brands": [], "channels": [],
        "forms": [], "sample": 100.0,
    }  # fmt: skip
    assert "change write rules" in actions(web)
    assert "Billing, tier 2" in client.get(f"/installations/{planned}").get_data(as_text=True)


def test_rules_that_cannot_be_are_not_saved(web: Any, planned: str) -> None:
    page = f"/installations/{planned}/writing"
    refused = web.post(web.admin(), f"{page}/rules", form_on=page, what="save", sample="a lot")
    assert refused.status_code == 422
    assert "sample" in refused.get_data(as_text=True)
    unknown = web.post(web.admin(), f"{page}/rules", form_on=page, what="save", channels="email, pigeon")
    assert unknown.status_code == 422
    assert "there is no pigeon; there are messaging, email" in unknown.get_data(as_text=True)
    assert stored(web).write_rules is None


def test_writing_is_switched_on_by_whoever_is_sure(web: Any, planned: str) -> None:
    client, page = web.admin(), f"/installations/{planned}"
    asked = web.post(client, f"{page}/writing", form_on=page, writing="on")
    assert asked.status_code == 200
    said = asked.get_data(as_text=True)
    assert "Switch writing on?" in said
    assert "tags, fields" in said
    assert 'name="sure" value="yes"' in said
    assert stored(web).writing is False
    assert "switch writing on" not in actions(web)


def test_writing_is_switched_and_audited(web: Any, planned: str) -> None:
    client, page = web.admin(), f"/installations/{planned}"
    web.post(client, f"{page}/writing", form_on=page, writing="on", sure="yes")
    assert stored(web).writing is True
    web.post(client, f"{page}/writing", form_on=page, writing="off")
    assert stored(web).writing is False
    assert actions(web)[-2:] == ["switch writing on", "switch writing off"]


def test_what_is_planned_is_written_when_asked_for(web: Any, planned: str) -> None:
    client, page = web.admin(), f"/installations/{planned}/writing"
    web.post(client, f"{page}/planned", form_on=page)
    with web.parts.database.read() as session:
        assert session.scalars(select(Errand)).all() == [], "writing is off"
    web.post(client, page, form_on=page, writing="on", sure="yes")
    asked = web.post(client, f"{page}/planned", form_on=page, bulk="yes")
    with web.parts.database.read() as session:
        errand = session.scalars(select(Errand)).one()
    assert (errand.kind, errand.options, errand.actor) == ("write", {"bulk": True}, "command line")
    assert asked.headers["Location"].endswith(f"/errands/{errand.id}")
    shown = client.get(f"/errands/{errand.id}")
    assert "Looking at what is planned" in shown.get_data(as_text=True)
    assert shown.headers["Refresh"] == "5"
    again = web.post(client, f"{page}/planned", form_on=f"/installations/{planned}", bulk="yes")
    assert again.headers["Location"].endswith("/writing")
    assert "see how far it has come" in client.get(page).get_data(as_text=True)


def test_nothing_to_show(web: Any) -> None:
    installation = web.installation("intercom")
    client = web.admin()
    page = client.get(f"/installations/{installation}/writing").get_data(as_text=True)
    assert "Nothing is planned" in page
    assert "No conversation was scored yet" in page
    assert client.get("/installations/nobody/writing").status_code == 404


def test_imported_files_are_not_written_to(web: Any) -> None:
    installation = web.installation("zendesk", options={"imported": True})
    assert web.admin().get(f"/installations/{installation}/writing").status_code == 404


def test_many_plans_are_paged(web: Any, seed: Any, shapes: Any) -> None:
    for number in range(32):
        seed(replace(shapes.told(str(number))), plan=PLAN, planned_at=web.clock(), write_state=WriteState.OFF)
    client, page = web.admin(), f"/installations/{seed.installations['zendesk']}/writing"
    assert "?page=2" in client.get(page).get_data(as_text=True)
    assert client.get(f"{page}?page=2").get_data(as_text=True).count('class="card plan"') == 2
    assert client.get(f"{page}?page={'9' * 30}").status_code == 200
