"""Who may use the sandbox's API: one OAuth client, tokens that run out, scopes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.zendesk.sandbox.account import Refused
from connectors.zendesk.sandbox.shapes import Record


@dataclass(slots=True)
class Access:
    """OAuth clients' credentials and the tokens given out: until when each is good, and its scopes."""

    client_id: str
    client_secret: str
    own_id: int
    lifetime: float
    tokens: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    """Scopes that no token is given from now on, whatever is asked for."""

    def grant(self, asked: Mapping[str, Any]) -> Record:
        """A token for client credentials. Raises `Refused`."""
        known = asked.get("client_id") == self.client_id and asked.get("client_secret") == self.client_secret
        if asked.get("grant_type") != "client_credentials":
            raise Refused(400, {"error": "unsupported_grant_type", "error_description": "not supported"})
        if not known:
            raise Refused(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        wanted = str(asked.get("scope") or "read").split()
        token, scope = secrets.token_hex(32), " ".join(each for each in wanted if each not in self.withheld)
        self.tokens[token] = (time.monotonic() + self.lifetime, frozenset(scope.split()))
        return {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": int(self.lifetime)}

    def scopes(self, header: str) -> list[str]:
        """The scopes of the token in an Authorization header."""
        return sorted(self.tokens[header.removeprefix("Bearer ").strip()][1])

    def check(self, header: str, method: str) -> None:
        """Raise `Refused` unless the token is good and its scope fits."""
        until, scopes = self.tokens.get(header.removeprefix("Bearer ").strip(), (0.0, frozenset()))
        if until < time.monotonic():
            raise Refused(401, {"error": "invalid_token", "error_description": "The access token is invalid"})
        if ("read" if method == "GET" else "write") not in scopes:
            raise Refused(403, {"error": "Forbidden", "description": "You are missing the following scopes"})
