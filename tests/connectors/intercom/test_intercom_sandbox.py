"""The sandbox keeps Intercom's rules, and the connector lives with them: over real HTTP on this machine."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.base import Delivery, Installation, Signal
from connectors.errors import CredentialsRefused, NotFound, OptedOut, Throttled
from connectors.intercom import IntercomConnector
from connectors.intercom.client import IntercomClient
from connectors.intercom.sandbox import Sandbox
from connectors.intercom.sandbox.workspace import FIRST_CONVERSATION
from service.conversation import (
    Author,
    BotTurn,
    Channel,
    Contact,
    Conversation,
    Event,
    EventKind,
    Feedback,
    Initiator,
    Message,
    Rating,
    Role,
    episodes,
)
from service.demo.story import stories
from service.writeback import Note, Plan

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REFERENCE = "0123abcd-1"
NOTE = Note(REFERENCE, f'Deskmark: outcome likely (definitions 1, times UTC)\n- "see <b>x</b>"\nref {REFERENCE}')

Told = Callable[..., Conversation]
Connect = Callable[..., IntercomClient]


def minute(number: float) -> datetime:
    return BEGIN + timedelta(minutes=number)


def happened(kind: str, at: float, by: Initiator | None = None, target: str | None = None) -> Event:
    return Event(f"e{at}", kind, minute(at), by, target=target)


@dataclass
class Receiver:
    """A web server that notes what is posted to it and answers with the next of `answers`, then 200."""

    url: str = ""
    head_status: int = 200
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    heads: int = 0
    posted: threading.Event = field(default_factory=threading.Event)

    def deliveries(self) -> list[Delivery]:
        return [IntercomConnector().delivery(headers, body) for headers, body in self.got]

    def events(self) -> list[str]:
        return [delivery.event for delivery in self.deliveries()]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    state = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            state.heads += 1
            self.send_response(state.head_status)
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.got.append((dict(self.headers), body))
            state.posted.set()
            self.send_response(state.answers.pop(0) if state.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/webhooks/intercom/i1"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


# --- playing a conversation in and reading it back


def told_back(client: IntercomClient, conversation_id: str) -> tuple[list[Any], list[Any]]:
    found = client.read(conversation_id).conversation
    messages = [(m.role, m.text, m.at, m.internal) for m in found.messages]
    return messages, [(e.kind, e.by, e.target) for e in found.events]


@pytest.mark.parametrize("fin", [True, False])
def test_reading_back_gives_the_same_conversation(told: Told, connect: Connect, fin: bool) -> None:
    story = told(
        "C: my lamp is broken",
        "B: try another bulb\nor another socket",
        "N: known defect",
        "A: Kim here, <b>which</b> lamp?",
        "C: the red one & it's new",
        events=(
            happened(EventKind.ACTION_FAILED, 1.5, Initiator.BOT, "lookup"),
            happened(EventKind.HANDOFF, 1.6, Initiator.BOT, "care"),
            happened(EventKind.TRANSFERRED, 3.5, Initiator.AGENT, "returns"),
            happened(EventKind.ACTION_COMPLETED, 4.5, Initiator.AGENT),
            happened(EventKind.LINK_CLICKED, 4.6, Initiator.CUSTOMER),
        ),
        subject="Lamp",
        rating=Rating(4, "1-5", comment="fine", at=minute(5)),
        tags=("vip",),
        attributes={"plan": "gold"},
    )
    with Sandbox(fin=fin) as sandbox:
        client = connect(sandbox)
        number = sandbox.seed(story)
        messages, events = told_back(client, number)
        reading = client.read(number)
    assert messages == [(m.role, m.text, m.at, m.internal) for m in story.messages]
    assert events == [
        ("action_failed", Initiator.BOT, "lookup"),
        ("handoff", Initiator.BOT, "care"),
        ("transferred", Initiator.AGENT, "returns"),
        ("action_completed", Initiator.AGENT, None),
        ("closed", Initiator.AGENT, None),
        ("rated", Initiator.CUSTOMER, None),
    ]
    found = reading.conversation
    assert (found.channel, found.subject, found.tags, found.inbox) == (Channel.MESSAGING, "Lamp", ("vip",), "returns")
    assert found.rating == story.rating
    assert found.attributes["plan"] == "gold"
    assert (found.closed_at, reading.ended) == (story.closed_at, True)
    assert (found.contact.email, found.contact.email_verified) == ("ada@example.com", True)
    assert found.contact.external_id == "x-1"


@pytest.mark.parametrize("fin", [True, False])
def test_every_story_of_the_demo_reads_back_as_it_was_told(connect: Connect, fin: bool) -> None:
    around = {EventKind.HANDOFF, EventKind.TRANSFERRED, EventKind.ACTION_COMPLETED, EventKind.ACTION_FAILED}
    with Sandbox(fin=fin) as sandbox:
        client = connect(sandbox, prefix="other__")
        for story in stories(BEGIN):
            told_one = story.conversation
            found = client.read(sandbox.seed(told_one)).conversation
            assert [(m.role, m.text, m.internal) for m in found.messages] == [
                (m.role, m.text, m.internal) for m in told_one.messages
            ], story.name
            assert [e.kind for e in found.events if e.kind in around] == [
                e.kind for e in told_one.events if e.kind in around
            ], story.name
            assert len(episodes(found)) == len(episodes(told_one)), story.name


def test_fins_own_handoff_fires_no_assignment(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    story = told(
        "C: a human please", "B: of course", "A: Kim here", events=(happened(EventKind.HANDOFF, 1.5, Initiator.BOT),)
    )
    number = sandbox.seed(story)
    _, events = told_back(connect(sandbox), number)
    assert events[0] == ("handoff", Initiator.BOT, None)
    assert "assignment" not in {part["part_type"] for part in sandbox.workspace.conversations[number]["parts"]}


@pytest.mark.parametrize(
    ("by", "seen"),
    [
        (Initiator.CUSTOMER, Initiator.CUSTOMER),
        (Initiator.AGENT, Initiator.AGENT),
        (Initiator.RULE, Initiator.RULE),
        (None, Initiator.BOT),
    ],
)
def test_who_handed_off(sandbox: Sandbox, told: Told, connect: Connect, by: Initiator | None, seen: Initiator) -> None:
    story = told("C: hello", "B: hi", events=(happened(EventKind.HANDOFF, 1.5, by),))
    _, events = told_back(connect(sandbox), sandbox.seed(story, ended=False))
    assert events == [("handoff", seen, "support")]


def test_what_fin_says_of_its_answers(sandbox: Sandbox, connect: Connect) -> None:
    author, turn = Author(Role.BOT), BotTurn(sources=("https://help/1",))
    messages = (
        Message("m0", Author(Role.CUSTOMER), "hello", BEGIN, attachments=("lamp.jpg",)),
        Message("m1", author, "an answer", minute(1), bot=turn, feedback=Feedback.HELPFUL),
    )
    contact = Contact(email="ada@example.com")
    found = connect(sandbox).read(sandbox.seed(Conversation("s", messages, contact=contact))).conversation
    assert found.messages[0].attachments == ("lamp.jpg",)
    assert (found.messages[1].bot, found.messages[1].feedback) == (turn, Feedback.HELPFUL)
    assert found.contact.email_verified is False, "a lead"


def test_a_campaign_an_unknown_author_and_undated_messages(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    messages, _ = told_back(connect(sandbox), sandbox.seed(told("S: sale!", "U: odd", "C: tell me more")))
    assert [role for role, *_ in messages] == [Role.SYSTEM, Role.UNKNOWN, Role.CUSTOMER]
    undated = Conversation("s", (Message("m0", Author(Role.CUSTOMER), "a"), Message("m1", Author(Role.BOT), "b")))
    sandbox.workspace.clock = lambda: BEGIN
    number = sandbox.seed(undated, ended=False)
    sandbox.end(number)
    found = connect(sandbox).read(number).conversation
    assert [m.at for m in found.messages] == [BEGIN, BEGIN]
    assert found.closed_at == BEGIN


def test_going_on_after_the_end_is_a_reopening(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    number = sandbox.seed(told("C: hello", "B: hi"))
    more = Message("m9", Author(Role.CUSTOMER, "c1"), "still broken", minute(90))
    reply = Message("m10", Author(Role.AGENT, "kim"), "Kim here", minute(91))
    reopened = happened(EventKind.REOPENED, 89, Initiator.CUSTOMER)
    sandbox.continue_(number, [more, reply], [reopened], rating=Rating(5, "1-5"), at=minute(95))
    client = connect(sandbox)
    _, events = told_back(client, number)
    assert [kind for kind, *_ in events] == ["closed", "reopened", "handoff", "closed", "rated"]
    found = client.read(number).conversation
    assert (found.closed_at, len(found.messages)) == (minute(95), 4)
    sandbox.continue_(number, [], [happened(EventKind.REOPENED, 99, Initiator.AGENT)], ended=False)
    assert client.read(number).ended is False


def test_a_story_that_was_closed_and_reopened_in_one(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    story = told(
        "C: hello", "B: hi", "C: again", "A: Kim",
        events=(happened(EventKind.CLOSED, 1.2, Initiator.BOT), happened(EventKind.REOPENED, 1.9)),
    )  # fmt: skip
    _, events = told_back(connect(sandbox), sandbox.seed(story))
    assert [kind for kind, *_ in events] == ["closed", "reopened", "handoff", "closed"]
    unclosed = told("C: hello", "B: hi", "C: again", events=(happened(EventKind.REOPENED, 1.9),))
    _, events = told_back(connect(sandbox), sandbox.seed(unclosed))
    assert [kind for kind, *_ in events] == ["closed", "reopened", "closed"]


def test_only_the_newest_500_parts_are_given(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    lines = [f"{'CB'[number % 2]}: line {number}" for number in range(503)]
    found = connect(sandbox).read(sandbox.seed(told(*lines), ended=False)).conversation
    assert found.truncated is True
    assert [m.text for m in found.messages[:2]] == ["line 0", "line 3"]
    assert len(found.messages) == 501


# --- writing


def test_score_write_read_again_plan_again_sends_nothing(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    client, number = connect(sandbox), sandbox.seed(told("C: hello", "B: hi", tags=("vip",)))
    client.workspace.me()
    plan = Plan(("dm__resolution__likely",), (), {"dm_resolution": 71, "dm_outcome": "likely"}, NOTE)
    client.write(client.read(number), plan)
    there = sandbox.snapshot(number)
    assert there.tags == ("vip", "dm__resolution__likely")
    assert there.fields == {"dm_resolution": 71, "dm_outcome": "likely"}
    assert len(there.notes) == 1
    assert "<b>x</b>" in there.notes[0]
    again = client.read(number)
    assert [note.reference for note in again.there.notes] == [REFERENCE]
    assert again.there.fields["dm_resolution"] == 71
    assert len(again.conversation.messages) == 2
    client.write(again, plan)
    assert sandbox.snapshot(number) == there
    correction = Plan(("dm__resolution__returned",), ("dm__resolution__likely",), {"dm_resolution": None})
    before = len(sandbox.requests_log)
    client.write(client.read(number), correction)
    sent = [(r.method, r.path.rsplit("/", 2)[1]) for r in sandbox.requests_log[before + 2 :] if r.path != "/tags"]
    assert sent == [("PUT", "conversations"), ("DELETE", "tags"), ("POST", number)]
    assert sandbox.snapshot(number).tags == ("vip", "dm__resolution__returned")
    assert sandbox.snapshot(number).fields == {"dm_outcome": "likely"}
    assert {r.headers["intercom-version"] for r in sandbox.requests_log} == {"2.15"}


def test_requests_for_one_scored_conversation(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    """Two reads and two writes and one for each tag, once the workspace is known."""
    client = connect(sandbox)
    plan = Plan(("dm__review", "dm__gap"), (), {"dm_resolution": 71}, NOTE)
    client.write(client.read(sandbox.seed(told("C: hello", "B: hi"))), plan)
    reading = client.read(sandbox.seed(told("C: hello", "B: hi")))
    assert (reading.calls, client.write(reading, plan)) == (2, 4)


def test_the_ignore_tag_wherever_it_stands(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    client, workspace = connect(sandbox), sandbox.workspace
    on_conversation = sandbox.seed(told("C: a"))
    sandbox.tag(on_conversation, "dm__ignore")
    on_contact = sandbox.seed(told("C: b", contact=Contact("c2")))
    workspace.contacts["c2"]["tag_ids"] = [workspace.tag("dm__ignore")]
    on_company = sandbox.seed(told("C: c", contact=Contact("c3")))
    workspace.contacts["c3"]["company_ids"] = [workspace.company("Acme", tags=["dm__ignore"])]
    many = sandbox.seed(told("C: d", contact=Contact("c4")))
    tags = [workspace.tag(f"t{number}") for number in range(11)]
    workspace.contacts["c4"]["tag_ids"] = [*tags, workspace.tag("dm__ignore")]
    for number in (on_conversation, on_contact, on_company, many):
        with pytest.raises(OptedOut):
            client.read(number)


def test_the_poll_finds_what_closed_without_a_word(told: Told, connect: Connect) -> None:
    with Sandbox(silent_bot_close=True) as sandbox:
        old, *new = [sandbox.seed(told("C: a", "B: b", closed_at=minute(60 + number))) for number in range(3)]
        sandbox.seed(told("C: open"), ended=False)
        found = [each.id for each in connect(sandbox).ended_since(minute(61))]
    assert sorted(found) == sorted(new)
    assert old not in found


def test_a_429_is_obeyed(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    client, number = connect(sandbox), sandbox.seed(told("C: a"))
    sandbox.refuse_next(1, seconds=7)
    with pytest.raises(Throttled) as caught:
        client.read(number)
    assert 5 <= caught.value.after <= 12
    assert "retry-after" not in sandbox.requests_log[-1].headers
    sandbox.rate_limit = 2
    answers = [api(sandbox, "GET", "/me") for _ in range(3)]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["errors"][0]["code"] == "rate_limit_exceeded"
    assert "Retry-After" not in answers[-1].headers


def test_a_deleted_conversation_is_not_found(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    number = sandbox.seed(told("C: a"))
    sandbox.delete(number)
    with pytest.raises(NotFound):
        connect(sandbox).read(number)


def test_a_wrong_token_is_refused(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.secrets = {**sandbox.secrets, "access_token": "wrong"}
    with pytest.raises(CredentialsRefused):
        connect(sandbox).read("1")


# --- the rules that hurt


def api(sandbox: Sandbox, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    known = {"Authorization": f"Bearer {sandbox.secrets['access_token']}", "Content-Type": "application/json"}
    data = body if isinstance(body, str | None) else json.dumps(body)
    return requests.request(method, sandbox.base_url + path, data=data, headers=known | headers, timeout=5)


@pytest.mark.parametrize(
    "attributes",
    [
        '{"dm_resolution": 71.5}',
        '{"dm_resolution": true}',
        '{"dm_resolution": null}',
        '{"dm_resolution": "many"}',
        '{"dm_resolution": 71, "dm_resolution": 72}',
        '{"dm_outcome": "great"}',
        '{"unheard_of": 1}',
        "3",
    ],
)
def test_attributes_that_intercom_refuses(sandbox: Sandbox, told: Told, attributes: str) -> None:
    number = sandbox.seed(told("C: a"))
    refused = api(sandbox, "PUT", f"/conversations/{number}", f'{{"custom_attributes": {attributes}}}')
    assert refused.status_code == 400
    assert refused.json()["type"] == "error.list"
    assert sandbox.snapshot(number).fields == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/conversations/{c}/tags", {"id": "{t}"}, 400),
        ("POST", "/conversations/{c}/tags", {"admin_id": "{a}"}, 400),
        ("POST", "/conversations/{c}/tags", {"id": 7, "admin_id": "{a}"}, 400),
        ("POST", "/conversations/{c}/tags", {"id": "7", "admin_id": "{a}"}, 404),
        ("POST", "/conversations/{c}/tags", {"id": "{t}", "admin_id": "7"}, 404),
        ("POST", "/conversations/7/tags", {"id": "{t}", "admin_id": "{a}"}, 404),
        ("DELETE", "/conversations/{c}/tags/{t}", {}, 400),
        ("DELETE", "/conversations/{c}/tags/{t}", {"admin_id": "{a}"}, 404),
        ("POST", "/conversations/{c}/reply", {"type": "admin", "message_type": "note", "body": "x"}, 400),
        ("POST", "/conversations/{c}/reply", {"type": "admin", "message_type": "shout", "admin_id": "{a}"}, 400),
        ("POST", "/tags", {}, 400),
        ("POST", "/tags", "[]", 400),
        ("POST", "/conversations/search", {}, 400),
        ("POST", "/conversations/search", {"query": {"field": "state", "operator": "?", "value": 1}}, 400),
        ("POST", "/conversations/search", {"query": {"operator": "OR", "value": [{}] * 16}}, 400),
        ("GET", "/contacts/nobody", None, 404),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_other_refusals(sandbox: Sandbox, told: Told, method: str, path: str, body: Any, status: int) -> None:
    names = {"c": sandbox.seed(told("C: a")), "t": sandbox.workspace.tag("vip"), "a": sandbox.workspace.own["id"]}
    if isinstance(body, dict):
        body = {k: v.format(**names) if isinstance(v, str) else v for k, v in body.items()}
    answer = api(sandbox, method, path.format(**names), body)
    assert answer.status_code == status
    assert answer.json()["type"] == "error.list"


def test_versions(sandbox: Sandbox) -> None:
    assert api(sandbox, "GET", "/me").status_code == 200, "without a version the app's own holds"
    assert api(sandbox, "GET", "/me", **{"Intercom-Version": "1.0"}).status_code == 400
    attributes = "/data_attributes?model=conversation"
    assert len(api(sandbox, "GET", attributes).json()["data"]) == 5
    assert api(sandbox, "GET", attributes, **{"Intercom-Version": "2.16"}).status_code == 422
    assert api(sandbox, "GET", "/data_attributes").json()["data"] == []


def test_replies_by_hand(sandbox: Sandbox, told: Told, connect: Connect) -> None:
    number, admin = sandbox.seed(told("C: a")), sandbox.workspace.own["id"]
    path = f"/conversations/{number}/reply"
    api(sandbox, "POST", path, {"type": "user", "message_type": "comment", "body": "still there?"})
    api(sandbox, "POST", path, {"type": "admin", "message_type": "comment", "admin_id": admin, "body": "<p>yes</p>"})
    found = connect(sandbox).read(number)
    assert found.ended is False
    assert [(m.role, m.text) for m in found.conversation.messages[1:]] == [
        (Role.CUSTOMER, "still there?"),
        (Role.AGENT, "yes"),
    ]


def search(sandbox: Sandbox, query: Any, **pagination: Any) -> Any:
    return api(sandbox, "POST", "/conversations/search", {"query": query, "pagination": pagination}).json()


def test_search(sandbox: Sandbox, told: Told) -> None:
    first, second = (sandbox.seed(told("C: a", contact=Contact(name))) for name in ("p", "q"))
    third = sandbox.seed(told("C: a", contact=Contact("q")), ended=False)

    def found(field_name: str, how: str, value: Any) -> list[str]:
        rows = search(sandbox, {"field": field_name, "operator": how, "value": value})["conversations"]
        assert all("conversation_parts" not in row for row in rows)
        return sorted(row["id"] for row in rows)

    assert found("contact_ids", "=", "q") == [second, third]
    assert found("state", "!=", "closed") == [third]
    assert found("state", "IN", ["closed"]) == [first, second]
    assert found("state", "NIN", ["closed"]) == [third]
    assert found("created_at", ">=", 0) == [first, second, third]
    assert found("created_at", "<", 9) == []
    assert found("created_at", "<=", 9) == []
    assert found("title.deeper", ">", 1) == []
    both = {"operator": "AND", "value": [{"field": "contact_ids", "operator": "=", "value": "q"},
                                         {"field": "state", "operator": "=", "value": "open"}]}  # fmt: skip
    assert [row["id"] for row in search(sandbox, both)["conversations"]] == [third]
    assert search(sandbox, {"operator": "OR", "value": [both]})["total_count"] == 1
    deep = {"operator": "OR", "value": [{"operator": "OR", "value": [both]}]}
    assert search(sandbox, deep)["type"] == "error.list"
    everything = {"field": "created_at", "operator": ">", "value": "1"}
    page = search(sandbox, everything, per_page=2)
    assert (len(page["conversations"]), page["pages"]["total_pages"]) == (2, 2)
    last = search(sandbox, everything, per_page=2, starting_after=page["pages"]["next"]["starting_after"])
    assert (len(last["conversations"]), last["pages"].get("next")) == (1, None)


# --- webhooks


def test_an_address_is_checked_before_it_is_saved(sandbox: Sandbox, receiver: Receiver) -> None:
    with pytest.raises(ValueError, match="HTTPS"):
        sandbox.connect_webhook("http://deskmark.example/hook")
    receiver.head_status = 405
    with pytest.raises(ValueError, match="405"):
        sandbox.connect_webhook(receiver.url)
    receiver.head_status = 200
    sandbox.connect_webhook(receiver.url)
    assert sandbox.flush()
    assert receiver.heads == 2
    assert [d.signal for d in receiver.deliveries()] == [Signal.PING]


def test_webhooks_are_signed_and_hold_the_newest_part_only(
    sandbox: Sandbox, receiver: Receiver, told: Told, installation: Installation
) -> None:
    sandbox.connect_webhook(receiver.url)
    number = sandbox.seed(told("C: hello", "B: hi", "A: Kim", "N: note", rating=Rating(1, "1-5")))
    assert sandbox.flush()
    ours = replace(installation, secrets=sandbox.secrets)
    for headers, body in receiver.got:
        IntercomConnector().verify(ours, headers, body, now=BEGIN)
        item = json.loads(body)["data"]["item"]
        if item["type"] == "conversation":
            parts = item["conversation_parts"]
            assert len(parts["conversation_parts"]) == parts["total_count"] <= 1
            assert "<p>" not in json.dumps(item)
    assert sorted(receiver.events()) == sorted(
        [
            "ping",
            "conversation.user.created",
            "conversation.operator.replied",
            "conversation.admin.replied",
            "conversation.admin.replied",
            "conversation.admin.noted",
            "conversation.rating.added",
            "conversation.admin.closed",
        ]
    )
    ended = [d for d in receiver.deliveries() if d.signal is Signal.ENDED]
    assert [d.conversation_id for d in ended] == [number]
    assert int(number) > FIRST_CONVERSATION


def test_our_own_note_comes_back_and_is_told_by_its_author(
    sandbox: Sandbox, receiver: Receiver, told: Told, connect: Connect
) -> None:
    client, number = connect(sandbox), sandbox.seed(told("C: hello", "B: hi"))
    sandbox.connect_webhook(receiver.url)
    client.write(client.read(number), Plan(("dm__review",), (), {"dm_effort": 6}, NOTE))
    assert sandbox.flush()
    (echo,) = [d for d in receiver.deliveries() if d.signal is not Signal.PING]
    assert (echo.event, echo.signal) == ("conversation.admin.noted", Signal.IGNORED)
    assert echo.actor_id in client.own_actor_ids()


def test_redaction_and_deletion_are_told(sandbox: Sandbox, receiver: Receiver, told: Told, connect: Connect) -> None:
    number = sandbox.seed(told("C: hello", "C: my card is 4111"))
    sandbox.connect_webhook(receiver.url)
    client = connect(sandbox)
    part = client.read(number).conversation.messages[1]
    sandbox.redact(number, part.id)
    assert client.read(number).conversation.messages[1].text == ""
    sandbox.delete(number)
    assert sandbox.flush()
    told_events = {d.event: (d.signal, d.conversation_id) for d in receiver.deliveries()}
    assert told_events["conversation_part.redacted"] == (Signal.REDACTED, number)
    assert told_events["conversation.deleted"] == (Signal.DELETED, number)


@pytest.mark.parametrize(
    ("answers", "tries"),
    [([500], [500, 200]), ([500, 500], [500, 500]), ([404], [404, 200]), ([429, 429], [429, 429, 200])],
)
def test_a_failed_delivery_is_tried_once_more_and_a_throttled_one_for_long(
    sandbox: Sandbox, receiver: Receiver, answers: list[int], tries: list[int]
) -> None:
    sandbox.hooks.connect(receiver.url)
    receiver.answers = list(answers)
    sandbox.ping()
    assert sandbox.flush()
    assert [attempt.status for attempt in sandbox.hooks.attempts] == tries
    assert len({delivery.key for delivery in receiver.deliveries()}) == 1
    assert [json.loads(body)["delivery_attempts"] for _, body in receiver.got] == list(range(1, len(tries) + 1))


def test_a_410_ends_the_subscription(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.hooks.connect(receiver.url)
    receiver.answers = [410]
    sandbox.ping()
    assert sandbox.flush()
    sandbox.ping()
    assert sandbox.flush()
    assert len(receiver.got) == 1
    assert sandbox.hooks.disabled


def test_nobody_there_is_a_failure_too(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.ping()
    sandbox.hooks.url = sandbox.base_url.replace("http", "https")
    sandbox.ping()
    assert sandbox.flush()
    assert [attempt.status for attempt in sandbox.hooks.attempts] == [None, None]


def test_duplicates_and_reordering_on_request(sandbox: Sandbox, receiver: Receiver, told: Told) -> None:
    sandbox.hooks.connect(receiver.url)
    sandbox.hooks.hold()
    sandbox.hooks.duplicates = 1
    sandbox.seed(told("C: hello"))
    assert sandbox.flush()
    assert receiver.got == []
    sandbox.hooks.release()
    assert sandbox.flush()
    assert sorted(receiver.events()) == ["conversation.admin.closed"] * 2 + ["conversation.user.created"] * 2
    assert len({delivery.key for delivery in receiver.deliveries()}) == 2
    sandbox.hooks.hold()
    sandbox.ping()
    sandbox.hooks.release(backwards=False)
    assert sandbox.flush()
    assert len(receiver.got) == 6


def test_stopping_forgets_what_waits(receiver: Receiver) -> None:
    sandbox = Sandbox(retry_delay=3600).start()
    sandbox.hooks.connect(receiver.url)
    receiver.answers = [500]
    sandbox.ping()
    assert receiver.posted.wait(10)
    assert not sandbox.flush(timeout=0)
    sandbox.stop()
    sandbox.ping()
    assert len(receiver.got) == 1
    sandbox.stop()


# --- a client library that others wrote


def test_python_intercom_can_talk_to_it(sandbox: Sandbox, told: Told) -> None:
    intercom = pytest.importorskip("intercom")
    types = pytest.importorskip("intercom.types")
    number = sandbox.seed(told("C: hello", "B: hi", rating=Rating(4, "1-5")))
    client = intercom.Intercom(token=sandbox.secrets["access_token"], base_url=sandbox.base_url)
    found = client.conversations.find(number, display_as="plaintext")
    assert (found.id, found.state, found.source.body) == (number, "closed", "hello")
    assert found.conversation_parts.total_count == 2
    assert found.conversation_parts.conversation_parts[0].author.type == "bot"
    admin = client.admins.identify()
    tag = client.tags.create(request=types.CreateOrUpdateTagRequest(name="vip"))
    assert [known.name for known in client.tags.list().data] == ["vip"]
    client.tags.tag_conversation(number, tag_id=tag.id, admin_id=admin.id)
    note = types.AdminReplyConversationRequest(message_type="note", admin_id=admin.id, body="seen")
    client.conversations.reply(number, request=note)
    assert sandbox.snapshot(number).tags == ("vip",)
    assert sandbox.snapshot(number).notes == ("seen",)
    client.tags.untag_conversation(number, tag.id, admin_id=admin.id)
    assert sandbox.snapshot(number).tags == ()
    assert client.contacts.find("c1").email == "ada@example.com"
