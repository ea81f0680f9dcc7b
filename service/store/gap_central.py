"""The questions that speak best for their gaps, as far as their conversations are still stored.

A name made of a customer's words is read from the conversation each time and stored nowhere: it goes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.store.models import Conversation

BEST = 8
"""Questions of a gap that are tried, the best fitting first."""
LATEST = 4
"""And its latest, where the conversations of the best are gone."""


_COLUMNS = "SELECT gap_id, conversation_id, message, fit, at FROM gap_message WHERE gap_id = :gap_{place}"
_SOME = (
    f"SELECT * FROM ({_COLUMNS} AND loose = :no AND fit > 0 ORDER BY fit DESC LIMIT {BEST}) AS best_{{place}} UNION "  # noqa: S608 - fixed words
    f"SELECT * FROM ({_COLUMNS} AND loose = :no ORDER BY at DESC LIMIT {LATEST}) AS late_{{place}}"
)
_STORED = (
    "SELECT tried.gap_id, tried.conversation_id, tried.message FROM ({parts}) AS tried "
    "JOIN conversation ON conversation.id = tried.conversation_id WHERE conversation.document IS NOT NULL "
    "ORDER BY tried.fit, tried.at, tried.conversation_id"
)
"""Plain text: putting so many parts together costs SQLAlchemy longer than asking them costs the database."""


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
    parts = " UNION ".join(_SOME.format(place=place) for place in range(len(gap_ids)))
    stored = text(_STORED.format(parts=parts))
    asked = {f"gap_{place}": gap_id for place, gap_id in enumerate(sorted(gap_ids))}
    best: dict[int, tuple[str, str]] = {
        gap: (row_id, message) for gap, row_id, message in session.execute(stored, {**asked, "no": False})
    }
    documents = _documents(session, {row_id for row_id, _ in best.values()})
    return {
        gap: Central(gap, row_id, message, documents[row_id])
        for gap, (row_id, message) in best.items()
        if row_id in documents
    }


def _documents(session: Session, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    statement = select(Conversation.id, Conversation.document).where(Conversation.id.in_(sorted(ids)))
    return {row_id: document for row_id, document in session.execute(statement) if document is not None}
