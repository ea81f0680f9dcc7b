"""Brands, teams and bots stand on pages by name; addresses keep the helpdesk's ids; nobody sees others' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from flask import g, request
from markupsafe import escape

from service.figures.fact import Fact
from service.store import conversations, cursors, dimension_names
from service.store.facts import Judged, save
from service.store.models import Installation
from service.web.view import View
from tasks import naming

LAST = date(2026, 2, 20)
HOSTILE = "Outlet <script>alert(1)</script>"


def keep(web: Any, connector: str, account: str, brands: dict[str, str], first: str) -> str:
    """Forty handed-over conversations of two brands, one team and one bot, with their names; the installation's id."""
    installation_id: str = web.installation(connector, account=account)
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation_id)
        judged = []
        for number in range(40):
            day = LAST - timedelta(days=number // 4)
            fact = Fact(
                helpdesk=connector, account=account, conversation=str(number), episode=1, definitions="2",
                bot_took_part=True, handed_off=True, containment="escalated", context="preserved", handoff="answered",
                first_reply=60.0, brand=tuple(brands)[number % 2], group=first, bot="301", channel="email",
                day=day.isoformat(),
            )  # fmt: skip
            row_id = conversations.announce(session, row, fact.conversation, at=web.clock(), now=web.clock())
            judged.append(Judged(row_id, installation_id, "2", (fact,), day))
        session.flush()
        save(session, judged, now=web.clock())
        told = {"brand": brands, "group": {first: "Customer care"}, "bot": {"301": f"Fern of {account}"}}
        dimension_names.keep(session, installation_id, told, now=web.clock())
    return installation_id


@pytest.fixture
def here(web: Any) -> str:
    return keep(web, "zendesk", "acme", {"4000017": "Warehouse", "4000016": HOSTILE}, "71")


def lines(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def options(page: str, name: str) -> list[tuple[str, str]]:
    """Values and words of a filter, without "All"."""
    (field,) = re.findall(rf'<select name="{name}">(.*?)</select>', page, re.DOTALL)
    return re.findall(r'<option value="([^"]+)"(?: selected)?>(.*?)</option>', field)


def test_filters_offer_names_and_keep_ids(web: Any, here: str) -> None:
    page = lines(web.admin(), "/figures?brand=4000017")
    assert options(page, "brand") == [
        ("4000016", "Outlet &lt;script&gt;alert(1)&lt;/script&gt;"), ("4000017", "Warehouse"),
    ]  # fmt: skip
    assert '<span class="view-chip-what">Brand</span> Warehouse' in page
    assert "<script>alert" not in page
    assert "brand=4000017" in page, "links carry the id along"


def test_a_breakdown_is_by_name_and_escaped(web: Any, here: str) -> None:
    page = lines(web.admin(), "/figures/context_preservation?dimension=brand")
    assert "Warehouse" in page
    assert "Outlet &lt;script&gt;" in page
    assert "4000017" not in re.sub(r'(href|value)="[^"]*"', "", page)
    assert "<script>alert" not in page


def test_teams_of_handoffs_are_named_and_linked_by_id(web: Any, here: str) -> None:
    page = lines(web.admin(), "/handoffs")
    assert re.search(r'href="/handoffs\?group=71">Customer care</a>', page)


def test_a_value_of_other_days_is_called_by_its_name_too(web: Any, here: str) -> None:
    page = lines(web.admin(), "/figures?brand=4000017&since=2025-01-01&until=2025-01-02")
    assert options(page, "brand")[0] == ("4000017", "Warehouse")


@pytest.fixture
def looking(web: Any) -> Callable[..., Any]:
    @contextmanager
    def look(address: str, reach: tuple[str, ...] | None = None) -> Iterator[Any]:
        with web.app.test_request_context(address), web.parts.database.read() as session:
            g.reach = reach
            yield View.of(request.args, session), session

    return look


def test_names_of_helpdesks_that_one_may_not_see_are_not_told(web: Any, here: str, looking: Any) -> None:
    there = keep(web, "intercom", "beta", {"9": "Secret brand", "4000017": "Their name"}, "72")
    person = web.signed_in(web.person("viewer", only=[here]))
    for address in ("/figures?brand=9", "/figures/context_preservation?dimension=brand", "/handoffs"):
        page = lines(person, address)
        assert "Secret brand" not in page
        assert "Their name" not in page
        assert "beta" not in page
    with looking("/figures", (here,)) as (view, _):
        assert view.called("brand", "9") == "9"
        assert view.called("group", "71") == "Customer care"
    with looking("/figures") as (view, _):
        assert view.called("group", "71") == "Customer care · acme (Zendesk)"
        assert view.called("group", "72") == "Customer care · beta (Intercom)"
        assert view.called("brand", "4000017") == "Warehouse · acme (Zendesk) / Their name · beta (Intercom)"
    with looking(f"/figures?installation={there}") as (view, _):
        assert view.called("group", "72") == "Customer care"
        assert view.called("brand", "4000017") == "Their name"


def test_the_api_tells_the_name_beside_the_value(web: Any, here: str) -> None:
    other = keep(web, "intercom", "beta", {"9": "Secret brand", "4000017": "Their name"}, "72")
    headers = {"Authorization": f"Bearer {web.key('read', only=[here])[1]}"}
    answer = web.client().get("/api/v1/figures/context_preservation?dimension=brand", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert {cell["of"]: cell["name"] for cell in answer.json["cells"]} == {"4000017": "Warehouse", "4000016": HOSTILE}
    whole = web.client().get("/api/v1/figures/context_preservation", headers=headers).json
    assert [cell["name"] for cell in whole["cells"]] == [None]
    assert other


def test_a_conversation_tells_its_brand_bot_and_team(web: Any, seed: Any, shapes: Any) -> None:
    told = shapes.told("4711", brand="4000017", inbox="71")
    row_id = seed(told, shapes.scored(told))
    with web.parts.database.begin() as session:
        installation_id = conversations.get(session, row_id).installation_id
        bots = {m.author.id or "": "Fern" for m in told.messages if m.author.role == "bot"}
        names = {"brand": {"4000017": HOSTILE}, "group": {"71": "Customer care"}, "bot": bots}
        dimension_names.keep(session, installation_id, names, now=web.clock())
    page = lines(web.admin(), f"/c/{row_id}")
    assert "<dt>Brand</dt><dd>Outlet &lt;script&gt;alert(1)&lt;/script&gt;</dd>" in page
    assert "4000017" not in page


def test_why_a_plan_is_held_back_names_the_brand(web: Any, seed: Any, shapes: Any) -> None:
    """Also one that was kept before the name was known, or under a former name."""
    reason = "its brand (4000017) is not among those that are written to"
    plan = {"add_tags": ["dm__gap"], "remove_tags": [], "fields": {}, "was": {}, "note": None, "reason": reason,
            "counts": {"tags": 1, "fields": 0, "notes": 0}}  # fmt: skip
    told = shapes.told("4711", brand="4000017")
    row_id = seed(told, shapes.scored(told), plan=plan, planned_at=web.clock(), write_state="off")
    with web.parts.database.begin() as session:
        installation_id = conversations.get(session, row_id).installation_id
    admin = web.admin()
    for name in ("Warehouse", HOSTILE):
        with web.parts.database.begin() as session:
            dimension_names.keep(session, installation_id, {"brand": {"4000017": name}}, now=web.clock())
        for address in (f"/installations/{installation_id}/writing", f"/c/{row_id}"):
            page = lines(admin, address)
            assert f"its brand ({escape(name)} [4000017]) is not among those that are written to" in page
    address = f"/installations/{installation_id}/writing"
    sent = {"tags": "on", "brands": "4000017, 4000018", "what": "preview"}
    previewed = web.post(admin, f"{address}/rules", form_on=address, **sent).get_data(as_text=True)
    assert "no conversation of the last 1 has the brand 4000018" in previewed


def test_a_refused_name_is_told_on_the_helpdesks_page(web: Any) -> None:
    zendesk, intercom = web.installation("zendesk"), web.installation("intercom")
    admin = web.admin()
    assert "Names of brands, teams, bots" not in lines(admin, f"/installations/{zendesk}")
    with web.parts.database.begin() as session:
        cursors.put(session, zendesk, naming.CURSOR, "bot group", now=web.clock())
        cursors.put(session, intercom, naming.CURSOR, "bot group", now=web.clock())
    page = lines(admin, f"/installations/{zendesk}")
    assert "The names of brands may not be read: their ids stand in their place." in page
    assert "Give the OAuth client the scope read" in page
    whole = lines(admin, f"/installations/{intercom}")
    assert "Names of brands, teams, bots" in whole
    assert "may not be read" not in whole
    with web.parts.database.begin() as session:
        cursors.put(session, zendesk, naming.CURSOR, naming.FAILED, now=web.clock())
    assert "not told then: it is asked again within the hour" in lines(admin, f"/installations/{zendesk}")


def test_rules_are_typed_and_shown_by_name_and_kept_by_id(web: Any, seed: Any, shapes: Any) -> None:
    row_id = seed(shapes.told("4711", brand="901"))
    with web.parts.database.begin() as session:
        installation_id = conversations.get(session, row_id).installation_id
        names = {"brand": {"901": "Warehouse", "902": "Odd, with a comma"}}
        dimension_names.keep(session, installation_id, names, now=web.clock())
    admin, address = web.admin(), f"/installations/{installation_id}/writing"
    sent = {"tags": "on", "brands": "warehouse, 902, 77", "what": "save"}
    assert web.post(admin, f"{address}/rules", form_on=address, **sent).status_code == 302
    with web.parts.database.read() as session:
        rules = session.get_one(Installation, installation_id).write_rules
    assert rules is not None
    assert rules["brands"] == ["901", "902", "77"]
    page = lines(admin, address)
    assert 'name="brands" value="Warehouse, 902, 77"' in page
    assert "Seen lately: Warehouse" in page
