"""Zendesk's past, page by page: what the export says of tickets and people, and what it leaves to be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from near import near

from connectors.base import Installation
from connectors.errors import Rejected, Throttled
from connectors.exported import LeftOut, Why
from connectors.history import Aside, Head, Page, Scope, Whole
from connectors.http import Http
from connectors.limiter import Limiter, Share
from connectors.zendesk import ZendeskConnector, actions
from connectors.zendesk.exported_heads import Listed
from connectors.zendesk.history import ZendeskHistory
from connectors.zendesk.sandbox import Sandbox
from service.conversation import Channel, Conversation, Event

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SCOPE = Scope(BEGIN - timedelta(days=1), BEGIN + timedelta(days=1))
Told = Callable[..., Conversation]


@pytest.fixture
def past(sandbox: Sandbox) -> ZendeskHistory:
    sandbox.limits.incremental = 1000
    share, connector = Share(Limiter(), 50), ZendeskConnector()
    options = {**sandbox.options, "incremental_rate": "1000/minute"}
    place = Installation("h", "zendesk", "acme", sandbox.base_url, secrets=sandbox.secrets, options=options)
    http = Http(sandbox.base_url, requests.Session(), share, name="h", hosts=near(connector))
    return connector.history(place, http, share)


def pages(past: ZendeskHistory) -> Iterator[Page]:
    cursor: str | None = ""
    while cursor is not None:
        page = past.page(SCOPE, cursor)
        cursor = page.cursor
        yield page


def whole(past: ZendeskHistory) -> dict[str, Whole | LeftOut]:
    found = list(pages(past))
    parts = {(part.conversation_id, part.name): part.body for page in found for part in page.parts}
    asides = [
        Aside(head, [body for (name, _), body in parts.items() if name == head.conversation_id])
        for page in found
        for head in page.heads
    ]
    return dict(past.read(SCOPE, asides))


def test_tickets_come_first_then_their_events(past: ZendeskHistory, sandbox: Sandbox, told: Told) -> None:
    mail = sandbox.seed(told("C: hello", "A: hi", channel=Channel.EMAIL))
    first, last = pages(past)
    assert [head.conversation_id for head in first.heads] == [mail]
    assert (first.listed, first.whole_until, first.parts) == (True, None, ())
    assert (last.cursor, last.heads, len(last.parts) > 2) == (None, (), True)
    kept = json.dumps(first.heads[0].body)
    assert "ada@example.com" in kept
    assert "description" not in kept
    assert past.calls == 2


def test_pages_overlap_and_a_page_within_one_second_ends(
    past: ZendeskHistory, sandbox: Sandbox, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "EXPORTED", 1)
    for number in range(3):
        sandbox.seed(told("C: hello", "A: hi", channel=Channel.EMAIL, subject=f"s{number}"))
    found = list(pages(past))
    names = [part.name for page in found for part in page.parts]
    assert len([head for page in found for head in page.heads]) == 3
    assert len(names) >= len(set(names)) == sum(len(audits) for audits in sandbox.account.audits.values())


def test_the_same_as_read_by_itself(past: ZendeskHistory, sandbox: Sandbox, told: Told, connect: Any) -> None:
    handed = (Event("e1", "transferred", BEGIN + timedelta(minutes=1), origin="care", target="billing"),)
    number = sandbox.seed(told("C: hello", "A: hi", "N: a note", channel=Channel.EMAIL, events=handed))
    (outcome,) = whole(past).values()
    assert isinstance(outcome, Whole)
    assert outcome.single == ""
    assert outcome.reading.conversation == connect(sandbox).read(number).conversation
    # Two lists, all groups once, one of people.
    assert past.calls == 4


def test_what_became_of_tickets_meanwhile(past: ZendeskHistory, sandbox: Sandbox, told: Told) -> None:
    deleted, opted_out, silent = (sandbox.seed(told("C: hello")) for _ in range(3))
    found = list(pages(past))
    heads = [head for page in found for head in page.heads]
    sandbox.account.audits.pop(int(deleted))
    sandbox.account.tickets.pop(int(deleted))
    sandbox.tag(opted_out, "dm__ignore")
    later = {"created_at": "2026-03-20T09:00:00Z", "id": 9, "events": [{"type": "Change", "field_name": "tags"}]}
    for audit in sandbox.account.audits[int(silent)]:
        audit["events"] = []
    asides = [Aside(head, [later] if head.conversation_id == opted_out else []) for head in heads]
    assert [(name, getattr(outcome, "why", None)) for name, outcome in past.read(SCOPE, asides)] == [
        (deleted, Why.DELETED),
        (opted_out, Why.OPTED_OUT),
        (silent, Why.EMPTY),
    ]


def test_an_end_that_only_the_events_know_may_lie_outside(past: ZendeskHistory, sandbox: Sandbox, told: Told) -> None:
    sandbox.seed(told("C: hello", "A: hi", channel=Channel.EMAIL))
    sandbox.account.solved_at.clear()
    scope = Scope(SCOPE.since, BEGIN)
    page = past.page(scope, "")
    events = past.page(scope, page.cursor or "")
    ((_, outcome),) = past.read(scope, [Aside(page.heads[0], [part.body for part in events.parts])])
    assert isinstance(outcome, LeftOut)
    assert outcome.why == Why.OUTSIDE


def test_only_admins_export(past: ZendeskHistory, sandbox: Sandbox) -> None:
    sandbox.account.users[sandbox.own_id]["role"] = "agent"
    with pytest.raises(Rejected, match="token of an admin"):
        past.page(SCOPE, "")


def test_it_stops_when_what_is_left_is_the_others(past: ZendeskHistory, sandbox: Sandbox) -> None:
    sandbox.limits.account = 4
    past.page(SCOPE, "")
    past.page(SCOPE, "")
    with pytest.raises(Throttled, match="asked to wait"):
        past.page(SCOPE, "")


def test_a_start_in_the_last_minute_is_refused(past: ZendeskHistory, sandbox: Sandbox) -> None:
    now = datetime.now(UTC)
    with pytest.raises(Rejected):
        past.page(Scope(now, now), "")


def test_metrics_inside_the_ticket_and_tickets_without_an_id() -> None:
    body = {
        "tickets": [
            {"id": 1, "status": "solved", "metric_set": {"solved_at": "2026-01-01T00:00:00Z"}},
            {"id": 2, "status": "closed"},
            {"status": "solved"},
            {"id": 3, "status": "deleted"},
        ]
    }
    kept, left_out = Listed(body).wanted(SCOPE)
    assert [ticket["id"] for ticket in kept] == [2]
    assert left_out == [LeftOut("1", Why.OUTSIDE), LeftOut("3", Why.DELETED)]
    head = Listed(body).head(kept[0], "dm__ignore")
    assert isinstance(head, Head)
    assert head.changed_at.year == 1
