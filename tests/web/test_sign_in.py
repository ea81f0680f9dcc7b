"""The sign-in: links that work once, sessions that end, forms that need their token."""

from __future__ import annotations

from typing import Any

import pytest

PAGES = (
    "/", "/conversations", "/deliveries", "/installations", "/installations/connect/zendesk", "/definitions",
    "/c/unknown",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_asks_for_a_sign_in(page: str, web: Any) -> None:
    answer = web.client().get(page)

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in"


def test_the_sign_in_page_says_how(web: Any) -> None:
    page = web.client().get("/sign-in").get_data(as_text=True)

    assert "deskmark sign-in-link" in page
    assert "Sign out" not in page


def test_a_link_signs_in_once_and_leads_where_the_visitor_wanted_to_go(web: Any) -> None:
    client, link = web.client(), web.link()
    client.get("/deliveries?state=dead")

    answer = web.post(client, link, form_on=link)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/deliveries?state=dead")
    assert client.get("/deliveries").status_code == 200

    other = web.client()
    again = web.post(other, link, form_on=link)
    assert again.status_code == 403
    assert "used before" in again.get_data(as_text=True)
    assert other.get("/").status_code == 302


def test_opening_a_link_uses_nothing(web: Any) -> None:
    client, link = web.client(), web.link()
    for _ in range(3):
        assert client.get(link).status_code == 200

    assert web.post(client, link, form_on=link).status_code == 302


def test_a_link_expires(web: Any) -> None:
    client, link = web.client(), web.link()
    web.clock.forward(hours=2)

    assert web.post(client, link, form_on=link).status_code == 403


def test_a_session_ends_after_its_time(web: Any) -> None:
    client = web.admin()
    web.clock.forward(days=15)

    assert client.get("/").status_code == 302


def test_signing_out_ends_copies_of_the_session_as_well(web: Any) -> None:
    client = web.admin()
    cookie = client.get_cookie("deskmark")
    assert web.post(client, "/sign-out", form_on="/").status_code == 302

    thief = web.client()
    thief.set_cookie("deskmark", cookie.value)
    assert client.get("/").status_code == 302
    assert thief.get("/").status_code == 302


def test_signing_out_twice_is_no_error(web: Any) -> None:
    client, link = web.client(), web.link()

    assert web.post(client, "/sign-out", form_on=link).status_code == 302


def test_tries_are_limited(web: Any) -> None:
    client = web.client()
    token = web.csrf(client, web.link())
    guesser = {"REMOTE_ADDR": "203.0.113.9"}
    codes = [
        client.post(f"/sign-in/guess-{n}", data={"csrf_token": token}, environ_base=guesser).status_code
        for n in range(21)
    ]

    assert codes == [403] * 20 + [429]


def test_behind_a_proxy_tries_are_counted_for_the_visitor(make_web: Any, sqlite_url: str) -> None:
    web = make_web(sqlite_url, public_url="https://desk.example")
    web.app.config.update(SESSION_COOKIE_SECURE=False, SESSION_COOKIE_NAME="deskmark")
    client = web.client()
    token = web.csrf(client, web.link())

    def guess(visitor: str) -> int:
        headers = {"X-Forwarded-For": visitor}
        return int(client.post("/sign-in/guess", data={"csrf_token": token}, headers=headers).status_code)

    assert [guess("203.0.113.7") for _ in range(21)][-1] == 429
    assert guess("203.0.113.8") == 403


def test_a_form_without_its_token_is_refused(web: Any, seed: Any) -> None:
    row_id = seed()
    client = web.admin()

    for address in (f"/c/{row_id}/again", "/deliveries/1/replay", "/installations/connect/zendesk", "/sign-out"):
        answer = client.post(address, data={"csrf_token": "made up"})
        assert answer.status_code == 403
        assert "Please send that again" in answer.get_data(as_text=True)
    assert not web.queue.conversations


def test_the_demo_asks_nobody(make_web: Any, sqlite_url: str) -> None:
    page = make_web(sqlite_url, demo=True).client().get("/")

    assert page.status_code == 200
    assert "Demo" in page.get_data(as_text=True)


def test_cookies_are_secure_where_the_service_is_reached_over_https(make_web: Any, sqlite_url: str) -> None:
    over_https = make_web(sqlite_url, public_url="https://desk.example").client().get("/")
    plain = make_web(sqlite_url).client().get("/")

    cookie = over_https.headers["Set-Cookie"]
    assert cookie.startswith("__Host-deskmark=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))
    assert "Strict-Transport-Security" in over_https.headers
    assert "Secure" not in plain.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in plain.headers


def test_pages_allow_no_script_and_nothing_from_elsewhere(web: Any) -> None:
    client = web.admin()
    answer = client.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data(as_text=True)
    assert "<script" not in text
    assert "style=" not in text
    with client.get("/static/deskmark.css") as sheet:
        assert sheet.status_code == 200
