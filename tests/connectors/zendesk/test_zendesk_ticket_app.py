"""The app on the ticket: Zendesk's tokens, the key, and the zip, checked as the vendor's documentation has them."""

from __future__ import annotations

import base64
import hmac
import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from ticket_app import AGENT, HOST, INSTALLED, key, public_pem, stranger, token

from connectors.errors import InvalidSignature, NotFound
from connectors.http import ApiRequest, ApiResponse
from connectors.zendesk.app import NoAddress, manifest, packed
from connectors.zendesk.ticket_app import Found, NotAKey, checked_key, decoy, found, opened
from service.translation.languages import Language

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC = "https://deskmark.example.com"


def who(signed: str, **changed: Any) -> str:
    given = {"base_url": f"https://{HOST}", "app": Found(INSTALLED, public_pem()), "now": NOW, **changed}
    return opened(signed, **given).agent


def test_a_token_of_zendesks_names_the_agent() -> None:
    assert who(token(NOW)) == AGENT
    assert who(token(NOW), now=NOW + timedelta(minutes=5)) == AGENT, "clocks may be a minute apart"
    assert who(token(NOW, context=None)) == AGENT
    app = Found(INSTALLED, public_pem())
    assert opened(token(NOW), base_url=f"https://{HOST}", app=app, now=NOW).good_for == 360


def test_nobody_signs_for_the_decoy() -> None:
    assert decoy() is decoy()
    with pytest.raises(InvalidSignature):
        who(token(NOW, aud=f"https://{HOST}/api/v2/apps/installations/0.json"), app=decoy())


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other.zendesk.com"},
        {"iss": None},
        {"aud": f"https://{HOST}/api/v2/apps/installations/1.json"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"exp": None},
        {"iat": None},
        {"exp": int((NOW - timedelta(minutes=2)).timestamp())},
        {"nbf": int((NOW + timedelta(minutes=2)).timestamp())},
        {"iat": int((NOW + timedelta(minutes=2)).timestamp())},
        {"exp": int((NOW + timedelta(days=2)).timestamp())},
        {"context": {"product": "support", "location": "user_sidebar"}},
    ],
)
def test_a_token_for_anything_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        who(token(NOW, **changed))


FORGED = ["", "x", "a.b.c", "x" * 9000, token(NOW)[:-4] + "AAAA", token(NOW, signed_by=stranger())]


@pytest.mark.parametrize("signed", FORGED, ids=range(len(FORGED)))
def test_a_forged_token_is_refused(signed: str) -> None:
    with pytest.raises(InvalidSignature) as refused:
        who(signed)
    assert len(str(refused.value)) < 80, "nothing of the token is quoted"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", ["HS256", "none"])
def test_the_public_key_is_no_shared_secret(alg: str) -> None:
    """The oldest trick: a token signed with the public key as if it were a password, or with nothing."""
    said = f"{encoded(json.dumps({'alg': alg}).encode())}.{token(NOW).split('.')[1]}"
    signature = hmac.digest(public_pem().encode(), said.encode(), "sha256") if alg == "HS256" else b""
    with pytest.raises(InvalidSignature):
        who(f"{said}.{encoded(signature)}")


def test_keys() -> None:
    assert checked_key(f"\n {public_pem()} ").startswith("-----BEGIN PUBLIC KEY-----\n")
    for wrong in ("", "hello", key().as_pem(private=True).decode()):
        with pytest.raises(NotAKey):
            checked_key(wrong)


class Account:
    """An account with these installed apps."""

    options: Any = None

    def __init__(self, *installed: dict[str, Any]) -> None:
        self.installed = installed
        self.asked: list[str] = []

    def me(self) -> dict[str, Any]:
        return {}

    def send(self, request: ApiRequest) -> ApiResponse:
        self.asked.append(request.path)
        body = public_pem() if request.text else {"installations": list(self.installed)}
        return ApiResponse(200, body, {})


OURS = {"id": 987, "app_id": 55, "enabled": True, "settings": {"name": "Deskmark", "title": "Verdicts"}}
OTHER = {"id": 5, "app_id": 6, "enabled": True, "settings": {"name": "Else", "title": "Else"}}


