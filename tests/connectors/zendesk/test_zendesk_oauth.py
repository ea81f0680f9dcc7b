"""Zendesk's token endpoint: what it may answer, and what is kept of it."""

from __future__ import annotations

import json
from time import time

import pytest
import requests
import responses

from connectors.errors import ConnectorError, CredentialsRefused, RetryLater, Throttled
from connectors.tokens import Secrets
from connectors.zendesk import oauth

BASE = "https://acme.zendesk.com"
TOKEN = f"{BASE}/oauth/tokens"
HELD = {"client_id": "id", "client_secret": "hush", "access_token": "a1", "refresh_token": "r1"}


def refresh() -> Secrets:
    return oauth.refreshed(BASE, HELD)


@responses.activate
def test_both_tokens_and_the_end_are_kept() -> None:
    responses.post(
        TOKEN, json={"access_token": "a2", "refresh_token": "r2", "expires_in": 1800, "token_type": "bearer"}
    )

    kept = refresh()

    assert (kept["access_token"], kept["refresh_token"]) == ("a2", "r2")
    assert abs(int(kept["token_expires_at"]) - time() - 1800) < 60
    request = responses.calls[0].request
    assert json.loads(request.body or "") == {
        "grant_type": "refresh_token", "refresh_token": "r1", "client_id": "id", "client_secret": "hush",
    }  # fmt: skip
    assert request.headers["Content-Type"] == "application/json"


@responses.activate
def test_a_client_whose_tokens_do_not_end_gives_no_refresh_token() -> None:
    responses.post(TOKEN, json={"access_token": "a2", "token_type": "bearer"})

    assert oauth.exchanged(BASE, ("id", "hush"), code="c", redirect_uri="https://d.example", verifier="v") == {
        "access_token": "a2"
    }


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"error": "invalid_grant", "error_description": "revoked"}', CredentialsRefused),
        (401, '{"error": "invalid_client"}', CredentialsRefused),
        (200, '{"token_type": "bearer"}', CredentialsRefused),
        (429, '{"error": "APIRateLimitExceeded"}', Throttled),
        (500, "{}", RetryLater),
        (503, "<p>", RetryLater),
        (200, "<p>", RetryLater),
        (302, "", RetryLater),
    ],
)
def test_answers_that_are_no_token(status: int, body: str, error: type[ConnectorError]) -> None:
    headers = {"Location": "https://evil.example/", "Retry-After": "7"}
    responses.post(TOKEN, status=status, body=body, headers=headers)

    with pytest.raises(error) as raised:
        refresh()
    assert not any(value in str(raised.value) for value in ("hush", "r1", "a1"))
    assert len(responses.calls) == 1
    if isinstance(raised.value, Throttled):
        assert raised.value.after == 7


@responses.activate
def test_no_answer_at_all() -> None:
    responses.post(TOKEN, body=requests.ConnectTimeout("too long"))

    with pytest.raises(RetryLater, match="ConnectTimeout"):
        refresh()
