"""On the installation's page: the language of notes, and the app on the ticket downloaded, found, typed by hand."""

from __future__ import annotations

import html
import io
import json
import zipfile
from typing import Any

import pytest
import responses
from sqlalchemy import update
from ticket_app import HOST, INSTALLED, key, public_pem

from service.store import installations, ticket_apps
from service.store.models import Installation

API = f"https://{HOST}/api/v2"
OURS = {"id": int(INSTALLED), "app_id": 55, "enabled": True, "settings": {"name": "Deskmark", "title": "Deskmark"}}


@pytest.fixture
def desk(web: Any) -> str:
    name = str(web.installation("zendesk"))
    with web.parts.database.begin() as session:
        session.execute(update(Installation).values(base_url=f"https://{HOST}"))
    return name


def page(client: Any, name: str) -> str:
    return html.unescape(client.get(f"/installations/{name}").get_data(as_text=True))


def post(web: Any, client: Any, name: str, to: str, **form: str) -> Any:
    return web.post(client, f"/installations/{name}/{to}", form_on=f"/installations/{name}", **form)


def kept(web: Any, name: str) -> tuple[str, str] | None:
    with web.parts.database.read() as session:
        app = ticket_apps.get(session, name)
        return (app.external_id, app.public_key) if app is not None else None


def test_the_language_is_chosen(web: Any, desk: str) -> None:
    client = web.admin()
    assert '<option value="ja" lang="ja">日本語' in page(client, desk)
    assert post(web, client, desk, "language", language="ja").status_code == 302
    shown = page(client, desk)
    assert "Notes are written in 日本語 from now on." in shown
    assert '<option value="ja" lang="ja" selected>' in shown
    with web.parts.database.read() as session:
        row = installations.get(session, desk)
        assert row is not None
        assert row.language == "ja"
    assert [action for _, action, *_ in web.audited()][-1] == "change language"
    for wrong in ("", "xx"):
        assert post(web, client, desk, "language", language=wrong).status_code == 400


def test_the_app_is_downloaded(web: Any, desk: str, make_web: Any, sqlite_url: str) -> None:
    client = web.admin()
    answer = client.get(f"/installations/{desk}/deskmark.zip")
    assert answer.status_code == 302, "there is no https address yet"
    assert "set PUBLIC_URL" in page(client, desk)
    public = make_web(sqlite_url, public_url="https://deskmark.example.com")
    signed_in = public.signed_in(public.person())
    given = signed_in.get(f"/installations/{desk}/deskmark.zip")
    assert (given.status_code, given.content_type) == (200, "application/zip")
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(given.data)).read("manifest.json"))
    assert (
        manifest["location"]["support"]["ticket_sidebar"]["url"] == f"https://deskmark.example.com/apps/zendesk/{desk}"
    )


@responses.activate
def test_the_app_is_found(web: Any, desk: str) -> None:
    responses.post(f"https://{HOST}/oauth/tokens", json={"access_token": "t", "expires_in": 900})
    responses.get(f"{API}/apps/installations", json={"installations": [OURS]})
    responses.get(f"{API}/apps/55/public_key.pem", body=public_pem(), content_type="text/plain")
    client = web.admin()
    assert "not known yet" in page(client, desk)
    post(web, client, desk, "ticket-app", what="find")
    assert kept(web, desk) == (INSTALLED, public_pem())
    shown = page(client, desk)
    assert "agents can open it" in shown
    assert "installation 987" in shown
    assert ("find ticket app", desk) in [(action, target) for _, action, target, _ in web.audited()]


@pytest.mark.parametrize(
    ("installed", "key_shown"), [([], public_pem()), ([OURS, OURS], public_pem()), ([OURS], "<html>Sign in</html>")]
)
@responses.activate
def test_an_app_that_is_not_there_is_told(web: Any, desk: str, installed: list[Any], key_shown: str) -> None:
    responses.post(f"https://{HOST}/oauth/tokens", json={"access_token": "t", "expires_in": 900})
    responses.get(f"{API}/apps/installations", json={"installations": installed})
    responses.get(f"{API}/apps/55/public_key.pem", body=key_shown, content_type="text/plain")
    client = web.admin()
    post(web, client, desk, "ticket-app", what="find")
    assert "The app was not found" in page(client, desk)
    assert kept(web, desk) is None


def test_number_and_key_by_hand(web: Any, desk: str) -> None:
    client = web.admin()
    post(web, client, desk, "ticket-app", what="keep", number=f" {INSTALLED} ", key=public_pem())
    assert kept(web, desk) == (INSTALLED, public_pem())
    for number, text in (("x", public_pem()), ("1", "no key"), ("1", key().as_pem(private=True).decode())):
        post(web, client, desk, "ticket-app", what="keep", number=number, key=text)
        shown = page(client, desk)
        assert "The app was not found" in shown
        assert "PRIVATE KEY" not in shown
    assert kept(web, desk) == (INSTALLED, public_pem())
    assert post(web, client, desk, "ticket-app", what="else").status_code == 400


def test_intercom_is_shown_what_to_enter(web: Any) -> None:
    name, client = web.installation("intercom"), web.admin()
    shown = page(client, name)
    assert f"/apps/intercom/{name}/initialize" in shown
    assert f"/apps/intercom/{name}/submit" in shown
    assert "Download the app" not in shown
    assert client.get(f"/installations/{name}/deskmark.zip").status_code == 404
    assert client.post(f"/installations/{name}/ticket-app").status_code == 403
    assert post(web, client, name, "ticket-app", what="find").status_code == 404
