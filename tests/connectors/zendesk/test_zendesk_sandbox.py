"""The stand-in enforces the rules that hurt, and what is played into it is what is read back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Signal
from connectors.errors import InvalidSignature
from connectors.zendesk import ZendeskConnector
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.sandbox import Sandbox
from connectors.zendesk.sandbox import hooks as sandbox_hooks
from service.conversation import (
    Author,
    Channel,
    Contact,
    Conversation,
    Event,
    EventKind,
    Initiator,
    Message,
    Rating,
    Role,
    episodes,
    handoff_position,
)
from service.writeback import Note, Plan

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTE = Note("0123abcd-1", "Deskmark: outcome likely (definitions 1, times UTC)\nref 0123abcd-1")

Connect = Callable[..., ZendeskClient]
Told = Callable[..., Conversation]


class Receiver:
    """A webhook's address: remembers what came and answers what it was told, one answer each, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.answering = threading.Event()
        self.answering.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers.items()), body))
                receiver.answering.wait()
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def stop(self) -> None:
        self.answering.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def events(self) -> list[str]:
        said = (ZendeskConnector().delivery(headers, body) for headers, body in self.got)
        return [f"{delivery.event} {delivery.conversation_id}" for delivery in said]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()


@pytest.fixture
def api(sandbox: Sandbox) -> Callable[..., requests.Response]:
    """Asks the sandbox as any client would, with a good token."""
    token = sandbox.access.grant({**sandbox.secrets, "grant_type": "client_credentials", "scope": "read write"})[
        "access_token"
    ]

    def ask(method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(
            method, f"{sandbox.base_url}/api/v2{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10, **more
        )

    return ask


def put(api: Callable[..., requests.Response], number: str, **ticket: Any) -> requests.Response:
    return api("PUT", f"/tickets/{number}.json", json={"ticket": ticket})


# What is played is what is read


def simple(conversation: Conversation) -> tuple[Any, ...]:
    """What scoring reads of a conversation, without the helpdesk's own ids."""
    messages = [(m.role, m.text, m.at, m.internal, m.attachments) for m in conversation.messages]
    return messages, handoff_position(conversation), len(episodes(conversation))


@pytest.mark.parametrize("channel", list(Channel))
def test_a_whole_story_comes_back(connect: Connect, sandbox: Sandbox, told: Told, channel: Channel) -> None:
    at = BEGIN + timedelta(minutes=2, seconds=30)
    handoff = Event("e", EventKind.HANDOFF, at, Initiator.BOT, None, "tier 1")
    moved = Event(
        "t", EventKind.TRANSFERRED, BEGIN + timedelta(minutes=4, seconds=30), Initiator.AGENT, "tier 1", "tier 2"
    )
    story = told(
        "C: where is my lamp {{ticket.id}}", "B: which one?", "C: ORD-1", "A: which order?", "N: check stock",
        "A: sent", "S: survey sent", "U: ???",
        events=(handoff, moved), channel=channel, subject="lamp", tags=("vip",), rating=Rating("good", comment="ok"),
    )  # fmt: skip

    reading = connect(sandbox).read(sandbox.seed(story))

    back = reading.conversation
    assert simple(back) == simple(story)
    assert (back.channel, back.subject, back.tags, back.closed_at) == (channel, "lamp", ("vip",), story.closed_at)
    assert back.contact.email == "ada@example.com"
    assert (back.contact.external_id, back.contact.email_verified) == ("x-1", True)
    assert back.rating is not None
    assert (back.rating.score, back.rating.comment) == ("good", "ok")
    kinds = [(str(e.kind), e.by, e.target) for e in back.events if e.kind != EventKind.RATED]
    assert kinds[:2] == [
        ("handoff", Initiator.BOT, "tier 1"),
        ("transferred", Initiator.AGENT, "tier 2"),
    ]
    assert back.messages[3].author.group == "tier 1"
    assert back.messages[5].author.group == "tier 2"


def test_who_handed_over_comes_back(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    for by in (*Initiator, None):
        events = (Event("e", EventKind.HANDOFF, BEGIN + timedelta(seconds=90), by, None, "care"),)
        number = sandbox.seed(told("C: help", "B: hi", "A: hello", events=events))

        (handoff, *_) = connect(sandbox).read(number).conversation.events
        assert (str(handoff.kind), handoff.by) == ("handoff", by)


def test_reopening_and_other_events_come_back(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    def event(kind: EventKind, minute: float, target: str | None = None) -> Event:
        return Event(f"{kind}", kind, BEGIN + timedelta(minutes=minute), Initiator.AGENT, None, target)

    events = (
        event(EventKind.ASSIGNED, 0.5, "kim"),
        event(EventKind.CLOSED, 1.5),
        event(EventKind.REOPENED, 2),
        event(EventKind.CHANNEL_CHANGED, 2.5, "email"),
        event(EventKind.REDACTED, 3.5),
        event(EventKind.LINK_CLICKED, 3.6),
    )
    number = sandbox.seed(told("C: help", "A: done", "C: not done", "C: by mail", events=events))

    back = connect(sandbox).read(number).conversation
    assert [str(e.kind) for e in back.events] == [
        "assigned", "closed", "reopened", "channel_changed", "redacted", "closed",
    ]  # fmt: skip
    assert [m.text for m in episodes(back)[1].messages] == ["not done", "by mail"]


ROLES = st.sampled_from([Role.CUSTOMER, Role.BOT, Role.AGENT])
WORDS = st.text("abcdefg ?", min_size=1, max_size=20).map(str.strip).filter(bool)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.lists(st.tuples(ROLES, WORDS, st.booleans()), min_size=1, max_size=8),
    st.sampled_from([Channel.MESSAGING, Channel.WEB, Channel.SOCIAL, Channel.PHONE]),
    st.one_of(st.none(), st.integers(1, 5), st.sampled_from(["good", "bad"])),
)
def test_any_conversation_comes_back(
    connect: Connect, sandbox: Sandbox, lines: Any, channel: Channel, score: int | str | None
) -> None:
    sandbox.limits.account = 100_000
    messages = tuple(
        Message(
            f"m{n}", Author(role, f"{role}"), f"{n} {words}", BEGIN + timedelta(minutes=n),
            internal=internal and role is Role.AGENT,
        )
        for n, (role, words, internal) in enumerate(lines)
    )  # fmt: skip
    rating = Rating(score=score) if score is not None else None
    story = Conversation("x", messages, channel=channel, contact=Contact("c"), opened_at=BEGIN, rating=rating)
    client = connect(sandbox, rate="100000/minute")

    back = client.read(sandbox.seed(story)).conversation

    assert simple(back)[0] == simple(story)[0]
    assert (back.rating and back.rating.score) == score


def test_undated_messages_follow_each_other(connect: Connect, sandbox: Sandbox) -> None:
    messages = tuple(Message(f"m{n}", Author(Role.CUSTOMER), f"line {n}") for n in range(3))

    back = connect(sandbox).read(sandbox.seed(Conversation("x", messages, channel=Channel.WEB))).conversation

    assert [message.text for message in back.messages] == ["line 0", "line 1", "line 2"]


def test_the_same_customer_is_one_user(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    first = sandbox.seed(told("C: one"))
    by_mail = sandbox.seed(told("C: two", contact=Contact("other", email="ada@example.com", email_verified=True)))
    by_id = sandbox.seed(told("C: three", contact=Contact("c1")))
    somebody = sandbox.seed(told("C: four", contact=Contact("c9")))
    client = connect(sandbox)

    contacts = [client.read(number).conversation.contact.id for number in (first, by_mail, by_id, somebody)]

    assert len(set(contacts[:3])) == 1
    assert contacts[3] != contacts[0]


def test_a_story_goes_on(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: help", "B: done?"))
    more = Message("m9", Author(Role.CUSTOMER), "still broken", BEGIN + timedelta(hours=2))

    same = sandbox.continue_(number, [more], rating=Rating(2.0), at=BEGIN + timedelta(hours=3))

    back = connect(sandbox).read(number).conversation
    assert same == number
    assert len(episodes(back)) == 2
    assert [str(e.kind) for e in back.events] == ["closed", "reopened", "rated", "closed"]
    assert back.rating is not None
    assert back.rating.score == 2.0


def test_a_closed_ticket_is_followed_up_by_another_with_its_tags(
    connect: Connect, sandbox: Sandbox, told: Told
) -> None:
    number = sandbox.seed(told("C: help", tags=("vip",)))
    client = connect(sandbox)
    client.write(client.read(number), Plan(("dm__resolution__likely",)))
    sandbox.close(number)

    other = sandbox.continue_(
        number, [Message("m9", Author(Role.CUSTOMER), "again", BEGIN + timedelta(days=9))], ended=False
    )

    reading = client.read(other)
    assert other != number
    assert reading.there.tags == ("vip", "dm__resolution__likely")
    assert reading.conversation.tags == ("vip",)
    assert reading.conversation.attributes["followup_of"] == number
    assert sandbox.status(number) == "closed"


def test_solving_by_hand(sandbox: Sandbox, told: Told) -> None:
    number = sandbox.seed(told("C: help"), ended=False)
    assert sandbox.status(number) == "new"

    sandbox.end(number)
    sandbox.end(number)

    assert sandbox.status(number) == "solved"


# Webhooks


def test_every_delivery_is_signed_and_names_its_ticket(
    sandbox: Sandbox, receiver: Receiver, told: Told, connect: Connect
) -> None:
    sandbox.connect_webhook(receiver.url)
    number = sandbox.seed(told("C: help"))
    assert sandbox.flush()

    ((headers, body),) = receiver.got
    installation = connect(sandbox).installation
    ZendeskConnector().verify(installation, headers, body, now=datetime.now(UTC))
    said = ZendeskConnector().delivery(headers, body)
    assert (said.signal, said.conversation_id) == (Signal.ENDED, number)
    assert said.key == headers["X-Zendesk-Webhook-Invocation-Id"]
    with pytest.raises(InvalidSignature):
        ZendeskConnector().verify(installation, headers, body + b" ", now=datetime.now(UTC))


def test_a_trigger_fires_on_the_change_to_solved_only(
    sandbox: Sandbox, receiver: Receiver, told: Told, connect: Connect
) -> None:
    sandbox.connect_webhook(receiver.url, mode="trigger")
    number = sandbox.seed(told("C: help {{"))
    client = connect(sandbox)
    client.write(client.read(number), Plan(("dm__review",), note=NOTE))
    assert sandbox.flush()

    ((_, body),) = receiver.got
    assert json.loads(body)["ticket_id"] == number
    assert receiver.events == [f"trigger.solved {number}"]


@pytest.mark.parametrize(
    ("conditions", "fires"),
    [
        ({"all": [{"field": "status", "operator": "is", "value": "solved"}]}, True),
        ({"all": [{"field": "status", "operator": "is_not", "value": "solved"}]}, False),
        ({"any": [{"field": "status", "operator": "value_previous", "value": "new"}]}, True),
        ({"any": [{"field": "status", "operator": "changed", "value": None}]}, True),
        ({"any": [{"field": "status", "operator": "less_than", "value": "solved"}]}, False),
        ({"all": [{"field": "update_type", "operator": "is", "value": "Create"}]}, False),
        ({"all": [{"field": "priority", "operator": "is", "value": "high"}]}, False),
    ],
)
def test_conditions_of_triggers(
    sandbox: Sandbox,
    receiver: Receiver,
    told: Told,
    api: Callable[..., requests.Response],
    conditions: Any,
    fires: bool,
) -> None:
    number = sandbox.seed(told("C: help"), ended=False)
    hook = {"name": "n", "endpoint": receiver.url, "http_method": "POST", "request_format": "json", "status": "active"}
    made = api("POST", "/webhooks", json={"webhook": {**hook, "subscriptions": ["conditional_ticket_events"]}}).json()
    notify = {"field": "notification_webhook", "value": [made["webhook"]["id"], "{{ticket.status}}"]}
    trigger = {"title": "t", "conditions": conditions, "actions": [{"field": "status", "value": "open"}, notify]}
    assert api("POST", "/triggers", json={"trigger": trigger}).status_code == 201
    assert len(api("GET", "/webhooks").json()["webhooks"]) == 1

    sandbox.end(number)
    assert sandbox.flush()

    assert [body for _, body in receiver.got] == ([b"Solved"] if fires else [])
    assert api("DELETE", f"/webhooks/{made['webhook']['id']}").status_code == 204


def test_our_own_write_comes_back_under_our_name(
    sandbox: Sandbox, receiver: Receiver, told: Told, connect: Connect
) -> None:
    number = sandbox.seed(told("C: help"))
    client = connect(sandbox)
    sandbox.connect_webhook(receiver.url)
    client.write(client.read(number), Plan(("dm__review",), note=NOTE))
    assert sandbox.flush()

    (said,) = [ZendeskConnector().delivery(headers, body) for headers, body in receiver.got]
    assert (said.event, said.signal) == ("ticket.tags_changed", Signal.ACTIVITY)
    assert said.actor_id in client.own_actor_ids()


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        ([(200, {})], 1),
        ([(409, {})] * 5, 4),
        ([(503, {"Retry-After": "30"})], 2),
        ([(429, {"Retry-After": "1"})] * 9, 4),
        ([(503, {"Retry-After": "60"})], 1),
        ([(503, {})], 1),
        ([(500, {})], 1),
        ([(401, {})], 1),
    ],
)
def test_only_what_zendesk_retries_is_retried(
    sandbox: Sandbox, receiver: Receiver, told: Told, answers: list[tuple[int, dict[str, str]]], attempts: int
) -> None:
    receiver.answers = list(answers)
    sandbox.connect_webhook(receiver.url)
    sandbox.seed(told("C: help"))

    assert sandbox.flush()
    assert len(receiver.got) == attempts
    assert len({headers["X-Zendesk-Webhook-Invocation-Id"] for headers, _ in receiver.got}) == 1
    assert [attempt.number for attempt in sandbox.hooks.attempts] == list(range(1, attempts + 1))


def test_time_outs_are_retried_five_times_refused_connections_never(told: Told, receiver: Receiver) -> None:
    receiver.answering.clear()
    with Sandbox(retry_delay=0.01, webhook_timeout=0.05) as sandbox:
        sandbox.connect_webhook(receiver.url)
        sandbox.seed(told("C: help"))
        assert sandbox.flush()
        assert [attempt.status for attempt in sandbox.hooks.attempts] == [None] * 6
    receiver.answering.set()
    with Sandbox() as sandbox:
        sandbox.connect_webhook("http://127.0.0.1:1/nobody")
        sandbox.seed(told("C: help"))
        assert sandbox.flush()
        assert len(sandbox.hooks.attempts) == 1


def test_duplicates_come_under_ids_of_their_own(sandbox: Sandbox, receiver: Receiver, told: Told) -> None:
    sandbox.hooks.duplicates = 2
    sandbox.connect_webhook(receiver.url)
    sandbox.seed(told("C: help"))
    assert sandbox.flush()

    assert len({body for _, body in receiver.got}) == 1
    assert len({headers["X-Zendesk-Webhook-Invocation-Id"] for headers, _ in receiver.got}) == 3


def test_held_webhooks_come_backwards(sandbox: Sandbox, receiver: Receiver, told: Told) -> None:
    sandbox.connect_webhook(receiver.url)
    sandbox.hooks.hold()
    first, second = sandbox.seed(told("C: one")), sandbox.seed(told("C: two"))
    assert sandbox.flush()
    assert receiver.got == []

    sandbox.hooks.hold()
    sandbox.hooks.release()
    assert sandbox.flush()

    assert sorted(receiver.events) == sorted(f"ticket.status_changed {number}" for number in (first, second))


def test_too_many_errors_break_the_circuit(
    sandbox: Sandbox, receiver: Receiver, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_hooks, "ENOUGH", 3)
    receiver.answers = [(500, {})] * 10
    sandbox.connect_webhook(receiver.url)
    for number in range(5):
        sandbox.seed(told(f"C: {number}"))
        assert sandbox.flush()

    assert len(receiver.got) == 3


def test_assignments_deletions_and_closings_are_told(sandbox: Sandbox, receiver: Receiver, told: Told) -> None:
    number = sandbox.seed(told("C: help", "B: hi"), read_only=True)
    sandbox.connect_webhook(receiver.url)
    sandbox.escalate(number)
    assert sandbox.flush()
    sandbox.close(number)
    assert sandbox.flush()
    sandbox.delete(number)
    assert sandbox.flush()

    assert receiver.events == [
        f"ticket.group_assignment_changed {number}", f"ticket.status_changed {number}", f"ticket.soft_deleted {number}",
    ]  # fmt: skip


def test_what_is_under_way_ends_with_the_sandbox(told: Told, receiver: Receiver) -> None:
    receiver.answers = [(409, {})] * 3
    with Sandbox(retry_delay=60) as sandbox:
        sandbox.connect_webhook(receiver.url)
        sandbox.seed(told("C: help"))
        assert not sandbox.flush(timeout=0.2)
    sandbox.hooks.send("w", receiver.url, "s", {})

    assert len(receiver.got) == 1


# The rules that hurt


def test_a_stale_stamp_and_a_missing_one(sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]) -> None:
    number = sandbox.seed(told("C: help"))
    stamp = api("GET", f"/tickets/{number}").json()["ticket"]["updated_at"]

    assert put(api, number, safe_update=True).status_code == 400
    assert put(api, number, safe_update=True, updated_stamp=stamp, tags=["a"]).status_code == 200
    assert put(api, number, safe_update=True, updated_stamp=stamp, tags=["b"]).status_code == 409
    assert put(api, number, safe_update=False, updated_stamp=stamp, tags=["b"]).status_code == 409
    assert put(api, number, updated_stamp=stamp, tags=["c"]).status_code == 200
    assert sandbox.snapshot(number).tags == ("c",)


def test_tags_overwrite_and_blank_drop_downs(
    sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]
) -> None:
    number = sandbox.seed(told("C: help", tags=("vip",)))
    outcome = sandbox.field_ids["dm_outcome"]
    put(api, number, custom_fields=[{"id": outcome, "value": "dm__resolution__likely"}])
    assert sandbox.snapshot(number).tags == ("vip", "dm__resolution__likely")

    put(api, number, tags=["New Tag", "vip"])
    assert sandbox.snapshot(number).tags == ("new", "tag", "vip")
    assert sandbox.snapshot(number).fields["dm_outcome"] is None

    put(api, number, tags="dm__resolution__unclear")
    assert sandbox.snapshot(number).fields["dm_outcome"] == "unclear"
    put(api, number, custom_fields=[{"id": outcome, "value": ""}])
    assert sandbox.snapshot(number).tags == ()


