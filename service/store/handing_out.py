"""Handing out work that is due to whoever announces it to the workers: live work first, history in portions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from service.store.models import Conversation
from service.store.work import SCORING, Work, may_ask, of_history, ready

HISTORY_AT_ONCE = 200
"""Scorings of history under way: enough to keep the workers busy between two sweeps."""


def hand_out(
    session: Session, work: Work, *, now: datetime, hold: timedelta, max_attempts: int, limit: int = 500
) -> list[str]:
    """Ids of what is due, held by nobody and not handed out within `hold`: the oldest first, at most `limit`.

    Without the scoring of what came out of a helpdesk's history: that is handed out by `hand_out_history`.
    """
    allowed = (may_ask(work, now), work.attempts < max_attempts, *((~of_history(),) if work is SCORING else ()))
    return _handed_out(session, work, allowed, now=now, hold=hold, limit=limit)


def hand_out_history(
    session: Session, *, now: datetime, hold: timedelta, max_attempts: int, installation_id: str | None = None
) -> list[str]:
    """The same for scoring what came out of a helpdesk's history and is not asked for live: so many that with those
    handed out before no more than `HISTORY_AT_ONCE` are under way. Of one installation, or of all."""
    out = (of_history(), SCORING.due_at <= now, SCORING.queued_until > now)
    limit = HISTORY_AT_ONCE - (session.scalar(select(func.count()).where(*out)) or 0)
    if limit <= 0:
        return []
    allowed = [of_history(), SCORING.attempts < max_attempts]
    if installation_id is not None:
        allowed.append(Conversation.installation_id == installation_id)
    return _handed_out(session, SCORING, allowed, now=now, hold=hold, limit=limit)


def _handed_out(
    session: Session, work: Work, allowed: Iterable[ColumnElement[bool]], *, now: datetime, hold: timedelta, limit: int
) -> list[str]:
    free = or_(work.queued_until.is_(None), work.queued_until <= now)
    waiting = select(Conversation.id).where(ready(work, now), free, *allowed).order_by(work.due_at).limit(limit)
    ids = list(session.scalars(waiting.with_for_update(skip_locked=True)))
    if ids:
        statement = update(Conversation).where(Conversation.id.in_(ids)).values({work.queued_until: now + hold})
        session.execute(statement.execution_options(synchronize_session=False))
    return ids
