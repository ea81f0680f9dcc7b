"""What an account calls its brands, groups and bots: read from a sandbox, never the name of a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from connectors.names import Kind
from connectors.zendesk import names as naming
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.names import OWN_BOT
from connectors.zendesk.sandbox import Sandbox
from service.conversation import Channel, Conversation

Told = Callable[..., Conversation]
Connect = Callable[..., ZendeskClient]


def paths(sandbox: Sandbox) -> list[str]:
    return [sent.path for sent in sandbox.requests_log]


def test_names_are_read_page_by_page(sandbox: Sandbox, connect: Connect) -> None:
    brands = {str(sandbox.account.brand(f"Brand {number:03}")["id"]): f"Brand {number:03}" for number in range(205)}
    care = str(sandbox.account.group("Customer care")["id"])
    found = connect(sandbox).names(frozenset())
    assert found[Kind.BRAND] == {"1": "Main brand", **brands}
    assert found[Kind.GROUP] == {care: "Customer care"}
    assert paths(sandbox).count("/api/v2/brands") == 3


def test_a_bot_is_named_and_a_person_is_not(sandbox: Sandbox, connect: Connect) -> None:
    """An agent's id is seen among bots where Zendesk's own bot spoke in a chat under it."""
    users = sandbox.account
    marked = users.add_user("agent", name="Fern Mail", email="support-bot@example.com")["id"]
    tagged = users.add_user("agent", name="Tagged", email="t@example.com", tags=["chatbot"])["id"]
    told = users.add_user("agent", name="By its id", email="x@example.com")["id"]
    person = users.add_user("agent", name="Kim Person", email="kim@example.com")["id"]
    customer = users.add_user("end-user", name="Robot Smith", email="bot@example.com")["id"]
    nameless = users.add_user("agent", name="", email="bot@example.org")["id"]
    seen = {str(number) for number in (marked, tagged, person, customer, nameless)} | {"-1", "__system", "999999"}
    found = connect(sandbox, bot_author_ids=[told]).names(seen)
    assert found[Kind.BOT] == {
        "-1": OWN_BOT, str(marked): "Fern Mail", str(tagged): "Tagged", str(told): "By its id",
    }  # fmt: skip


def test_many_bots_are_asked_for_a_hundred_at_a_time(sandbox: Sandbox, connect: Connect) -> None:
    seen = {str(number) for number in range(5_000_000, 5_000_150)}
    assert connect(sandbox).names(seen)[Kind.BOT] == {"-1": OWN_BOT}
    assert paths(sandbox).count("/api/v2/users/show_many") == 2


def test_what_may_not_be_read_is_left_out(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.features.refused |= {"/brands", "/users/show_many"}
    sandbox.account.group("care")
    assert list(connect(sandbox).names({"4711"})) == [Kind.GROUP]


def test_an_agents_own_group_is_named(sandbox: Sandbox, connect: Connect, told: Told) -> None:
    """It comes along with no ticket: the list of groups is asked for, once for many tickets."""
    numbers = [sandbox.seed(told("C: hello", "A: good day", channel=Channel.EMAIL)) for _ in range(2)]
    group = sandbox.account.group("Billing")["id"]
    for user in sandbox.account.users.values():
        if user["role"] == "agent":
            user["default_group_id"] = group
    client = connect(sandbox)
    for number in numbers:
        (message,) = [m for m in client.read(number).conversation.messages if m.role == "agent"]
        assert message.author.group == "Billing"
    assert paths(sandbox).count("/api/v2/groups") == 1


def test_without_the_right_to_groups_the_number_stays(sandbox: Sandbox, connect: Connect, told: Told) -> None:
    number = sandbox.seed(told("C: hello", "A: good day", channel=Channel.EMAIL))
    group = sandbox.account.group("Billing")["id"]
    for user in sandbox.account.users.values():
        if user["role"] == "agent":
            user["default_group_id"] = group
    sandbox.features.refused.add("/groups")
    client = connect(sandbox)
    for _ in range(2):
        read = client.read(number).conversation
        assert {m.author.group for m in read.messages if m.role == "agent"} == {str(group)}
    assert paths(sandbox).count("/api/v2/groups") == 1


def test_groups_are_asked_anew_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(naming, "monotonic", lambda: now[0])
    answers = [{"groups": [{"id": 7, "name": "Old"}]}, {"groups": [{"id": 7, "name": "New"}, {"id": None}]}]
    kept = naming.RememberedGroups()
    assert kept.of(lambda request: answers[0]) == {"7": "Old"}
    now[0] += naming.LIFETIME - 1
    assert kept.of(lambda request: answers[1]) == {"7": "Old"}
    now[0] += 2
    assert kept.of(lambda request: answers[1]) == {"7": "New"}


def test_a_list_without_end_is_given_up() -> None:
    asked = []

    def get(request: Any) -> Any:
        asked.append(request)
        return {"brands": [], "meta": {"has_more": True, "after_cursor": "again"}}

    assert naming.brands(get) == {}
    assert len(asked) == naming.MOST_PAGES


def test_a_conversation_keeps_its_brand_and_bots(sandbox: Sandbox, connect: Connect, told: Told) -> None:
    for channel in (Channel.MESSAGING, Channel.EMAIL):
        story = told("C: hello", "B: hi", channel=channel, brand="Outlet")
        number = sandbox.seed(story)
        read, expected = connect(sandbox).read(number).conversation, sandbox.with_ids(story)
        assert read.brand == expected.brand == str(sandbox.account.brand("Outlet")["id"])
        assert [m.author.id for m in read.messages if m.role == "bot"] == [
            m.author.id for m in expected.messages if m.role == "bot"
        ]


def test_the_sandboxs_brands_are_as_the_specification_says(sandbox: Sandbox, connect: Connect, shared: Path) -> None:
    text = (shared / "specs" / "zendesk-support.yaml").read_text(encoding="utf-8")
    schema = _schema(text, "BrandObject")
    sandbox.account.brand("Fernwood Outlet")
    body = connect(sandbox).send(naming.actions.list_brands()).body
    assert [brand["name"] for brand in body["brands"]] == ["Fernwood Outlet", "Main brand"]
    for brand in body["brands"]:
        assert set(brand) <= set(schema["properties"])
        Draft202012Validator(schema).validate(brand)
        assert datetime.fromisoformat(brand["created_at"]) < datetime.now(UTC)


def _schema(text: str, name: str) -> Any:
    """One schema by itself: the whole file takes seconds to load."""
    start = text.index(f"\n    {name}:\n")
    lines = text[start + 1 :].split("\n")
    own = [lines[0], *_until(lines[1:])]
    schema = yaml.safe_load("\n".join(own))[name]
    schema["properties"].pop("logo")
    return schema


def _until(lines: list[str]) -> list[str]:
    end = next((n for n, line in enumerate(lines) if line.startswith("    ") and not line.startswith("     ")), None)
    return lines[:end]
