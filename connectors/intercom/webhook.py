"""Intercom's webhooks: verified and read from headers and raw bytes, with no framework in sight.

A notification is a hint which conversation to read again: its item carries the newest part only. Intercom signs no
time, so a replayed delivery is told by the notification's id, which is the delivery key. The HEAD request that
Intercom sends when the address is saved never gets here; the view answers it.
Source: Intercom's pages "Setting up webhooks", "Webhook notifications" and "Webhook topics".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from connectors.base import Delivery, Installation, Signal
from connectors.errors import InvalidSignature
from connectors.intercom.payloads import Conversation, Notification
from service.writeback import DISPUTE_KEY

SIGNATURE = "x-hub-signature"
TAGGED = "conversation_part.tag.created"
SOMEBODY = "somebody else"
"""Who tagged a part: a notification does not say who did, and its author wrote the part."""

# Fin and workflow bots may close without any topic firing, which is why `ended_since` polls as well. Notes and tags
# never trigger, as they are how our own writes come back; but for the dispute tag, which is never written by us.
TOPICS: Mapping[str, Signal] = MappingProxyType(
    {
        "ping": Signal.PING,
        "conversation.admin.closed": Signal.ENDED,
        "ticket.closed": Signal.ENDED,
        "ticket.resolved": Signal.ENDED,
        "conversation.deleted": Signal.DELETED,
        "conversation.user.created": Signal.ACTIVITY,
        "conversation.user.replied": Signal.ACTIVITY,
        "conversation.admin.replied": Signal.ACTIVITY,
        "conversation.operator.replied": Signal.ACTIVITY,
        "conversation.admin.single.created": Signal.ACTIVITY,
        "conversation.admin.assigned": Signal.ACTIVITY,
        "conversation.admin.open.assigned": Signal.ACTIVITY,
        "conversation.admin.opened": Signal.ACTIVITY,
        "conversation.admin.snoozed": Signal.ACTIVITY,
        "conversation.admin.unsnoozed": Signal.ACTIVITY,
        "conversation.contact.attached": Signal.ACTIVITY,
        "conversation.contact.detached": Signal.ACTIVITY,
        "conversation.rating.added": Signal.ACTIVITY,
        "conversation_part.redacted": Signal.REDACTED,
        "contact.merged": Signal.CONTACT_MERGED,
        "contact.deleted": Signal.CONTACT_DELETED,
        "contact.archived": Signal.IGNORED,
        "conversation.admin.noted": Signal.IGNORED,
        "conversation_part.tag.created": Signal.ACTIVITY,
        "conversation.read": Signal.IGNORED,
        "conversation.priority.updated": Signal.IGNORED,
        "conversation.company.updated": Signal.IGNORED,
    }
)


def verify(installation: Installation, headers: Mapping[str, str], body: bytes) -> None:
    """Raise `InvalidSignature` unless `X-Hub-Signature` is `sha1=` and the body's HMAC-SHA1 under `client_secret`."""
    secret = installation.secrets.get("client_secret", "")
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    # SHA-1 is Intercom's choice, not ours. Also without a secret: how long the answer takes says nothing.
    expected = "sha1=" + hmac.new((secret or "no secret").encode(), body, hashlib.sha1).hexdigest()
    fits = hmac.compare_digest(given.encode(), expected.encode())
    if not secret:
        raise InvalidSignature("this Intercom installation has no client secret")
    if not fits:
        raise InvalidSignature("X-Hub-Signature does not match the body")


def delivery(body: bytes) -> Delivery:
    """What a verified notification says, reduced to ids. Never raises."""
    fallback = "body:" + hashlib.sha256(body).hexdigest()
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        envelope = None
    if not isinstance(envelope, dict):
        return Delivery(fallback, "", Signal.IGNORED, reason="the body is not a JSON object")
    notification = Notification.model_validate(envelope)
    topic, key = notification.topic, notification.id or fallback
    signal = TOPICS.get(topic)
    item = notification.data.item
    if signal is Signal.PING:
        return Delivery(key, topic, signal, occurred_at=notification.created_at)
    if signal in (Signal.CONTACT_MERGED, Signal.CONTACT_DELETED):
        return _of_contact(key, notification, signal)
    conversation_id = _conversation_id(item)
    reason = ""
    if signal is None:
        signal, reason = Signal.IGNORED, "a topic that Deskmark does not read"
    elif signal is Signal.IGNORED or (topic == TAGGED and not _disputes(item)):
        signal, reason = Signal.IGNORED, "changes nothing that is scored"
    elif conversation_id is None:
        signal, reason = Signal.IGNORED, "names no conversation"
    return Delivery(
        key,
        topic,
        signal,
        conversation_id=conversation_id,
        actor_id=SOMEBODY if topic == TAGGED else _actor_id(item),
        occurred_at=notification.created_at,
        reason=reason,
    )


def _disputes(item: Mapping[str, Any]) -> bool:
    """Whether the tag that was added is that of a dispute, under whatever prefix."""
    added = Conversation.model_validate({"tags": item.get("tags_added")}).tags
    return any(tag.name.endswith(DISPUTE_KEY) for tag in added)


def _of_contact(key: str, notification: Notification, signal: Signal) -> Delivery:
    """A contact was deleted, or another one was merged into it: the item is the contact that is left."""
    contact_id = Conversation.model_validate({"id": notification.data.item.get("id")}).id
    topic, at = notification.topic, notification.created_at
    if contact_id is None:
        return Delivery(key, topic, Signal.IGNORED, occurred_at=at, reason="names no contact")
    return Delivery(key, topic, signal, occurred_at=at, contact_ids=(contact_id,))


def _conversation_id(item: Mapping[str, Any]) -> str | None:
    """The conversation that `item` is or belongs to.

    A ticket topic carries the ticket, from 2.15 nested under `ticket`. A customer ticket is a conversation with the
    same id; a linked conversation is named in `linked_objects`. Deleted conversations are named by `conversation_id`.
    """
    ticket = item.get("ticket") if item.get("type") != "conversation" else None
    if not isinstance(ticket, Mapping) and item.get("type") == "ticket":
        ticket = item
    if isinstance(ticket, Mapping):
        return _linked(ticket) or Conversation.model_validate({"id": ticket.get("id")}).id
    named = Conversation.model_validate({"id": item.get("conversation_id")}).id
    return named or Conversation.model_validate({"id": item.get("id")}).id


def _linked(ticket: Mapping[str, Any]) -> str | None:
    linked = ticket.get("linked_objects")
    data = linked.get("data") if isinstance(linked, Mapping) else None
    for other in data if isinstance(data, list) else ():
        if isinstance(other, Mapping) and other.get("type") == "conversation":
            return Conversation.model_validate({"id": other.get("id")}).id
    return None


def _actor_id(item: Mapping[str, Any]) -> str | None:
    """The author of the newest part; `None` when the item has no part (a rating, an outbound message)."""
    parts = Conversation.model_validate({"conversation_parts": item.get("conversation_parts")}).conversation_parts
    return parts.conversation_parts[-1].author.id if parts.conversation_parts else None
