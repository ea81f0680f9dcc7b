"""Every answer, of every address and every error, carries the policy that forbids scripts; no request is too large."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from service.app import build
from service.store.database import Database
from service.web.security import HEADERS, MOST_BYTES, MOST_FIELDS

STRANGE = {"string": "x", "default": "x", "int": "7", "path": "x"}


FRAMING = ("Content-Security-Policy", "X-Frame-Options")

PUBLIC = "/api/v1/openapi.json"
"""The same for everybody: it may be kept."""


def addresses(app: Any) -> list[tuple[str, str]]:
    """Every method and address of the application, with something made up for each part that varies."""
    found = []
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            parts = {
                name: STRANGE.get(type(c).__name__.lower().removesuffix("converter"), "7")
                for name, c in rule._converters.items()
            }
            address = adapter.build(rule.endpoint, parts, method=next(iter(rule.methods or {"GET"})))
            found += [(method, address) for method in sorted(rule.methods or ()) if method not in ("HEAD", "OPTIONS")]
    return found


def lacking(answer: Any) -> list[str]:
    return [name for name, value in HEADERS.items() if answer.headers.get(name) != value]


@pytest.mark.parametrize("signed_in", [False, True])
def test_no_address_forgets_them(web: Any, signed_in: bool) -> None:
    client = web.admin() if signed_in else web.client()
    asked = addresses(web.app)
    assert len(asked) > 40
    wrong = {}
    for method, address in asked:
        if address == "/sign-out":
            continue
        answer = client.open(address, method=method)
        framed = address.startswith("/apps/zendesk/")  # By Zendesk: tests/web/test_zendesk_panel.py looks at those.
        if missing := [name for name in lacking(answer) if not (framed and name in FRAMING)]:
            wrong[(method, address)] = (answer.status_code, missing)
        if "static" not in address and address != PUBLIC and "no-store" not in answer.headers.get("Cache-Control", ""):
            wrong[(method, address)] = (answer.status_code, ["Cache-Control"])
    assert wrong == {}


def test_errors_have_them_too(web: Any) -> None:
    client = web.admin()
    web.app.config["PROPAGATE_EXCEPTIONS"] = False
    asked = [
        client.get("/nothing/here"),
        client.open("/conversations", method="DELETE"),
        client.post("/sign-out"),
        client.post("/privacy/find", data={"value": "x" * (MOST_BYTES + 1)}),
        client.get("/api/v1/nothing"),
        client.get("/c/x%00y"),
    ]
    away = build(replace(web.parts, database=Database("postgresql://127.0.0.1:1/nothing")))
    asked.append(away.test_client().get("/api/v1/conversations", headers={"Authorization": "Bearer x"}))
    assert [answer.status_code for answer in asked] == [404, 405, 403, 413, 404, 400, 503]
    assert [lacking(answer) for answer in asked] == [[]] * len(asked)


def test_pages_have_no_script_and_no_style_of_their_own(web: Any, seed: Any) -> None:
    row_id = seed()
    client = web.admin()
    for method, address in addresses(web.app):
        if method == "GET" and "static" not in address:
            page = (
                client.get(address.replace("/c/x", f"/c/{row_id}"), follow_redirects=True)
                .get_data(as_text=True)
                .lower()
            )
            assert "<script" not in page, address
            assert " style=" not in page, address
            assert "javascript:" not in page, address
            assert " onclick=" not in page, address


def test_policy_lets_nothing_in(web: Any) -> None:
    policy = web.client().get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("address", ["/privacy/find", "/sign-in/x", "/api/v1/improvements"])
def test_a_body_that_is_too_large_is_not_read(web: Any, address: str) -> None:
    answer = web.admin().post(address, data=b"x" * (MOST_BYTES + 1), content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (401, 413)


def test_too_many_fields_are_refused(web: Any) -> None:
    client = web.admin()
    token = web.csrf(client, "/privacy")
    parts = {f"f{number}": "x" for number in range(MOST_FIELDS + 1)}
    answer = client.post("/privacy/find", data={"csrf_token": token, **parts}, content_type="multipart/form-data")
    assert answer.status_code == 413


@pytest.mark.parametrize("connector", ["zendesk", "intercom"])
def test_a_deeply_nested_webhook_is_refused_and_harms_nothing(web: Any, signed: Any, connector: str) -> None:
    installation = web.installation(connector)
    sent = signed.builders[connector]("4711", at=web.clock())
    nested = json.dumps({"data": 0}).replace("0", "[" * 200_000 + "]" * 200_000)
    answer = web.client().post(f"/webhooks/{connector}/{installation}", data=nested, headers=sent.headers)
    assert answer.status_code == 401
    assert lacking(answer) == []
