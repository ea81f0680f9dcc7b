"""How the conversations of a list begin: the first words of what the customer came for, masked, so that whoever reads
the list knows which is which. One query for all of them; who may read them is for the caller to know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.conversation import Conversation, Role, episodes
from service.document import DocumentError, from_document
from service.language.known_names import NOBODY, NameFinder
from service.language.redaction import redact
from service.language.similarity import says_something
from service.scoring.score import short
from service.store.models import Conversation as Row

LONGEST = 90
"""Characters that are shown."""
READ = 1000
"""Characters that are masked: so many that nothing is cut in two near what is shown."""

Place = tuple[str, int]
"""Our id of a conversation, and the number of an episode of it."""


def first_words(session: Session, wanted: Collection[Place], names: NameFinder = NOBODY) -> Mapping[Place, str]:
    """The first words of each episode; none of a conversation whose text is no longer stored, or that has none."""
    ids = {row_id for row_id, _ in wanted}
    stored = select(Row.id, Row.document).where(Row.id.in_(sorted(ids)), Row.document.is_not(None))
    documents = {row.id: row.document for row in session.execute(stored)}
    return dict(_found(wanted, documents, names))


def _found(
    wanted: Collection[Place], documents: Mapping[str, dict[str, Any] | None], names: NameFinder
) -> Iterator[tuple[Place, str]]:
    for row_id, episode in wanted:
        text = _question(documents.get(row_id), episode)
        if text:
            yield (row_id, episode), short(redact(text[:READ], names=names), LONGEST)


def _question(document: dict[str, Any] | None, episode: int) -> str:
    """The first message of the customer that says more than a greeting, else the first; empty where there is none.

    A document of a shape that nobody reads any more makes no page fail: its own page says what is wrong with it.
    """
    if document is None:
        return ""
    try:
        read = from_document(document)
    except DocumentError:
        return ""
    said = _said(read, episode)
    return next((text for text in said if says_something(text)), said[0] if said else "")


def _said(read: Conversation, episode: int) -> list[str]:
    pieces = episodes(read) if episode > 1 else (read,)
    piece = pieces[min(episode, len(pieces)) - 1]
    return [message.text.strip() for message in piece.by(Role.CUSTOMER) if message.text.strip()]
