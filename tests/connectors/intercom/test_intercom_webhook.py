"""Notifications: the signature over the raw bytes, and what each topic says."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Delivery, Installation, Signal
from connectors.errors import InvalidSignature
from connectors.intercom import IntercomConnector
from connectors.intercom.webhook import TOPICS, delivery

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CONNECTOR = IntercomConnector()


def signed(body: bytes, secret: str = "hush") -> str:
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def notification(topic: str, item: Any, **more: Any) -> bytes:
    envelope = {"type": "notification_event", "id": "notif_1", "topic": topic, "created_at": 1_790_000_000}
    return json.dumps({**envelope, "data": {"type": "notification_event_data", "item": item}, **more}).encode()


@pytest.mark.parametrize("name", ["X-Hub-Signature", "x-hub-signature"])
def test_a_body_signed_with_our_secret_is_taken(installation: Installation, name: str) -> None:
    body = b'{"a": 1}'
    CONNECTOR.verify(installation, {name: signed(body)}, body, now=NOW)


@pytest.mark.parametrize(
    "header",
    ["", "sha1=", signed(b"{}", "other"), signed(b"{} "), signed(b"{}")[5:], "sha256=" + signed(b"{}")[5:], "sha1=ü"],
)
def test_any_other_signature_is_refused(installation: Installation, header: str) -> None:
    with pytest.raises(InvalidSignature):
        CONNECTOR.verify(installation, {"X-Hub-Signature": header}, b"{}", now=NOW)


def test_a_missing_header_is_refused(installation: Installation) -> None:
    with pytest.raises(InvalidSignature):
        CONNECTOR.verify(installation, {}, b"{}", now=NOW)


@pytest.mark.parametrize("secrets", [{}, {"client_secret": ""}])
def test_without_a_secret_nothing_is_taken(installation: Installation, secrets: dict[str, str]) -> None:
    bare = replace(installation, secrets=secrets)
    with pytest.raises(InvalidSignature):
        CONNECTOR.verify(bare, {"X-Hub-Signature": signed(b"{}", "")}, b"{}", now=NOW)


def test_an_ending_names_conversation_actor_and_time(intercom: SimpleNamespace) -> None:
    item = intercom.conversation(intercom.part(3, intercom.agent, part_type="close"))
    said = CONNECTOR.delivery({}, notification("conversation.admin.closed", item))
    assert said == Delivery(
        key="notif_1",
        event="conversation.admin.closed",
        signal=Signal.ENDED,
        conversation_id="700",
        actor_id="31",
        occurred_at=datetime.fromtimestamp(1_790_000_000, UTC),
    )


def test_the_key_is_the_same_for_the_retry() -> None:
    first = delivery(notification("conversation.user.replied", {"id": "1"}, delivery_attempts=1))
    again = delivery(notification("conversation.user.replied", {"id": "1"}, delivery_attempts=2))
    assert first.key == again.key


@pytest.mark.parametrize(
    ("topic", "item", "signal", "conversation_id"),
    [
        ("conversation.user.created", {"type": "conversation", "id": 12}, Signal.ACTIVITY, "12"),
        ("conversation.operator.replied", {"type": "conversation", "id": "12"}, Signal.ACTIVITY, "12"),
        ("conversation.rating.added", {"type": "conversation", "id": "12"}, Signal.ACTIVITY, "12"),
        ("conversation_part.redacted", {"type": "conversation", "id": "12"}, Signal.REDACTED, "12"),
        ("conversation.deleted", {"type": "conversation", "id": "12"}, Signal.DELETED, "12"),
        ("conversation.deleted", {"conversation_id": "12", "id": "d1"}, Signal.DELETED, "12"),
        ("conversation.admin.noted", {"type": "conversation", "id": "12"}, Signal.IGNORED, "12"),
        ("conversation_part.tag.created", {"type": "conversation", "id": "12"}, Signal.IGNORED, "12"),
        (
            "conversation_part.tag.created",
            {"type": "conversation", "id": "12", "tags_added": {"type": "tag.list", "tags": [{"name": "dm__gap"}]}},
            Signal.IGNORED,
            "12",
        ),
        (
            "conversation_part.tag.created",
            {"type": "conversation", "id": "12", "tags_added": {"type": "tag.list", "tags": [{"name": "dm__dispute"}]}},
            Signal.ACTIVITY,
            "12",
        ),
        ("ticket.closed", {"ticket": {"type": "ticket", "id": "12"}}, Signal.ENDED, "12"),
        ("ticket.closed", {"type": "ticket", "id": "12"}, Signal.ENDED, "12"),
        (
            "ticket.resolved",
            {"ticket": {"id": "9", "linked_objects": {"data": ["?", {"type": "conversation", "id": 12}]}}},
            Signal.ENDED,
            "12",
        ),
        ("ticket.closed", {"ticket": {"id": "9", "linked_objects": {"data": None}}}, Signal.ENDED, "9"),
        ("something.new", {"type": "conversation", "id": "12"}, Signal.IGNORED, "12"),
        ("conversation.admin.closed", {"type": "conversation"}, Signal.IGNORED, None),
        ("ping", {"type": "ping"}, Signal.PING, None),
    ],
)
def test_topics(topic: str, item: dict[str, Any], signal: Signal, conversation_id: str | None) -> None:
    said = delivery(notification(topic, item))
    assert (said.signal, said.conversation_id) == (signal, conversation_id)
    assert bool(said.reason) == (signal is Signal.IGNORED)


def test_our_own_note_comes_back_under_our_id_and_is_ignored(intercom: SimpleNamespace) -> None:
    item = intercom.conversation(intercom.part(3, intercom.agent, "note", part_type="note"))
    said = delivery(notification("conversation.admin.noted", item))
    assert (said.signal, said.actor_id) == (Signal.IGNORED, "31")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null", b"7", b"\xff\xfe", b'{"data": 3}', b"[" * 100_000])
def test_garbage_is_ignored_with_a_reason(body: bytes) -> None:
    said = delivery(body)
    assert said.signal is Signal.IGNORED
    assert said.reason
    assert said.key.startswith("body:")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(topic=st.sampled_from([*TOPICS, ""]), item=json_values, created_at=json_values)
def test_no_body_raises(topic: str, item: Any, created_at: Any) -> None:
    delivery(notification(topic, item, created_at=created_at))


@given(ticket=json_values, parts=json_values)
def test_no_item_raises(ticket: Any, parts: Any) -> None:
    delivery(notification("ticket.closed", {"ticket": ticket, "conversation_parts": parts}))


@pytest.mark.parametrize(
    ("topic", "item", "signal", "contacts"),
    [
        ("contact.merged", {"type": "contact", "id": "c1"}, Signal.CONTACT_MERGED, ("c1",)),
        ("contact.deleted", {"type": "contact", "id": "c1"}, Signal.CONTACT_DELETED, ("c1",)),
        ("contact.deleted", {"type": "contact"}, Signal.IGNORED, ()),
        ("contact.archived", {"type": "contact", "id": "c1"}, Signal.IGNORED, ()),
    ],
)
def test_contacts(topic: str, item: dict[str, Any], signal: Signal, contacts: tuple[str, ...]) -> None:
    said = delivery(notification(topic, item))
    assert (said.signal, said.contact_ids) == (signal, contacts)
    if contacts:
        assert said.about == "contact:c1"
    else:
        assert said.reason
