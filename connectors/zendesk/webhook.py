"""Zendesk's webhooks: is it genuine, and which ticket does it speak of. Knows headers and raw bytes, no framework.

Two connection modes exist and both are read: the event subscription with its fixed envelope, and the webhook that a
trigger fires with a JSON body that the admin pasted from our README.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.base import Delivery, Installation, Signal
from connectors.errors import InvalidSignature
from connectors.zendesk.payloads import Record, ident, moment, record, text

TOLERANCE = 300
"""Seconds between the signed time and now, either way.

Zendesk names no window. A delivery recorded from a real account (an event of 23:30:03, throttled, sent at 23:38:14)
carries the signed time 23:38:13: the time is made anew for each attempt, so a late retry is not a replay.
"""

LONGEST_TOLERANCE = 86_400

TEST_EVENT = "self_test"
"""The event of the test deliveries that our self-test has Zendesk send; a nonce tells one from another."""

SIGNATURE = "x-zendesk-webhook-signature"
TIMESTAMP = "x-zendesk-webhook-signature-timestamp"
INVOCATION = "x-zendesk-webhook-invocation-id"

# Event subscriptions spell statuses in upper case, triggers and the API in lower case.
STATUS_SIGNALS: Mapping[str, Signal] = {
    "new": Signal.ACTIVITY,
    "open": Signal.ACTIVITY,
    "pending": Signal.ACTIVITY,
    "hold": Signal.ACTIVITY,
    "solved": Signal.ENDED,
    "closed": Signal.ENDED,
    "deleted": Signal.DELETED,
    "scrubbed": Signal.DELETED,
}
EVENT_SIGNALS: Mapping[str, Signal] = {
    "created": Signal.ACTIVITY,
    "comment_added": Signal.ACTIVITY,
    "comment_redacted": Signal.REDACTED,
    "attachment_redacted_from_comment": Signal.REDACTED,
    "comment_made_private": Signal.ACTIVITY,
    "agent_assignment_changed": Signal.ACTIVITY,
    "group_assignment_changed": Signal.ACTIVITY,
    "tags_changed": Signal.ACTIVITY,
    # Which of the two tickets the event is of is not documented: either is looked at, whatever is known of it.
    "merged": Signal.ENDED,
    "undeleted": Signal.ENDED,
    "soft_deleted": Signal.DELETED,
    "permanently_deleted": Signal.DELETED,
    "marked_as_spam": Signal.DELETED,
}
# https://developer.zendesk.com/api-reference/webhooks/event-types/user-events/ ; `user.deleted` was recorded from an
# account. One whose `active` became false was deleted too. That of a permanent deletion is a guess.
USER_SIGNALS: Mapping[str, Signal] = {
    "merged": Signal.CONTACT_MERGED,
    "deleted": Signal.CONTACT_DELETED,
    "permanently_deleted": Signal.CONTACT_DELETED,
}
# https://developer.zendesk.com/api-reference/webhooks/event-types/article-events/ : there is none for a changed text.
ARTICLE_EVENTS = frozenset({"article.published"})
TRIGGER_SIGNALS: Mapping[str, Signal] = {"solved": Signal.ENDED, "activity": Signal.ACTIVITY, "rated": Signal.ACTIVITY}


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret, timestamp + body)); the secret is used as the text that Zendesk shows.

    https://developer.zendesk.com/documentation/webhooks/verifying/
    """
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(installation: Installation, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """Raise `InvalidSignature` unless `body` was signed with the installation's webhook secret, not long ago."""
    secret = installation.secrets.get("webhook_secret", "").strip()
    known = {name.lower(): value for name, value in headers.items()}
    timestamp, signature = known.get(TIMESTAMP, ""), known.get(SIGNATURE, "")
    # Also without a secret: how long the answer takes says nothing.
    expected = sign(secret or "no secret", timestamp, body)
    fits = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    if not secret:
        raise InvalidSignature("no webhook secret is set for this installation")
    if not fits:
        raise InvalidSignature("the signature does not fit the body and the webhook secret")
    signed_at = moment(timestamp)
    if signed_at is None or abs(now - signed_at) > tolerance(installation):
        raise InvalidSignature("the signed time is too far from now; check the clock")


def tolerance(installation: Installation) -> timedelta:
    """How far the signed time may be from now: the option `webhook_tolerance_seconds`, a day at most."""
    value = str(installation.options.get("webhook_tolerance_seconds", TOLERANCE))
    seconds = int(value) if value.isdecimal() and len(value) < len(str(LONGEST_TOLERANCE)) + 1 else TOLERANCE
    return timedelta(seconds=min(seconds, LONGEST_TOLERANCE))


def delivery(headers: Mapping[str, str], body: bytes) -> Delivery:
    """What a verified webhook says; never raises."""
    known = {name.lower(): value for name, value in headers.items()}
    data = record(body.decode("utf-8", "replace"))
    key = known.get(INVOCATION) or ident(data.get("id")) or hashlib.sha256(body).hexdigest()
    if text(data.get("type")).startswith("zen:event-type:"):
        return _subscribed(key, data)
    return _triggered(key, data, empty=not body.strip() or body.strip() == b"{}")


def _subscribed(key: str, data: Record) -> Delivery:
    """An event subscription's envelope.

    https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
    """
    event = text(data.get("type")).removeprefix("zen:event-type:")
    subject, _, name = event.partition(".")
    detail = record(data.get("detail"))
    if event in ARTICLE_EVENTS and (article_id := ident(detail.get("id"))) is not None:
        occurred_at, actor_id = moment(data.get("time")), ident(detail.get("user_id"))
        return Delivery(key, event, Signal.IMPROVED, actor_id=actor_id, occurred_at=occurred_at, article_id=article_id)
    if subject == "user":
        return _of_user(key, event, name, data)
    ticket_id = ident(detail.get("id")) if subject == "ticket" else None
    if subject != "ticket":
        return _ignored(key, event, f"{event}: not about a ticket")
    if ticket_id is None:
        return _ignored(key, event, f"{event}: names no ticket")
    current = text(record(data.get("event")).get("current")).lower()
    signal = STATUS_SIGNALS.get(current) if name == "status_changed" else _event_signal(name)
    if signal is None:
        return _ignored(key, event, f"{event} {current}".strip() + ": says nothing we act on", ticket_id)
    return Delivery(
        key=key,
        event=event,
        signal=signal,
        conversation_id=ticket_id,
        actor_id=ident(detail.get("actor_id")),
        occurred_at=moment(data.get("time")),
    )


def _of_user(key: str, event: str, name: str, data: Record) -> Delivery:
    """A user was merged or deleted. A merge names the two somewhere among its ids: all that it names are kept."""
    detail, told = record(data.get("detail")), record(data.get("event"))
    gone = name == "active_changed" and told.get("current") is False
    signal = Signal.CONTACT_DELETED if gone else USER_SIGNALS.get(name)
    named = [ident(detail.get("id"))]
    if signal is Signal.CONTACT_MERGED:
        named += [ident(value.get("id")) if isinstance(value, dict) else ident(value) for value in told.values()]
    ids = tuple(dict.fromkeys(each for each in named if each is not None and each.isdecimal()))
    if signal is None or not ids:
        return _ignored(key, event, f"{event}: says nothing we act on")
    return Delivery(key, event, signal, occurred_at=moment(data.get("time")), contact_ids=ids)


def _event_signal(name: str) -> Signal | None:
    if any(word in name for word in ("satisfaction", "survey", "csat")):
        return Signal.ACTIVITY
    return EVENT_SIGNALS.get(name)


def _triggered(key: str, data: Record, *, empty: bool) -> Delivery:
    """The JSON body of our README's trigger: ticket_id, status, updated_at, and, in newer ones, event and actor_id.

    `status` is what the trigger's template makes of it and may be in the account's language, so `event` wins.
    """
    if empty:
        return Delivery(key=key, event="test", signal=Signal.PING, reason="an empty test request")
    name = text(data.get("event")).lower() or "updated"
    if name == TEST_EVENT:
        return Delivery(key, f"{TEST_EVENT}.{text(data.get('nonce'))[:32]}", Signal.PING, reason="our own test")
    event = f"trigger.{name}"
    ticket_id = ident(data.get("ticket_id"))
    if ticket_id is None or not ticket_id.isdecimal():
        return _ignored(key, event, "the body is not the JSON of our README: it names no ticket")
    status = text(data.get("status")).lower()
    signal = TRIGGER_SIGNALS.get(name) or STATUS_SIGNALS.get(status, Signal.ACTIVITY)
    return Delivery(
        key=key,
        event=event,
        signal=signal,
        conversation_id=ticket_id,
        actor_id=ident(data.get("actor_id")),
        occurred_at=moment(data.get("updated_at")),
    )


def _ignored(key: str, event: str, reason: str, ticket_id: str | None = None) -> Delivery:
    return Delivery(key=key, event=event, signal=Signal.IGNORED, conversation_id=ticket_id, reason=reason)
