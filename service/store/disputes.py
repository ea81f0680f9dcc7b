"""Disputes: an agent says on the ticket that a verdict is wrong. A reviewer looks at each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.store.models import Conversation
from service.store.opinion_models import Dispute, Source
from service.store.statements import insert, one_of


def raise_one(
    session: Session,
    row: Conversation,
    source: Source,
    *,
    now: datetime,
    by: str | None = None,
    why: str | None = None,
) -> None:
    """Keep that somebody disagrees; the same from the same source again changes its words and opens it again.

    `by` is an opaque id, `why` free text.
    """
    told = {"by": by, "why": why, "at": now, "settled_at": None}
    statement = insert(session, Dispute).values(
        conversation_id=row.id, source=source, installation_id=row.installation_id, **told
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=[Dispute.conversation_id, Dispute.source], set_=told)
    )


def tagged(session: Session, row: Conversation, *, there: bool, now: datetime) -> None:
    """The ticket was read, and the dispute tag is `there` or not: a new one opens a dispute, one taken off ends it.

    A tag that stays on the ticket after a reviewer has looked says nothing new.
    """
    known = session.get(Dispute, (row.id, Source.TAG))
    if there and known is None:
        raise_one(session, row, Source.TAG, now=now)
    elif not there and known is not None:
        session.delete(known)


def settle(session: Session, conversation_id: str, *, now: datetime) -> None:
    """A reviewer has looked at what agents disputed."""
    statement = update(Dispute).where(Dispute.conversation_id == conversation_id, Dispute.settled_at.is_(None))
    session.execute(statement.values(settled_at=now))


def drop(session: Session, conversation_id: str) -> None:
    """Remove every dispute about a conversation."""
    session.execute(delete(Dispute).where(Dispute.conversation_id == conversation_id))


def of_conversation(session: Session, conversation_id: str) -> Sequence[Dispute]:
    """All disputes about a conversation, the latest first."""
    statement = select(Dispute).where(Dispute.conversation_id == conversation_id)
    return session.scalars(statement.order_by(Dispute.at.desc())).all()


def open_ones(session: Session, *, within: Collection[str] | None = None, limit: int = 50) -> Sequence[Dispute]:
    """Disputes that nobody has looked at, the oldest first; of these installations, `None`: of all."""
    statement = select(Dispute).where(Dispute.settled_at.is_(None), one_of(Dispute.installation_id, within))
    return session.scalars(statement.order_by(Dispute.at).limit(limit)).all()
