"""What a gap is called: for those who may read customers' words the question that speaks best for it, masked.

Everybody else, and whatever is stored or leaves Deskmark, calls it by its terms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.conversation import Role
from service.document import DocumentError, from_document
from service.language.known_names import NOBODY, NameFinder
from service.language.labels import UNNAMED
from service.language.question import question
from service.language.redaction import redact
from service.store.gap_central import Central, central
from service.store.gap_models import KnowledgeGap


@dataclass(frozen=True, slots=True)
class Question:
    """A customer's question, masked and short; `conversation` is where it was asked."""

    text: str
    conversation: str


def terms(row: KnowledgeGap) -> str:
    """The gap's telling words; empty where there are none."""
    return "" if row.label == UNNAMED else row.label


def called(row: KnowledgeGap, known: Question | None = None) -> str:
    """What the gap is called: its question where that may be shown, else its terms, else its number."""
    return known.text if known is not None else terms(row) or f"Gap {row.id}"


def questions(session: Session, rows: Collection[KnowledgeGap], names: NameFinder = NOBODY) -> Mapping[int, Question]:
    """The question of each gap, by its number; a gap of which no text is stored any more is left out."""
    found = central(session, [row.id for row in rows])
    words = {row.id: terms(row).split(", ") for row in rows}
    told = {gap: _told(one, words[gap], names) for gap, one in found.items()}
    return {gap: one for gap, one in told.items() if one.text}


def _told(one: Central, words: Collection[str], names: NameFinder) -> Question:
    return Question(question(redact(_said(one), names=names), words), one.conversation)


def _said(one: Central) -> str:
    """The customer's message; empty also where the document is of a shape that nobody reads any more."""
    try:
        messages = from_document(dict(one.document)).messages
    except DocumentError:
        return ""
    return next((each.text for each in messages if each.id == one.message and each.role is Role.CUSTOMER), "")