def test_unknown_keys_are_ignored_with_a_warning(
    sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]
) -> None:
    number = sandbox.seed(told("C: help"))

    answer = put(api, number, additional_tags=["a"], comment={"body": "x", "public": False, "colour": 1})

    assert answer.status_code == 200
    assert '"ticket.additional_tags", "ticket.comment.colour"' in answer.headers["x-zendesk-api-warn"]
    assert sandbox.snapshot(number).tags == ()


def test_values_that_do_not_fit_are_refused(
    sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]
) -> None:
    number, fields = sandbox.seed(told("C: help")), sandbox.field_ids

    for name, value in (("dm_outcome", "likely"), ("dm_effort", "high")):
        assert put(api, number, custom_fields=[{"id": fields[name], "value": value}]).status_code == 422
    assert put(api, number, custom_fields=[{"id": 1, "value": "x"}]).status_code == 200
    assert put(api, number, status="finished").status_code == 422


def test_a_closed_ticket_refuses_everything_but_a_bulk_change_of_tags(
    sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]
) -> None:
    number = sandbox.seed(told("C: help", tags=("a", "b")))
    sandbox.close(number)
    refused = put(api, number, tags=["x"])

    assert refused.status_code == 422
    assert "closed prevents ticket update" in refused.text
    assert api("PUT", f"/tickets/{number}/tags", json={"tags": ["x"]}).status_code == 422

    change = {"ticket": {"additional_tags": ["c"], "remove_tags": ["a"]}}
    job = api("PUT", f"/tickets/update_many.json?ids={number},999", json=change).json()["job_status"]
    states = [api("GET", f"/job_statuses/{job['id']}").json()["job_status"] for _ in range(3)]
    assert [job["status"], *(state["status"] for state in states)] == ["queued", "working", "completed", "completed"]
    assert [result["success"] for result in states[-1]["results"]] == [True, False]
    assert sandbox.snapshot(number).tags == ("b", "c")


