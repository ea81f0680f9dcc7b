"""Who may use the sandbox's API: one OAuth client, tokens that run out and are replaced, scopes."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from connectors.zendesk.sandbox.account import Refused
from connectors.zendesk.sandbox.shapes import Record

INVALID_GRANT = {
    "error": "invalid_grant",
    "error_description": "The provided access grant is invalid, expired, or revoked",
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code that an admin's browser carries: for whom it was made, and the proof that redeeming it takes."""

    redirect_uri: str
    scope: str
    challenge: str


@dataclass(slots=True)
class Access:
    """OAuth clients' credentials and the tokens given out: until when each is good, and its scopes.

    `refreshes` maps a refresh token to the access token that dies with it, and to its scope. Each is good once.
    """

    client_id: str
    client_secret: str
    own_id: int
    lifetime: float
    tokens: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    """Scopes that no token is given from now on, whatever is asked for."""
    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, tuple[str, str]] = field(default_factory=dict)
    spent: list[str] = field(default_factory=list)
    """Refresh tokens that were brought a second time: nobody who keeps them well ever does."""

    def code(self, *, redirect_uri: str, scope: str, challenge: str) -> str:
        """An admin lets the client in; the code that it gets by the browser."""
        made = secrets.token_urlsafe(24)
        self.codes[made] = Code(redirect_uri, scope, challenge)
        return made

    def grant(self, asked: Mapping[str, Any]) -> Record:
        """Tokens for the client itself, for a code, or for a refresh token. Raises `Refused`."""
        known = asked.get("client_id") == self.client_id and asked.get("client_secret") == self.client_secret
        kinds = {"client_credentials": self._client, "authorization_code": self._code, "refresh_token": self._refresh}
        kind = kinds.get(str(asked.get("grant_type")))
        if kind is None:
            raise Refused(400, {"error": "unsupported_grant_type", "error_description": "not supported"})
        if not known:
            raise Refused(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        return kind(asked)

    def revoke_refreshes(self) -> None:
        """Let no refresh token be good any more, as when an admin removes the app's access."""
        self.refreshes.clear()

    def _client(self, asked: Mapping[str, Any]) -> Record:
        return self._token(str(asked.get("scope") or "read"))

    def _code(self, asked: Mapping[str, Any]) -> Record:
        code = self.codes.pop(str(asked.get("code")), None)
        proof = sha256(str(asked.get("code_verifier")).encode()).digest()
        challenge = urlsafe_b64encode(proof).decode().rstrip("=")
        if code is None or code.redirect_uri != asked.get("redirect_uri") or challenge != code.challenge:
            raise Refused(400, INVALID_GRANT)
        return self._with_refresh(code.scope)

    def _refresh(self, asked: Mapping[str, Any]) -> Record:
        token = str(asked.get("refresh_token"))
        if token not in self.refreshes:
            self.spent.append(token)
            raise Refused(400, INVALID_GRANT)
        access, scope = self.refreshes.pop(token)
        self.tokens.pop(access, None)
        return self._with_refresh(scope)

    def _with_refresh(self, scope: str) -> Record:
        made, refresh = self._token(scope), secrets.token_hex(32)
        self.refreshes[refresh] = (made["access_token"], scope)
        return {**made, "refresh_token": refresh, "refresh_token_expires_in": 2_592_000}

    def _token(self, wanted: str) -> Record:
        token, scope = secrets.token_hex(32), " ".join(each for each in wanted.split() if each not in self.withheld)
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
