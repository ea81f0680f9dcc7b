"""Who may ask the API: a key that was made for it, with its scopes and installations, or one of the two tokens that
settings name, which reach everything.
"""

from __future__ import annotations

import hmac

from flask import g, request
from pydantic import SecretStr

from service.settings import Settings
from service.store import api_keys
from service.store.people_models import Scope
from service.web.parts import parts
from service.web.problems import Problem
from service.web.rights import Open, requested, within_reach
from service.web.throttle import WRONG_KEYS, network

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="deskmark"'}


def admit_key() -> None:
    """Let the request on, or answer: 401 (after many 429) without a key that works, 403 without the scope, 404 for
    what is foreign."""
    need = requested()
    if need is Open.TO_ALL:  # The description of the API holds no data.
        return
    if not isinstance(need, Scope):
        raise Problem(403, "this address does not say what it needs, so nobody may use it")
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not (_is_token(given.strip()) or _is_key(given.strip())):
        _count_wrong()
        raise Problem(401, "send an API key as a bearer token; an admin makes one under People", headers=CHALLENGE)
    if need not in g.scopes:
        raise Problem(403, f"this key lacks the scope {need.value}")
    if not within_reach(request.view_args or {}):
        raise Problem(404, "there is no such thing")


def _count_wrong() -> None:
    """Count a request without a key that works. Raises `Problem` 429 after too many; who has a key is not held up."""
    address, tries = network(request.remote_addr), parts().tries
    if not tries.hit(WRONG_KEYS, "api", address):
        seconds = tries.wait(WRONG_KEYS, "api", address)
        raise Problem(429, "too many requests without a key that works", headers={"Retry-After": str(seconds)})


def shows_texts() -> bool:
    """Whether the key may see transcripts and proof."""
    return Scope.TEXTS in g.scopes


def _is_token(given: str) -> bool:
    """Both are compared, so that the time tells nothing."""
    settings: Settings = parts().settings
    reads, writes = _same(given, settings.api_token), _same(given, settings.api_write_token)
    if reads or writes:
        g.reach = None
        g.scopes = {*((Scope.READ, Scope.TEXTS) if reads else ()), *((Scope.WRITE,) if writes else ())}
        g.acting = "API token" if reads else "API write token"
    return reads or writes


def _same(given: str, token: SecretStr | None) -> bool:
    return token is not None and hmac.compare_digest(given.encode(), token.get_secret_value().encode())


def _is_key(given: str) -> bool:
    p = parts()
    with p.database.read() as session:
        key = api_keys.find(session, given, now=p.now())
    if key is None:
        return False
    if api_keys.is_stale(key, now=p.now()):
        with p.database.begin() as session:
            api_keys.used(session, key.id, now=p.now())
    g.reach, g.scopes = key.installations, {Scope(scope) for scope in key.scopes}
    g.acting = f"API key {key.name} ({key.prefix})"
    return True