def test_bulk_changes_one_by_one(sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]) -> None:
    first, second = (sandbox.seed(told("C: help")) for _ in range(2))
    sandbox.close(second)
    tickets = [{"id": int(number), "tags": ["x"]} for number in (first, second)]

    job = api("PUT", "/tickets/update_many", json={"tickets": tickets}).json()["job_status"]["id"]
    for _ in range(2):
        done = api("GET", f"/job_statuses/{job}").json()["job_status"]

    assert [result["success"] for result in done["results"]] == [True, False]
    assert sandbox.snapshot(first).tags == ("x",)
    assert api("PUT", "/tickets/update_many?ids=" + "1," * 101, json={}).status_code == 400


def test_only_so_many_jobs_at_once(sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]) -> None:
    number = sandbox.seed(told("C: help"))
    body = {"ticket": {"additional_tags": ["x"]}}
    statuses = [api("PUT", f"/tickets/update_many?ids={number}", json=body).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]


def test_what_the_api_writes_is_rendered_and_cut(
    sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]
) -> None:
    number = sandbox.seed(told("C: help", subject="lamp"))
    body = r"{{ticket.title}} {{ticket.requester.email}} {{unknown}} \{{ticket.id}}"
    put(api, number, comment={"body": body, "public": False})
    put(api, number, comment={"html_body": f"<p>{'x' * 70_000}</p>", "public": False})

    first, second = sandbox.snapshot(number).notes
    assert first == r"lamp ada@example.com  \{{ticket.id}}"
    assert len(second) < 70_000


