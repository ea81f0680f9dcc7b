"""Signing in by OpenID Connect, against a provider on loopback that signs what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider
from pydantic import SecretStr, ValidationError

from service.settings import Settings
from service.store import people
from service.store.people_models import Person

ADA = {"sub": "ada-1", "email": "Ada@Example.com", "email_verified": True, "name": "Ada"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider(says=dict(ADA)) as running:
        yield running


@pytest.fixture
def made(make_web: Any, sqlite_url: str, provider: Provider) -> Callable[..., Any]:
    """Makes an application that knows the provider."""

    def make(**changes: Any) -> Any:
        return make_web(
            sqlite_url,
            oidc_issuer=provider.address,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=SecretStr(CLIENT_SECRET),
            **changes,
        )

    return make


def go(client: FlaskClient) -> str:
    """Go to the provider and agree there; the address that it sends the browser back to."""
    there = client.get("/sign-in/oidc")
    assert there.status_code == 302, there.get_data(as_text=True)
    asked = parse_qs(urlsplit(there.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]
    assert asked["nonce"]
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    return str(back.headers["Location"].removeprefix("http://localhost"))


def person(web: Any, email: str = "ada@example.com") -> Person | None:
    with web.parts.database.read() as session:
        return people.named(session, email)


def test_somebody_who_was_added_signs_in_and_is_known_again(made: Any, provider: Provider) -> None:
    web = made()
    web.person("manager")
    client = web.client()
    client.get("/deliveries")
    assert "organisation" in client.get("/sign-in").get_data(as_text=True)
    answer = client.get(go(client))

    assert answer.headers["Location"] == "/deliveries"
    assert client.get("/").status_code == 200
    row = person(web)
    assert row is not None
    assert row.subject == f"{provider.address} ada-1"
    assert ("ada@example.com", "sign in", "ada@example.com", None) in web.audited()
    assert len(provider.challenges) == 1

    provider.says["email"] = "ada.lovelace@example.com"  # Renamed there: the same subject is the same person.
    other = web.client()
    assert other.get(go(other)).headers["Location"] == "/"
    assert person(web, "ada.lovelace@example.com") is None


def test_nobody_comes_in_who_was_not_added(made: Any) -> None:
    web = made()
    client = web.client()
    answer = client.get(go(client))

    assert answer.status_code == 403
    assert "Nobody added ada@example.com here" in answer.get_data(as_text=True)
    assert client.get("/").status_code == 302
    assert person(web) is None
    assert web.audited() == [("somebody", "sign in refused", "ada@example.com", None)]


def test_new_people_of_allowed_domains_get_a_role(made: Any, provider: Provider) -> None:
    web = made(oidc_new_role="viewer", oidc_domains="example.org, example.com")
    client = web.client()
    assert client.get(go(client)).headers["Location"] == "/"
    row = person(web)
    assert row is not None
    assert (row.role, row.name, row.installations) == ("viewer", "Ada", None)

    provider.says.update(sub="eve-1", email="eve@evil.example")
    stranger = web.client()
    answer = stranger.get(go(stranger))
    assert answer.status_code == 403
    assert "another domain" in answer.get_data(as_text=True)


def test_an_address_belongs_to_one_account_there(made: Any, provider: Provider) -> None:
    web = made()
    web.person("admin")
    client = web.client()
    client.get(go(client))

    provider.says["sub"] = "somebody else"
    thief = web.client()
    answer = thief.get(go(thief))
    assert answer.status_code == 403
    assert "belongs to another account" in answer.get_data(as_text=True)


def test_who_is_disabled_here_does_not_come_in(made: Any) -> None:
    web = made()
    with web.parts.database.begin() as session:
        people.disable(session, session.get_one(Person, web.person("admin")), now=web.clock())
    client = web.client()
    assert client.get(go(client)).status_code == 403
    row = person(web)
    assert row is not None
    assert row.subject is None


NOW = int(time.time())


@pytest.mark.parametrize(
    "overrides",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": "no address"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": NOW - 3600, "iat": NOW - 7200},
        {"sub": None},
    ],
)
def test_a_token_that_does_not_hold_is_refused(made: Any, provider: Provider, overrides: dict[str, Any]) -> None:
    web = made()
    web.person("admin")
    provider.overrides = overrides
    client = web.client()
    answer = client.get(go(client))

    assert answer.status_code == 403, overrides
    assert client.get("/").status_code == 302


def test_a_token_of_another_key_or_signed_with_our_own_secret_is_refused(made: Any, provider: Provider) -> None:
    web = made()
    web.person("admin")
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    client = web.client()
    assert client.get(go(client)).status_code == 403

    provider.signing_key, provider.alg = None, "HS256"
    assert client.get(go(client)).status_code == 403
    provider.alg = "RS256"
    assert client.get(go(client)).status_code == 302


def test_state_and_verifier_are_the_browsers_own(made: Any, provider: Provider) -> None:
    web = made()
    web.person("admin")
    address = go(web.client())
    assert web.client().get(address).status_code == 403, "another browser's way back"

    client = web.client()
    first, second = go(client), go(client)
    code = parse_qs(urlsplit(first).query)["code"][0]
    state = parse_qs(urlsplit(second).query)["state"][0]
    assert client.get(f"/sign-in/oidc/back?code={code}&state={state}").status_code == 403, "another way's verifier"
    assert client.get(first).status_code == 302
    assert client.get(first).status_code == 403, "a state and a code that were used"
    assert client.get("/sign-in/oidc/back?error=access_denied&error_description=<b>").status_code == 403
    assert client.get("/sign-in/oidc/back").status_code == 403
    assert client.get(go(client)).status_code == 302


def test_keys_that_changed_are_fetched_again(made: Any, provider: Provider) -> None:
    web = made()
    web.person("admin")
    client = web.client()
    assert client.get(go(client)).status_code == 302
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    other = web.client()
    assert other.get(go(other)).status_code == 302


def test_another_issuer_and_none_are_said_so(made: Any, provider: Provider, make_web: Any, sqlite_url: str) -> None:
    provider.claimed_issuer = "https://evil.example"
    answer = made().client().get("/sign-in/oidc")
    assert answer.status_code == 403
    assert "another issuer" in answer.get_data(as_text=True)

    assert make_web(sqlite_url).client().get("/sign-in/oidc").status_code == 404
    assert "organisation" not in make_web(sqlite_url).client().get("/sign-in").get_data(as_text=True)


def test_a_provider_that_is_down_is_said_so(make_web: Any, sqlite_url: str) -> None:
    with Provider() as gone:
        address = gone.address
    web = make_web(sqlite_url, oidc_issuer=address, oidc_client_id="x", oidc_client_secret=SecretStr("x"))
    assert web.client().get("/sign-in/oidc").status_code == 403


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"oidc_issuer": "http://issuer.example"}, "https://"),
        ({"oidc_issuer": "https://issuer.example"}, "OIDC_CLIENT_ID"),
        ({"oidc_new_role": "viewer"}, "OIDC_DOMAINS"),
        ({"oidc_new_role": "admin", "oidc_domains": "x.example"}, "oidc_new_role"),
    ],
)
def test_settings_that_are_not_whole_are_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings(secret_key="k", session_key="s", **given)
    whole = Settings(
        secret_key="k", session_key="s", oidc_issuer="https://x.example/", oidc_client_id="x", oidc_client_secret="y"
    )
    assert whole.oidc_issuer == "https://x.example"
