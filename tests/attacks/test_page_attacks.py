"""Attacks on pages and forms: odd words in every part of every address and in every form never make it fail.

The addresses come from the application's own map, so that a new one is attacked without anybody thinking of it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

ODD = (
    "%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%0d%0aX-Injected:%201", "'; DROP TABLE installation; --",
    "<script>alert(1)</script>", "{{7*7}}", "-1", "0", "9" * 40, "1e999", "NaN", "%F0%9F%98%80" * 50, "a" * 2_000,
)  # fmt: skip
FIELDS = (
    "conversation", "account", "base_url", "email", "password", "name", "role", "writing", "sample", "prefix", "code",
    "installation", "since", "until", "days", "reason", "note", "verdict", "score", "kind", "title", "at", "value",
    "client_secret", "webhook_secret", "bot", "groups", "retention_days", "next", "page", "q", "state", "channel",
)  # fmt: skip
VALUES = (
    "", "\x00", "\ud7ff\ufeff\u202e", "-1", "9" * 40, "1e999", "NaN", "0001-01-01", "9999-12-31T23:59:59-14:00",
    "<script>alert(1)</script>", "{{7*7}}", "x" * 70_000, "\r\nSet-Cookie: a=b", "https://evil.example/",
    "//evil.example",
)  # fmt: skip
SIGNING_OUT = frozenset({"sign_in.leave"})


@pytest.fixture
def web(postgres_url: str, make_web: Any) -> Any:
    made = make_web(postgres_url)
    made.app.testing = False  # A failure is answered as in operation, with 500.
    return made


def rules(app: Flask, method: str) -> list[Rule]:
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return [rule for rule in found if rule.endpoint.split(".")[0] != "health" and rule.endpoint not in SIGNING_OUT]


def address(rule: Rule, odd: str, known: dict[str, str]) -> str:
    """The rule's address with `odd` for each part, or what is there where the rule has several parts."""
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: known.get(found[1], odd), rule.rule)


def harm(answer: Any, what: str) -> list[str]:
    """What is wrong with an answer to an attack."""
    location = answer.headers.get("Location", "")
    found = {
        f"fails with {answer.status_code}": answer.status_code >= 500,
        "lets a header in": "X-Injected" in answer.headers,
        f"leads to {location}": bool(re.match(r"(?:[a-z]+:)?//(?!localhost)", location)),
        "lets a script in": answer.mimetype == "text/html" and b"<script>alert(1)</script>" in answer.data,
        "renders a template": answer.mimetype == "text/html" and b">49<" in answer.data,
    }
    return [f"{what} {words}" for words, wrong in found.items() if wrong]


@pytest.mark.parametrize("odd", ODD)
def test_odd_parts_of_addresses(odd: str, web: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    found = []
    for rule in rules(web.app, "GET"):
        if "<" in rule.rule:
            for known in ({}, {"installation_id": installation}):
                found += harm(client.get(address(rule, odd, known)), rule.rule)
    assert not found


@pytest.mark.parametrize("odd", ODD)
def test_odd_questions(odd: str, web: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    found = []
    for rule in rules(web.app, "GET"):
        path = address(rule, installation, {"connector": "zendesk"})
        query = "&".join(f"{name}={odd}" for name in FIELDS)
        found += harm(client.get(f"{path}?{query}"), rule.rule)
    assert not found


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_odd_forms(value: str, web: Any) -> None:
    """Every form of an admin, with its token, filled in with one odd value."""
    installation, client = web.installation("zendesk"), web.admin()
    token = web.csrf(client, f"/installations/{installation}/self-test")
    found = []
    for rule in rules(web.app, "POST"):
        path = address(rule, installation, {"connector": "zendesk"})
        answer = client.post(path, data={"csrf_token": token, **dict.fromkeys(FIELDS, value)})
        found += harm(answer, rule.rule)
    assert not found


def test_forms_without_their_token_change_nothing(web: Any) -> None:
    installation, client = web.installation("zendesk"), web.admin()
    web.app.testing = True
    for rule in rules(web.app, "POST"):
        if rule.endpoint.split(".")[0] in ("webhooks", "api"):
            continue
        for token in (None, "", "forged", "\x00"):
            data = {"writing": "on"} if token is None else {"writing": "on", "csrf_token": token}
            answer = client.post(address(rule, installation, {"connector": "zendesk"}), data=data)
            # 401 is the ticket app's: a helpdesk signs its POST, which has no token of ours to forget.
            signed = rule.endpoint.startswith(("zendesk_panel.", "intercom_panel."))
            refusals = (400, 401, 404) if signed else (302, 400, 403, 404, 405)
            assert answer.status_code in refusals, f"{rule.rule}: {answer.status_code}"
            assert answer.status_code != 302 or "/sign-in" in answer.headers["Location"], rule.rule


COOKIES = (
    "", "x", "." * 100, "a" * 4_000, "eyJfdXNlcl9pZCI6IjEifQ.AAAA.AAAA", "..", "\u00e4", "null", "[]",
    "W10.Z9Z9Zg.ejPBiMLZ6HVtRIL4pOBZSfGuYt0",
)  # fmt: skip


@pytest.mark.parametrize("cookie", COOKIES)
def test_forged_cookies_are_nobody(cookie: str, web: Any) -> None:
    client = web.client()
    client.set_cookie(web.app.config["SESSION_COOKIE_NAME"], cookie)
    answer = client.get("/installations")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=utf-16", "email=a".encode("utf-16")),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x80&" * 1_000),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(50_000))),
        ("multipart/form-data; boundary=x", b"--x\r\n" * 5_000),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + b"a" * 900_000,
        ),
        ("multipart/form-data", b"no boundary"),
        ("application/json", b"[" * 100_000),
        ("text/plain", b"email=a"),
    ],
)
def test_bodies_that_are_no_forms(content_type: str, body: bytes, web: Any) -> None:
    answer = web.client().post("/sign-in", data=body, content_type=content_type)
    assert answer.status_code in (400, 403, 413), answer.status_code


@pytest.mark.parametrize("host", ["evil.example", "localhost:80@evil.example", "a" * 3_000, "localhost\\evil", "[::1"])
def test_a_foreign_host_is_not_repeated(host: str, web: Any) -> None:
    answer = web.client().get("/", headers={"Host": host})
    assert answer.status_code in (302, 400)
    assert "evil" not in answer.headers.get("Location", "").removeprefix(f"http://{host}")


@pytest.mark.parametrize(
    "path", ["/static/../../app.py", "/static/..%2f..%2fapp.py", "/static/%2e%2e/%2e%2e/app.py", "/static//etc/passwd"]
)
def test_no_file_but_ours(path: str, web: Any) -> None:
    assert web.client().get(path).status_code in (302, 308, 404)
