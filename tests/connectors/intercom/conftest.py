"""Invented Intercom bodies, and a client over a chosen address. Nothing here is recorded from anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from near import near

from connectors.base import Installation
from connectors.http import Http
from connectors.intercom import IntercomConnector
from connectors.intercom.client import IntercomClient
from connectors.intercom.sandbox import Sandbox
from connectors.limiter import Limiter
from service.conversation import Author, Channel, Contact, Conversation, Event, Message, Role

START = 1_790_000_000
"""Unix seconds at which the invented conversations begin."""

CUSTOMER = {"type": "user", "id": "c1", "name": "Ada", "email": "ada@example.com"}
AGENT = {"type": "admin", "id": "31", "name": "Kim", "email": "kim@example.com"}
OTHER_AGENT = {"type": "admin", "id": "32", "name": "Lou", "email": "lou@example.com"}
FIN = {"type": "bot", "id": "9", "name": "Fin", "email": "operator+abc@intercom.io", "from_ai_agent": True}
WORKFLOW = {"type": "bot", "id": "9", "name": "Bot", "email": "operator+abc@intercom.io", "from_ai_agent": False}


def part(number: int, author: dict[str, Any], body: str | None = None, **more: Any) -> dict[str, Any]:
    """One part, `number` minutes after the start."""
    return {
        "type": "conversation_part",
        "id": str(number),
        "part_type": "comment",
        "body": body,
        "created_at": START + 60 * number,
        "updated_at": START + 60 * number,
        "author": author,
        "assigned_to": None,
        "attachments": [],
        **more,
    }


def conversation(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A conversation that Ada opens in the Messenger, with these parts."""
    return {
        "type": "conversation",
        "id": "700",
        "created_at": START,
        "updated_at": START + 3600,
        "state": "closed",
        "source": {"type": "conversation", "id": "1", "delivered_as": "customer_initiated", "subject": "",
                   "body": "my lamp is broken", "author": CUSTOMER, "attachments": []},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "c1", "external_id": "x-1"}]},
        "tags": {"type": "tag.list", "tags": []},
        "custom_attributes": {},
        "conversation_parts": {"conversation_parts": list(parts), "total_count": len(parts)},
        **more,
    }  # fmt: skip


@pytest.fixture(scope="session")
def intercom() -> SimpleNamespace:
    """Builders of invented bodies and the people in them."""
    return SimpleNamespace(
        start=START,
        part=part,
        conversation=conversation,
        customer=CUSTOMER,
        agent=AGENT,
        other_agent=OTHER_AGENT,
        fin=FIN,
        workflow=WORKFLOW,
    )


@pytest.fixture
def installation() -> Installation:
    """An installation whose helpdesk does not exist."""
    secrets = {"access_token": "token", "client_secret": "hush"}
    return Installation("i1", "intercom", "acme", "https://api.intercom.io", secrets=secrets)


@pytest.fixture
def connect() -> Callable[..., IntercomClient]:
    """Makes a client for a sandbox, with the installation's options."""
    connector = IntercomConnector()

    def make(sandbox: Sandbox, *, prefix: str = "dm__", **options: object) -> IntercomClient:
        made = Installation(
            "sandbox", "intercom", "acme", sandbox.base_url, secrets=sandbox.secrets, options=options, prefix=prefix
        )
        http = Http(sandbox.base_url, requests.Session(), Limiter(), name=made.id, hosts=near(connector))
        return connector.client(made, http)

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
    begin = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def make(*lines: str, events: tuple[Event, ...] = (), **more: Any) -> Conversation:
        messages = []
        for number, line in enumerate(lines):
            who, _, text = line.partition(": ")
            author = Author(roles[who], {"C": "c1", "A": "kim", "N": "kim"}.get(who))
            at = begin + timedelta(minutes=number)
            messages.append(Message(f"m{number}", author, text, at, internal=who == "N"))
        known: dict[str, Any] = {
            "contact": Contact("c1", "x-1", "ada@example.com", True),
            "channel": Channel.MESSAGING,
            "closed_at": begin + timedelta(hours=1),
            **more,
        }
        return Conversation(id="story", messages=tuple(messages), events=events, **known)

    return make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's files; tests that read it are skipped where it is absent."""
    named = os.environ.get("DESKMARK_SHARED")
    folder = Path(named) if named else Path(__file__).parents[3].parent / "shared"
    if not (folder / "fixtures" / "intercom").is_dir():
        pytest.skip("the shared folder with Intercom's specification and fixtures is absent")
    return folder
