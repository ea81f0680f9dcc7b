"""Reviewed conversations with their labels, and the customers' other conversations that their scores depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.document import from_document
from service.scoring.customer import customer_keys
from service.store import conversations, history, reviews
from service.store.database import Database
from service.store.figure_models import Review
from service.store.history import Span
from service.store.models import Conversation
from service.store.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Labelled:
    """One conversation's document with what was said of it; no `reviews`: it is only somebody's history."""

    document: Mapping[str, Any]
    reviews: Sequence[Review]


def labelled(
    database: Database, box: SecretBox, installation_ids: Sequence[str], *, window: timedelta
) -> Iterator[Labelled]:
    """Every reviewed conversation whose text is still there, then what lies near them in their customers' history.

    `window` is the longest in which a return counts. Raises `SecretsUnreadable`.
    """
    near: set[str] = set()
    with database.read() as session:
        ids = _reviewed(session, installation_ids)
    for row_id in ids:
        with database.read() as session:
            row = conversations.get(session, row_id)
            if row is None or row.document is None:
                continue
            near.update(_near(session, box, row, window))
            found = Labelled(row.document, reviews.of_conversation(session, row_id))
        yield found
    for row_id in sorted(near.difference(ids)):
        with database.read() as session:
            row = conversations.get(session, row_id)
        if row is not None and row.document is not None:
            yield Labelled(row.document, ())


def _reviewed(session: Session, installation_ids: Sequence[str]) -> Sequence[str]:
    statement = (
        select(Review.conversation_id)
        .distinct()
        .join(Conversation, Conversation.id == Review.conversation_id)
        .where(Conversation.document.is_not(None), Review.installation_id.in_(installation_ids))
    )
    return session.scalars(statement.order_by(Review.conversation_id)).all()


def _near(session: Session, box: SecretBox, row: Conversation, window: timedelta) -> list[str]:
    conversation = from_document(row.document or {})
    ended = conversation.ended_at or row.created_at
    span = Span(row.id, customer_keys(conversation), conversation.started_at or ended, ended)
    return history.nearby(session, box, span, window=window)
