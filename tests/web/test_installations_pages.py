"""Connecting and changing helpdesks: secrets go in and never come out, writing is switched on by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from connectors.errors import CredentialsRefused
from connectors.zendesk.sandbox import Sandbox
from service.store.models import Conversation, Installation
from service.store.people_models import AuditEntry
from service.store.secrets import new_key
from service.web.connecting import NotAccepted, new_installation
from service.web.kinds import KINDS

pytestmark = pytest.mark.usefixtures("no_helpdesk")

ZENDESK = {
    "account": "acme",
    "base_url": "https://acme.zendesk.com/",
    "client_id": "deskmark",
    "client_secret": "hush-hush",
    "bot_author_ids": "31, 32",
    "dm_effort": "360001",
    "account_group": "acme group",
}


def row_of(web: Any) -> Installation:
    with web.parts.database.read() as session:
        return session.scalars(select(Installation)).one()


def connect(web: Any, client: Any, **fields: str) -> Any:
    page = "/installations/connect/zendesk"
    return web.post(client, page, form_on=page, **{**ZENDESK, **fields})


def test_a_helpdesk_is_connected_and_shows_its_webhook_address(make_web: Any, sqlite_url: str) -> None:
    web = make_web(sqlite_url, public_url="https://desk.example")
    web.app.config["SESSION_COOKIE_SECURE"] = False
    web.app.config["SESSION_COOKIE_NAME"] = "deskmark"
    client = web.admin()

    assert connect(web, client).status_code == 302

    row = row_of(web)
    assert (row.account, row.base_url, row.writing, row.account_group) == (
        "acme", "https://acme.zendesk.com", False, "acme group",
    )  # fmt: skip
    assert row.options == {"bot_author_ids": ["31", "32"], "dm_effort": "360001"}
    assert web.parts.box.unlock(row.secrets) == {"client_id": "deskmark", "client_secret": "hush-hush"}
    page = client.get("/installations").get_data(as_text=True)
    assert f"https://desk.example/webhooks/zendesk/{row.id}" in page
    assert "hush-hush" not in page
    assert "webhook signing secret is missing" in page
    assert "PUBLIC_URL" not in page


def test_without_a_public_address_the_page_says_so(web: Any) -> None:
    assert "PUBLIC_URL" in web.admin().get("/installations").get_data(as_text=True)


def test_what_is_missing_is_said_and_secrets_are_not_sent_back(web: Any) -> None:
    answer = connect(web, web.admin(), account="", base_url="http://acme.zendesk.com", dm_effort="many", client_id="")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert page.count("This is needed.") == 2
    assert "This must be https://your-account.zendesk.com." in page
    assert "This must be a number." in page
    assert "hush-hush" not in page


def test_an_account_is_connected_once(web: Any) -> None:
    client = web.admin()
    connect(web, client)

    answer = connect(web, client)

    assert answer.status_code == 422
    assert "connected already" in answer.get_data(as_text=True)


def test_changing_keeps_secrets_that_are_left_empty(web: Any) -> None:
    client = web.admin()
    connect(web, client)
    row = row_of(web)
    page = f"/installations/{row.id}/change"
    form = client.get(page).get_data(as_text=True)
    assert 'value="31, 32"' in form
    assert "hush-hush" not in form
    with web.parts.database.begin() as session:
        session.get_one(Installation, row.id).options = {**row.options, "rate": "50/minute"}

    changed = {
        "base_url": row.base_url,
        "webhook_secret": "signed",
        "bot_author_ids": "33",
        "dm_effort": "",
        "account_group": "",
    }
    assert web.post(client, page, form_on=page, **changed).status_code == 302

    row = row_of(web)
    assert web.parts.box.unlock(row.secrets) == {
        "client_id": "deskmark", "client_secret": "hush-hush", "webhook_secret": "signed",
    }  # fmt: skip
    assert row.options == {"rate": "50/minute", "bot_author_ids": ["33"]}
    assert row.account_group is None
    assert web.post(client, page, form_on=page, base_url="ftp://nowhere").status_code == 422
    assert client.get("/installations/nobody/change").status_code == 404


def test_refused_credentials_are_shown_until_they_are_changed(web: Any, clock: Any) -> None:
    client = web.admin()
    connect(web, client)
    row = row_of(web)
    error = str(CredentialsRefused("GET /x: HTTP 401: the access token was refused"))
    later = clock() + timedelta(minutes=15)
    with web.parts.database.begin() as session:
        session.add(
            Conversation(
                id="c1", installation_id=row.id, external_id="1", created_at=clock(), error=error, due_at=later
            )
        )

    assert "Conversations wait: GET /x: HTTP 401" in client.get("/installations").get_data(as_text=True)
    page = f"/installations/{row.id}/change"
    web.post(client, page, form_on=page, base_url="https://acme.zendesk.com", client_secret="new")
    with web.parts.database.read() as session:
        assert session.get_one(Conversation, "c1").due_at == clock()


def test_writing_is_switched_on_and_off(web: Any) -> None:
    installation = web.installation("zendesk")
    client = web.admin()
    for state in (True, False):
        address = f"/installations/{installation}/writing"
        web.post(
            client, address, form_on=f"/installations/{installation}", writing="on" if state else "off", sure="yes"
        )
        assert row_of(web).writing is state
    assert web.post(client, "/installations/nobody/writing", form_on="/installations").status_code == 404


def test_secrets_of_another_key_are_said_to_be_unreadable(web: Any, make_web: Any) -> None:
    installation = web.installation("zendesk")
    other = make_web(web.parts.settings.database, secret_key=SecretStr(new_key()))
    client = other.admin()

    assert "not readable" in client.get("/installations").get_data(as_text=True)
    page = f"/installations/{installation}/change"
    assert other.post(client, page, form_on=page, base_url="https://acme.zendesk.com").status_code == 503


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://acme.zendesk.com", True),
        ("http://127.0.0.1:8000", False),
        ("https://helpdesk.example", False),
        ("http://acme.zendesk.com", False),
        ("http://192.0.2.1", False),
        ("https://", False),
        ("acme.zendesk.com", False),
        ("http://", False),
    ],
)
def test_tokens_never_travel_readable(address: str, good: bool, web: Any) -> None:
    given = {**ZENDESK, "base_url": address}
    if good:
        made = new_installation(KINDS["zendesk"], given, settings=web.parts.settings, box=web.parts.box)
        assert made.base_url == address
    else:
        with pytest.raises(NotAccepted, match="https"):
            new_installation(KINDS["zendesk"], given, settings=web.parts.settings, box=web.parts.box)


def test_a_helpdesk_on_this_machine_is_for_development(web: Any) -> None:
    given = {**ZENDESK, "base_url": "http://127.0.0.1:8000/"}
    settings = web.parts.settings.model_copy(update={"sandbox": True})

    made = new_installation(KINDS["zendesk"], given, settings=settings, box=web.parts.box)

    assert made.base_url == "http://127.0.0.1:8000"


def test_what_is_missing_is_made_from_the_page(make_web: Any, sqlite_url: str) -> None:
    with Sandbox(with_fields=False) as sandbox:
        web = make_web(sqlite_url, public_url="https://desk.example", sandbox=True)
        web.app.config.update(SESSION_COOKIE_SECURE=False, SESSION_COOKIE_NAME="deskmark")
        client = web.admin()
        own = {name: sandbox.secrets[name] for name in ("client_id", "client_secret")}
        connect(web, client, base_url=sandbox.base_url, dm_effort="", **own)
        page = f"/installations/{row_of(web).id}"
        before = client.get(page).get_data(as_text=True)
        assert "Zendesk lets Deskmark in." in before

        web.post(client, f"{page}/prepare", form_on=page)

        after = client.get(page).get_data(as_text=True)
        assert "Made: field dm_resolution, field dm_effort, field dm_outcome" in after
        assert "webhook; fetched: signing secret; there already: trigger." in after
        assert "signing secret is missing" in before
        assert "signing secret is missing" not in after
        assert web.parts.box.unlock(row_of(web).secrets)["webhook_secret"] not in after
        web.post(client, f"{page}/prepare", form_on=page, by="trigger")
        assert len(sandbox.account.triggers) == 1
    web.post(client, f"{page}/prepare", form_on=page)
    assert "Nothing was made" in client.get(page).get_data(as_text=True)
    assert web.post(client, "/installations/nobody/prepare", form_on=page).status_code == 404


def test_credentials_are_tried_when_connecting(make_web: Any, sqlite_url: str) -> None:
    with Sandbox() as sandbox:
        web = make_web(sqlite_url, sandbox=True)
        client = web.admin()
        assert connect(web, client, base_url=sandbox.base_url, client_secret="wrong").status_code == 302
        page = client.get(f"/installations/{row_of(web).id}").get_data(as_text=True)
    assert "Connected, but refused: " in page
    assert "correct it under Change, then test it." in page


def test_who_does_not_answer_is_connected_all_the_same(web: Any) -> None:
    client = web.admin()
    connect(web, client)
    page = client.get(f"/installations/{row_of(web).id}").get_data(as_text=True)
    assert "Connected, but Zendesk could not be asked" in page


def test_options_that_make_no_sense_are_said(web: Any) -> None:
    client = web.admin()
    connect(web, client)
    page = f"/installations/{row_of(web).id}/change"

    said = web.post(client, page, form_on=page, rate="soon", conversation_log="perhaps").get_data(as_text=True)

    assert "This must be a rate such as 400/minute" in said
    assert "This must be auto, always or never." in said
    for never in ("0/minute", "0/10 minutes"):
        said = web.post(client, page, form_on=page, rate=never, conversation_log="auto").get_data(as_text=True)
        assert "This must allow one call at least" in said


def test_the_usual_address_follows_from_the_account(web: Any) -> None:
    connect(web, web.admin(), base_url="")

    assert row_of(web).base_url == "https://acme.zendesk.com"


def test_what_was_changed_is_written_down_without_values(web: Any) -> None:
    client = web.admin()
    connect(web, client)
    page = f"/installations/{row_of(web).id}/change"
    web.post(client, page, form_on=page, client_secret="new-secret")

    with web.parts.database.read() as session:
        entries = session.scalars(select(AuditEntry)).all()
    assert [entry.action for entry in entries][-2:] == ["connect helpdesk", "change installation"]
    assert entries[-1].details == {"filled in": "client_secret"}
