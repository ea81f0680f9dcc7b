"""Intercom's past: listed a day at a time, read one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from near import near

from connectors.base import Installation
from connectors.errors import Throttled
from connectors.exported import LeftOut, Why
from connectors.history import Aside, Head, Scope, Whole
from connectors.http import Http
from connectors.intercom import IntercomConnector, actions
from connectors.intercom.history import IntercomHistory
from connectors.intercom.sandbox import Sandbox
from connectors.limiter import Limiter, Share
from service.conversation import Conversation

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SCOPE = Scope(BEGIN - timedelta(days=1), BEGIN + timedelta(days=1))
Told = Callable[..., Conversation]


@pytest.fixture
def past(sandbox: Sandbox) -> IntercomHistory:
    share, connector = Share(Limiter(), 50), IntercomConnector()
    place = Installation("h", "intercom", "acme", sandbox.base_url, secrets=sandbox.secrets)
    http = Http(sandbox.base_url, requests.Session(), share, name="h", hosts=near(connector))
    return connector.history(place, http, share)


def read(past: IntercomHistory, *numbers: str) -> dict[str, Any]:
    return dict(past.read(SCOPE, [Aside(Head(number, BEGIN)) for number in numbers]))


def test_each_day_is_listed_to_its_end_before_anything_of_it_is_whole(
    past: IntercomHistory, sandbox: Sandbox, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PAGE", 2)
    numbers = {sandbox.seed(told(f"C: {n}", "B: hi")) for n in range(3)}
    early = past.page(SCOPE, "")
    assert (early.heads, early.whole_until, early.listed) == ((), BEGIN, False)
    first = past.page(SCOPE, early.cursor or "")
    assert len(first.heads) == 2
    assert not any(head.changed_at < (first.whole_until or BEGIN) for head in first.heads)
    second = past.page(SCOPE, first.cursor or "")
    assert (second.cursor, second.listed) == (None, True)
    assert all(head.changed_at < (second.whole_until or BEGIN) for head in (*first.heads, *second.heads))
    assert {head.conversation_id for head in (*first.heads, *second.heads)} == numbers


def test_the_same_as_read_by_itself(past: IntercomHistory, sandbox: Sandbox, told: Told, connect: Any) -> None:
    number = sandbox.seed(told("C: hello", "B: hi", "A: hello"))
    outcome = read(past, number)[number]
    assert isinstance(outcome, Whole)
    assert outcome.reading.conversation == connect(sandbox).read(number).conversation
    assert outcome.single


def test_what_is_left_out(past: IntercomHistory, sandbox: Sandbox, told: Told) -> None:
    deleted, ignored, unended, late, empty, merged, other = (sandbox.seed(told("C: hello", "B: hi")) for _ in range(7))
    sandbox.delete(deleted)
    sandbox.tag(ignored, "dm__ignore")
    sandbox.continue_(unended, [told("C: again").messages[0]], ended=False)
    record = sandbox.workspace.conversations[empty]
    record["source"]["body"], record["parts"] = "", []
    sandbox.merge(merged, other)
    scope = Scope(SCOPE.since, BEGIN)
    outside = dict(past.read(scope, [Aside(Head(late, BEGIN))]))
    found = {**read(past, deleted, ignored, unended, empty, merged), **outside}
    assert all(isinstance(outcome, LeftOut) for outcome in found.values())
    assert [found[n].why for n in (deleted, ignored, unended, empty, late, merged)] == [
        Why.DELETED, Why.OPTED_OUT, Why.OPEN, Why.EMPTY, Why.OUTSIDE, Why.MERGED
    ]  # fmt: skip


def test_it_stops_when_what_is_left_is_the_others(past: IntercomHistory, sandbox: Sandbox) -> None:
    sandbox.rate_limit = 4
    past.page(SCOPE, "")
    past.page(SCOPE, "")
    with pytest.raises(Throttled, match="asked to wait"):
        past.page(SCOPE, "")
