"""Connecting by signing in at the helpdesk: the whole dance against stand-ins that really replace their tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import select

from connectors.intercom.sandbox import Sandbox as Intercom
from connectors.intercom.sandbox.allowing import CLIENT_ID
from connectors.zendesk.sandbox import Sandbox as Zendesk
from service.store.models import Installation
from service.store.people_models import AuditEntry

PUBLIC = "https://desk.example"
Sandbox = Zendesk | Intercom


@pytest.fixture(params=["zendesk", "intercom"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Zendesk() if request.param == "zendesk" else Intercom() as running:
        yield running


def kind(sandbox: Sandbox) -> str:
    return "zendesk" if isinstance(sandbox, Zendesk) else "intercom"


@pytest.fixture
def make(make_web: Any, sqlite_url: str) -> Callable[..., Any]:
    """An application whose settings have the stand-in's OAuth client."""

    def build(sandbox: Sandbox, **changes: Any) -> Any:
        name = kind(sandbox)
        client = {
            f"{name}_client_id": sandbox.secrets.get("client_id", CLIENT_ID),
            f"{name}_client_secret": SecretStr(sandbox.secrets["client_secret"]),
        }
        web = make_web(sqlite_url, public_url=PUBLIC, sandbox=True, **{**client, **changes})
        web.app.config.update(SESSION_COOKIE_SECURE=False, SESSION_COOKIE_NAME="deskmark")
        return web

    return build


def sent_on(answer: Any) -> str:
    """Where the page leads."""
    found = re.search(r'class="button primary" href="([^"]+)"', answer.get_data(as_text=True))
    assert found, answer.get_data(as_text=True)
    return unescape(found[1])


def allow(address: str, decision: str = "allow") -> str:
    """What an admin's browser does at the helpdesk; where it is sent back to."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)[:6])
    action = re.search(r'action="([^"]+)"', page.text)
    assert action
    form = {name: unescape(value) for name, value in form.items()} | {"decision": decision}
    parts = urlsplit(address)
    back = requests.post(f"{parts.scheme}://{parts.netloc}{action[1]}", data=form, allow_redirects=False, timeout=10)
    location = back.headers["Location"]
    assert location.startswith(f"{PUBLIC}/installations/oauth/")
    return location.removeprefix(PUBLIC)


def begin(web: Any, client: Any, sandbox: Sandbox) -> str:
    """What the form sends: Intercom's asks for a region first, and both have a field for a stand-in."""
    page = f"/installations/connect/{kind(sandbox)}"
    typed = {"account": "acme"} if kind(sandbox) == "zendesk" else {"base_url": "https://api.intercom.io"}
    names = set(
        re.findall(r'name="(\w+)"', client.get(page).text.partition("Connect by signing in")[2].partition("</form>")[0])
    )
    assert {*typed, "stand_in"} <= names
    return sent_on(
        web.post(client, f"/installations/oauth/{kind(sandbox)}", form_on=page, stand_in=sandbox.base_url, **typed)
    )


def row_of(web: Any) -> Installation:
    with web.parts.database.read() as session:
        return session.scalars(select(Installation)).one()


def test_an_account_is_connected_by_signing_in(make: Any, sandbox: Sandbox) -> None:
    web = make(sandbox)
    client = web.admin()

    address = begin(web, client, sandbox)
    answer = client.get(allow(address))

    row = row_of(web)
    assert answer.headers["Location"].endswith(f"/installations/{row.id}")
    secrets = web.parts.box.unlock(row.secrets)
    assert (row.connector, row.base_url, row.writing) == (kind(sandbox), sandbox.base_url, False)
    assert secrets["client_secret"] == sandbox.secrets["client_secret"]
    if isinstance(sandbox, Zendesk):
        assert row.account == "acme"
        assert secrets["refresh_token"] in sandbox.access.refreshes
        assert secrets["access_token"] in sandbox.access.tokens
        asked = parse_qs(urlsplit(address).query)
        assert (asked["scope"], asked["code_challenge_method"]) == (["read write"], ["S256"])
    else:
        assert row.account == sandbox.workspace.app_id
        assert secrets["access_token"] == sandbox.secrets["access_token"]
    page = client.get(f"/installations/{row.id}").get_data(as_text=True)
    assert "is connected" in page
    assert not any(value in page for name, value in secrets.items() if name != "client_id")
    with web.parts.database.read() as session:
        assert [entry.action for entry in session.scalars(select(AuditEntry))][-1] == "connect helpdesk"