def test_rates_are_said_and_enforced(sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]) -> None:
    number = sandbox.seed(told("C: help"))
    answer = put(api, number, tags=["a"])
    assert answer.headers["zendesk-rate-limit-tickets-update"].startswith("total=100; remaining=99; resets=")
    assert answer.headers["zendesk-ratelimit-per-ticket-updates"].startswith("total=30; remaining=29; resets=")
    assert answer.headers["ratelimit-remaining"] == "699"

    sandbox.limits.per_ticket = 1
    refused = put(api, number, tags=["b"])
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600


def test_access(sandbox: Sandbox) -> None:
    def token(**more: Any) -> requests.Response:
        asked = {**sandbox.secrets, "grant_type": "client_credentials", **more}
        return requests.post(f"{sandbox.base_url}/oauth/tokens", json=asked, timeout=10)

    def me(token: str, method: str = "GET") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{sandbox.base_url}/api/v2/users/me", headers=headers, timeout=10).status_code

    assert token(grant_type="password").status_code == 400
    assert token(client_secret="no").status_code == 401
    assert requests.post(f"{sandbox.base_url}/oauth/tokens", data={"a": "b"}, timeout=10).status_code == 400
    assert requests.post(f"{sandbox.base_url}/oauth/tokens", json=[], timeout=10).status_code == 400
    assert me("made up") == 401
    assert me(token().json()["access_token"]) == 200
    assert me(token(scope="tickets:read").json()["access_token"]) == 403