def test_the_app_is_found_by_its_name() -> None:
    account = Account(OTHER, OURS, {**OURS, "id": 4, "enabled": False}, {"id": 1})
    assert found(account).external_id == INSTALLED
    assert account.asked == ["/api/v2/apps/installations", "/api/v2/apps/55/public_key.pem"]
    for installed in ((), (OTHER,), (OURS, OURS)):
        with pytest.raises(NotFound):
            found(Account(*installed))


MANIFEST = {
    "type": "object",
    "required": ["author", "defaultLocale", "location", "frameworkVersion", "version", "private", "signedUrls"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "author": {
            "type": "object",
            "required": ["name", "email", "url"],
            "properties": {
                "name": {"type": "string"},
                "email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"},
                "url": {"type": "string", "pattern": "^https?://"},
            },
        },
        "defaultLocale": {"type": "string", "pattern": r"^[a-z]{2}(-\w{2,3})?$"},
        "private": {"type": "boolean"},
        "singleInstall": {"type": "boolean"},
        "signedUrls": {"type": "boolean"},
        "version": {"type": "string"},
        "frameworkVersion": {"const": "2.0"},
        "location": {
            "type": "object",
            "required": ["support"],
            "additionalProperties": False,
            "properties": {
                "support": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {
                        "enum": ["background", "modal", "nav_bar", "new_ticket_sidebar", "organization_sidebar",
                                 "ticket_editor", "ticket_sidebar", "top_bar", "user_sidebar"]
                    },
                    "additionalProperties": {
                        "type": "object",
                        "required": ["url"],
                        "properties": {
                            "url": {"type": "string", "pattern": r"^(https://|http://localhost|assets/)"},
                            "flexible": {"type": "boolean"},
                            "autoLoad": {"type": "boolean"},
                        },
                    },
                }
            },
        },
    },
}  # fmt: skip
"""What Zendesk's page of the manifest, and its own package validations, ask of one. Written from these pages:
https://developer.zendesk.com/documentation/apps/app-developer-guide/manifest/ (no schema is published)."""


def test_the_zip_is_what_zendesk_asks_for() -> None:
    made = packed(PUBLIC, "0a1b2c3d4e5f")
    assert made == packed(PUBLIC, "0a1b2c3d4e5f"), "the same app is the same bytes"
    archive = zipfile.ZipFile(io.BytesIO(made))
    assert archive.testzip() is None
    names = archive.namelist()
    assert sorted(names) == [
        "assets/logo-small.png",
        "assets/logo.png",
        "manifest.json",
        *sorted(f"translations/{language}.json" for language in Language),
    ]
    shown = json.loads(archive.read("manifest.json"))
    jsonschema.validate(shown, MANIFEST)
    assert shown["location"]["support"]["ticket_sidebar"]["url"] == f"{PUBLIC}/apps/zendesk/0a1b2c3d4e5f"
    for name, side in (("assets/logo.png", 320), ("assets/logo-small.png", 128)):
        picture = archive.read(name)
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        assert [int.from_bytes(picture[at : at + 4]) for at in (16, 20)] == [side, side]


def test_every_language_names_the_app() -> None:
    archive = zipfile.ZipFile(io.BytesIO(packed(PUBLIC, "x")))
    said = {language: json.loads(archive.read(f"translations/{language}.json"))["app"] for language in Language}
    keys = {"name", "short_description", "long_description", "installation_instructions"}
    assert all(app.keys() == keys and all(app.values()) for app in said.values())
    assert len({app["short_description"] for app in said.values()}) == len(Language)


def test_no_secret_is_shipped() -> None:
    archive = zipfile.ZipFile(io.BytesIO(packed(PUBLIC, "x")))
    text = " ".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".json"))
    assert "parameters" not in manifest(PUBLIC, "x"), "nothing is to be filled in, so nothing can leak"
    assert not re.search(r"secret|password|api[_-]?key|bearer|-----BEGIN|\{\{setting", text, re.IGNORECASE)
    assert not re.search(r"[A-Za-z0-9+/_-]{32,}", text.replace(PUBLIC, ""))


@pytest.mark.parametrize("public", ["", "http://deskmark.example.com", "ftp://x", "deskmark.example.com"])
def test_zendesk_frames_https_only(public: str) -> None:
    with pytest.raises(NoAddress):
        manifest(public, "x")
    assert manifest("http://localhost:8000", "x")
