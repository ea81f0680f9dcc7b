"""The client on the wire: headers, limits, errors, and what a read and a write send."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import responses

from connectors.base import Installation, Reading
from connectors.errors import Conflict, CredentialsRefused, NotFound, OptedOut, Rejected, RetryLater, Throttled
from connectors.http import Http
from connectors.intercom import IntercomConnector
from connectors.intercom.client import IntercomClient
from connectors.intercom.transport import BUCKET, RATE
from connectors.limiter import Limiter
from service.conversation import Role
from service.writeback import Note, Plan

API = "https://api.intercom.io"
NOTE = Note("0123abcd-1", "Deskmark: outcome likely (definitions 1, times UTC)\nref 0123abcd-1")
ME = {"type": "admin", "id": "40", "name": "Deskmark", "app": {"id_code": "w1", "region": "US"}}
ATTRIBUTES = {
    "data": [
        {"name": "dm_effort", "data_type": "integer"},
        {"name": "dm_outcome", "data_type": "string"},
        {"name": "dm_old", "data_type": "string", "archived": True},
    ]
}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Intercom as far as a test says; a call that nobody expects fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/me", json=ME)
        mock.get(f"{API}/data_attributes", json=ATTRIBUTES)
        mock.get(f"{API}/tags", json={"data": [{"id": "71", "name": "dm__review"}, {"id": "79", "name": "vip"}]})
        mock.get(f"{API}/teams", json={"teams": []})
        yield mock


def client_of(installation: Installation) -> IntercomClient:
    http = Http(
        installation.base_url, requests.Session(), Limiter(), name=installation.id, hosts=IntercomConnector.hosts
    )
    return IntercomConnector().client(installation, http)


@pytest.fixture
def client(installation: Installation) -> IntercomClient:
    return client_of(installation)


@pytest.fixture
def body(intercom: SimpleNamespace, wire: responses.RequestsMock) -> dict[str, Any]:
    """One conversation and its contact, as Intercom answers them."""
    found: dict[str, Any] = intercom.conversation(intercom.part(1, intercom.fin, "try another bulb"))
    wire.get(f"{API}/conversations/700", json=found)
    wire.get(f"{API}/contacts/c1", json={"id": "c1", "email": "ada@example.com", "role": "user"})
    return found


def sent(wire: responses.RequestsMock) -> list[tuple[str, str]]:
    return [(call.request.method or "", call.request.path_url) for call in wire.calls]


def sent_json(wire: responses.RequestsMock, position: int) -> Any:
    return json.loads(wire.calls[position].request.body or "null")


def test_a_read_is_two_requests_once_the_workspace_is_known(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    client.read("700")
    wire.calls.reset()
    reading = client.read("700")
    assert sent(wire) == [("GET", "/conversations/700?display_as=plaintext"), ("GET", "/contacts/c1")]
    assert reading.calls == 2
    assert reading.ended is True
    assert [m.role for m in reading.conversation.messages] == [Role.CUSTOMER, Role.BOT]
    assert reading.there.fields == {"dm_effort": None, "dm_outcome": None}
    headers = wire.calls[0].request.headers
    assert (headers["Authorization"], headers["Intercom-Version"]) == ("Bearer token", "2.15")


def test_the_id_is_a_path_segment_whatever_it_holds(client: IntercomClient, wire: responses.RequestsMock) -> None:
    wire.get(f"{API}/conversations/7%2F..%2Fme", json={})
    assert client.read("7/../me").conversation.id == "7/../me"


def test_a_deleted_contact_is_no_reason_to_fail(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.replace("GET", f"{API}/contacts/c1", status=404, json={})
    assert client.read("700").conversation.contact.id == "c1"


def test_without_permission_to_read_teams_their_ids_do(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.replace("GET", f"{API}/teams", status=403, json={})
    wire.replace("GET", f"{API}/conversations/700", json={**body, "team_assignee_id": 50})
    assert client.read("700").conversation.inbox == "50"


@pytest.mark.parametrize(
    ("options", "role", "enforced", "verified"),
    [
        ({}, "user", True, True),
        ({}, "user", False, False),
        ({}, "lead", True, False),
        ({"emails_verified": "users"}, "user", False, True),
        ({"emails_verified": "users"}, "lead", True, False),
        ({"emails_verified": "never"}, "user", True, False),
        ({"emails_verified": "typo"}, "user", True, False),
    ],
)
def test_when_an_email_counts_as_verified(
    installation: Installation,
    wire: responses.RequestsMock,
    body: dict[str, Any],
    options: dict[str, object],
    role: str,
    enforced: bool,
    verified: bool,
) -> None:
    wire.replace("GET", f"{API}/me", json={**ME, "app": {"identity_verification": enforced}})
    wire.replace("GET", f"{API}/contacts/c1", json={"id": "c1", "email": "ada@example.com", "role": role})
    found = client_of(replace(installation, options=options)).read("700")
    assert found.conversation.contact.email_verified is verified


# --- opting out


@pytest.mark.parametrize(
    "carrier",
    [
        {"tags": {"tags": [{"id": "1", "name": "dm__ignore"}]}},
        {"company": {"id": "co1", "tags": {"tags": [{"id": "1", "name": "dm__ignore"}]}}},
    ],
)
def test_the_ignore_tag_on_the_conversation_or_its_company(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any], carrier: dict[str, Any]
) -> None:
    wire.replace("GET", f"{API}/conversations/700", json={**body, **carrier})
    with pytest.raises(OptedOut):
        client.read("700")
    assert len(wire.calls) == 1


def test_the_ignore_tag_on_the_contact_is_known_by_id_even_when_it_is_new(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    client.workspace.tags()
    tagged = {"id": "c1", "tags": {"data": [{"id": "5", "type": "tag"}], "has_more": False}}
    wire.replace("GET", f"{API}/contacts/c1", json=tagged)
    wire.replace("GET", f"{API}/tags", json={"data": [{"id": "5", "name": "dm__ignore"}]})
    with pytest.raises(OptedOut):
        client.read("700")


def test_a_contact_with_other_tags_is_read(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.replace("GET", f"{API}/contacts/c1", json={"id": "c1", "tags": {"data": [{"id": "79"}]}})
    assert client.read("700").conversation.contact.id == "c1"


def test_all_tags_of_a_contact_are_looked_at(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    wire.replace("GET", f"{API}/contacts/c1", json={"id": "c1", "tags": {"data": [{"id": "79"}], "has_more": True}})
    wire.get(f"{API}/contacts/c1/tags", json={"data": [{"id": "79", "name": "vip"}, {"id": "5", "name": "dm__ignore"}]})
    with pytest.raises(OptedOut):
        client.read("700")


@pytest.mark.parametrize("key", ["data", "companies"])
def test_the_ignore_tag_on_one_of_the_contacts_companies(
    client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any], key: str
) -> None:
    wire.replace("GET", f"{API}/contacts/c1", json={"id": "c1", "companies": {"data": [{"id": "co2"}]}})
    wire.get(f"{API}/contacts/c1/companies", json={key: [{"id": "co2", "tags": {"tags": [{"name": "dm__ignore"}]}}]})
    assert client.read("700").conversation.id == "700", "no such tag in the workspace: companies are not asked for"
    wire.replace("GET", f"{API}/tags", json={"data": [{"id": "5", "name": "dm__ignore"}]})
    client.workspace.forget_tags()
    with pytest.raises(OptedOut):
        client.read("700")


def test_the_prefix_is_the_installations(
    installation: Installation, wire: responses.RequestsMock, body: dict[str, Any]
) -> None:
    tagged = {**body, "tags": {"tags": [{"name": "dm__ignore"}]}}
    wire.replace("GET", f"{API}/conversations/700", json=tagged)
    assert client_of(replace(installation, prefix="q__")).read("700").conversation.id == "700"


# --- limits and errors


def test_a_429_waits_for_the_reset_and_a_little_longer(client: IntercomClient, wire: responses.RequestsMock) -> None:
    reset = int(time.time()) + 8
    wire.get(f"{API}/conversations/700", status=429, headers={"X-RateLimit-Reset": str(reset)}, json={})
    with pytest.raises(Throttled) as caught:
        client.read("700")
    assert 5 < caught.value.after <= 11
    with pytest.raises(Throttled):
        client.read("700")
    assert len(wire.calls) == 1, "all workers wait, none asks again"


def test_when_nothing_is_left_of_the_window_nobody_calls(client: IntercomClient, wire: responses.RequestsMock) -> None:
    left = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 8)}
    wire.replace("GET", f"{API}/me", json=ME, headers=left)
    assert client.own_actor_ids() == {"40"}
    with pytest.raises(Throttled):
        client.read("700")


def test_our_own_limit_is_below_intercoms(installation: Installation) -> None:
    amount, window = RATE.split("/")
    assert (int(amount) < 10_000 / 6, window, BUCKET) == (True, "10 second", "api")


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CredentialsRefused), (403, Rejected), (404, NotFound), (500, RetryLater), (503, RetryLater)],
)
def test_errors_say_what_to_do(
    client: IntercomClient, wire: responses.RequestsMock, status: int, error: type[Exception]
) -> None:
    wire.get(f"{API}/conversations/700", status=status, json={"type": "error.list", "errors": []})
    with pytest.raises(error):
        client.read("700")


# --- who we are


def test_the_option_names_the_teammate_without_asking(installation: Installation, wire: responses.RequestsMock) -> None:
    assert client_of(replace(installation, options={"admin_id": 55})).own_actor_ids() == {"55"}
    assert len(wire.calls) == 0


def test_a_token_without_a_teammate_is_refused(client: IntercomClient, wire: responses.RequestsMock) -> None:
    wire.replace("GET", f"{API}/me", json={})
    with pytest.raises(Rejected):
        client.admin_id()


# --- writing


@pytest.fixture
def reading(client: IntercomClient, wire: responses.RequestsMock, body: dict[str, Any]) -> Reading:
    found = client.read("700")
    client.admin_id()
    client.workspace.tags()
    wire.calls.reset()
    return found


def test_an_empty_plan_sends_nothing(client: IntercomClient, wire: responses.RequestsMock, reading: Reading) -> None:
    assert client.write(reading, Plan()) == 0
    assert len(wire.calls) == 0


def test_attributes_then_tags_off_then_tags_on_then_the_note(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, body: dict[str, Any]
) -> None:
    body["tags"] = {"tags": [{"id": "70", "name": "dm__effort__high"}, {"id": "79", "name": "vip"}]}
    wire.put(f"{API}/conversations/700", json=body)
    wire.delete(f"{API}/conversations/700/tags/70", json={})
    wire.post(f"{API}/conversations/700/tags", json={})
    wire.post(f"{API}/conversations/700/reply", json={})
    plan = Plan(("dm__review",), ("dm__effort__high",), {"dm_effort": 6, "dm_outcome": "likely"}, NOTE)
    assert client.write(reading, plan) == 4
    assert sent(wire) == [
        ("PUT", "/conversations/700?display_as=plaintext"),
        ("DELETE", "/conversations/700/tags/70"),
        ("POST", "/conversations/700/tags"),
        ("POST", "/conversations/700/reply"),
    ]
    assert sent_json(wire, 0) == {"custom_attributes": {"dm_effort": 6, "dm_outcome": "likely"}}
    assert sent_json(wire, 1) == {"admin_id": "40"}
    assert sent_json(wire, 2) == {"id": "71", "admin_id": "40"}
    said = sent_json(wire, 3)
    assert (said["message_type"], said["type"], said["admin_id"]) == ("note", "admin", "40")


def test_after_a_crash_in_the_middle_only_the_rest_is_sent(
    client: IntercomClient,
    wire: responses.RequestsMock,
    reading: Reading,
    body: dict[str, Any],
    intercom: SimpleNamespace,
) -> None:
    body["tags"] = {"tags": [{"id": "71", "name": "dm__review"}]}
    body["conversation_parts"]["conversation_parts"].append(
        intercom.part(9, intercom.agent, "Deskmark: outcome likely (as text) ref 0123abcd-1", part_type="note")
    )
    wire.put(f"{API}/conversations/700", json=body)
    assert client.write(reading, Plan(("dm__review",), ("dm__effort__high",), {"dm_effort": 6}, NOTE)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"state": "open"},
        {"conversation_parts": {"conversation_parts": [{"id": "99", "part_type": "comment", "body": "wait!"}]}},
    ],
)
def test_a_conversation_that_went_on_is_not_written_further(
    client: IntercomClient,
    wire: responses.RequestsMock,
    reading: Reading,
    body: dict[str, Any],
    change: dict[str, Any],
) -> None:
    wire.put(f"{API}/conversations/700", json={**body, **change})
    with pytest.raises(Conflict):
        client.write(reading, Plan(("dm__review",), (), {"dm_effort": 6}, NOTE))
    assert len(wire.calls) == 1


def test_an_ignore_tag_since_the_reading_stops_the_write(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, body: dict[str, Any]
) -> None:
    wire.put(f"{API}/conversations/700", json={**body, "tags": {"tags": [{"id": "5", "name": "dm__ignore"}]}})
    with pytest.raises(OptedOut):
        client.write(reading, Plan(("dm__review",), (), {"dm_effort": 6}, NOTE))
    assert len(wire.calls) == 1


def test_without_attributes_to_write_the_conversation_is_read_again_first(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, body: dict[str, Any]
) -> None:
    wire.post(f"{API}/conversations/700/reply", json={})
    assert client.write(reading, Plan(note=NOTE)) == 2
    assert sent(wire)[0] == ("GET", "/conversations/700?display_as=plaintext")
    wire.replace("GET", f"{API}/conversations/700", json={**body, "updated_at": body["updated_at"] + 1})
    with pytest.raises(Conflict):
        client.write(reading, Plan(note=NOTE))


def test_an_answer_without_the_conversation_is_made_up_for(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading
) -> None:
    wire.put(f"{API}/conversations/700", json={})
    assert client.write(reading, Plan(fields={"dm_effort": 6})) == 2


def test_an_attribute_that_cannot_be_emptied_does_not_cost_the_others(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, body: dict[str, Any]
) -> None:
    wire.put(f"{API}/conversations/700", status=400, json={})
    wire.put(f"{API}/conversations/700", json=body)
    assert client.write(reading, Plan(fields={"dm_effort": None, "dm_outcome": "likely"})) == 2
    assert sent_json(wire, 0) == {"custom_attributes": {"dm_effort": "", "dm_outcome": "likely"}}
    assert sent_json(wire, 1) == {"custom_attributes": {"dm_outcome": "likely"}}


@pytest.mark.parametrize("fields", [{"dm_outcome": "likely"}, {"dm_effort": None}])
def test_a_refused_attribute_is_refused(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, fields: dict[str, Any]
) -> None:
    wire.put(f"{API}/conversations/700", status=400, json={})
    with pytest.raises(Rejected):
        client.write(reading, Plan(fields=fields))
    assert len(wire.calls) == 1


GONE = {"type": "error.list", "errors": [{"code": "tag_not_found", "message": "Tag not found"}]}
NO_CONVERSATION = {"type": "error.list", "errors": [{"code": "not_found", "message": "Conversation not found"}]}


def test_a_tag_that_was_deleted_in_the_workspace_is_made_again(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading
) -> None:
    wire.post(f"{API}/conversations/700/tags", status=404, json=GONE)
    wire.post(f"{API}/conversations/700/tags", json={})
    wire.replace("GET", f"{API}/tags", json={"data": []})
    wire.post(f"{API}/tags", json={"type": "tag", "id": "72", "name": "dm__review"})
    client.write(reading, Plan(add_tags=("dm__review",)))
    assert sent_json(wire, -1) == {"id": "72", "admin_id": "40"}


def test_a_tag_that_is_gone_already_needs_no_removing(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, body: dict[str, Any]
) -> None:
    tagged = {**body, "tags": {"tags": [{"id": "70", "name": "dm__effort__high"}]}}
    wire.replace("GET", f"{API}/conversations/700", json=tagged)
    wire.delete(f"{API}/conversations/700/tags/70", status=404, json=GONE)
    assert client.write(reading, Plan(remove_tags=("dm__effort__high",))) == 2


@pytest.mark.parametrize("plan", [Plan(add_tags=("dm__review",)), Plan(remove_tags=("dm__effort__high",))])
def test_a_conversation_that_is_gone_is_not_found(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading, body: dict[str, Any], plan: Plan
) -> None:
    tagged = {**body, "tags": {"tags": [{"id": "70", "name": "dm__effort__high"}]}}
    wire.replace("GET", f"{API}/conversations/700", json=tagged)
    wire.delete(f"{API}/conversations/700/tags/70", status=404, json=NO_CONVERSATION)
    wire.post(f"{API}/conversations/700/tags", status=404, json=NO_CONVERSATION)
    with pytest.raises(NotFound):
        client.write(reading, plan)


def test_a_tag_that_intercom_does_not_make_is_refused(
    client: IntercomClient, wire: responses.RequestsMock, reading: Reading
) -> None:
    wire.post(f"{API}/tags", json={})
    with pytest.raises(Rejected):
        client.write(reading, Plan(add_tags=("dm__gap",)))


# --- what ended


def test_ended_since_follows_the_pages_and_stops_at_a_cursor_it_has_seen(
    client: IntercomClient, wire: responses.RequestsMock, intercom: SimpleNamespace
) -> None:
    def page(number: str, after: str | None) -> dict[str, Any]:
        following = {"pages": {"next": {"per_page": 150, "starting_after": after}}} if after else {"pages": {}}
        return {"conversations": [{"id": number}, {"id": None}], **following}

    for answer in (page("1", "a"), page("2", "b"), page("3", "a")):
        wire.post(f"{API}/conversations/search", json=answer)
    moment = datetime.fromtimestamp(intercom.start, UTC)
    assert [each.id for each in client.ended_since(moment)] == ["1", "2", "3"]
    assert [sent_json(wire, n)["pagination"].get("starting_after") for n in range(3)] == [None, "a", "b"]
    assert sent_json(wire, 0)["query"] == {
        "field": "statistics.last_close_at", "operator": ">", "value": intercom.start - 1,
    }  # fmt: skip
    wire.replace("POST", f"{API}/conversations/search", json=page("9", None))
    assert [each.id for each in client.ended_since(moment)] == ["9"]
