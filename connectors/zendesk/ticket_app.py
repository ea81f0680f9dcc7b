"""The app on the ticket as Zendesk has it: which of the account's installations is ours, and who opened it.

An app with `signedUrls` is opened by a POST that carries a token which Zendesk signed with the app's own key (RS256).
Nothing in the browser is a secret, and an agent cannot say to be another: the token names the agent.
https://developer.zendesk.com/documentation/apps/app-developer-guide/using-the-apps-framework/ (claims),
https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app/,
https://developer.zendesk.com/api-reference/ticketing/apps/apps/ (public key, installations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from connectors.errors import InvalidSignature, NotFound
from connectors.http import ApiRequest
from connectors.zendesk.asked import Account
from connectors.zendesk.payloads import Record, ident, record, records, text

NAME = "Deskmark"
LOCATION = "ticket_sidebar"
ALGORITHM = "RS256"
LEEWAY = 60
"""Seconds that clocks may be apart."""
LONGEST = 3600
"""Seconds from issue to expiry; Zendesk's tokens are good for five minutes, and one that lasts longer is not theirs."""
LONGEST_TOKEN = 8192
"""Characters."""


class NotAKey(ValueError):
    """What was given is no public key of RSA in PEM; the message says so."""


@dataclass(frozen=True, slots=True)
class Found:
    """Our app in an account: the number of its installation, and its public key (PEM)."""

    external_id: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that holds. `agent` is who opened the app, in Zendesk's words; `good_for` seconds the token lasts yet."""

    agent: str
    good_for: int


@cache
def decoy() -> Found:
    """An app that nobody has: what tokens for unknown installations are checked against, with the same work."""
    return Found("0", RSAKey.generate_key(2048).as_pem(private=False).decode())


def found(client: Account) -> Found:
    """The app as it is installed, asked of the account. Raises `NotFound` when it is not, or not exactly once."""
    body = record(client.send(ApiRequest("GET", "/api/v2/apps/installations")).body)
    ours = [each for each in _installations(body) if _is_ours(each)]
    if len(ours) != 1:
        raise NotFound(f"there are {len(ours)} installed apps with the name {NAME}")
    number, app = ident(ours[0].get("id")) or "", ident(ours[0].get("app_id")) or ""
    key = client.send(ApiRequest("GET", f"/api/v2/apps/{app}/public_key.pem", text=True)).body
    return Found(number, checked_key(str(key)))


def checked_key(pem: str) -> str:
    """A public key as it is kept. Raises `NotAKey`, also for a private one, which has no business here."""
    try:
        key = RSAKey.import_key(pem.strip())
    except (JoseError, ValueError, TypeError) as error:
        raise NotAKey("this is not a public key: it begins with -----BEGIN PUBLIC KEY-----") from error
    if key.is_private:
        raise NotAKey("this is a private key: only the public one is wanted here")
    return pem.strip() + "\n"


def opened(token: str, *, base_url: str, app: Found, now: datetime) -> Opened:
    """Who opened the app, if Zendesk signed `token` for this installation of it and it is not over.

    Raises `InvalidSignature`; the message says which check failed and quotes nothing.
    """
    host = urlsplit(base_url).netloc
    if len(token) > LONGEST_TOKEN:
        raise InvalidSignature("the token is too long")
    moment = int(now.timestamp())
    checks = jwt.JWTClaimsRegistry(
        now=moment,
        leeway=LEEWAY,
        iss={"essential": True, "value": host},
        aud={"essential": True, "value": f"https://{host}/api/v2/apps/installations/{app.external_id}.json"},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, RSAKey.import_key(app.public_key), algorithms=[ALGORITHM]).claims
        checks.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidSignature(f"the token does not hold: {type(error).__name__}") from error
    return _opened(claims, moment)


def _opened(claims: Mapping[str, Any], moment: int) -> Opened:
    if claims["exp"] - claims["iat"] > LONGEST:
        raise InvalidSignature("the token lasts longer than Zendesk's do")
    place = record(claims.get("context")).get("location", LOCATION)
    if place != LOCATION or not claims["sub"]:
        raise InvalidSignature("the token is for another place, or names nobody")
    return Opened(str(claims["sub"]), max(1, int(claims["exp"]) + LEEWAY - moment))


def _installations(body: Record) -> Iterator[Record]:
    return (each for each in records(body.get("installations")) if ident(each.get("app_id")))


def _is_ours(installation: Record) -> bool:
    """By the name that the manifest gives, or the title that an admin left as it was."""
    settings = record(installation.get("settings"))
    return (
        NAME in (text(settings.get("name")), text(settings.get("title"))) and installation.get("enabled") is not False
    )
