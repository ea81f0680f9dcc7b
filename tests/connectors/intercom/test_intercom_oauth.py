"""Signing in at Intercom: what the token endpoint may answer."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connectors.errors import CredentialsRefused, RetryLater
from connectors.intercom import oauth
from connectors.intercom.regions import REGIONS

TOKEN = "https://api.eu.intercom.io/auth/eagle/token"
CLIENT = ("our-id", "our-secret")


@pytest.mark.parametrize(("region", "host"), [("US", "app"), ("EU", "app.eu"), ("AU", "app.au")])
def test_people_are_sent_to_the_app_of_their_region(region: str, host: str) -> None:
    url = oauth.authorization_url(REGIONS[region], client_id="our-id", redirect_uri="https://d.example/x", state="s")

    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"https://{host}.intercom.com/oauth"
    assert parse_qs(parts.query) == {
        "response_type": ["code"], "client_id": ["our-id"], "redirect_uri": ["https://d.example/x"], "state": ["s"],
    }  # fmt: skip


@responses.activate
@pytest.mark.parametrize("key", ["token", "access_token"])
def test_the_token_under_either_name(key: str) -> None:
    responses.post(TOKEN, json={"token_type": "Bearer", key: "t"})

    assert oauth.exchanged(REGIONS["EU"], CLIENT, code="c") == {"access_token": "t"}
    sent = parse_qs(str(responses.calls[0].request.body))
    assert sent == {
        "grant_type": ["authorization_code"], "code": ["c"], "client_id": ["our-id"], "client_secret": ["our-secret"],
    }  # fmt: skip


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, '{"token_type": "Bearer"}', CredentialsRefused),
        (400, '{"error": "invalid_grant"}', CredentialsRefused),
        (401, '{"type": "error.list", "errors": [{"code": "server_error"}]}', CredentialsRefused),
        (500, "{}", RetryLater),
        (200, "<p>", RetryLater),
        (302, "", RetryLater),
    ],
)
def test_answers_that_are_no_token(status: int, body: str, error: type[Exception]) -> None:
    responses.post(TOKEN, status=status, body=body, headers={"Location": "https://evil.example/"})

    with pytest.raises(error) as raised:
        oauth.exchanged(REGIONS["EU"], CLIENT, code="c")
    assert "our-secret" not in str(raised.value)
    assert len(responses.calls) == 1


@responses.activate
def test_no_answer_at_all() -> None:
    responses.post(TOKEN, body=requests.ConnectionError("refused"))

    with pytest.raises(RetryLater, match="ConnectionError"):
        oauth.exchanged(REGIONS["EU"], CLIENT, code="c")
