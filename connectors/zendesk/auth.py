"""The access token on every request to one installation, whatever way it was got, renewed before it runs out.

API tokens can no longer be created since October 2026 and die on 30 April 2027, so there are OAuth tokens only: of a
client that acts for itself (asking again is renewing), of an admin who signed in (renewed with a refresh token, which
replaces both), or a fixed one that an admin looks after.
"""

from __future__ import annotations

from threading import Lock
from time import time

import requests

from connectors.base import Installation
from connectors.errors import CredentialsRefused
from connectors.tokens import Secrets
from connectors.zendesk import oauth

LEEWAY = 60
"""Seconds before its end at which a token is renewed."""


class BearerToken(requests.auth.AuthBase):
    """Puts a valid access token on every request of a session. May be used by several threads.

    How it is renewed follows from the installation's secrets: with a `refresh_token` by `installation.tokens`, else
    with a `client_id` by asking for the client, else not at all.
    """

    def __init__(self, installation: Installation) -> None:
        self._base_url = installation.base_url
        self._tokens = installation.tokens
        self._secrets = installation.secrets
        self._lock = Lock()
        self._rotating = bool(self._secrets.get("refresh_token"))
        self._asks = not self._rotating and bool(self._secrets.get("client_id"))
        self._token = "" if self._asks else self._secrets.get("access_token", "")
        self._ends = _end(self._secrets) if self._rotating else None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authorise one request; raises `CredentialsRefused` when no token is to be had."""
        request.headers["Authorization"] = f"Bearer {self._current()}"
        return request

    def renew(self, refused: str) -> bool:
        """Forget the token that `refused` (an Authorization header) carried; whether another may be had."""
        if not self._asks and not self._rotating:
            return False
        with self._lock:
            if refused == f"Bearer {self._token}":
                self._ends = 0.0
        return True

    def _current(self) -> str:
        with self._lock:
            if not self._token or (self._ends is not None and self._ends <= time() + LEEWAY):
                if self._asks:
                    self._ask()
                elif self._rotating:
                    self._rotate()
            return self._token

    def _ask(self) -> None:
        client = (self._secrets["client_id"], self._secrets.get("client_secret", ""))
        answer = oauth.of_the_client(self._base_url, client)
        self._token = str(answer["access_token"])
        seconds = answer.get("expires_in")
        self._ends = time() + seconds if isinstance(seconds, int | float) else None

    def _rotate(self) -> None:
        if self._tokens is None:
            raise CredentialsRefused("the access token ended, and it cannot be renewed from here")
        fresh = self._tokens.renewed(self._token, lambda held: oauth.refreshed(self._base_url, held))
        self._token, self._ends = fresh.get("access_token", ""), _end(fresh)


def _end(secrets: Secrets) -> float | None:
    """When the stored access token ends, in unix time; `None`: it does not, or nobody said."""
    stored = secrets.get("token_expires_at", "")
    return float(stored) if stored.isdecimal() else None
