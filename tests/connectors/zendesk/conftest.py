"""Invented Zendesk bodies, and a client over a chosen address. Nothing here is recorded from anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from near import near

from connectors.base import Installation, Reading
from connectors.http import Http
from connectors.limiter import Limiter
from connectors.zendesk import ZendeskConnector, payloads
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.mapping import Material, read_ticket
from connectors.zendesk.options import Options
from connectors.zendesk.sandbox import Sandbox
from service.conversation import Author, Channel, Contact, Conversation, Event, Message, Role

BASE = "https://acme.zendesk.com"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER, AGENT, OTHER_AGENT, ROBOT = 501, 601, 602, 603
USERS = [
    {
        "id": CUSTOMER,
        "role": "end-user",
        "email": "ada@example.com",
        "verified": True,
        "external_id": "x-1",
        "tags": [],
    },
    {"id": AGENT, "role": "agent", "email": "kim@example.com", "tags": [], "default_group_id": 71},
    {"id": OTHER_AGENT, "role": "admin", "email": "lou@example.com", "tags": []},
    {"id": ROBOT, "role": "agent", "email": "support-bot@example.com", "tags": []},
]


@pytest.fixture
def installation() -> Installation:
    """An installation whose helpdesk does not exist."""
    secrets = {"client_id": "id", "client_secret": "hush", "webhook_secret": "c2VjcmV0"}
    return Installation("z1", "zendesk", "acme", BASE, secrets=secrets)


@pytest.fixture
def audit() -> Callable[..., dict[str, Any]]:
    """Makes one audit, `minute` minutes after the beginning."""

    def make(minute: int, *events: dict[str, Any], author: int | None = None, via: Any = "web") -> dict[str, Any]:
        numbered = [{"id": minute * 100 + position, **event} for position, event in enumerate(events)]
        return {
            "id": minute * 1000,
            "created_at": (BEGIN + timedelta(minutes=minute)).isoformat(),
            "author_id": author,
            "events": numbered,
            "via": {"channel": via} if isinstance(via, str) else via,
        }

    return make


@pytest.fixture
def read() -> Callable[..., Reading]:
    """Maps a ticket and its audits as they would be after fetching."""

    def make(
        *audits: dict[str, Any],
        users: list[dict[str, Any]] | None = None,
        groups: dict[str, str] | None = None,
        log: list[dict[str, Any]] | None = None,
        survey: dict[str, Any] | None = None,
        options: dict[str, object] | None = None,
        **ticket: Any,
    ) -> Reading:
        known = [payloads.user(data) for data in users or USERS]
        data = {
            "id": 42,
            "status": "solved",
            "requester_id": CUSTOMER,
            "via": {"channel": "web"},
            "created_at": BEGIN.isoformat(),
            "updated_at": "2026-03-02T10:00:00Z",
            **ticket,
        }
        material = Material(
            ticket=payloads.ticket(data),
            users={person.id: person for person in known if person},
            groups=groups or {"71": "care", "72": "billing"},
            audits=audits,
            log=tuple(log) if log is not None else None,
            survey=survey or {},
        )
        place = Installation("z1", "zendesk", "acme", BASE, account_group="g")
        return read_ticket(material, place, Options.read(options or {}), calls=2)

    return make


@pytest.fixture
def connect() -> Callable[..., ZendeskClient]:
    """Makes a client for a sandbox; options are added to those that the sandbox gives."""
    connector = ZendeskConnector()

    def make(sandbox: Sandbox, *, secrets: dict[str, str] | None = None, **options: object) -> ZendeskClient:
        made = Installation(
            "sandbox",
            "zendesk",
            "acme",
            sandbox.base_url,
            secrets={**sandbox.secrets, **(secrets or {})},
            options={**sandbox.options, **options},
        )
        return connector.client(
            made, Http(sandbox.base_url, requests.Session(), Limiter(), name=made.id, hosts=near(connector))
        )

    return make


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox whose webhooks are retried at once."""
    with Sandbox(retry_delay=0.02) as running:
        yield running


@pytest.fixture(scope="session")
def told() -> Callable[..., Conversation]:
    """Makes one of our conversations from lines like "C: hello", a minute apart."""
    roles = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT, "N": Role.AGENT, "S": Role.SYSTEM, "U": Role.UNKNOWN}

    def make(*lines: str, events: tuple[Event, ...] = (), **more: Any) -> Conversation:
        messages = []
        for number, line in enumerate(lines):
            who, _, text = line.partition(": ")
            author = Author(roles[who], {"C": "c1", "A": "kim", "N": "kim"}.get(who))
            at = BEGIN + timedelta(minutes=number)
            messages.append(Message(f"m{number}", author, text, at, internal=who == "N"))
        known: dict[str, Any] = {
            "contact": Contact("c1", "x-1", "ada@example.com", True),
            "channel": Channel.MESSAGING,
            "opened_at": BEGIN,
            "closed_at": BEGIN + timedelta(hours=1),
            **more,
        }
        return Conversation(id="story", messages=tuple(messages), events=events, **known)

    return make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's files; tests that read it are skipped where it is absent."""
    named = os.environ.get("DESKMARK_SHARED")
    folder = Path(named) if named else Path(__file__).parents[3].parent / "shared"
    if not (folder / "fixtures" / "zendesk").is_dir():
        pytest.skip("the shared folder with Zendesk's specification and fixtures is absent")
    return folder


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Answers that a test gives instead of a helpdesk; a token is always given."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as answers:
        body = {"access_token": "t-1", "token_type": "bearer", "scope": "read write", "expires_in": 1800}
        answers.post(f"{BASE}/oauth/tokens", json=body)
        yield answers


@pytest.fixture
def client(installation: Installation) -> ZendeskClient:
    """A client on the wire."""
    http = Http(BASE, requests.Session(), Limiter(), name="z1", hosts=ZendeskConnector.hosts)
    return ZendeskConnector().client(installation, http)
