"""Many tickets at once on the wire: batches, jobs in every shape, searching for our tags, revoking the token."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from connectors.base import Reading
from connectors.errors import ConnectorError, Rejected, Throttled
from connectors.many import DONE, Outcome, Trouble
from connectors.registry import remover, writer
from connectors.zendesk.bulk import ZendeskWriter, look_at_job
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.removal import ZendeskRemover
from service.conversation import Conversation
from service.writeback import AlreadyThere, Note, Plan, Writable

BASE = "https://acme.zendesk.com"
MANY = f"{BASE}/api/v2/tickets/update_many"
JOB = f"{BASE}/api/v2/job_statuses/j1"
TAG = Plan(add_tags=("dm__gap",))


def reading(number: int, writable: Writable = Writable.FULL, tags: tuple[str, ...] = ("vip",)) -> Reading:
    there = AlreadyThere(tags=tags, writable=writable, version=f"stamp {number}")
    return Reading(Conversation(id=str(number), messages=()), ended=True, there=there)


def test_each_open_ticket_has_its_own_change_and_stamp(client: ZendeskClient, wire: Any) -> None:
    wire.put(MANY, json={"job_status": {"id": "j1", "status": "queued"}})
    note = Plan(note=Note("0123abcd-1", "Deskmark: x (definitions 1)\nref 0123abcd-1"))
    (batch,) = ZendeskWriter(client).write_many([(reading(1), TAG), (reading(2), note)])
    assert (batch.ids, batch.job, batch.calls, dict(batch.outcomes)) == (("1", "2"), "j1", 1, {})
    first, second = requests.models.complexjson.loads(wire.calls[-1].request.body)["tickets"]
    assert first == {"id": 1, "tags": ["vip", "dm__gap"], "safe_update": True, "updated_stamp": "stamp 1"}
    assert second["comment"]["public"] is False
    assert "tags" not in second


def test_closed_tickets_with_the_same_change_go_together(client: ZendeskClient, wire: Any) -> None:
    wire.put(MANY, json={"job_status": {"id": "j1", "status": "queued"}})
    closed = [(reading(number, Writable.TAGS_ONLY), TAG) for number in (1, 2)]
    other = (reading(3, Writable.TAGS_ONLY, ("dm__gap",)), Plan(remove_tags=("dm__gap",)))
    batches = list(ZendeskWriter(client).write_many([*closed, other]))
    assert [batch.ids for batch in batches] == [("1", "2"), ("3",)]
    assert "ids=1%2C2" in str(wire.calls[-2].request.url)
    assert b'"additional_tags": ["dm__gap"]' in wire.calls[-2].request.body
    assert b'"remove_tags": ["dm__gap"]' in wire.calls[-1].request.body


def test_what_cannot_be_sent_is_told_without_a_request(client: ZendeskClient, wire: Any) -> None:
    nothing_new = (reading(2, tags=("dm__gap",)), TAG)
    (batch,) = ZendeskWriter(client).write_many([(reading(1, Writable.NOTHING), TAG), nothing_new])
    assert batch.outcomes["1"].trouble is Trouble.REFUSED
    assert batch.outcomes["2"] == DONE
    assert (batch.calls, len(wire.calls)) == (0, 0)


def test_a_job_without_an_id_is_an_error(client: ZendeskClient, wire: Any) -> None:
    wire.put(MANY, json={"job_status": {}})
    with pytest.raises(ConnectorError, match="did not say"):
        list(ZendeskWriter(client).write_many([(reading(1), TAG)]))


def test_too_many_jobs_stops_bulk_updates_only(client: ZendeskClient, wire: Any) -> None:
    wire.put(MANY, status=429, json={"error": "TooManyJobs"})
    for _ in range(2):
        with pytest.raises(Throttled):
            list(ZendeskWriter(client).write_many([(reading(1), TAG)]))
    assert len([call for call in wire.calls if "update_many" in str(call.request.url)]) == 1
    wire.put(f"{BASE}/api/v2/tickets/1", json={"ticket": {}})
    assert client.write(reading(1), TAG) == 1


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"id": 1, "success": True, "status": "Updated"}, DONE),
        ({"index": 0, "success": True}, DONE),
        ({"id": 1, "error": "UpdateConflict"}, Outcome(Trouble.CHANGED, "it changed since it was read")),
        (
            {"id": 1, "error": "TicketUpdateFailed", "details": "Safe Update prevented the update"},
            Outcome(Trouble.CHANGED, "it changed since it was read"),
        ),
        (
            {"index": 0, "error": "TicketUpdateFailed", "details": "Status: closed prevents ticket update"},
            Outcome(Trouble.CLOSED, "it is closed"),
        ),
        ({"id": 1, "error": "TicketNotFound"}, Outcome(Trouble.GONE, "it is not there any more")),
        ({"id": 1, "success": False}, Outcome(Trouble.REFUSED, "Zendesk gave no reason")),
        ({"id": 1, "error": "PermissionDenied"}, Outcome(Trouble.REFUSED, "PermissionDenied")),
        ({"id": 77, "index": 99, "error": "x"}, DONE),
        ({"error": "x"}, DONE),
    ],
)
def test_results_vary_in_shape(client: ZendeskClient, wire: Any, result: dict[str, Any], outcome: Outcome) -> None:
    wire.get(JOB, json={"job_status": {"id": "j1", "status": "completed", "results": [result]}})
    assert look_at_job(client, "j1", ["1"]) == {"1": outcome}


@pytest.mark.parametrize("status", ["queued", "working"])
def test_a_job_that_runs(client: ZendeskClient, wire: Any, status: str) -> None:
    wire.get(JOB, json={"job_status": {"id": "j1", "status": status}})
    assert ZendeskWriter(client).job("j1", ["1"]) is None


@pytest.mark.parametrize("status", ["failed", "killed"])
def test_a_job_that_failed_as_a_whole(client: ZendeskClient, wire: Any, status: str) -> None:
    wire.get(JOB, json={"job_status": {"id": "j1", "status": status}})
    outcomes = ZendeskRemover(client).job("j1", ["1", "2"])
    assert outcomes is not None
    assert {outcome.trouble for outcome in outcomes.values()} == {Trouble.REFUSED}


def test_clearing_is_one_change_for_all(client: ZendeskClient, wire: Any) -> None:
    wire.put(MANY, json={"job_status": {"id": "j1"}})
    batch = ZendeskRemover(client).clear(["1", "2"])
    assert (batch.ids, batch.job) == (("1", "2"), "j1")
    body = requests.models.complexjson.loads(wire.calls[-1].request.body)["ticket"]
    assert "dm__resolution__likely" in body["remove_tags"]
    assert not {"dm__ignore", "dm__dispute"} & set(body["remove_tags"])
    assert "status" not in body


def test_a_cursor_that_ran_out_starts_its_tag_anew(client: ZendeskClient, wire: Any) -> None:
    url = f"{BASE}/api/v2/search/export"
    stale = [responses.matchers.query_param_matcher({"page[after]": "old"}, strict_match=False)]
    wire.get(url, status=400, json={"error": "InvalidPaginationParameter"}, match=stale)
    wire.get(url, json={"results": [{"id": 5}], "meta": {"has_more": True, "after_cursor": "new"}})
    found = ZendeskRemover(client).marked({"tag": 2, "cursor": "old"})
    assert (found.ids, found.place) == (("5",), {"tag": 2, "cursor": "new"})


def test_a_search_that_is_refused_is_no_end(client: ZendeskClient, wire: Any) -> None:
    wire.get(f"{BASE}/api/v2/search/export", status=403, json={})
    with pytest.raises(Rejected):
        ZendeskRemover(client).marked(None)


CURRENT = f"{BASE}/api/v2/oauth/tokens/current"
ME = f"{BASE}/api/v2/users/me"
TOKENS = f"{BASE}/api/v2/oauth/tokens"


def test_every_token_of_the_client_is_revoked_ours_last(client: ZendeskClient, wire: Any) -> None:
    wire.get(CURRENT, json={"token": {"id": 7, "client_id": 3}})
    wire.get(TOKENS, json={"tokens": [{"id": 7}, {"id": 8}, {}]})
    wire.delete(f"{TOKENS}/8", status=204)
    wire.delete(f"{TOKENS}/7", status=204)
    wire.get(ME, status=401, json={})
    told = ZendeskRemover(client).revoke()
    assert told[0].text == "The access token is revoked."
    assert [call.request.url for call in wire.calls if call.request.method == "DELETE"] == [
        f"{TOKENS}/8", f"{TOKENS}/7",
    ]  # fmt: skip
    assert not told[1].done


def test_a_token_that_still_works_is_told(client: ZendeskClient, wire: Any) -> None:
    wire.get(CURRENT, json={"token": {"scopes": []}})
    wire.delete(CURRENT, status=204)
    wire.get(ME, json={"user": {"id": 1}})
    first, _ = ZendeskRemover(client).revoke()
    assert (first.done, "still accepts" in first.text) == (False, True)


def test_without_being_an_admin_our_own_token_is_revoked(client: ZendeskClient, wire: Any) -> None:
    wire.get(CURRENT, json={"token": {"id": 7, "client_id": 3}})
    wire.get(TOKENS, status=403, json={})
    wire.delete(f"{TOKENS}/7", status=204)
    wire.get(ME, status=401, json={})
    assert ZendeskRemover(client).revoke()[0].done


def test_what_cannot_be_revoked_is_told(client: ZendeskClient, wire: Any) -> None:
    wire.get(CURRENT, status=403, json={})
    assert "could not be revoked" in ZendeskRemover(client).revoke()[0].text
    wire.replace("GET", CURRENT, status=401, json={})
    assert ZendeskRemover(client).revoke()[0].text == "The access token is not accepted any more."


def test_who_does_what(client: ZendeskClient) -> None:
    assert isinstance(writer(client), ZendeskWriter)
    assert isinstance(remover(client, "dm__"), ZendeskRemover)
    with pytest.raises(KeyError):
        remover(object(), "dm__")  # type: ignore[arg-type]
