"""The access token of one installation: fetched with the OAuth client's credentials, renewed before it runs out.

API tokens can no longer be created since October 2026; a client-credentials grant gives no refresh token, so renewing
means asking again. https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Lock
from typing import Any

import requests
from authlib.common.urls import url_decode
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from connectors.base import Installation
from connectors.errors import CredentialsRefused, RetryLater

SCOPES = "read write"
"""Audits need the global `read`; narrower scopes such as `tickets:read` are refused for them."""

TIMEOUT = 20.0
LEEWAY = 60
"""Seconds before its end at which a token is renewed."""


class BearerToken(requests.auth.AuthBase):
    """Puts a valid access token on every request of a session. May be used by several threads."""

    def __init__(self, installation: Installation) -> None:
        secrets = installation.secrets
        self._fixed = "" if secrets.get("client_id") else secrets.get("access_token", "")
        self._lock = Lock()
        self._session = OAuth2Session(
            client_id=secrets.get("client_id", ""),
            client_secret=secrets.get("client_secret", ""),
            scope=SCOPES,
            token_endpoint=f"{installation.base_url}/oauth/tokens",
            token_endpoint_auth_method="json",  # noqa: S106 - the name of a method
            grant_type="client_credentials",
            leeway=LEEWAY,
            default_timeout=TIMEOUT,
        )
        self._session.register_client_auth_method(("json", _as_json))

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authorise one request; raises `CredentialsRefused` when the OAuth client is refused."""
        request.headers["Authorization"] = f"Bearer {self._fixed or self._current()}"
        return request

    def renew(self, refused: str) -> bool:
        """Forget the token that `refused` (an Authorization header) carried; whether another may be had."""
        if self._fixed:
            return False
        with self._lock:
            token = self._session.token
            if token and refused == f"Bearer {token['access_token']}":
                self._session.token = None
        return True

    def _current(self) -> str:
        with self._lock:
            token = self._session.token
            if not token or token.is_expired(leeway=LEEWAY):
                try:
                    token = self._session.fetch_token()
                except OAuthError as error:
                    why = f"Zendesk refused the OAuth client's id or secret ({error.error})"
                    raise CredentialsRefused(why) from error
                except requests.RequestException:
                    raise  # the one HTTP place says what it means
                except ValueError as error:
                    raise RetryLater("Zendesk answered the OAuth client with something that is not JSON") from error
            if not token.get("access_token"):
                raise CredentialsRefused("Zendesk answered the OAuth client without an access token")
            return str(token["access_token"])


def _as_json(
    client: OAuth2Session, method: str, uri: str, headers: Mapping[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """The token request as Zendesk wants it: a JSON object that also holds the client's credentials."""
    del method
    asked: dict[str, Any] = dict(url_decode(body))
    asked |= {"client_id": client.client_id, "client_secret": client.client_secret}
    return uri, {**headers, "Content-Type": "application/json"}, json.dumps(asked)
