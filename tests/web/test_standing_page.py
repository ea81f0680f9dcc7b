"""How an installation stands, on its page and on every page: paused, what waits, what was missed, what is amiss."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.store import cursors, notices, pausing
from service.store.models import Conversation, Installation
from service.store.notices import Kind
from service.web import troubles
from tasks.alarms import WATCH

HOUR = timedelta(hours=1)


def row_of(web: Any, name: str) -> Installation:
    with web.parts.database.read() as session:
        return session.get_one(Installation, name)


def page(client: Any, name: str) -> str:
    return " ".join(client.get(f"/installations/{name}").get_data(as_text=True).split())


def pause(web: Any, name: str) -> None:
    with web.parts.database.begin() as session:
        pausing.pause(session, name, Kind.CREDENTIALS_REFUSED, now=web.clock(), until=web.clock() + HOUR)


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(troubles, "SECONDS", -1.0)


def test_working(web: Any) -> None:
    name, client = web.installation("zendesk"), web.admin()
    shown = page(client, name)
    assert "Working" in shown
    assert "0 conversations to score, 0 verdicts to write" in shown
    assert 'role="alert"' not in shown


def test_paused_by_itself(web: Any) -> None:
    name, client = web.installation("zendesk"), web.admin()
    pause(web, name)
    shown = page(client, name)
    assert "by itself since" in shown
    assert "The helpdesk refuses our credentials." in shown
    assert "What was amiss" in shown
    assert "Paused: credentials refused" in page(client, name)
    home = " ".join(client.get("/").get_data(as_text=True).split())
    assert "<strong>Paused: credentials refused, Zendesk acme.</strong>" in home
    assert f"/installations/{name}#standing" in home


def test_going_on_and_pausing_by_hand(web: Any) -> None:
    name, client = web.installation("zendesk"), web.admin()
    pause(web, name)
    at = f"/installations/{name}"
    assert web.post(client, f"{at}/standing", form_on=at, what="resume").status_code == 302
    assert (row_of(web, name).paused_at, row_of(web, name).enabled) == (None, True)
    assert 'role="alert"' not in page(client, name)
    web.post(client, f"{at}/standing", form_on=at, what="pause")
    assert not row_of(web, name).enabled
    assert "by an admin" in page(client, name)
    assert web.post(client, f"{at}/standing", form_on=at, what="anything").status_code == 400
    told = [(action, target) for _, action, target, _ in web.audited()]
    assert told[-2:] == [("resume installation", name), ("pause installation", name)]


def test_new_credentials_end_a_pause(web: Any) -> None:
    name, client = web.installation("zendesk"), web.admin()
    pause(web, name)
    at = f"/installations/{name}/change"
    given = {"account": "acme", "base_url": "https://acme.zendesk.com", "client_id": "deskmark", "client_secret": "new"}
    assert web.post(client, at, form_on=at, **given).status_code == 302
    assert row_of(web, name).paused_at is None


def test_one_that_was_left_cannot_go_on(web: Any) -> None:
    name, client = web.installation("zendesk"), web.admin()
    at = f"/installations/{name}"
    token = {"form_on": at, "what": "resume"}
    with web.parts.database.begin() as session:
        session.get_one(Installation, name).disconnected_at = web.clock()
    assert "Disconnected" in page(client, name)
    assert web.post(client, f"{at}/standing", **token).status_code == 404


def test_what_waits_and_what_was_missed(web: Any, seed: Any) -> None:
    row_id, client = seed(due_at=web.clock() - HOUR), web.admin()
    with web.parts.database.begin() as session:
        row = session.get_one(Conversation, row_id)
        name = row.installation_id
        found = session.get_one(Installation, name)
        found.missed_count, found.missed_at = 7, web.clock()
    shown = page(client, name)
    assert "1 conversation to score" in shown
    assert "7 conversations so far, found by asking, last" in shown


def test_a_banner_is_for_those_who_may_see_the_helpdesk(web: Any) -> None:
    mine, other = web.installation("zendesk"), web.installation("intercom")
    pause(web, other)
    with web.parts.database.begin() as session:
        notices.raised(session, Kind.STANDSTILL, "nothing was done", now=web.clock())
    person = web.person("viewer", only=(mine,))
    home = web.signed_in(person).get("/").get_data(as_text=True)
    assert "nothing was done" in home
    assert "credentials refused" not in home
    assert "credentials refused" in web.admin().get("/").get_data(as_text=True)
    assert "nothing was done" not in web.client().get("/sign-in").get_data(as_text=True)


def test_a_banner_leads_to_where_something_can_be_done(web: Any) -> None:
    mine = web.installation("zendesk")
    for kind, place in ((Kind.DEAD_WORK, "/operations"), (Kind.POLL_FAILING, f"/installations/{mine}#standing")):
        with web.parts.database.begin() as session:
            notices.raised(session, kind, "look", now=web.clock(), installation_id=mine)
        page = web.admin().get(f"/installations/{mine}").get_data(as_text=True)
        assert f'look <a href="{place}">Look</a>' in page
    manager = web.signed_in(web.person("manager")).get("/").get_data(as_text=True)
    assert "look" in manager
    assert ">Look<" not in manager


def test_while_nothing_runs_the_pages_say_so(web: Any) -> None:
    with web.parts.database.begin() as session:
        cursors.beat(session, WATCH, now=web.clock())
    client = web.admin()
    assert "Nothing is being done" not in client.get("/").get_data(as_text=True)
    web.clock.forward(minutes=6)
    assert "No worker has looked around since 2026-03-02 09:00 UTC." in client.get("/").get_data(as_text=True)
