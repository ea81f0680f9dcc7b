"""What came out: scorecards and the write-backs that were sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.scoring.definitions import age
from service.store.models import Conversation, Scorecard, Writeback
from service.store.statements import insert


def content_hash(content: object) -> str:
    """A name for JSON content: equal content has an equal hash, whatever the order of its keys."""
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def save_cards(session: Session, row_id: str, cards: Sequence[Mapping[str, Any]], *, now: datetime) -> bool:
    """Keep the cards of all episodes, oldest first, all of one version of the definitions; whether they speak now.

    The last one speaks for the conversation from now on, unless a card of a newer version does. Cards of that version
    for episodes that there are no more are removed.
    """
    version = cards[-1]["definitions"]
    speaking = select(Scorecard.definitions).where(Scorecard.conversation_id == row_id, Scorecard.latest)
    known = session.scalar(speaking)
    speaks = known is None or age(version) >= age(known)
    if speaks:
        session.execute(update(Scorecard).where(Scorecard.conversation_id == row_id).values(latest=False))
    beyond = (Scorecard.definitions == version, Scorecard.episode > len(cards))
    session.execute(delete(Scorecard).where(Scorecard.conversation_id == row_id, *beyond))
    for number, card in enumerate(cards, 1):
        values = {
            "card": dict(card),
            "content_hash": content_hash(card),
            "latest": speaks and number == len(cards),
            "scored_at": now,
        }
        statement = insert(session, Scorecard).values(
            conversation_id=row_id, episode=card["episode"], definitions=card["definitions"], **values
        )
        unique = [Scorecard.conversation_id, Scorecard.episode, Scorecard.definitions]
        session.execute(statement.on_conflict_do_update(index_elements=unique, set_=values))
    return speaks


def latest_card(session: Session, row_id: str) -> dict[str, Any] | None:
    """The card that speaks for the conversation, with what reviewers decided."""
    statement = select(Scorecard).where(Scorecard.conversation_id == row_id, Scorecard.latest)
    card = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    return None if card is None else card.stands


@dataclass(frozen=True, slots=True)
class Sent:
    """A write-back that came through. `content` is the hash of what should stand there, `actions` what was changed."""

    episode: int
    content: str
    actions: Mapping[str, Any]
    requests: int


def save_writeback(session: Session, row_id: str, sent: Sent, *, now: datetime) -> None:
    """Keep what was sent. The same content of an episode again is the same row."""
    statement = insert(session, Writeback).values(
        conversation_id=row_id, episode=sent.episode, content_hash=sent.content, actions=dict(sent.actions),
        requests=sent.requests, sent_at=now,
    )  # fmt: skip
    again = {"actions": dict(sent.actions), "requests": Writeback.requests + sent.requests, "sent_at": now}
    unique = [Writeback.conversation_id, Writeback.episode, Writeback.content_hash]
    session.execute(statement.on_conflict_do_update(index_elements=unique, set_=again))
    written = update(Conversation).where(Conversation.id == row_id).values(there=None, written_at=now)
    session.execute(written)


def last_written(session: Session, row_id: str) -> str | None:
    """The hash of the content that was written last."""
    statement = select(Writeback.content_hash).where(Writeback.conversation_id == row_id)
    return session.scalars(statement.order_by(Writeback.sent_at.desc()).limit(1)).one_or_none()
