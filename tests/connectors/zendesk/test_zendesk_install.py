"""Connecting an account over the API: what is missing is said in plain words, what can be made is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from connectors.base import Installation
from connectors.errors import ConnectorError
from connectors.http import Http
from connectors.limiter import Limiter
from connectors.zendesk import ZendeskConnector, install, own
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.sandbox import Sandbox
from connectors.zendesk.webhook import delivery
from service.conversation import Conversation

BASE = "https://acme.zendesk.com"
Connect = Callable[..., ZendeskClient]
Told = Callable[..., Conversation]


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(f"{BASE}/oauth/tokens", json={"access_token": "t", "token_type": "bearer"})
        yield mock


@pytest.fixture
def client(installation: Installation) -> ZendeskClient:
    return ZendeskConnector().client(
        installation, Http(BASE, requests.Session(), Limiter(), name="z1", hosts=ZendeskConnector.hosts)
    )


def wrong(findings: list[install.Finding]) -> list[str]:
    return [finding.text for finding in findings if not finding.fine]


def test_a_complete_account_has_nothing_to_complain_about(connect: Connect, sandbox: Sandbox, told: Told) -> None:
    sandbox.seed(told("C: help"))

    findings = install.check(connect(sandbox))

    assert wrong(findings) == []
    assert any("audits" in finding.text for finding in findings)


def test_an_account_without_tickets_or_fields(connect: Connect) -> None:
    with Sandbox(with_fields=False) as sandbox:
        findings = install.check(connect(sandbox))

    assert len(wrong(findings)) == 5
    assert all("is not written" in text for text in wrong(findings))
    assert any("no ticket yet" in finding.text for finding in findings)


def test_fields_that_are_wrong(connect: Connect, sandbox: Sandbox) -> None:
    swapped = {"dm_outcome": sandbox.field_ids["dm_effort"], "dm_effort": 1}

    said = wrong(install.check(connect(sandbox, **swapped)))

    assert any("does not exist" in text for text in said)
    assert any("drop-down" in text for text in said)


@pytest.mark.parametrize("by_trigger", [False, True])
def test_a_webhook_is_made_that_is_called(connect: Connect, sandbox: Sandbox, told: Told, by_trigger: bool) -> None:
    made = install.make(connect(sandbox), "http://127.0.0.1:1/hook", by_trigger=by_trigger)

    sandbox.seed(told("C: help"))
    assert sandbox.flush()
    assert {attempt.webhook_id for attempt in sandbox.hooks.attempts} == {made.options["webhook_id"]}


def test_the_triggers_body_is_what_we_read() -> None:
    assert delivery({}, json.dumps({**json.loads(own.TRIGGER_BODY), "ticket_id": "7"}).encode()).conversation_id == "7"


def test_no_access_is_the_only_finding(connect: Connect, sandbox: Sandbox) -> None:
    (only,) = install.check(connect(sandbox, secrets={"client_secret": "wrong"}))

    assert not only.fine
    assert "does not let us in" in only.text


def test_a_narrow_scope_and_an_end_user_are_told(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/users/me", json={"user": {"id": 5, "role": "end-user", "name": "Ada"}})
    wire.get(f"{BASE}/api/v2/search/export", status=403)
    wire.get(f"{BASE}/api/v2/tickets", status=403)
    wire.get(f"{BASE}/api/v2/ticket_fields", json={"ticket_fields": []})

    said = wrong(install.check(client))

    assert "Ada, who is no agent" in said[0]
    assert "may not read search" in said[1]
    assert "may not read tickets" in said[2]


def test_a_webhook_without_an_id_is_an_error(wire: Any, client: ZendeskClient) -> None:
    wire.get(f"{BASE}/api/v2/ticket_fields", json={})
    wire.post(f"{BASE}/api/v2/ticket_fields", json={"ticket_field": {}}, status=201)
    wire.get(f"{BASE}/api/v2/webhooks", json={"webhooks": []})
    wire.post(f"{BASE}/api/v2/webhooks", json={"webhook": {}}, status=201)

    with pytest.raises(ConnectorError, match="id"):
        install.make(client, "https://deskmark.example/hook")
