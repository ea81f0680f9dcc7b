"""Intercom's conversations from a file: as its API gives them, in lists, and as other exporters write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.exported import LeftOut, NotUsable, Terms, Why
from connectors.intercom.exported import IntercomExport
from connectors.shelf import Shelf
from service.conversation import Conversation, EventKind, Role

START = int(datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp())


def part(number: int, kind: str, author: str, body: str | None, minute: int, **more: Any) -> dict[str, Any]:
    return {"type": "conversation_part", "id": number, "part_type": kind, "body": body,
            "created_at": START + 60 * minute, "author": {"type": author, "id": f"{author}-1"}, **more}  # fmt: skip


def conversation(number: int = 503, **more: Any) -> dict[str, Any]:
    parts = [
        part(1, "comment", "bot", "<p>Parcels take five days.</p>", 1),
        part(2, "assignment", "bot", None, 2, assigned_to={"type": "team", "id": "t1"}),
        part(3, "comment", "admin", "<p>What is your order number?</p>", 9),
        part(4, "close", "admin", None, 20),
    ]
    return {
        "type": "conversation",
        "id": str(number),
        "created_at": START,
        "state": "closed",
        "source": {"type": "conversation", "body": "<p>Where is my parcel?</p>",
                   "author": {"type": "user", "id": "c1", "email": "ada@example.com"}},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "c1", "external_id": "u7"}]},
        "team_assignee_id": "t1",
        "conversation_parts": {"conversation_parts": parts, "total_count": len(parts)},
        **more,
    }  # fmt: skip


def read(records: Iterable[object], **terms: Any) -> Iterator[Conversation | LeftOut]:
    with Shelf() as shelf:
        export = IntercomExport(shelf, Terms(**terms))
        for value in records:
            export.take(value)
        assert len(export) <= 1
        yield from export.conversations()


def one(*records: object, **terms: Any) -> Conversation:
    (found,) = read(records, **terms)
    assert isinstance(found, Conversation)
    return found


def test_a_conversation_with_its_parts() -> None:
    found = one(conversation(), account="acme", account_group="g")
    assert found.key == ("intercom", "acme", "503")
    assert found.account_group == "g"
    assert [m.role for m in found.messages] == [Role.CUSTOMER, Role.BOT, Role.AGENT]
    assert found.messages[0].text == "Where is my parcel?"
    assert (found.contact.id, found.contact.external_id) == ("c1", "u7")
    assert found.inbox == "t1"
    assert found.closed_at == datetime(2026, 1, 5, 9, 20, tzinfo=UTC)
    assert EventKind.HANDOFF in [event.kind for event in found.events]
    assert one({key: value for key, value in conversation().items() if key != "type"}, account="acme",
               account_group="g") == found  # fmt: skip


def test_lists_and_what_belongs_to_them() -> None:
    found = one(
        {"type": "conversation.list", "conversations": [conversation()], "pages": {}},
        {"type": "team.list", "teams": [{"type": "team", "id": "t1", "name": "Parcels"}]},
        {"type": "list", "data": [{"type": "contact", "id": "c1", "email": "Ada@Example.com", "external_id": "u7"}]},
        {"type": "admin.list", "admins": [{"type": "admin", "id": "9"}]},
        {"type": "company", "id": "k"},
    )
    assert found.inbox == "Parcels"
    assert found.contact.email == "ada@example.com"
    assert not found.contact.email_verified
    assert found.account == "default"


def test_a_search_result_does_not_replace_the_whole_conversation() -> None:
    short = {key: value for key, value in conversation().items() if key != "conversation_parts"}
    assert len(one(conversation(), short).messages) == 3
    assert len(one(short, conversation()).messages) == 3
    assert list(read([short])) == [LeftOut("503", Why.EMPTY)]


def test_parts_as_a_bare_list_and_times_as_texts() -> None:
    parts = [part(1, "comment", "bot", "Five days.", 1) | {"created_at": "2026-01-05T09:01:00Z"},
             part(4, "close", "admin", None, 20) | {"created_at": "2026-01-05 09:20:00 UTC"}, "odd"]  # fmt: skip
    found = one(
        conversation(
            conversation_parts=parts, created_at="2026-01-05T09:00:00", statistics={"last_close_at": "at noon"}
        )
    )
    assert [m.at for m in found.messages] == [datetime(2026, 1, 5, 9, minute, tzinfo=UTC) for minute in (0, 1)]
    assert found.closed_at == datetime(2026, 1, 5, 9, 20, tzinfo=UTC)


def test_named_bots() -> None:
    assert one(conversation(), bot_authors=("admin-1",)).messages[2].role is Role.BOT
    author = {"type": "admin", "id": "5", "email": "assistant@a.b"}
    parts = [part(3, "comment", "admin", "Hello", 9) | {"author": author}]
    found = one(conversation(conversation_parts=parts), bot_authors=("assistant@*",))
    assert found.messages[1].role is Role.BOT


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": "open"}, Why.OPEN),
        ({"tags": {"tags": [{"id": "1", "name": "dm__ignore"}]}}, Why.OPTED_OUT),
        ({"company": {"id": "k", "tags": {"tags": [{"id": "1", "name": "dm__ignore"}]}}}, Why.OPTED_OUT),
        ({"source": {}, "conversation_parts": {"conversation_parts": []}}, Why.EMPTY),
    ],
)
def test_what_does_not_come_out_says_why(change: dict[str, Any], why: Why) -> None:
    assert list(read([conversation(**change)])) == [LeftOut("503", why)]


def test_a_contact_opts_out_by_the_tag_of_its_id() -> None:
    contact = {"type": "contact", "id": "c1", "tags": {"data": [{"id": "77"}]}}
    tags = {"type": "list", "data": [{"type": "tag", "id": "77", "name": "dm__ignore"}, {"type": "tag", "id": "2"}]}
    assert list(read([conversation(), contact, tags])) == [LeftOut("503", Why.OPTED_OUT)]
    assert one(conversation(), contact).id == "503"


def test_unended_conversations_on_request() -> None:
    assert one(conversation(state="open"), unended=True).closed_at is None


@pytest.mark.parametrize(
    "value", [3, "x", None, {}, {"id": 4}, {"type": "article", "id": "4"}, {"type": "conversation"}]
)
def test_anything_else_is_told(value: object) -> None:
    with pytest.raises(NotUsable):
        list(read([value]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(conversation())), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(conversation())), JSON, max_size=6))
def test_no_conversation_ever_raises_anything_else(change: dict[str, Any]) -> None:
    try:
        found = list(read([conversation(**change)]))
    except NotUsable:
        return
    assert all(isinstance(item, Conversation | LeftOut) for item in found)
