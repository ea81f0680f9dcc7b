"""The questions that speak best for their gaps, as far as their conversations are still stored.

A name made of a customer's words is read from the conversation each time and stored nowhere: it goes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from service.store.gap_models import GapMessage
from service.store.models import Conversation

BEST = 8
"""Questions of a gap that are tried, the best fitting first."""
LATEST = 4
"""And its latest, where the conversations of the best are gone."""


@dataclass(frozen=True, slots=True)
class Central:
    """The question that names a gap: its message in a conversation, which holds the text."""

    gap: int
    conversation: str
    message: str
    document: Mapping[str, Any]


def central(session: Session, gap_ids: Collection[int]) -> Mapping[int, Central]:
    """The best fitting question of each gap whose text is stored; a gap without one is left out.

    A few questions of each gap are looked at, by index, however many it has.
    """
    if not gap_ids:
        return {}
    fits, late = (GapMessage.fit.desc(), GapMessage.at.desc()), (GapMessage.at.desc(), GapMessage.conversation_id)
    tried = union(
        *(part for gap_id in sorted(gap_ids) for part in (_some(gap_id, BEST, *fits), _some(gap_id, LATEST, *late)))
    ).subquery()
    at = tried.c
    stored = (
        select(at.gap_id, at.conversation_id, at.message)
        .join(Conversation, Conversation.id == at.conversation_id)
        .where(Conversation.document.is_not(None))
        .order_by(at.fit, at.at, at.conversation_id)
    )
    best: dict[int, tuple[str, str]] = {gap: (row_id, message) for gap, row_id, message in session.execute(stored)}
    documents = _documents(session, {row_id for row_id, _ in best.values()})
    return {
        gap: Central(gap, row_id, message, documents[row_id])
        for gap, (row_id, message) in best.items()
        if row_id in documents
    }


def _some(gap_id: int, limit: int, *order: Any) -> Select[Any]:
    """A few questions of one gap, as a part of a statement for all."""
    columns = (GapMessage.gap_id, GapMessage.conversation_id, GapMessage.message, GapMessage.fit, GapMessage.at)
    mine = select(*columns).where(GapMessage.gap_id == gap_id, GapMessage.loose.is_(False))
    # In a union an order and a limit need a statement of their own around them.
    part = mine.order_by(*order).limit(limit).subquery()
    return select(part)


def _documents(session: Session, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    statement = select(Conversation.id, Conversation.document).where(Conversation.id.in_(sorted(ids)))
    return {row_id: document for row_id, document in session.execute(statement) if document is not None}
