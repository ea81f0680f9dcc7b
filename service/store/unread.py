"""What of the helpdesks' history is not counted yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.backfill_models import Backfill, BackfillState
from service.store.models import Conversation
from service.store.work import SCORING, of_history

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def unread(session: Session, installation_ids: Iterable[str]) -> Mapping[str, tuple[Backfill | None, int]]:
    """The installations whose history is not counted whole: the backfill that is not done, or the latest one, and how
    many of its conversations still wait for their first verdict."""
    ids = list(installation_ids)
    begun = select(Backfill).where(Backfill.installation_id.in_(ids))
    rows = {row.installation_id: row for row in session.scalars(begun)}
    first = (SCORING.due_at >= LONG_AGO, of_history(), Conversation.scored_at.is_(None))  # By the index of `due_at`.
    waiting = select(Conversation.installation_id, func.count()).where(Conversation.installation_id.in_(ids), *first)
    counts = {name: int(n) for name, n in session.execute(waiting.group_by(Conversation.installation_id))}
    return {
        name: (rows.get(name), counts.get(name, 0))
        for name in ids
        if name in counts or (name in rows and rows[name].state != BackfillState.DONE)
    }


def known(session: Session, installation_id: str) -> int:
    """How many conversations are stored that came out of a helpdesk's history."""
    mine = (Conversation.installation_id == installation_id, Conversation.backfilled)
    return session.scalar(select(func.count()).where(*mine)) or 0
