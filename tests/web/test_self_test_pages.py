"""The self-test on the pages: asked for, shown, refreshed until it is done, bots confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from service.store import self_tests as store
from service.store.installations import IMPORTED, get
from service.store.models import Conversation
from service.store.people_models import AuditEntry
from service.store.self_test_models import Progress, SelfTest

CREDENTIALS = {"name": "credentials", "outcome": "passed", "seen": "We are user 31 (admin).", "action": ""}
CLOCK = {"name": "clock", "outcome": "failed", "seen": "Our clock is 0:07:00 ahead.", "action": "Set the clock."}
WAITING = {"name": "signature", "outcome": "open", "seen": "Waiting for it.", "action": "Press Send test request."}
OLD = {"name": "a step that is no more", "outcome": "passed", "seen": "x", "action": ""}
UNKNOWN = [{"id": "77", "messages": 3, "conversation": "4711"}, {"id": "78", "messages": 1, "conversation": "4712"}]


def row_of(web: Any, installation: str) -> SelfTest:
    with web.parts.database.read() as session:
        return session.get_one(SelfTest, installation)


def page(client: Any, installation: str) -> Any:
    return client.get(f"/installations/{installation}/self-test")


def start(web: Any, client: Any, installation: str, **fields: str) -> Any:
    address = f"/installations/{installation}/self-test"
    return web.post(client, address, form_on=address, **fields)


def finish(web: Any, installation: str, *steps: dict[str, str], unknown: Any = ()) -> None:
    with web.parts.database.begin() as session:
        store.ask(session, installation, external_id="4711", now=web.clock())
        store.change(
            session,
            installation,
            state=Progress.DONE,
            finished_at=web.clock(),
            steps=list(steps),
            unknown=list(unknown),
        )


def test_a_test_is_asked_for_and_watched(web: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    before = page(client, installation)
    assert "Not tested yet" in before.text
    assert "Refresh" not in before.headers

    assert start(web, client, installation, conversation=" 4711 ", write="yes").status_code == 302

    row = row_of(web, installation)
    assert (row.state, row.external_id, row.write) == ("asked", "4711", True)
    watched = page(client, installation)
    assert "a worker begins within seconds" in watched.text
    assert watched.headers["Refresh"] == "2"
    with web.parts.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "test installation")).one()
    assert (entry.installation_id, entry.details) == (installation, {"conversation": "4711", "write": "yes"})


def test_nothing_is_written_without_a_name_and_a_tick(web: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    start(web, client, installation, write="yes")
    assert "Name the conversation" in page(client, installation).text
    with web.parts.database.read() as session:
        assert store.last(session, installation) is None
    start(web, client, installation, conversation="4711")
    assert not row_of(web, installation).write


def test_two_at_once_are_one(web: Any, clock: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    token = web.csrf(client, f"/installations/{installation}/self-test")
    for _ in range(2):
        client.post(f"/installations/{installation}/self-test", data={"csrf_token": token})
    assert "under way already" in page(client, installation).text
    clock.forward(seconds=31)
    assert "No worker has taken this test" in page(client, installation).text
    clock.forward(minutes=6)
    lost = page(client, installation)
    assert "its worker was lost" in lost.text
    assert "Refresh" not in lost.headers


def test_each_step_says_what_was_seen_and_what_is_next(web: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    finish(web, installation, CREDENTIALS, CLOCK, OLD)

    for address in (f"/installations/{installation}/self-test", f"/installations/{installation}"):
        text = client.get(address).text
        assert "with conversation 4711" in text
        assert "We are user 31 (admin)." in text
        assert "Set the clock." in text
        assert "no more" not in text


def test_a_waiting_signature_is_closed_by_a_genuine_webhook(web: Any, signed: Any) -> None:
    installation, client = web.installation("intercom"), web.admin()
    finish(web, installation, WAITING)
    assert "Press Send test request." in page(client, installation).text

    sent = signed.intercom("", at=web.clock(), topic="ping")
    web.client().post(f"/webhooks/intercom/{installation}", data=sent.body, headers=sent.headers)

    assert "A genuine webhook came at 2026-03-02 09:00 UTC" in page(client, installation).text


def test_authors_are_confirmed_as_bots_and_read_again(web: Any) -> None:
    installation, client = web.installation("zendesk", options={"bot_author_ids": "31, 32"}), web.admin()
    finish(web, installation, CREDENTIALS, unknown=UNKNOWN)
    address = f"/installations/{installation}/self-test"

    answer = web.post(client, f"{address}/bots", form_on=address, bot="77")
    assert answer.status_code == 302
    with web.parts.database.read() as session:
        row = get(session, installation)
        assert row is not None
        assert row.options["bot_author_ids"] == ["31", "32", "77"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "confirm bots")).one()
    assert entry.details == {"authors": "77"}
    shown = page(client, installation).text
    assert 'value="78"' in shown
    assert 'value="77"' not in shown

    web.post(client, f"{address}/bots", form_on=address, bot="99")
    assert "Nobody was chosen" in page(client, installation).text
    with web.parts.database.read() as session:
        assert not session.scalars(select(Conversation)).all()


@pytest.mark.parametrize("path", ["self-test", "self-test/bots"])
def test_there_is_nothing_to_test_behind_a_file(web: Any, path: str) -> None:
    installation, client = web.installation("zendesk", options={IMPORTED: True}), web.admin()
    other = web.installation("zendesk", account="other")
    token = web.csrf(client, f"/installations/{other}/self-test")
    assert client.post(f"/installations/{installation}/{path}", data={"csrf_token": token}).status_code == 404
    assert client.post(f"/installations/{other}/self-test/bots", data={"csrf_token": token}).status_code == 404
    assert page(client, installation).status_code == 404