def test_other_clients_find_what_they_look_for(
    sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]
) -> None:
    number = sandbox.seed(told("C: help", "A: done", channel=Channel.WEB))
    requester = api("GET", f"/tickets/{number}.json?include=users,groups").json()["ticket"]["requester_id"]

    def count(path: str, key: str) -> int:
        answer = api("GET", path)
        assert answer.status_code == 200, path
        return len(answer.json()[key])

    assert count(f"/tickets/{number}/comments.json", "comments") == 2
    assert count("/tickets.json", "tickets") == 1
    assert count(f"/tickets/show_many.json?ids={number},9", "tickets") == 1
    assert count(f"/users/{requester}/tickets/requested.json", "tickets") == 1
    assert count("/search.json?query=status:solved", "results") == 1
    assert count("/search.json?query=status:open", "results") == 0
    assert count("/incremental/tickets/cursor.json?start_time=0", "tickets") == 1
    assert count("/groups.json", "groups") == 0
    assert count("/triggers.json", "triggers") == 0
    assert api("GET", f"/users/{requester}.json").json()["user"]["role"] == "end-user"
    assert api("PUT", f"/tickets/{number}/tags.json", json={"tags": ["a"]}).json() == {"tags": ["a"]}
    assert api("GET", f"/tickets/{number}/tags.json").json() == {"tags": ["a"]}
    assert api("DELETE", f"/tickets/{number}/tags.json", json={"tags": ["a"]}).json() == {"tags": []}
    page = api("GET", f"/tickets/{number}/audits.json?page[size]=1").json()
    assert page["meta"]["has_more"]
    assert "page%5Bafter%5D=1" in page["links"]["next"]


