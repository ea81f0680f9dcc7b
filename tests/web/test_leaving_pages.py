"""Leaving a helpdesk on pages: a typed confirmation, progress, a receipt, and coming back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from service.store import errands
from service.store.errand_models import Errand, ItemState
from service.store.models import Installation
from service.store.people_models import AuditEntry


@pytest.fixture
def installation(web: Any, seed: Any) -> str:
    seed()
    return str(seed.installations["zendesk"])


def errand(web: Any) -> Errand:
    with web.parts.database.read() as session:
        return session.scalars(select(Errand)).one()


def leave(web: Any, client: Any, installation: str, **form: str) -> Any:
    page = f"/installations/{installation}"
    return web.post(client, f"{page}/leave", form_on=page, **form)


def test_without_the_name_nothing_is_done(web: Any, installation: str) -> None:
    client = web.admin()
    leave(web, client, installation, remove="yes", data="delete", confirm="something else")
    with web.parts.database.read() as session:
        assert session.scalars(select(Errand)).all() == []
    assert "type the account&#39;s name" in client.get(f"/installations/{installation}").get_data(as_text=True)


def test_with_the_name_everything_stops_at_once(web: Any, installation: str) -> None:
    client = web.admin()
    answer = leave(web, client, installation, remove="yes", revoke="yes", data="delete", confirm=" acme ")
    begun = errand(web)
    assert answer.headers["Location"].endswith(f"/errands/{begun.id}")
    assert begun.options == {"remove": True, "revoke": True, "delete": True}
    with web.parts.database.read() as session:
        row = session.get_one(Installation, installation)
        assert (row.enabled, row.writing) == (False, False)
        said = session.scalars(select(AuditEntry).where(AuditEntry.action == "leave helpdesk")).one()
        assert (said.installation_id, said.details) == (
            installation, {"remove": "yes", "revoke": "yes", "delete": "yes"},
        )  # fmt: skip
    assert "See how far it has come" in client.get(f"/installations/{installation}").get_data(as_text=True)
    page = client.get(f"/errands/{begun.id}")
    assert "Waiting for whoever is still writing" in page.get_data(as_text=True)


def test_two_at_once(web: Any, installation: str) -> None:
    client = web.admin()
    page = f"/installations/{installation}"
    token = web.csrf(client, page)
    for _ in range(2):
        answer = client.post(f"{page}/leave", data={"csrf_token": token, "confirm": "acme", "data": "keep"})
    assert answer.headers["Location"].endswith("#leaving")
    assert errand(web).options == {"remove": False, "revoke": False, "delete": False}


def test_one_that_stopped_is_resumed(web: Any, installation: str) -> None:
    client = web.admin()
    leave(web, client, installation, remove="yes", data="delete", confirm="acme")
    number = errand(web).id
    with web.parts.database.begin() as session:
        row = session.get_one(Errand, number)
        row.stage, row.due_at, row.error = "clearing", None, "some could not be cleared"
        errands.add_items(session, number, ["1", "2"])
        errands.settle(session, number, ["1"], ItemState.FAILED, error="TicketUpdateFailed")
        errands.settle(session, number, ["2"], ItemState.DONE)
    page = client.get(f"/errands/{number}")
    text = page.get_data(as_text=True)
    assert "Refresh" not in page.headers
    assert "It stopped: some could not be cleared." in text
    assert "TicketUpdateFailed" in text
    assert "Go on without these" in text

    web.post(client, f"/errands/{number}/resume", form_on=f"/errands/{number}")
    with web.parts.database.read() as session:
        assert errands.progress(session, number) == errands.Progress(waiting=1, done=1)
    assert errand(web).due_at == web.clock()
    with web.parts.database.begin() as session:
        session.get_one(Errand, number).due_at = None
    web.post(client, f"/errands/{number}/resume", form_on=f"/errands/{number}", anyway="yes")
    assert errand(web).options["anyway"] is True


def test_the_receipt_outlives_the_installation(web: Any, installation: str) -> None:
    client = web.admin()
    leave(web, client, installation, remove="yes", data="delete", confirm="acme")
    with web.parts.database.begin() as session:
        row = session.scalars(select(Errand)).one()
        row.counts = {
            "cleared": 1, "deleted": {"conversation": 1},
            "told": [{"done": True, "text": "webhook: removed"}, {"done": False, "text": "Delete the OAuth client."}],
        }  # fmt: skip
        errands.finish(row, now=web.clock())
        session.delete(session.get_one(Installation, installation))
    page = client.get(f"/errands/{errand(web).id}").get_data(as_text=True)
    assert "Receipt" in page
    assert "zendesk acme" in page
    assert "Delete the OAuth client." in page
    assert "By hand" in page
    assert client.get("/errands/99").status_code == 404


def test_disconnected_it_comes_back_once_credentials_are_given(web: Any, installation: str) -> None:
    client, page = web.admin(), f"/installations/{installation}"
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation)
        row.enabled, row.disconnected_at, row.secrets = False, web.clock(), web.parts.box.lock({})
    shown = client.get(page).get_data(as_text=True)
    assert "Disconnected" in shown
    assert 'name="remove"' not in shown
    web.post(client, f"{page}/reconnect", form_on=page)
    assert "credentials were dropped" in client.get(page).get_data(as_text=True)
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation)
        row.secrets = web.parts.box.lock({"client_id": "a", "client_secret": "b", "webhook_secret": "c"})
    web.post(client, f"{page}/reconnect", form_on=page)
    with web.parts.database.read() as session:
        row = session.get_one(Installation, installation)
        assert (row.enabled, row.disconnected_at, row.writing) == (True, None, False)


def test_a_disconnected_one_cannot_be_written_to(web: Any, installation: str) -> None:
    client, page = web.admin(), f"/installations/{installation}"
    with web.parts.database.begin() as session:
        session.get_one(Installation, installation).disconnected_at = web.clock()
    assert web.post(client, f"{page}/writing", form_on=page, writing="on").status_code == 409


def test_one_that_waits_goes_on_without_the_helpdesk(web: Any, installation: str) -> None:
    client = web.admin()
    leave(web, client, installation, remove="yes", data="delete", confirm="acme")
    number = errand(web).id
    with web.parts.database.begin() as session:
        session.get_one(Errand, number).error = "the access token was refused"
    assert "Go on without the helpdesk" in client.get(f"/errands/{number}").get_data(as_text=True)
    web.post(client, f"/errands/{number}/resume", form_on=f"/errands/{number}", without="yes")
    assert (errand(web).stage, errand(web).error) == ("ending", None)
    with web.parts.database.begin() as session:
        errands.finish(session.get_one(Errand, number), now=web.clock())
    token = web.csrf(client, f"/installations/{installation}")
    assert client.post(f"/errands/{number}/resume", data={"csrf_token": token}).status_code == 409
