"""Zendesk's side of the app on the ticket: a key pair, and tokens as Zendesk signs them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

HOST = "acme.zendesk.com"
INSTALLED = "987"
AGENT = f"https://{HOST}/api/v2/users/31.json"


@cache
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


@cache
def stranger() -> RSAKey:
    return RSAKey.generate_key(2048)


def public_pem() -> str:
    return key().as_pem(private=False).decode()


def claims(at: datetime, **changed: Any) -> dict[str, Any]:
    """What the vendor's page says a token holds; `None` leaves a claim out."""
    moment = int(at.timestamp())
    whole = {
        "iss": HOST,
        "aud": f"https://{HOST}/api/v2/apps/installations/{INSTALLED}.json",
        "sub": AGENT,
        "iat": moment,
        "nbf": moment,
        "exp": moment + 300,
        "qsh": "a1b2c3",
        "context": {"product": "support", "location": "ticket_sidebar"},
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(at: datetime, *, signed_by: RSAKey | None = None, alg: str = "RS256", **changed: Any) -> str:
    return jwt.encode({"alg": alg, "typ": "JWT"}, claims(at, **changed), signed_by or key(), algorithms=[alg])
