"""The pages of admins: people, API keys, the audit log; and choosing a password with a link."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.store import audit, people, second_step
from service.store.people_models import Person

PASSWORD = "a cow jumped over the moon"
BOB = "bob@example.com"


@pytest.fixture
def client(web: Any) -> FlaskClient:
    """Ada, an admin."""
    signed_in: FlaskClient = web.signed_in(web.person("admin"))
    return signed_in


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def row_of(web: Any, email: str) -> Person:
    with web.parts.database.read() as session:
        row = people.named(session, email)
        assert row is not None
        return row


def link_in(answer: Any) -> str:
    return "/choose-password/" + text_of(answer).split("/choose-password/", 1)[1].split('"', 1)[0]


class TestPeople:
    """People."""

    def add(self, web: Any, client: FlaskClient, **given: str) -> Any:
        fields = {"email": BOB, "name": "Bob", "role": "reviewer", "access": "all", **given}
        return web.post(client, "/people/add", form_on="/people/add", **fields)

    def test_somebody_is_added_chooses_a_password_and_signs_in(self, web: Any, client: FlaskClient) -> None:
        installation_id = web.installation("zendesk")
        added = self.add(web, client, access="some", installation=installation_id)
        assert row_of(web, BOB).installations == [installation_id]
        link, bob = link_in(added), web.client()
        assert f"http://localhost{link}" in text_of(added)
        short = web.post(bob, link, form_on=link, password="short", again="short")
        assert short.status_code == 422
        assert "at least 12" in text_of(short)
        done = web.post(bob, link, form_on=link, password=PASSWORD, again=PASSWORD)
        assert done.headers["Location"] == "/sign-in"
        assert "Your password is kept" in text_of(bob.get("/sign-in"))
        assert web.post(bob, "/sign-in", form_on="/sign-in", email=BOB, password=PASSWORD).status_code == 302
        assert bob.get("/conversations").status_code == 200
        assert bob.get("/people").status_code == 403

        assert bob.get(link).status_code == 403
        again = web.post(bob, link, form_on="/account", password=PASSWORD, again=PASSWORD)
        assert again.status_code == 403
        page = text_of(client.get("/people"))
        assert BOB in page
        assert "Zendesk acme" in page
        assert [each[:3] for each in web.audited()] == [
            ("ada@example.com", "add person", BOB),
            (BOB, "choose password", BOB),
            (BOB, "sign in", BOB),
        ]

    @pytest.mark.parametrize(
        ("given", "status", "told"),
        [
            ({"email": "nobody"}, 422, "no e-mail address"),
            ({"email": "ada@example.com"}, 422, "already"),
            ({"role": "admin", "access": "some"}, 422, "An admin sees every helpdesk"),
            ({"role": "king"}, 400, ""),
        ],
    )
    def test_what_cannot_be_is_said(
        self, web: Any, client: FlaskClient, given: dict[str, str], status: int, told: str
    ) -> None:
        answer = self.add(web, client, **given)
        assert answer.status_code == status
        assert told in text_of(answer)
        assert web.audited() == []

    def test_the_first_admin_comes_by_a_link_of_the_command_line(self, web: Any) -> None:
        client = web.admin()
        assert "Nobody has an account yet" in text_of(client.get("/people"))
        assert self.add(web, client, role="admin").status_code == 200
        assert web.audited()[-1][:3] == ("command line", "add person", BOB)

    def test_what_an_admin_can_do_about_somebody(self, web: Any, client: FlaskClient) -> None:
        bob_id = web.person("viewer", email=BOB, password=PASSWORD)
        with web.parts.database.begin() as session:
            row = session.get_one(Person, bob_id)
            offered = second_step.offer(row, web.parts.box, now=web.clock())
            second_step.confirm(session, row, offered, offered.totp.at(web.clock()), web.parts.box, now=web.clock())
        bob, page = web.signed_in(bob_id), f"/people/{bob_id}"

        changed = web.post(client, page, form_on=page, name="B", role="manager", access="some")
        assert changed.status_code == 302
        assert (row_of(web, BOB).role, row_of(web, BOB).installations) == ("manager", [])
        wrong = web.post(client, page, form_on=page, name="B", role="admin", access="some")
        assert wrong.status_code == 422
        web.post(client, f"{page}/no-second-step", form_on=page)
        assert row_of(web, BOB).totp_secret is None
        link = link_in(web.post(client, f"{page}/password-link", form_on=page))
        newer = link_in(web.post(client, f"{page}/password-link", form_on=page))
        assert web.client().get(link).status_code == 403, "a newer link takes the older one's place"
        assert web.client().get(newer).status_code == 200
        web.post(client, f"{page}/sign-out", form_on=page)
        assert bob.get("/").status_code == 302
        web.post(client, f"{page}/standing", form_on=page, standing="off")
        assert row_of(web, BOB).disabled_at == web.clock()
        assert web.client().get(newer).status_code == 403
        assert "Disabled" in text_of(client.get("/people"))
        assert web.post(client, f"{page}/password-link", form_on="/people/add").status_code == 404
        web.post(client, f"{page}/standing", form_on=page, standing="on")
        assert row_of(web, BOB).disabled_at is None
        assert [action for _, action, _, _ in web.audited()] == [
            "change person", "switch second step off", "make password link", "make password link",
            "sign out everywhere", "disable person", "enable person",
        ]  # fmt: skip

    def test_nobody_takes_their_own_rights_away(self, web: Any, client: FlaskClient) -> None:
        page = f"/people/{row_of(web, 'ada@example.com').id}"
        assert "This is you" in text_of(client.get(page))
        for address in (page, f"{page}/standing", f"{page}/no-second-step"):
            answer = web.post(client, address, form_on="/people/add", role="viewer", access="all", standing="off")
            assert answer.status_code == 403
        assert client.get("/people/nobody").status_code == 404
        assert web.audited() == []

    def test_a_link_expires_and_counts_tries(self, web: Any, client: FlaskClient) -> None:
        link = link_in(self.add(web, client))
        web.clock.forward(hours=25)
        assert web.client().get(link).status_code == 403
        bob = web.client()
        token = web.csrf(bob, "/sign-in")
        codes = [bob.post("/choose-password/guess", data={"csrf_token": token}).status_code for _ in range(21)]
        assert codes == [403] * 20 + [429]


class TestKeys:
    """API keys."""

    def make(self, web: Any, client: FlaskClient, **given: Any) -> Any:
        fields = {"name": "BI", "scope": "read", "access": "all", "days": "30", **given}
        return web.post(client, "/people/keys", form_on="/people/keys", **fields)

    def test_a_key_is_shown_once_works_and_is_revoked(self, web: Any, client: FlaskClient) -> None:
        made = text_of(self.make(web, client, scope=["read", "texts"]))
        key = "dmk_" + made.split('value="dmk_', 1)[1].split('"', 1)[0]
        headers = {"Authorization": f"Bearer {key}"}
        assert web.client().get("/api/v1/figures", headers=headers).status_code == 200
        listed = text_of(client.get("/people/keys"))
        assert key not in listed
        assert key.rpartition("_")[0].partition("_")[2].partition("_")[0] in listed
        assert "read, texts" in listed

        revoke = listed.split('action="/people/keys/', 1)[1].split('"', 1)[0]
        assert web.post(client, f"/people/keys/{revoke}", form_on="/people/keys").status_code == 302
        assert web.client().get("/api/v1/figures", headers=headers).status_code == 401
        assert "Revoked" in text_of(client.get("/people/keys"))
        assert web.post(client, "/people/keys/none/revoke", form_on="/people/keys").status_code == 404
        assert [action for _, action, _, _ in web.audited()] == ["make API key", "revoke API key"]

    def test_a_key_that_expired_is_told_from_one_that_was_revoked(self, web: Any, client: FlaskClient) -> None:
        self.make(web, client)
        self.make(web, client, name="for good", days="0", access="some")
        page = text_of(client.get("/people/keys"))
        assert page.count("never") == 1
        web.clock.forward(days=31)
        client = web.signed_in(row_of(web, "ada@example.com").id)
        assert "Expired" in text_of(client.get("/people/keys"))

    @pytest.mark.parametrize(
        ("given", "status"),
        [
            ({"name": " "}, 422),
            ({"scope": []}, 422),
            ({"scope": "all"}, 400),
            ({"days": "9"}, 422),
            ({"days": "x"}, 400),
        ],
    )
    def test_what_cannot_be_is_said(self, web: Any, client: FlaskClient, given: Any, status: int) -> None:
        assert self.make(web, client, **given).status_code == status

    def test_use_is_kept_to_the_minute_and_tokens_of_settings_are_mentioned(
        self, web: Any, client: FlaskClient, make_web: Any, sqlite_url: str
    ) -> None:
        _, key = web.key("read")
        headers = {"Authorization": f"Bearer {key}"}
        began = web.clock()
        for _ in range(3):
            web.client().get("/api/v1/figures", headers=headers)
            web.clock.forward(seconds=25)
        page = text_of(client.get("/people/keys"))
        assert began.strftime("%H:%M:%S") in page
        assert "DESKMARK_API_TOKEN" not in page

    def test_transcripts_take_a_scope_of_their_own_and_looks_are_audited(
        self, web: Any, seed: Any, shapes: Any
    ) -> None:
        row_id = seed()
        address = f"/api/v1/conversations/{row_id}"
        keys = {name: web.key(*name.split())[1] for name in ("read", "read texts")}

        def ask(name: str, path: str = address) -> Any:
            return web.client().get(path, headers={"Authorization": f"Bearer {keys[name]}"})

        plain = ask("read").get_json()
        assert plain["document"] is None
        assert plain["cards"][0]["scores"]["context_repeat"]["verdict"] == "repeated"
        assert all(score["evidence"] == [] for score in plain["cards"][0]["scores"].values())
        assert "order number?" not in ask("read").get_data(as_text=True)
        assert ask("read", f"{address}?personal_data=true").status_code == 403
        assert web.audited() == []

        assert ask("read texts").get_json()["document"]["messages"]
        assert (
            shapes.sneaky
            in ask("read texts", f"{address}?personal_data=true").get_json()["document"]["messages"][0]["text"]
        )
        looks = web.audited()
        assert [look[1:] for look in looks] == [("look at transcript", row_id, seed.installations["zendesk"])] * 2
        assert looks[0][0].startswith("API key for tests (dmk_")


class TestAudit:
    """The audit log."""

    @pytest.fixture(autouse=True)
    def entries(self, web: Any) -> None:
        with web.parts.database.begin() as session:
            for n in range(35):
                audit.record(
                    session,
                    actor="bob@example.com" if n % 2 else '=cmd|"/c calc"!A1',
                    action="look at transcript",
                    target=f"row-{n}",
                    installation_id="i1" if n % 5 == 0 else None,
                    now=web.clock() - timedelta(days=n),
                    details={"why": "+1 <b>"},
                )

    def test_it_is_filtered_and_paged(self, web: Any, client: FlaskClient) -> None:
        first = text_of(client.get("/people/audit"))
        assert "row-34" in first
        assert "row-0<" not in first
        assert "&lt;b&gt;" in first
        assert "row-0<" in text_of(client.get("/people/audit?page=2"))
        own = text_of(client.get("/people/audit?actor=bob@example.com&action=look+at+transcript"))
        assert own.count("row-") == 17 * 3
        assert text_of(client.get("/people/audit?helpdesk=i1")).count("row-") == 7 * 3
        days = f"since={web.clock() - timedelta(days=2):%Y-%m-%d}&until={web.clock() - timedelta(days=1):%Y-%m-%d}"
        assert text_of(client.get(f"/people/audit?{days}")).count("row-") == 2 * 3
        for nonsense in ("since=yesterday", "until=9999-12-31", "page=-1", "page=x"):
            assert client.get(f"/people/audit?{nonsense}").status_code == 200
        assert "Nothing fits" in text_of(client.get("/people/audit?actor=nobody"))

    def test_it_is_taken_away_whole_and_harmless_and_that_is_audited(self, web: Any, client: FlaskClient) -> None:
        answer = client.get("/people/audit/log.csv?helpdesk=i1")
        assert answer.content_type == "text/csv; charset=utf-8"
        assert "attachment" in answer.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(text_of(answer))))
        assert len(rows) == 7
        assert {row["actor"] for row in rows} == {'\'=cmd|"/c calc"!A1', "bob@example.com"}
        assert rows[0]["at"].endswith("Z")
        everything = list(csv.DictReader(io.StringIO(text_of(client.get("/people/audit/log.csv")))))
        assert len(everything) == 35 + 2
        assert web.audited()[-1][:2] == ("ada@example.com", "export audit log")
        assert not any(cell[:1] in "=+-@" for row in everything for cell in row.values() if cell)


def test_looks_and_changes_on_pages_are_audited(web: Any, seed: Any, client: FlaskClient) -> None:
    row_id = seed()
    installation_id = seed.installations["zendesk"]
    client.get(f"/c/{row_id}")
    client.get("/c/unknown")
    web.post(client, f"/c/{row_id}/again", form_on=f"/c/{row_id}")

    assert web.audited() == [
        ("ada@example.com", "look at transcript", row_id, installation_id),
        ("ada@example.com", "look at transcript", row_id, installation_id),
        ("ada@example.com", "score again", row_id, installation_id),
    ]
