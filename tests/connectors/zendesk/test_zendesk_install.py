"""Connecting an account over the API: what is missing is said in plain words, what can be made is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.errors import ConnectorError
from connectors.zendesk import install, own
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.sandbox import Sandbox
from connectors.zendesk.webhook import delivery
from service.conversation import Conversation

BASE = "https://acme.zendesk.com"
Connect = Callable[..., ZendeskClient]
Told = Callable[..., Conversation]


@pytest.mark.parametrize("by_trigger", [False, True])
def test_a_webhook_is_made_that_is_called(connect: Connect, sandbox: Sandbox, told: Told, by_trigger: bool) -> None:
    made = install.make(connect(sandbox), "http://127.0.0.1:1/hook", by_trigger=by_trigger)

    sandbox.seed(told("C: help"))
    assert sandbox.flush()
    assert {attempt.webhook_id for attempt in sandbox.hooks.attempts} == {made.options["webhook_id"]}


def test_the_triggers_body_is_what_we_read() -> None:
    assert delivery({}, json.dumps({**json.loads(own.TRIGGER_BODY), "ticket_id": "7"}).encode()).conversation_id == "7"


def test_a_webhook_without_an_id_is_an_error(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/ticket_fields", json={})
    wire.post(f"{BASE}/api/v2/ticket_fields", json={"ticket_field": {}}, status=201)
    wire.get(f"{BASE}/api/v2/webhooks", json={"webhooks": []})
    wire.post(f"{BASE}/api/v2/webhooks", json={"webhook": {}}, status=201)

    with pytest.raises(ConnectorError, match="id"):
        install.make(client, "https://deskmark.example/hook")
