"""Zendesk's OAuth: where an admin signs in, and what tokens are asked for with. authlib speaks the protocol.

https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/ names the token requests (JSON objects
that hold the client's credentials), https://support.zendesk.com/hc/en-us/articles/4408845965210 the flow, and
https://developer.zendesk.com/documentation/ticketing/working-with-oauth/oauth-pkce/ the proof key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import time
from typing import Any

import requests
from authlib.common.urls import url_decode
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from connectors.errors import CredentialsRefused, RetryLater, Throttled
from connectors.http import wait
from connectors.tokens import Secrets

SCOPES = "read write"
"""`read`: a ticket's audits need the global one, narrower ones such as `tickets:read` are refused for them. `write`:
tags, fields and private comments of tickets, and, for an admin, making fields, webhook and trigger."""

TIMEOUT = 20.0


def authorization_url(base_url: str, *, client_id: str, redirect_uri: str, state: str, verifier: str) -> str:
    """Where to send an admin who is to let Deskmark in. `state` comes back; `verifier` proves that we asked."""
    session = OAuth2Session(client_id=client_id, scope=SCOPES, redirect_uri=redirect_uri, code_challenge_method="S256")
    url, _ = session.create_authorization_url(
        f"{base_url}/oauth/authorizations/new", state=state, code_verifier=verifier
    )
    return str(url)


def exchanged(base_url: str, client: tuple[str, str], *, code: str, redirect_uri: str, verifier: str) -> Secrets:
    """The tokens for a code that came back. Raises `CredentialsRefused` and `RetryLater`."""
    more = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _kept(_asked(base_url, client, grant_type="authorization_code", scope=SCOPES, **more))


def refreshed(base_url: str, secrets: Secrets) -> Secrets:
    """New tokens for a refresh token; both old ones die at once. Raises `CredentialsRefused` and `RetryLater`."""
    client = (secrets.get("client_id", ""), secrets.get("client_secret", ""))
    return _kept(_asked(base_url, client, grant_type="refresh_token", refresh_token=secrets["refresh_token"]))


def of_the_client(base_url: str, client: tuple[str, str]) -> Mapping[str, Any]:
    """A token for the client itself: `access_token`, and `expires_in` seconds where it ends. Raises as the others."""
    return _asked(base_url, client, grant_type="client_credentials", scope=SCOPES)


def _asked(base_url: str, client: tuple[str, str], *, grant_type: str, **asked: str) -> Mapping[str, Any]:
    session = OAuth2Session(
        client_id=client[0],
        client_secret=client[1],
        token_endpoint_auth_method="json",  # noqa: S106 - the name of a method
        default_timeout=TIMEOUT,
    )
    session.register_client_auth_method(("json", _as_json))
    session.register_compliance_hook("access_token_response", _not_throttled)
    try:
        token = session.fetch_token(f"{base_url}/oauth/tokens", grant_type=grant_type, allow_redirects=False, **asked)
    except OAuthError as error:
        raise CredentialsRefused(f"Zendesk refused {_WORDS[grant_type]} ({error.error})") from error
    except requests.RequestException as error:
        raise RetryLater(f"POST /oauth/tokens: {type(error).__name__}") from error
    except ValueError as error:
        raise RetryLater("Zendesk answered the OAuth client with something that is not JSON") from error
    if not isinstance(token, Mapping) or not token.get("access_token"):
        raise CredentialsRefused("Zendesk answered the OAuth client without an access token")
    return token


_WORDS = {
    "client_credentials": "the OAuth client's id or secret",
    "authorization_code": "the sign-in",
    "refresh_token": "to renew the access token: connect the account again",
}


def _not_throttled(answer: requests.Response) -> requests.Response:
    """A rate limit is answered with an `error` as well, but refuses nobody."""
    if answer.status_code == 429:
        raise Throttled("POST /oauth/tokens: HTTP 429", after=wait(answer.headers))
    return answer


def _kept(token: Mapping[str, Any]) -> Secrets:
    """What is stored of an answer. A client that does not make tokens end gives no refresh token and no end."""
    kept = {"access_token": str(token["access_token"])}
    if token.get("refresh_token"):
        kept["refresh_token"] = str(token["refresh_token"])
    if isinstance(seconds := token.get("expires_in"), int | float):
        kept["token_expires_at"] = str(int(time() + seconds))
    return kept


def _as_json(
    client: OAuth2Session, method: str, uri: str, headers: Mapping[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """The token request as Zendesk wants it: a JSON object that also holds the client's credentials."""
    del method
    asked: dict[str, Any] = dict(url_decode(body))
    asked |= {"client_id": client.client_id, "client_secret": client.client_secret}
    return uri, {**headers, "Content-Type": "application/json"}, json.dumps(asked)
