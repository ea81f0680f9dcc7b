"""Signing in with password and code, one's own account, and sessions that nobody can plant, keep or bring back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from service.store import people, second_step
from service.store.people_models import Person
from service.web import recognised

PASSWORD = "a cow jumped over the moon"
EMAIL = "ada@example.com"
COOKIE = "deskmark-browser"


@pytest.fixture
def ada(web: Any) -> str:
    """An admin with a password; her id."""
    return str(web.person("admin", password=PASSWORD))


def sign_in(web: Any, client: FlaskClient, *, email: str = EMAIL, password: str = PASSWORD) -> Any:
    return web.post(client, "/sign-in", form_on="/sign-in", email=email, password=password)


def row_of(web: Any, person_id: str) -> Person:
    with web.parts.database.read() as session:
        return session.get_one(Person, person_id)


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_a_password_signs_in_and_leads_where_the_visitor_wanted_to_go(web: Any, ada: str) -> None:
    client = web.client()
    client.get("/deliveries?state=dead")
    answer = sign_in(web, client, email=f" {EMAIL.upper()} ")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/deliveries?state=dead")
    assert EMAIL in text_of(client.get("/"))
    assert row_of(web, ada).last_sign_in_at == web.clock()
    assert web.audited() == [(EMAIL, "sign in", EMAIL, None)]


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "//evil.example"])
def test_nobody_is_led_elsewhere(web: Any, ada: str, path: str) -> None:
    client = web.client()
    client.get(path)
    with client.session_transaction() as cookie:
        cookie.setdefault("next", path)

    assert sign_in(web, client).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "a cow jumped over the sun"), ("bob@example.com", PASSWORD), ("", ""), (EMAIL, "x" * 5000)],
)
def test_what_is_wrong_is_not_said(web: Any, ada: str, email: str, password: str) -> None:
    client = web.client()
    answer = sign_in(web, client, email=email, password=password)

    assert answer.status_code == 403
    assert "do not fit together" in text_of(answer)
    assert client.get("/").status_code == 302
    told = [entry for entry in web.audited() if entry[1] == "sign in refused"]
    assert told == ([("somebody", "sign in refused", EMAIL, None)] if email == EMAIL else [])


def test_a_disabled_person_and_one_without_a_password_are_refused_alike(web: Any, ada: str) -> None:
    web.person("viewer", email="new@example.com")
    with web.parts.database.begin() as session:
        people.disable(session, session.get_one(Person, ada), now=web.clock())

    answers = [text_of(sign_in(web, web.client(), email=email)) for email in (EMAIL, "new@example.com")]
    assert all("do not fit together" in answer for answer in answers)


def test_wrong_passwords_of_an_account_are_counted(web: Any, ada: str) -> None:
    codes = [attempt(web, f"203.0.113.{n}", "wrong").status_code for n in range(11)]
    assert codes == [403] * 10 + [429]
    assert attempt(web, "203.0.113.99", PASSWORD).status_code == 429
    assert attempt(web, "203.0.113.98", PASSWORD, email="other@example.com").status_code == 403


def test_a_stranger_keeps_nobody_out_of_a_known_browser(web: Any, ada: str) -> None:
    known = web.client()
    assert sign_in(web, known).status_code == 302
    assert web.post(known, "/sign-out", form_on="/account").status_code == 302
    assert [attempt(web, f"203.0.113.{n}", "wrong").status_code for n in range(11)] == [403] * 10 + [429]
    assert sign_in(web, known).status_code == 302

    assert web.post(known, "/sign-out", form_on="/account").status_code == 302
    codes = [attempt(web, f"198.51.100.{n}", "wrong", client=known).status_code for n in range(11)]
    assert codes == [403] * 10 + [429], "whoever has the browser may not try more often"
    assert attempt(web, "198.51.100.99", "wrong", email="other@example.com", client=known).status_code == 403


def test_a_browser_is_known_by_a_signed_cookie_for_some_accounts(web: Any, ada: str) -> None:
    first, both = web.client(), web.client()
    sign_in(web, first)
    cookie = first.get_cookie(COOKIE)
    assert (cookie.http_only, cookie.same_site, cookie.max_age) == (True, "Lax", 365 * 86_400)
    assert EMAIL not in cookie.value
    marks = {counted_as(web, cookie.value, EMAIL), counted_as(web, f"{cookie.value}x", EMAIL)}
    assert len(marks) == 2, "a forged one counts as none"
    assert counted_as(web, f"{cookie.value}x", EMAIL) == counted_as(web, "", EMAIL)

    for number in range(6):
        web.person(email=f"{number}@example.com", password=PASSWORD)
        sign_in(web, both, email=f"{number}@example.com")
    seen = both.get_cookie(COOKIE).value
    told = [counted_as(web, seen, f"{number}@example.com") != counted_as(web, "", f"{number}@example.com")
            for number in range(6)]  # fmt: skip
    assert told == [False, True, True, True, True, True], "the latest five"
    sign_in(web, first)
    again = first.get_cookie(COOKIE).value
    assert counted_as(web, again, EMAIL) == counted_as(web, cookie.value, EMAIL)


def test_a_link_of_the_command_line_is_nobody_s_browser(web: Any) -> None:
    assert web.admin().get_cookie(COOKIE) is None


def counted_as(web: Any, cookie: str, email: str) -> str:
    with web.app.test_request_context(headers={"Cookie": f"{COOKIE}={cookie}"}):
        return recognised.counter(recognised.account_of(email))


def attempt(web: Any, address: str, password: str, email: str = EMAIL, client: FlaskClient | None = None) -> Any:
    client = client or web.client()
    data = {"csrf_token": web.csrf(client, "/sign-in"), "email": email, "password": password}
    return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address})


def test_a_right_password_begins_to_count_anew(web: Any, ada: str) -> None:
    for n in range(3):
        codes = [attempt(web, f"203.0.113.{n}", word).status_code for word in ["wrong"] * 8 + [PASSWORD]]
        assert codes == [403] * 8 + [302]


def test_a_password_kept_with_other_parameters_is_kept_anew(web: Any, ada: str) -> None:
    with web.parts.database.begin() as session:
        weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
        session.get_one(Person, ada).password_hash = weak

    assert sign_in(web, web.client()).status_code == 302
    kept = row_of(web, ada).password_hash
    assert kept is not None
    assert kept != weak
    assert kept.startswith("$argon2id$")
    assert sign_in(web, web.client()).status_code == 302


def test_a_session_cannot_be_planted(web: Any, ada: str) -> None:
    """The id that a browser brings is never the one it is signed in with, and what was in the cookie is gone."""
    client = web.client()
    with client.session_transaction() as cookie:
        cookie["id"], cookie["planted"] = "known to the attacker", "yes"
    sign_in(web, client)

    with client.session_transaction() as cookie:
        assert cookie["id"] != "known to the attacker"
        assert "planted" not in cookie
    thief = web.client()
    with thief.session_transaction() as cookie:
        cookie["id"] = "known to the attacker"
    assert thief.get("/").status_code == 302


def test_a_cookie_is_worth_nothing_after_signing_out(web: Any, ada: str) -> None:
    client = web.client()
    sign_in(web, client)
    cookie = client.get_cookie("deskmark").value
    web.post(client, "/sign-out", form_on="/")

    thief = web.client()
    thief.set_cookie("deskmark", cookie)
    assert thief.get("/").status_code == 302
    assert [action for _, action, _, _ in web.audited()] == ["sign in", "sign out"]


def test_a_session_ends_when_it_is_left_alone_and_after_its_time(web: Any, ada: str) -> None:
    client = web.signed_in(ada)
    for _ in range(30):
        web.clock.forward(hours=11)
        assert client.get("/").status_code == 200
    web.clock.forward(hours=12, seconds=1)
    assert client.get("/").status_code == 302

    client = web.signed_in(ada)
    for _ in range(33):
        web.clock.forward(hours=10)
        assert client.get("/").status_code == 200
    web.clock.forward(hours=10)
    assert client.get("/").status_code == 302


class TestSecondStep:
    """Codes of an authenticator app."""

    @pytest.fixture
    def totp(self, web: Any, ada: str) -> pyotp.TOTP:
        with web.parts.database.begin() as session:
            row = session.get_one(Person, ada)
            offered = second_step.offer(row, web.parts.box, now=web.clock())
            code = offered.totp.at(web.clock())
            assert second_step.confirm(session, row, offered, code, web.parts.box, now=web.clock())
        web.clock.forward(minutes=5)
        return offered.totp

    def give(self, web: Any, client: FlaskClient, code: str) -> Any:
        return web.post(client, "/sign-in/code", form_on="/sign-in/code", code=code)

    def test_the_password_alone_opens_nothing(self, web: Any, totp: pyotp.TOTP) -> None:
        client = web.client()
        client.get("/deliveries")
        assert sign_in(web, client).headers["Location"] == "/sign-in/code"
        assert client.get("/").status_code == 302
        assert client.get("/account").status_code == 302
        with client.session_transaction() as cookie:
            half = cookie["id"]

        answer = self.give(web, client, totp.at(web.clock()))
        assert answer.headers["Location"] == "/account", "where the visitor wanted to go last"
        assert client.get("/").status_code == 200
        with client.session_transaction() as cookie:
            assert cookie["id"] != half, "the session is another one once it is whole"

    def test_a_code_works_once(self, web: Any, totp: pyotp.TOTP) -> None:
        code = totp.at(web.clock())
        for status in (302, 403):
            client = web.client()
            sign_in(web, client)
            assert self.give(web, client, code).status_code == status
        assert ("somebody", "sign in refused", EMAIL, None) in web.audited()

    @pytest.mark.parametrize(("seconds", "status"), [(-90, 403), (-30, 302), (30, 302), (90, 403)])
    def test_clocks_may_differ_by_a_step(self, web: Any, totp: pyotp.TOTP, seconds: int, status: int) -> None:
        client = web.client()
        sign_in(web, client)
        code = totp.at(web.clock() + timedelta(seconds=seconds))
        assert self.give(web, client, f" {code[:3]} {code[3:]}").status_code == status

    def test_codes_cannot_be_tried_through(self, web: Any, totp: pyotp.TOTP) -> None:
        client = web.client()
        sign_in(web, client)
        good = totp.at(web.clock())
        token = web.csrf(client, "/sign-in/code")
        wrong = "000000" if good != "000000" else "111111"
        codes = [
            client.post("/sign-in/code", data={"csrf_token": token, "code": code}).status_code
            for code in [wrong] * 10 + [good]
        ]
        assert codes == [403] * 10 + [429]

    def test_the_code_must_come_soon(self, web: Any, totp: pyotp.TOTP) -> None:
        client = web.client()
        sign_in(web, client)
        token = web.csrf(client, "/sign-in/code")
        web.clock.forward(minutes=11)
        answer = client.post("/sign-in/code", data={"csrf_token": token, "code": totp.at(web.clock())})
        assert answer.headers["Location"] == "/sign-in"
        assert client.get("/sign-in/code").headers["Location"] == "/sign-in"

    def test_a_recovery_code_works_once(self, web: Any, ada: str, totp: pyotp.TOTP) -> None:
        with web.parts.database.begin() as session:
            codes = second_step.new_recovery_codes(session, session.get_one(Person, ada))
        assert len(set(codes)) == 10
        for status in (302, 403):
            client = web.client()
            sign_in(web, client)
            assert self.give(web, client, codes[0].upper().replace("-", " ")).status_code == status

    def test_setting_it_up_takes_password_and_code(self, web: Any, ada: str) -> None:
        client = web.signed_in(ada)
        assert client.get("/account/second-step").status_code == 302
        refused = web.post(client, "/account/second-step", form_on="/account", current="wrong")
        assert refused.status_code == 422
        assert "not your password" in text_of(refused)
        page = text_of(web.post(client, "/account/second-step", form_on="/account", current=PASSWORD))
        secret = page.split('class="key">', 1)[1].split("<", 1)[0].replace(" ", "")
        assert "<svg" in page
        assert "style=" not in page
        shown = page.split('name="page" value="', 1)[1].split('"', 1)[0]

        wrong = self.confirm(web, client, "12345", shown)
        assert wrong.status_code == 422
        assert secret[:4] in text_of(wrong), "the page goes on with the same secret"
        assert row_of(web, ada).totp_secret is None
        code = pyotp.TOTP(secret).at(web.clock())
        done = self.confirm(web, client, code, shown)
        assert done.status_code == 200
        assert text_of(done).count("<li>") == 10
        stored = row_of(web, ada).totp_secret
        assert stored is not None
        assert web.parts.box.unlock(stored) == {"totp": secret}
        assert secret.encode() not in stored
        assert (EMAIL, "switch second step on", EMAIL, None) in web.audited()
        assert self.confirm(web, client, code, shown).headers["Location"] == "/account"

    def confirm(self, web: Any, client: FlaskClient, code: str, page: str) -> Any:
        return web.post(client, "/account/second-step/confirm", form_on="/account", code=code, page=page)

    def test_what_was_offered_is_not_shown_to_whoever_comes_later(self, web: Any, ada: str) -> None:
        client = web.signed_in(ada)
        page = text_of(web.post(client, "/account/second-step", form_on="/account", current=PASSWORD))
        secret = page.split('class="key">', 1)[1].split("<", 1)[0].replace(" ", "")
        shown = page.split('name="page" value="', 1)[1].split('"', 1)[0]
        assert client.get("/account/second-step").headers["Location"] == "/account"
        code = pyotp.TOTP(secret).at(web.clock())
        for guess in ("", "x", shown[:-1]):
            assert self.confirm(web, client, code, guess).headers["Location"] == "/account"
        assert secret[:4] not in text_of(client.get("/account"))
        again = text_of(web.post(client, "/account/second-step", form_on="/account", current=PASSWORD))
        assert secret[:8] not in again.replace(" ", ""), "a new one each time"
        assert self.confirm(web, client, code, shown).headers["Location"] == "/account"
        assert row_of(web, ada).totp_secret is None

    def test_what_was_offered_is_good_for_a_quarter_of_an_hour(self, web: Any, ada: str) -> None:
        with web.parts.database.begin() as session:
            row = session.get_one(Person, ada)
            offered = second_step.offer(row, web.parts.box, now=web.clock())
            later = web.clock() + second_step.OFFERED_FOR
            assert second_step.offered(row, offered.page, web.parts.box, now=later) is not None
            assert second_step.offered(row, offered.page, web.parts.box, now=later + timedelta(seconds=1)) is None
            row.totp_offered = web.parts.box.lock({"totp": offered.totp.secret})
            assert second_step.offered(row, "", web.parts.box, now=later) is None, "of an older version"

    def test_it_is_switched_off_and_codes_are_made_anew_with_the_password(
        self, web: Any, ada: str, totp: pyotp.TOTP
    ) -> None:
        client = web.signed_in(ada)
        for address in ("/account/recovery-codes", "/account/second-step/off"):
            assert web.post(client, address, form_on="/account", current="wrong").status_code == 422
        made = web.post(client, "/account/recovery-codes", form_on="/account", current=PASSWORD)
        assert text_of(made).count("<li>") == 10
        assert "10 recovery codes left" in text_of(client.get("/account"))

        web.post(client, "/account/second-step/off", form_on="/account", current=PASSWORD)
        assert row_of(web, ada).totp_secret is None
        assert web.post(client, "/account/recovery-codes", form_on="/account", current=PASSWORD).status_code == 404
        assert sign_in(web, web.client()).headers["Location"] == "/"


class TestAccount:
    """The page of one's own account."""

    def change(self, web: Any, client: FlaskClient, current: str, new: str, again: str | None = None) -> Any:
        fields = {"current": current, "password": new, "again": new if again is None else again}
        return web.post(client, "/account/password", form_on="/account", **fields)

    def test_a_new_password_signs_other_browsers_out(self, web: Any, ada: str) -> None:
        client, other = web.signed_in(ada), web.signed_in(ada)
        answer = self.change(web, client, PASSWORD, "the moon jumped over a cow")

        assert answer.status_code == 302
        assert client.get("/account").status_code == 200
        assert other.get("/account").status_code == 302
        assert sign_in(web, web.client()).status_code == 403
        assert sign_in(web, web.client(), password="the moon jumped over a cow").status_code == 302

    @pytest.mark.parametrize(
        ("current", "new", "again", "told"),
        [
            ("wrong", "the moon jumped over a cow", None, "not your password"),
            (PASSWORD, "short", None, "at least 12"),
            (PASSWORD, "x" * 300, None, "at most 200"),
            (PASSWORD, "password1234", None, "tried first"),
            (PASSWORD, "aaaaaaaaaaaaaaaa", None, "tried first"),
            (PASSWORD, EMAIL, None, "e-mail address"),
            (PASSWORD, "the moon jumped over a cow", "the moon jumped", "not the same"),
        ],
    )
    def test_a_password_that_is_not_taken(
        self, web: Any, ada: str, current: str, new: str, again: str | None, told: str
    ) -> None:
        answer = self.change(web, web.signed_in(ada), current, new, again)
        assert answer.status_code == 422
        assert told in text_of(answer)
        assert new not in text_of(answer) or new == EMAIL

    def test_own_passwords_cannot_be_guessed_through_an_open_browser(self, web: Any, ada: str) -> None:
        client = web.signed_in(ada)
        codes = [self.change(web, client, "wrong", "the moon jumped over a cow").status_code for _ in range(11)]
        assert codes == [422] * 10 + [429]

    def test_browsers_are_shown_and_signed_out(self, web: Any, ada: str) -> None:
        client, other = web.signed_in(ada), web.signed_in(ada)
        page = text_of(client.get("/account"))
        assert page.count("Firefox on Linux") >= 2
        assert page.count("This one") == 1
        address = page.split('action="/account/sessions/', 1)[1].split('"', 1)[0]
        assert web.post(client, f"/account/sessions/{address}", form_on="/account").status_code == 302
        assert other.get("/").status_code == 302
        assert client.get("/").status_code == 200
        assert web.post(client, f"/account/sessions/{address}", form_on="/account").status_code == 404

        third = web.signed_in(ada)
        assert web.post(client, "/account/sign-out-everywhere", form_on="/account").headers["Location"] == "/sign-in"
        assert {each.get("/").status_code for each in (client, third)} == {302}

    def test_nobody_ends_a_session_of_somebody_else(self, web: Any, ada: str) -> None:
        other = web.signed_in(ada)
        name = text_of(web.signed_in(ada).get("/account")).split('action="/account/sessions/', 1)[1].split('"', 1)[0]
        stranger = web.signed_in(web.person("viewer", email="eve@example.com"))
        assert web.post(stranger, f"/account/sessions/{name}", form_on="/account").status_code == 404
        assert other.get("/").status_code == 200

    def test_whoever_came_by_a_link_has_no_account(self, web: Any) -> None:
        client = web.admin()
        assert "No account of your own" in text_of(client.get("/account"))
        assert web.post(client, "/account/password", form_on="/account").status_code == 404

    def test_without_a_password_of_ours_there_is_none_to_change(self, web: Any) -> None:
        client = web.signed_in(web.person("viewer"))
        assert "organisation" in text_of(client.get("/account"))


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("<script>", "another program"),
    ],
)
def test_a_browser_is_called_by_its_name(web: Any, ada: str, agent: str, told: str) -> None:
    client = web.client()
    token = web.csrf(client, "/sign-in")
    data = {"csrf_token": token, "email": EMAIL, "password": PASSWORD}
    client.post("/sign-in", data=data, headers={"User-Agent": agent})
    assert told in text_of(client.get("/account"))
