"""The customer's other conversations, found by contact key and time: the look-up stays flat as the store grows.

A contact key is kept as a hash with a key of our own, so that nobody tries addresses out on a copy of the database.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from service.store import own_secrets
from service.store.models import ContactKey, Conversation
from service.store.secrets import SecretBox
from service.store.statements import insert

OF_CONTACTS = "contact_keys"
"""The name of the key of the hashes (`service.store.own_secrets`)."""
KEYED = 20
UNKEYED = 16
"""Bytes of a stored key, and of one of a version that knew no key: those are read until `rekeying` has mended them."""

NEAREST = 50
"""At most so many conversations before, and so many after: a shared address must not slow everybody down."""


@dataclass(frozen=True, slots=True)
class Span:
    """A conversation's place in its customer's history."""

    conversation_id: str
    keys: frozenset[str]
    started_at: datetime
    ended_at: datetime


def save_keys(session: Session, box: SecretBox, span: Span, *, now: datetime) -> None:
    """Keep under which keys and for which time the conversation is found. Raises `SecretsUnreadable`."""
    session.execute(delete(ContactKey).where(ContactKey.conversation_id == span.conversation_id))
    if not span.keys:
        return
    secret = own_secrets.made(session, box, OF_CONTACTS, now=now)
    place = {"conversation_id": span.conversation_id, "started_at": span.started_at, "ended_at": span.ended_at}
    rows = [{**place, "key": key} for key in sorted(keyed(secret, unkeyed(name)) for name in span.keys)]
    session.execute(insert(session, ContactKey).values(rows))


def others(session: Session, box: SecretBox, span: Span, *, window: timedelta) -> list[Mapping[str, Any]]:
    """Documents of the customer's other conversations that lie within `window` before or after this one."""
    ids = nearby(session, box, span, window=window)
    if not ids:
        return []
    documents = session.scalars(select(Conversation.document).where(Conversation.id.in_(ids)))
    return [document for document in documents if document is not None]


def nearby(session: Session, box: SecretBox, span: Span, *, window: timedelta) -> list[str]:
    """Ids of the customer's other conversations within `window` before or after this one, the nearest ones.

    Raises `SecretsUnreadable`.
    """
    if not span.keys:
        return []
    mine = _within(span, keys_of(session, box, span.keys), window)
    earlier = mine.where(ContactKey.started_at < span.started_at)
    later = mine.where(ContactKey.started_at >= span.started_at)
    found: dict[str, None] = {}
    for statement in (earlier.order_by(ContactKey.ended_at.desc()), later.order_by(ContactKey.started_at)):
        found.update(dict.fromkeys(session.scalars(statement.limit(NEAREST))))
    return list(found)


def _within(span: Span, keys: Iterable[bytes], window: timedelta) -> Select[str]:
    return select(ContactKey.conversation_id).where(
        ContactKey.key.in_(keys),
        ContactKey.ended_at >= span.started_at - window,
        ContactKey.started_at <= span.ended_at + window,
        ContactKey.conversation_id != span.conversation_id,
    )


def keys_of(session: Session, box: SecretBox, names: Iterable[str]) -> list[bytes]:
    """Everything a customer's keys may be stored as: with our key, and as older versions did. Raises as `nearby`."""
    plain = [unkeyed(name) for name in names]
    secret = own_secrets.known(session, box, OF_CONTACTS)
    return sorted([*plain, *(() if secret is None else (keyed(secret, each) for each in plain))])


def keyed(secret: bytes, plain: bytes) -> bytes:
    """A key as it is stored, from the hash that older versions stored: so those can be mended without the names."""
    return hmac.new(secret, plain, sha256).digest()[:KEYED]


def unkeyed(name: str) -> bytes:
    """The hash of a customer's key that is not stored any more."""
    return blake2b(name.encode(), digest_size=UNKEYED).digest()