def test_tickets_made_over_the_api(sandbox: Sandbox, api: Callable[..., requests.Response], connect: Connect) -> None:
    asked = {"subject": "lamp", "comment": {"body": "it is broken"}, "tags": ["vip"]}
    theirs = {**asked, "requester": {"name": "Ada", "email": "ada@example.com"}, "colour": "red"}
    first, again, ours = (
        api("POST", "/tickets.json", json={"ticket": data}).json()["ticket"] for data in (theirs, theirs, asked)
    )

    assert first["requester_id"] == again["requester_id"]
    assert ours["requester_id"] == sandbox.own_id
    (message,) = connect(sandbox).read(str(first["id"])).conversation.messages
    assert (message.role, message.text) == (Role.CUSTOMER, "it is broken")
    assert api("POST", "/tickets", json={"ticket": {"subject": "empty"}}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tickets/99", 404),
        ("GET", "/users/99", 404),
        ("GET", "/organizations/99", 404),
        ("GET", "/job_statuses/none", 404),
        ("GET", "/tickets/99/conversation_log", 404),
        ("GET", "/webhooks/none/signing_secret", 404),
        ("DELETE", "/webhooks/none", 404),
        ("GET", "/nothing/here", 404),
        ("GET", "/search/export?query=type:ticket", 422),
        ("POST", "/ticket_fields", 422),
        ("POST", "/webhooks", 400),
    ],
)
def test_what_is_not_there(api: Callable[..., requests.Response], method: str, path: str, status: int) -> None:
    assert api(method, path, json={}).status_code == status


def test_a_deleted_ticket_cannot_be_read(sandbox: Sandbox, told: Told, api: Callable[..., requests.Response]) -> None:
    number = sandbox.seed(told("C: help"))
    sandbox.delete(number)

    assert api("GET", f"/tickets/{number}").status_code == 404
