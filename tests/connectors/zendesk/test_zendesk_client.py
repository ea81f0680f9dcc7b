"""The client on the wire: what it asks for, what it makes of answers, how it authenticates and waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses

from connectors.base import Installation
from connectors.errors import Conflict, CredentialsRefused, NotFound, NotWritable, OptedOut, Rejected, RetryLater
from connectors.http import Http
from connectors.limiter import Limiter
from connectors.registry import connectors
from connectors.zendesk import ZendeskConnector
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.limits import Left, limits
from connectors.zendesk.options import Options
from connectors.zendesk.sandbox import Sandbox
from service.conversation import Channel, Conversation, Role
from service.writeback import Note, Plan, Writable

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = "https://acme.zendesk.com"
NOTE = Note("0123abcd-1", "Deskmark: outcome likely (definitions 1, times UTC)\n- 09:00 it works\nref 0123abcd-1")
PLAN = Plan(("dm__resolution__likely",), (), {"dm_outcome": "likely", "dm_resolution": 71}, NOTE)

Connect = Callable[..., ZendeskClient]
Told = Callable[..., Conversation]


def bare_ticket(**more: Any) -> dict[str, Any]:
    return {"ticket": {"id": 42, "status": "solved", "requester_id": 5, "tags": [], "updated_at": "x", **more}}


def asked(wire: Any) -> list[str]:
    return [str(call.request.url).removeprefix(BASE) for call in wire.calls]


def test_a_ticket_takes_two_requests(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello", "B: hi", "A: one moment"))
    client = connect(sandbox)
    client.read(number)

    reading = client.read(number)

    assert reading.calls == 2
    assert [m.role for m in reading.conversation.messages] == [Role.CUSTOMER, Role.BOT, Role.AGENT]
    assert reading.ended


def test_audits_are_read_page_by_page(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told(*(f"C: {n}" for n in range(150)), channel=Channel.WEB))

    reading = connect(sandbox).read(number)

    assert len(reading.conversation.messages) == 150
    assert reading.calls == 3
    assert not reading.conversation.truncated


def test_audits_without_an_end_are_marked_truncated(wire: Any, client: ZendeskClient) -> None:
    page = {"audits": [], "meta": {"has_more": True, "after_cursor": "again"}}
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(requester_id=None))
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json=page)

    assert client.read("42").conversation.truncated


def test_authors_who_did_not_come_along_are_fetched_once(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    client = connect(sandbox)
    first, second = (sandbox.seed(told("C: hello", "B: hi", "A: one moment"), ended=False) for _ in range(2))

    assert client.read(first).calls == 3
    assert client.read(second).calls == 2


@pytest.mark.parametrize("where", ["ticket", "customer", "organisation"])
def test_an_opt_out_is_honoured_before_content_is_read(
    connect: Connect, sandbox: Sandbox, told: Told, where: str
) -> None:
    number = sandbox.seed(told("C: hello"))
    if where == "ticket":
        sandbox.tag(number, "dm__ignore")
    elif where == "customer":
        sandbox.tag_customer(number, "dm__ignore")
    else:
        sandbox.set_organization(number, "Quiet Ltd", ["dm__ignore"])
    before = len(sandbox.requests_log)

    with pytest.raises(OptedOut):
        connect(sandbox).read(number)

    assert not any("audits" in request.path for request in sandbox.requests_log[before:])


def test_an_organisation_that_does_not_come_along_is_asked_for(wire: Any, client: ZendeskClient) -> None:
    people = [{"id": 5, "role": "end-user", "organization_id": 9}]
    wire.get(f"{BASE}/api/v2/tickets/42", json={**bare_ticket(), "users": people})
    wire.get(f"{BASE}/api/v2/organizations/9", json={"organization": {"id": 9, "tags": ["dm__ignore"]}})

    with pytest.raises(OptedOut):
        client.read("42")


def test_an_organisation_that_is_gone_opts_nobody_out(wire: Any, client: ZendeskClient) -> None:
    wire.get(
        f"{BASE}/api/v2/tickets/42", json={**bare_ticket(organization_id=9), "users": [{"id": 5, "role": "end-user"}]}
    )
    wire.get(f"{BASE}/api/v2/organizations/9", status=404)
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json={"audits": []})

    assert client.read("42").conversation.id == "42"


def test_a_deleted_ticket_is_not_found(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(status="deleted"))
    wire.get(f"{BASE}/api/v2/tickets/43", status=404, json={"error": "RecordNotFound"})

    for number in ("42", "43"):
        with pytest.raises(NotFound):
            client.read(number)


REQUESTER = [{"id": 5, "role": "end-user"}]


def test_a_ticket_is_gone_only_when_the_ticket_itself_is(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/tickets/42", json={**bare_ticket(), "users": REQUESTER})
    wire.get(f"{BASE}/api/v2/tickets/42/audits", status=404, json={"error": "RecordNotFound"})
    with pytest.raises(RetryLater, match="the ticket is there, but a part of it is not"):
        client.read("42")

    wire.replace("GET", f"{BASE}/api/v2/tickets/42", json=bare_ticket(status="deleted"))
    with pytest.raises(NotFound):
        client.read("42")


def test_a_ticket_that_goes_while_it_is_read_is_gone(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/tickets/42", json={**bare_ticket(), "users": REQUESTER})
    wire.get(f"{BASE}/api/v2/tickets/42", status=404, json={"error": "RecordNotFound"})
    wire.get(f"{BASE}/api/v2/tickets/42/audits", status=404, json={"error": "RecordNotFound"})
    with pytest.raises(NotFound):
        client.read("42")


def test_the_conversation_log_is_used_where_there_is_one(connect: Connect, told: Told) -> None:
    with Sandbox(conversation_log=True) as sandbox:
        number = sandbox.seed(told("C: hello", "B: hi", "A: one moment", "N: between us"))

        always = connect(sandbox, conversation_log="always").read(number)
        auto = connect(sandbox).read(number)

    roles = [(m.role.value, m.internal) for m in always.conversation.messages]
    assert roles == [("customer", False), ("bot", False), ("agent", False), ("agent", True)]
    assert (always.calls, auto.calls) == (3, 2)
    assert [m.text for m in auto.conversation.messages] == [m.text for m in always.conversation.messages]


def test_a_missing_conversation_log_is_remembered(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello"))
    client = connect(sandbox, conversation_log="always")

    assert client.read(number).calls == 3
    assert client.read(number).calls == 2
    assert sum("conversation_log" in request.path for request in sandbox.requests_log) == 1


def test_a_messaging_ticket_without_history_asks_the_log(wire: Any, client: ZendeskClient) -> None:
    entry = {"id": "L1", "author": {"type": "bot"}, "content": {"text": "hi"}, "metadata": {}}
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(requester_id=None, from_messaging_channel=True))
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json={"audits": []})
    wire.get(f"{BASE}/api/v2/tickets/42/conversation_log", json={"events": [entry]})

    assert [m.role for m in client.read("42").conversation.messages] == [Role.BOT]


@pytest.mark.parametrize(("status", "asks"), [(200, 2), (404, 2), (403, 1)])
def test_survey_answers_are_fetched(wire: Any, client: ZendeskClient, status: int, asks: int) -> None:
    event = {"type": "SurveyResponseSubmitted", "survey_response_id": "s1"}
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(requester_id=None))
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json={"audits": [{"id": 1, "events": [event]}]})
    answers = {"survey_response": {"answers": [{"type": "rating_scale", "rating": 2}]}}
    wire.get(f"{BASE}/api/v2/guide/survey_responses/s1", status=status, json=answers)

    rated = [client.read("42").conversation.rating for _ in range(2)]

    assert [rating and rating.score for rating in rated] == ([2.0, 2.0] if status == 200 else [None, None])
    assert sum("survey" in url for url in asked(wire)) == asks


def test_a_survey_without_an_id_is_no_rating(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(requester_id=None))
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json={"audits": [{"events": [{"type": "SurveyResponseSubmitted"}]}]})

    assert client.read("42").conversation.rating is None


def test_write_read_plan_again_is_already_true(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello", tags=("vip",)))
    client = connect(sandbox)

    assert client.write(client.read(number), PLAN) == 1

    there = client.read(number).there
    assert there.tags == ("vip", "dm__resolution__likely")
    assert (there.fields["dm_outcome"], there.fields["dm_resolution"]) == ("likely", "71")
    assert [note.reference for note in there.notes] == ["0123abcd-1"]
    assert sandbox.status(number) == "solved"
    assert client.write(client.read(number), Plan()) == 0


def test_a_change_since_the_reading_is_a_conflict(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello"))
    client = connect(sandbox)
    stale = client.read(number)
    sandbox.tag(number, "vip")

    with pytest.raises(Conflict):
        client.write(stale, PLAN)

    assert client.write(client.read(number), PLAN) == 1
    assert sandbox.snapshot(number).tags == ("vip", "dm__resolution__likely")


def test_a_closed_ticket_gets_its_tags_by_a_job(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello", tags=("vip", "dm__resolution__unclear")))
    sandbox.close(number)
    client = connect(sandbox)
    reading = client.read(number)

    assert reading.there.writable is Writable.TAGS_ONLY
    assert client.write(reading, Plan(("dm__resolution__returned",), ("dm__resolution__unclear",))) == 3
    assert sandbox.snapshot(number).tags == ("vip", "dm__resolution__returned")
    assert client.write(reading, Plan(note=NOTE)) == 0
    assert sandbox.snapshot(number).notes == ()


def test_a_ticket_closed_since_the_reading(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello"))
    client = connect(sandbox)
    open_still = client.read(number)
    sandbox.close(number)

    assert client.write(open_still, PLAN) == 4
    assert sandbox.snapshot(number).tags == ("dm__resolution__likely",)
    with pytest.raises(NotWritable, match="closed"):
        client.write(open_still, Plan(note=NOTE))


def test_what_only_an_ai_agent_holds_is_not_writable_until_escalated(
    connect: Connect, sandbox: Sandbox, told: Told
) -> None:
    number = sandbox.seed(told("C: hello", "B: hi"), read_only=True)
    client = connect(sandbox)

    with pytest.raises(NotWritable, match="read-only"):
        client.write(client.read(number), PLAN)

    sandbox.escalate(number)
    assert client.write(client.read(number), PLAN) == 1


def test_a_known_read_only_ticket_is_not_even_tried(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello", tags=("ai_only",)))
    client = connect(sandbox, read_only_tags="ai_only")
    reading = client.read(number)
    before = len(sandbox.requests_log)

    with pytest.raises(NotWritable):
        client.write(reading, PLAN)

    assert len(sandbox.requests_log) == before


@pytest.mark.parametrize(
    ("job", "error"),
    [
        ({"status": "failed"}, NotWritable),
        ({"status": "completed", "results": [{"id": 42, "success": False, "error": "TicketNotFound"}]}, NotWritable),
        ({"status": "completed", "results": [{"id": 42, "error": "UpdateConflict"}]}, Conflict),
        ({"status": "completed", "results": [{"id": 42, "success": False}]}, NotWritable),
        ({"id": "j", "status": "working", "results": None}, RetryLater),
        ({}, RetryLater),
    ],
)
def test_what_becomes_of_jobs(
    wire: Any, client: ZendeskClient, connect: Connect, sandbox: Sandbox, told: Told, job: Any, error: type[Exception]
) -> None:
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(requester_id=None, status="closed"))
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json={"audits": []})
    wire.put(f"{BASE}/api/v2/tickets/update_many", json={"job_status": job})
    wire.get(f"{BASE}/api/v2/job_statuses/j", json={"job_status": job})

    with pytest.raises(error):
        client.write(client.read("42"), Plan(("dm__review",)))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (422, {"details": {"base": [{"description": "Status: closed prevents ticket update"}]}}, NotWritable),
        (422, {"details": {"comment": [{"description": "too many"}]}}, Rejected),
        (403, {"description": "This is an AI agent ticket"}, NotWritable),
        (403, {"error": "Forbidden"}, Rejected),
        (404, {"error": "RecordNotFound"}, NotFound),
        (500, {}, RetryLater),
    ],
)
def test_refused_updates(wire: Any, client: ZendeskClient, status: int, body: Any, error: type[Exception]) -> None:
    wire.get(f"{BASE}/api/v2/tickets/42", json=bare_ticket(requester_id=None))
    wire.get(f"{BASE}/api/v2/tickets/42/audits", json={"audits": []})
    wire.put(f"{BASE}/api/v2/tickets/42", status=status, json=body)

    with pytest.raises(error):
        client.write(client.read("42"), Plan(note=NOTE))


def test_ignored_keys_are_logged(wire: Any, client: ZendeskClient, caplog: pytest.LogCaptureFixture) -> None:
    warning = {"x-zendesk-api-warn": '{:unpermitted_keys=>["ticket.colour"]}'}
    wire.get(f"{BASE}/api/v2/users/me", json={"user": {"id": 5}}, headers=warning)

    with caplog.at_level(logging.WARNING):
        client.me()

    assert "ticket.colour" in caplog.text


def test_solved_tickets_are_found_page_by_page(wire: Any, client: ZendeskClient) -> None:
    first = {"results": [{"id": 1}, {"no": "id"}], "meta": {"has_more": True, "after_cursor": "c"}}
    wire.get(f"{BASE}/api/v2/search/export", json=first)
    wire.get(f"{BASE}/api/v2/search/export", json={"results": [{"id": 2}], "meta": {"has_more": False}})

    assert [each.id for each in client.ended_since(BEGIN)] == ["1", "2"]

    queries = [call.request.params for call in wire.calls if "search" in call.request.url]
    assert queries[0]["query"] == "status>=solved solved>=2026-03-02T09:00:00Z"
    assert queries[1]["page[after]"] == "c"


def test_only_tickets_solved_since_are_found(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    sandbox.seed(told("C: old", closed_at=BEGIN + timedelta(minutes=5)))
    recent = sandbox.seed(told("C: new", closed_at=BEGIN + timedelta(hours=5)))
    sandbox.seed(told("C: open still"), ended=False)

    assert [each.id for each in connect(sandbox).ended_since(BEGIN + timedelta(hours=4))] == [recent]


def test_our_own_id_is_asked_for_once(connect: Connect, sandbox: Sandbox) -> None:
    client = connect(sandbox)

    assert client.own_actor_ids() == client.own_actor_ids() == {str(sandbox.own_id)}
    assert sum(request.path == "/api/v2/users/me" for request in sandbox.requests_log) == 1


def test_one_token_serves_until_it_runs_out(connect: Connect, told: Told) -> None:
    with Sandbox(token_lifetime=30) as sandbox:  # shorter than the leeway: renewed before every request
        client = connect(sandbox)
        client.me(), client.me()
        short = sum(request.path == "/oauth/tokens" for request in sandbox.requests_log)
    with Sandbox() as sandbox:
        client = connect(sandbox)
        client.me(), client.me()
        long = sum(request.path == "/oauth/tokens" for request in sandbox.requests_log)

    assert (short, long) == (2, 1)


def test_the_token_is_asked_for_with_json_and_both_scopes(connect: Connect, sandbox: Sandbox) -> None:
    connect(sandbox).me()

    request = sandbox.requests_log[0]
    assert request.headers["content-type"] == "application/json"
    assert request.json == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "client_id": sandbox.secrets["client_id"],
        "client_secret": sandbox.secrets["client_secret"],
    }


def test_a_revoked_token_is_renewed_once(connect: Connect, sandbox: Sandbox) -> None:
    client = connect(sandbox)
    client.me()
    sandbox.expire_tokens()

    assert client.me()["role"] == "admin"


def test_a_token_that_is_refused_again_is_rejected(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/users/me", status=401)

    with pytest.raises(CredentialsRefused, match="access token"):
        client.me()

    assert sum("users/me" in url for url in asked(wire)) == 2


def test_a_fixed_token_is_used_as_it_is(wire: Any, installation: Installation) -> None:
    fixed = replace(installation, secrets={"access_token": "given"})
    client = ZendeskConnector().client(
        fixed, Http(BASE, requests.Session(), Limiter(), name="z1", hosts=ZendeskConnector.hosts)
    )
    wire.get(f"{BASE}/api/v2/users/me", status=401)

    with pytest.raises(CredentialsRefused):
        client.me()

    assert [call.request.headers["Authorization"] for call in wire.calls] == ["Bearer given"]


def test_a_wrong_client_secret_says_so(connect: Connect, sandbox: Sandbox) -> None:
    client = connect(sandbox, secrets={"client_secret": "wrong"})

    with pytest.raises(CredentialsRefused, match="client"):
        client.me()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(200, '{"scope": "read"}', CredentialsRefused), (503, "{}", RetryLater), (200, "<p>", RetryLater)],
)
def test_token_answers_that_are_none(
    installation: Installation, status: int, body: str, error: type[Exception]
) -> None:
    client = ZendeskConnector().client(
        installation, Http(BASE, requests.Session(), Limiter(), name="z1", hosts=ZendeskConnector.hosts)
    )
    with responses.RequestsMock() as mock:
        mock.post(f"{BASE}/oauth/tokens", status=status, body=body)
        with pytest.raises(error):
            client.me()


def test_too_many_requests_wait_as_long_as_told(connect: Connect, sandbox: Sandbox) -> None:
    client = connect(sandbox)
    sandbox.refuse_next(1, seconds=7)

    with pytest.raises(RetryLater) as refused:
        client.me()
    with pytest.raises(RetryLater) as paused:
        client.me()

    assert refused.value.after == 7
    assert 0 < paused.value.after <= 7
    assert sum(request.path == "/api/v2/users/me" for request in sandbox.requests_log) == 1


def test_an_account_limit_that_is_used_up_stops_everything(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello"))
    client = connect(sandbox)
    reading = client.read(number)
    sandbox.limits.account = 3

    client.me()

    for call in (client.me, lambda: client.write(reading, PLAN), lambda: list(client.ended_since(BEGIN))):
        with pytest.raises(RetryLater):
            call()
    assert all(request.status == 200 for request in sandbox.requests_log)


@pytest.mark.parametrize("limit", ["updates", "per_ticket"])
def test_update_limits_are_kept_before_they_are_hit(connect: Connect, sandbox: Sandbox, told: Told, limit: str) -> None:
    setattr(sandbox.limits, limit, 1)
    first, second = (sandbox.seed(told("C: hello")) for _ in range(2))
    client = connect(sandbox)
    client.write(client.read(first), PLAN)

    with pytest.raises(RetryLater):
        client.write(client.read(first), Plan(("dm__review",)))
    if limit == "updates":
        with pytest.raises(RetryLater):
            client.write(client.read(second), PLAN)
    else:
        assert client.write(client.read(second), PLAN) == 1
    assert all(request.status == 200 for request in sandbox.requests_log)


def test_our_own_limit_for_one_ticket(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: hello"))
    client = connect(sandbox, per_ticket_rate="1/10 minutes")
    client.write(client.read(number), PLAN)

    with pytest.raises(RetryLater, match="limit"):
        client.write(client.read(number), Plan(("dm__review",)))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"rate-limit-remaining": "0", "rate-limit-reset": "32"}, [Left("", 0, 32.0)]),
        ({"RateLimit-Remaining": "3", "RateLimit-Reset": "9", "rate-limit-remaining": "1"}, [Left("", 3, 9.0)]),
        (
            {"zendesk-rate-limit-tickets-update": "total=20; remaining=19; resets=59"},
            [Left("tickets-update", 19, 59.0, 20)],
        ),
        (
            {"Zendesk-RateLimit-Per-Ticket-Updates": "total=30; remaining=0; resets=468"},
            [Left("per-ticket-updates", 0, 468.0, 30)],
        ),
        ({"zendesk-ratelimit-new": "nothing", "ratelimit-remaining": "x", "x-rate-limit": "700"}, []),
    ],
)
def test_every_spelling_of_the_limits(headers: dict[str, str], expected: list[Left]) -> None:
    assert list(limits(headers)) == expected


def test_options_keep_their_defaults() -> None:
    odd = Options.read(
        {"conversation_log": "sometimes", "bot_tags": 7, "dm_effort": "none", "fields": "?", "rate": "9/hour"}
    )

    assert odd.conversation_log == "auto"
    assert "bot" in odd.bot_tags
    assert dict(odd.field_ids) == {}
    assert odd.rate == "9/hour"
    assert Options.read({"rate": "fast", "per_ticket_rate": ""}).rate == Options().rate


def test_the_registry_knows_zendesk() -> None:
    assert isinstance(connectors()["zendesk"], ZendeskConnector)
