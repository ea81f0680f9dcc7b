"""Retention and erasing on the pages: nothing goes before it was said how much, and no address holds a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.conversation import Author, Contact, Message, Role
from service.conversation import Conversation as Told
from service.document import to_document
from service.store import conversations
from service.store.models import Conversation, Installation
from service.store.people_models import AuditEntry
from service.store.suppression import is_suppressed


@pytest.fixture
def stored(web: Any) -> str:
    """An installation with an old conversation of somebody; its id."""
    installation_id: str = web.installation("zendesk")
    said = Message(id="m", author=Author(Role.CUSTOMER), text="it leaks")
    contact = Contact(id="c1", email="pat@example.com", email_verified=True)
    told = Told(id="1", messages=(said,), helpdesk="zendesk", account="acme", contact=contact)
    ended = web.clock() - timedelta(days=40)
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation_id)
        read = conversations.ReadConversation(to_document(told), {}, "email", ended, ended, ended, False)
        conversations.keep(session, row, "1", read, now=ended)
    return installation_id


def text_of(web: Any) -> Any:
    with web.parts.database.read() as session:
        return session.scalars(select(Conversation.document)).one()


def actions(web: Any) -> list[tuple[str, str]]:
    with web.parts.database.read() as session:
        wanted = select(AuditEntry.action, AuditEntry.target).where(
            AuditEntry.action.like("%ret%") | (AuditEntry.action == "erase person")
        )
        return [(row[0], row[1]) for row in session.execute(wanted.order_by(AuditEntry.id))]


def test_how_many_go_is_said_before_it_is_saved(web: Any, stored: str) -> None:
    client = web.admin()
    page = client.get(f"/installations/{stored}").get_data(as_text=True)
    assert "Texts are kept" in page
    assert 'min="8"' in page
    asked = f"/installations/{stored}/retention?days=30"
    assert "<strong>1 conversation</strong> ended 30 days ago" in client.get(asked).get_data(as_text=True)
    assert text_of(web) is not None
    done = web.post(client, f"/installations/{stored}/retention", form_on=asked, days="30")
    assert done.status_code == 302
    assert text_of(web) is None
    page = client.get(f"/installations/{stored}").get_data(as_text=True)
    assert "1 lost their text just now." in page
    assert "30 days after the end" in page
    web.post(
        client,
        f"/installations/{stored}/retention",
        form_on=f"/installations/{stored}/retention?days=keep",
        days="keep",
    )
    assert "Texts are kept." in client.get(f"/installations/{stored}").get_data(as_text=True)
    assert actions(web) == [("change retention", stored)] * 2


@pytest.mark.parametrize(
    ("days", "says"),
    [("3", "Texts can be kept for 8 to"), ("soon", "Give a number of days"), ("", "Give a number"), ("9" * 40, "Give")],
)
def test_a_retention_that_cannot_be(web: Any, stored: str, days: str, says: str) -> None:
    client = web.admin()
    answer = client.get(f"/installations/{stored}/retention?days={days}", follow_redirects=True)
    assert says in answer.get_data(as_text=True)
    form = f"/installations/{stored}/retention?days=30"
    assert web.post(client, f"/installations/{stored}/retention", form_on=form, days=days).status_code == 400
    assert web.post(client, f"/installations/{stored}/retention", form_on=form, days="9" * 5000).status_code == 400
    assert text_of(web) is not None


def test_a_person_is_looked_for_and_then_erased(web: Any, stored: str) -> None:
    client = web.admin()
    assert "Nobody was erased yet." in client.get("/privacy").get_data(as_text=True)
    asked = {"kind": "email", "value": "Pat@example.com"}
    found = web.post(client, "/privacy/find", form_on="/privacy", **asked).get_data(as_text=True)
    assert "<dt>Conversations</dt><dd>1</dd>" in found
    assert text_of(web) is not None
    done = web.post(client, "/privacy/erase", form_on="/privacy", **asked)
    assert done.headers["Location"] == "/privacy"
    assert text_of(web) is None
    page = client.get("/privacy").get_data(as_text=True)
    assert "Erased: see receipt 1." in page
    assert "1 conversation," in page
    assert "pat@" not in page.lower()
    assert actions(web) == [("erase person", "receipt 1")]
    with web.parts.database.read() as session:
        assert is_suppressed(session, web.parts.box, stored, ["email:pat@example.com"])


def test_who_may_come_back_is_not_kept_away(web: Any, stored: str) -> None:
    client = web.admin()
    web.post(client, "/privacy/erase", form_on="/privacy", kind="contact", value="c1", may_come_back="yes")
    with web.parts.database.read() as session:
        assert not is_suppressed(session, web.parts.box, stored, ["contact:c1"])


@pytest.mark.parametrize("step", ["find", "erase"])
@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [("email", "nobody", "no e-mail address"), ("name", "Pat", "say what you name the person by")],
)
def test_what_names_nobody_is_said(web: Any, step: str, kind: str, value: str, says: str) -> None:
    client = web.admin()
    answer = web.post(client, f"/privacy/{step}", form_on="/privacy", kind=kind, value=value)
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True).lower() or says.capitalize() in answer.get_data(as_text=True)


def test_a_conversation_without_text_shows_its_verdicts(web: Any, stored: str) -> None:
    client = web.admin()
    form = f"/installations/{stored}/retention?days=30"
    web.post(client, f"/installations/{stored}/retention", form_on=form, days="30")
    with web.parts.database.read() as session:
        row_id = session.scalars(select(Conversation.id)).one()
    page = client.get(f"/c/{row_id}").get_data(as_text=True)
    assert "Its time was over: the text was dropped" in page


def test_the_id_of_a_contact_needs_its_helpdesk(web: Any, stored: str) -> None:
    client = web.admin()
    assert 'name="helpdesk"' not in client.get("/privacy").get_data(as_text=True)
    other = web.installation("intercom")
    asked = {"kind": "contact", "value": "c1"}
    for helpdesk, says in (("", "name the helpdesk"), ("none", "not connected")):
        refused = web.post(client, "/privacy/erase", form_on="/privacy", helpdesk=helpdesk, **asked)
        assert (refused.status_code, says in refused.get_data(as_text=True)) == (422, True)
    web.post(client, "/privacy/erase", form_on="/privacy", helpdesk=other, **asked)
    assert text_of(web) is not None
    found = web.post(client, "/privacy/find", form_on="/privacy", helpdesk=stored, **asked).get_data(as_text=True)
    assert f'name="helpdesk" value="{stored}"' in found
    web.post(client, "/privacy/erase", form_on="/privacy", helpdesk=stored, **asked)
    assert text_of(web) is None
