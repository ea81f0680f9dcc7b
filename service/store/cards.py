"""The cards that stand for given episodes, for lists of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.models import Scorecard


def standing(
    session: Session, conversation_ids: Collection[str], definitions: str
) -> Mapping[tuple[str, int], Mapping[str, Any]]:
    """The card of each episode of these conversations, with what reviewers decided, by conversation and episode."""
    found = select(Scorecard).where(
        Scorecard.conversation_id.in_(sorted(set(conversation_ids))), Scorecard.definitions == definitions
    )
    return {(card.conversation_id, card.episode): card.stands for card in session.scalars(found)}