def test_a_connected_account_is_let_in_again(make: Any, sandbox: Sandbox) -> None:
    web = make(sandbox)
    client = web.admin()
    client.get(allow(begin(web, client, sandbox)))
    first = row_of(web)
    with web.parts.database.begin() as session:
        held = {
            **web.parts.box.unlock(first.secrets),
            "webhook_secret": "kept",
            "renewing_since": "2026-11-23T09:00:00",
        }
        session.get_one(Installation, first.id).secrets = web.parts.box.lock(held)

    page = f"/installations/{first.id}"
    address = sent_on(web.post(client, f"{page}/oauth", form_on=page))
    assert client.get(allow(address)).headers["Location"].endswith(page)

    again = web.parts.box.unlock(row_of(web).secrets)
    assert again["webhook_secret"] == "kept"
    assert "renewing_since" not in again
    assert client.get(allow(begin(web, client, sandbox))).headers["Location"].endswith(page)  # no second one


def test_whoever_says_no_changes_nothing(make: Any, sandbox: Sandbox) -> None:
    web = make(sandbox)
    client = web.admin()

    client.get(allow(begin(web, client, sandbox), "deny"))

    assert "did not let Deskmark in" in client.get("/installations").get_data(as_text=True)
    with web.parts.database.read() as session:
        assert session.scalars(select(Installation)).all() == []


@pytest.mark.parametrize("how", ["forged", "twice", "late", "none", "other visitor"])
def test_a_return_that_was_not_expected_is_refused(make: Any, sandbox: Sandbox, clock: Any, how: str) -> None:
    web = make(sandbox)
    client = web.admin()
    back = allow(begin(web, client, sandbox))
    if how == "forged":
        back = re.sub(r"state=[^&]+", "state=made-up", back)
    elif how == "twice":
        client.get(re.sub(r"code=[^&]+", "code=wrong", back))
    elif how == "late":
        clock.forward(minutes=11)
    elif how == "none":
        client = web.admin()
    else:
        client = web.admin()
        begin(web, client, sandbox)

    client.get(back)

    assert "was not expected" in client.get("/installations").get_data(as_text=True)
    with web.parts.database.read() as session:
        assert session.scalars(select(Installation)).all() == []


def test_a_code_that_is_no_good_is_told(make: Any, sandbox: Sandbox) -> None:
    web = make(sandbox)
    client = web.admin()
    back = allow(begin(web, client, sandbox))

    client.get(re.sub(r"code=[^&]+", "code=wrong", back))

    assert "Not connected" in client.get("/installations").get_data(as_text=True)


@pytest.mark.parametrize("account", ["", "evil.example/", "acme@evil.example#", "127.0.0.1:80/", "a.b"])
def test_nobody_is_sent_to_another_host(make: Any, account: str) -> None:
    with Zendesk() as sandbox:
        web = make(sandbox)
    client = web.admin()

    answer = web.post(client, "/installations/oauth/zendesk", form_on="/installations/connect/zendesk", account=account)

    assert answer.status_code == 422
    assert "is not an account of Zendesk" in answer.get_data(as_text=True)


def test_signing_in_at_another_workspace_changes_nothing(make: Any) -> None:
    with Intercom() as sandbox:
        web = make(sandbox)
        client = web.admin()
        client.get(allow(begin(web, client, sandbox)))
        first = row_of(web)
        sandbox.workspace.app_id = "another"
        page = f"/installations/{first.id}"

        client.get(allow(sent_on(web.post(client, f"{page}/oauth", form_on=page))))

        assert "which is another account" in client.get(page).get_data(as_text=True)
        assert row_of(web).secrets == first.secrets


def test_an_installation_signs_in_with_its_own_client(make_web: Any, sqlite_url: str) -> None:
    with Zendesk() as sandbox:
        web = make_web(sqlite_url, public_url=PUBLIC, sandbox=True)
        web.app.config.update(SESSION_COOKIE_SECURE=False, SESSION_COOKIE_NAME="deskmark")
        client = web.admin()
        form = "/installations/connect/zendesk"
        own = {name: sandbox.secrets[name] for name in ("client_id", "client_secret")}
        web.post(client, form, form_on=form, account="acme", base_url=sandbox.base_url, **own)
        page = f"/installations/{row_of(web).id}"

        client.get(allow(sent_on(web.post(client, f"{page}/oauth", form_on=page))))

        held = web.parts.box.unlock(row_of(web).secrets)
        assert held["refresh_token"] in sandbox.access.refreshes
        assert held["client_id"] == own["client_id"]


def test_without_an_oauth_client_there_is_no_way_in(web: Any) -> None:
    client = web.admin()
    installation = web.installation("intercom")
    assert web.post(client, "/installations/oauth/zendesk", form_on="/installations/connect/zendesk").status_code == 404
    page = f"/installations/{installation}"
    assert web.post(client, f"{page}/oauth", form_on=page).status_code == 404
    assert web.post(client, "/installations/oauth/freshdesk", form_on=page).status_code == 404
    assert "Sign in at" not in client.get(page).get_data(as_text=True)
