"""What a workspace calls its teams and bots: read from a sandbox, never the name of a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from near import near

from connectors.base import Installation
from connectors.http import Http
from connectors.intercom import IntercomConnector, mapping, payloads
from connectors.intercom.authors import Bots
from connectors.intercom.client import IntercomClient
from connectors.intercom.sandbox import Sandbox
from connectors.limiter import Limiter
from connectors.names import Kind
from service.conversation import Conversation, Event, EventKind, Role

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def client_of(sandbox: Sandbox, **options: Any) -> IntercomClient:
    made = Installation("i", "intercom", "acme", sandbox.base_url, secrets=sandbox.secrets, options=options)
    http = Http(sandbox.base_url, requests.Session(), Limiter(), name="i", hosts=near(IntercomConnector()))
    return IntercomConnector().client(made, http)


def test_teams_and_bots_are_named_and_people_are_not() -> None:
    with Sandbox() as sandbox:
        workspace = sandbox.workspace
        team = workspace.team("Customer care")
        workspace.admin("Kim Person")
        helper = workspace.admin("Helper")["id"]
        found = client_of(sandbox, bot_author_ids=[helper]).names(frozenset({"4711"}))
    assert found == {
        Kind.GROUP: {team: "Customer care"},
        Kind.BOT: {str(workspace.operator["id"]): "Fin", helper: "Helper"},
    }


def test_agents_are_of_the_team_that_the_conversation_was_given_to(told: Callable[..., Conversation]) -> None:
    minute = timedelta(minutes=1)
    events = tuple(
        Event(f"e{number}", kind, BEGIN + number * minute + minute / 2, target=team)
        for number, kind, team in ((1, EventKind.HANDOFF, "Care"), (3, EventKind.TRANSFERRED, "Billing"))
    )
    lines = ("C: hello", "B: hi", "A: I look", "C: thanks", "A: done")
    story = told(*lines, events=events)
    with Sandbox() as sandbox:
        number = sandbox.seed(story)
        read = client_of(sandbox).read(number).conversation
        expected = sandbox.with_ids(story)
    assert [m.author.group for m in read.by(Role.AGENT)] == ["Care", "Billing"]
    assert (read.brand, expected.brand) == (None, None)
    assert {m.author.id for m in read.by(Role.BOT)} == {m.author.id for m in expected.by(Role.BOT)}


def part(minute: int, **more: Any) -> dict[str, Any]:
    at = int(BEGIN.timestamp()) + 60 * minute
    return {"id": str(minute), "part_type": "comment", "created_at": at, "body": "words", **more}


def mapped(*parts: dict[str, Any], teams: dict[str, str], **more: Any) -> Conversation:
    body = {"id": "1", "source": {"type": "conversation"}, "conversation_parts": {"conversation_parts": list(parts)}}
    payload = payloads.Conversation.model_validate({**body, **more})
    return mapping.conversation(payload, None, bots=Bots(), account="acme", teams=teams)


def test_the_team_is_the_only_one_named_where_no_assignment_is() -> None:
    agent = {"author": {"type": "admin", "id": "9"}}
    one = mapped(part(1, **agent), teams={"5": "Care"}, team_assignee_id=5)
    other = mapped(part(1, **agent), teams={}, team_assignee_id=5)
    none = mapped(part(1, **agent), teams={})
    assert [each.messages[0].author.group for each in (one, other, none)] == ["Care", "5", None]


def test_before_the_first_assignment_no_team_is_known() -> None:
    agent, given = {"author": {"type": "admin", "id": "9"}}, {"assigned_to": {"type": "team", "id": "5"}}
    read = mapped(
        part(1, **agent),
        part(2, author={"type": "bot", "id": "3"}, part_type="assignment", body="", **given),
        part(3, **agent),
        part(4, author={"type": "user", "id": "u"}),
        teams={},
        team_assignee_id=5,
    )
    assert [m.author.group for m in read.messages] == [None, "5", None]
