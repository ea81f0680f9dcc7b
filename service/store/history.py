"""The customer's other conversations, found by contact key and time: the look-up stays flat as the store grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from service.store.models import ContactKey, Conversation
from service.store.statements import insert

NEAREST = 50
"""At most so many conversations before, and so many after: a shared address must not slow everybody down."""


@dataclass(frozen=True, slots=True)
class Span:
    """A conversation's place in its customer's history."""

    conversation_id: str
    keys: frozenset[str]
    started_at: datetime
    ended_at: datetime


def save_keys(session: Session, span: Span) -> None:
    """Keep under which keys and for which time the conversation is found."""
    session.execute(delete(ContactKey).where(ContactKey.conversation_id == span.conversation_id))
    rows = [
        {"conversation_id": span.conversation_id, "key": key, "started_at": span.started_at, "ended_at": span.ended_at}
        for key in keys_of(span.keys)
    ]
    if rows:
        session.execute(insert(session, ContactKey).values(rows))


def others(session: Session, span: Span, *, window: timedelta) -> list[Mapping[str, Any]]:
    """Documents of the customer's other conversations that lie within `window` before or after this one."""
    ids = nearby(session, span, window=window)
    if not ids:
        return []
    documents = session.scalars(select(Conversation.document).where(Conversation.id.in_(ids)))
    return [document for document in documents if document is not None]


def nearby(session: Session, span: Span, *, window: timedelta) -> list[str]:
    """Ids of the customer's other conversations within `window` before or after this one, the nearest ones."""
    if not span.keys:
        return []
    earlier = _of_customer(span, window, ContactKey.started_at < span.started_at)
    later = _of_customer(span, window, ContactKey.started_at >= span.started_at)
    found: dict[str, None] = {}
    for statement in (earlier.order_by(ContactKey.ended_at.desc()), later.order_by(ContactKey.started_at)):
        found.update(dict.fromkeys(session.scalars(statement.limit(NEAREST))))
    return list(found)


def _of_customer(span: Span, window: timedelta, side: ColumnElement[bool]) -> Select[str]:
    return select(ContactKey.conversation_id).where(
        ContactKey.key.in_(keys_of(span.keys)),
        ContactKey.ended_at >= span.started_at - window,
        ContactKey.started_at <= span.ended_at + window,
        ContactKey.conversation_id != span.conversation_id,
        side,
    )


def keys_of(keys: Iterable[str]) -> Sequence[bytes]:
    """The keys as they are stored."""
    return sorted(map(hashed, keys))


def hashed(key: str) -> bytes:
    """A customer's key as it is stored."""
    return blake2b(key.encode(), digest_size=16).digest()
