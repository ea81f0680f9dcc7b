"""Opinions that their reviewer replaced or took back: they count nowhere, and show what was said and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.store.figure_models import Review
from service.store.opinion_models import FormerOpinion


def keep(session: Session, review: Review, *, until: datetime) -> None:
    """Keep an opinion that no longer holds from `until` on."""
    session.add(
        FormerOpinion(
            conversation_id=review.conversation_id, episode=review.episode, score=review.score,
            reviewer=review.reviewer, verdict=review.verdict, why=review.why, source=review.source, at=review.at,
            until=until,
        )
    )  # fmt: skip


def of_conversation(session: Session, conversation_id: str) -> Sequence[FormerOpinion]:
    """Every earlier opinion on a conversation, the latest first."""
    statement = select(FormerOpinion).where(FormerOpinion.conversation_id == conversation_id)
    return session.scalars(statement.order_by(FormerOpinion.at.desc(), FormerOpinion.id.desc())).all()


def drop(session: Session, conversation_id: str) -> None:
    """Remove every earlier opinion on a conversation."""
    session.execute(delete(FormerOpinion).where(FormerOpinion.conversation_id == conversation_id))


def drop_words(session: Session, conversation_ids: Sequence[str]) -> None:
    """Remove what reviewers wrote in their own words."""
    theirs = FormerOpinion.conversation_id.in_(conversation_ids)
    session.execute(update(FormerOpinion).where(theirs).values(why=None))
