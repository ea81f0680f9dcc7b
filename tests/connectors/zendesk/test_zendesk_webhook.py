"""Is a webhook genuine, and which ticket does it speak of: both connection modes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Installation, Signal
from connectors.errors import InvalidSignature
from connectors.zendesk import ZendeskConnector
from connectors.zendesk.webhook import delivery, sign

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STAMP = "2026-03-02T09:00:00Z"
BODY = b'{"ticket_id": "42", "status": "solved"}'


def headers(installation: Installation, body: bytes = BODY, stamp: str = STAMP) -> dict[str, str]:
    return {
        "x-ZENDESK-webhook-signature": sign(installation.secrets["webhook_secret"], stamp, body),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def test_signature_is_over_time_and_raw_body_with_the_secret_as_text() -> None:
    expected = hmac.new(b"c2VjcmV0", b"2026-03-02T09:00:00Z{}", hashlib.sha256).digest()

    assert sign("c2VjcmV0", "2026-03-02T09:00:00Z", b"{}") == base64.b64encode(expected).decode()


@pytest.mark.parametrize("body", [BODY, b"", b"\xff\x00 not text"])
def test_genuine_bodies_pass(installation: Installation, body: bytes) -> None:
    ZendeskConnector().verify(installation, headers(installation, body), body, now=NOW)


def test_a_changed_body_a_foreign_signature_and_missing_headers_are_refused(installation: Installation) -> None:
    connector, genuine = ZendeskConnector(), headers(installation)
    for given_headers, body in (
        (genuine, BODY + b" "),
        ({**genuine, "x-ZENDESK-webhook-signature": "ünsigned"}, BODY),
        ({}, BODY),
        ({"X-Zendesk-Webhook-Signature-Timestamp": STAMP}, BODY),
    ):
        with pytest.raises(InvalidSignature):
            connector.verify(installation, given_headers, body, now=NOW)


@pytest.mark.parametrize("secret", ["", "   "])
def test_an_empty_secret_refuses_everything(installation: Installation, secret: str) -> None:
    bare = replace(installation, secrets={"webhook_secret": secret})

    with pytest.raises(InvalidSignature, match="no webhook secret"):
        ZendeskConnector().verify(bare, headers(bare), BODY, now=NOW)


@pytest.mark.parametrize(("late", "fine"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_replays_are_refused_either_side_of_the_window(installation: Installation, late: int, fine: bool) -> None:
    now = NOW + timedelta(seconds=late)
    if fine:
        ZendeskConnector().verify(installation, headers(installation), BODY, now=now)
        return
    with pytest.raises(InvalidSignature, match="time"):
        ZendeskConnector().verify(installation, headers(installation), BODY, now=now)


@pytest.mark.parametrize(("option", "fine"), [(10, False), ("60", True), ("soon", True)])
def test_the_window_is_an_option(installation: Installation, option: object, fine: bool) -> None:
    chosen = replace(installation, options={"webhook_tolerance_seconds": option})
    now = NOW + timedelta(seconds=30)
    if fine:
        ZendeskConnector().verify(chosen, headers(chosen), BODY, now=now)
        return
    with pytest.raises(InvalidSignature):
        ZendeskConnector().verify(chosen, headers(chosen), BODY, now=now)


def test_a_signed_time_that_is_no_time_is_refused(installation: Installation) -> None:
    with pytest.raises(InvalidSignature, match="time"):
        ZendeskConnector().verify(installation, headers(installation, stamp="yesterday"), BODY, now=NOW)


def subscribed(name: str, *, change: dict[str, Any] | None = None, **detail: Any) -> bytes:
    body = {
        "id": "e-1",
        "type": f"zen:event-type:{name}",
        "time": "2026-03-02T08:59:58Z",
        "subject": "zen:ticket:42",
        "detail": {"id": "42", "actor_id": "601", "status": "SOLVED", **detail},
        "event": change or {},
    }
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("current", "signal"),
    [
        ("SOLVED", Signal.ENDED),
        ("CLOSED", Signal.ENDED),
        ("OPEN", Signal.ACTIVITY),
        ("PENDING", Signal.ACTIVITY),
        ("DELETED", Signal.DELETED),
        ("SCRUBBED", Signal.DELETED),
        ("ARCHIVED", Signal.IGNORED),
        ("SOMETHING_NEW", Signal.IGNORED),
    ],
)
def test_status_changes(current: str, signal: Signal) -> None:
    said = delivery({}, subscribed("ticket.status_changed", change={"current": current, "previous": "NEW"}))

    assert (said.signal, said.conversation_id) == (signal, "42")
    assert said.event == "ticket.status_changed"


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("ticket.comment_added", Signal.ACTIVITY),
        ("ticket.group_assignment_changed", Signal.ACTIVITY),
        ("ticket.tags_changed", Signal.ACTIVITY),
        ("ticket.merged", Signal.ENDED),
        ("ticket.csat_survey_response_submitted", Signal.ACTIVITY),
        ("ticket.soft_deleted", Signal.DELETED),
        ("ticket.custom_field_changed", Signal.IGNORED),
        ("user.deleted", Signal.CONTACT_DELETED),
    ],
)
def test_other_events(name: str, signal: Signal) -> None:
    said = delivery({}, subscribed(name))

    assert said.signal is signal
    assert bool(said.reason) is (signal is Signal.IGNORED)


def test_who_did_it_and_when() -> None:
    said = delivery({}, subscribed("ticket.status_changed", change={"current": "SOLVED"}))

    assert said.actor_id == "601"
    assert said.occurred_at == datetime(2026, 3, 2, 8, 59, 58, tzinfo=UTC)


def test_an_event_without_a_ticket_is_ignored() -> None:
    said = delivery({}, subscribed("ticket.status_changed", id=None))

    assert (said.signal, said.conversation_id) == (Signal.IGNORED, None)


def test_a_published_article_is_an_improvement() -> None:
    said = delivery({}, subscribed("article.published", id="77", user_id="9"))

    assert (said.signal, said.about, said.conversation_id) == (Signal.IMPROVED, "article:77", None)
    assert (said.actor_id, said.occurred_at) == ("9", datetime(2026, 3, 2, 8, 59, 58, tzinfo=UTC))
    for name, article in (("article.unpublished", "77"), ("article.published", None)):
        assert delivery({}, subscribed(name, id=article)).signal is Signal.IGNORED


def test_the_key_is_the_invocation_else_the_event_else_the_body() -> None:
    body = subscribed("ticket.status_changed", change={"current": "SOLVED"})

    assert delivery({"X-Zendesk-Webhook-Invocation-Id": "i-1"}, body).key == "i-1"
    assert delivery({}, body).key == "e-1"
    assert delivery({}, BODY).key == hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        ({"event": "solved", "ticket_id": "42", "status": "Gelöst"}, Signal.ENDED),
        ({"ticket_id": "42", "status": "Solved"}, Signal.ENDED),
        ({"ticket_id": 42, "status": "open"}, Signal.ACTIVITY),
        ({"event": "rated", "ticket_id": "42"}, Signal.ACTIVITY),
        ({"ticket_id": "42", "status": "Gelöst"}, Signal.ACTIVITY),
        ({"ticket_id": "{{ticket.id}}"}, Signal.IGNORED),
        ({"status": "solved"}, Signal.IGNORED),
        ({}, Signal.PING),
    ],
)
def test_triggers(body: dict[str, Any], signal: Signal) -> None:
    said = delivery({}, json.dumps(body).encode())

    assert said.signal is signal
    assert said.conversation_id == ("42" if signal in (Signal.ENDED, Signal.ACTIVITY) else None)


def test_a_trigger_says_who_and_when() -> None:
    said = delivery({}, b'{"ticket_id": "42", "actor_id": "601", "updated_at": "2026-03-02T09:00:00+01:00"}')

    assert (said.actor_id, said.occurred_at) == ("601", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


@given(st.binary(max_size=200))
def test_garbage_never_raises(body: bytes) -> None:
    assert delivery({}, body).key


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "detail", "event", "type", "current", "ticket_id"]), inner)
        ),
        max_leaves=12,
    ),
    st.sampled_from(["ticket.status_changed", "ticket.created", "ticket.", "", "organization.x"]),
)
def test_bodies_of_any_shape_never_raise(value: Any, name: str) -> None:
    body = {"type": f"zen:event-type:{name}", "detail": value, "event": value}

    assert delivery({}, json.dumps(body).encode()).event is not None
    assert delivery({}, json.dumps(value).encode()).event is not None


@pytest.mark.parametrize(
    ("name", "change", "signal", "contacts"),
    [
        ("user.merged", {"user": {"id": "43"}}, Signal.CONTACT_MERGED, ("42", "43")),
        ("user.merged", {"merged_into": "44", "words": "no id"}, Signal.CONTACT_MERGED, ("42", "44")),
        ("user.merged", {}, Signal.CONTACT_MERGED, ("42",)),
        ("user.active_changed", {"current": False, "previous": True}, Signal.CONTACT_DELETED, ("42",)),
        ("user.active_changed", {"current": True, "previous": False}, Signal.IGNORED, ()),
        ("user.permanently_deleted", {}, Signal.CONTACT_DELETED, ("42",)),
        ("user.name_changed", {"current": "43"}, Signal.IGNORED, ()),
    ],
)
def test_users(name: str, change: dict[str, Any], signal: Signal, contacts: tuple[str, ...]) -> None:
    said = delivery({}, subscribed(name, change=change))
    assert (said.signal, said.contact_ids) == (signal, contacts)
    assert said.about == ("contact:" + ",".join(contacts) if contacts else None)
