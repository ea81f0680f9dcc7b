"""Deriving the history anew: which conversations, how far it has come, and whether one changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.store.figure_models import Rescoring
from service.store.models import Conversation, State


@dataclass(frozen=True, slots=True)
class Scope:
    """What is derived anew: under which version, and conversations that ended at or after `since` (all without it)."""

    definitions: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stood:
    """How a conversation stood when it was read: as long as this is so, what was made of it is not out of date."""

    id: str
    read_at: datetime | None
    scored_at: datetime | None


def begin(session: Session, scope: Scope, *, now: datetime, anew: bool = False) -> tuple[str, int]:
    """Start, or go on where the same work was broken off: the last conversation that is done, and how many are.

    With `anew` it starts from the beginning whatever there was.
    """
    known = session.get(Rescoring, scope.definitions, with_for_update=True)
    if known is not None and known.finished_at is None and known.since == scope.since and not anew:
        return known.after, known.done
    row = known or Rescoring(definitions=scope.definitions)
    row.since, row.after, row.done, row.started_at, row.finished_at = scope.since, "", 0, now, None
    session.add(row)
    return "", 0


def advance(session: Session, scope: Scope, *, after: str, done: int) -> None:
    """Everything up to the conversation `after` is done."""
    _change(session, scope, after=after, done=done)


def finish(session: Session, scope: Scope, *, now: datetime) -> None:
    """All is done: the next time starts from the beginning."""
    _change(session, scope, finished_at=now)


def _change(session: Session, scope: Scope, **values: Any) -> None:
    session.execute(update(Rescoring).where(Rescoring.definitions == scope.definitions).values(**values))


def left(session: Session, scope: Scope, *, after: str) -> int:
    """How many conversations there are beyond `after`."""
    return session.scalar(select(func.count()).where(*_wanted(scope), Conversation.id > after)) or 0


def without_text(session: Session, scope: Scope) -> int:
    """How many scored conversations cannot be judged anew, as their text was dropped."""
    ended = () if scope.since is None else (Conversation.ended_at >= scope.since,)
    gone = (Conversation.state == State.SCORED, Conversation.document.is_(None), *ended)
    return session.scalar(select(func.count()).where(*gone)) or 0


def following(session: Session, scope: Scope, *, after: str, limit: int) -> Sequence[str]:
    """Ids of the next conversations beyond `after`, in order."""
    wanted = select(Conversation.id).where(*_wanted(scope), Conversation.id > after)
    return session.scalars(wanted.order_by(Conversation.id).limit(limit)).all()


def stands(session: Session, was: Sequence[Stood]) -> set[str]:
    """Those that still stand as they did. Their rows are locked by this transaction."""
    ids = sorted(each.id for each in was)
    columns = (Conversation.id, Conversation.read_at, Conversation.scored_at, Conversation.state)
    rows = session.execute(select(*columns).where(Conversation.id.in_(ids)).order_by(Conversation.id).with_for_update())
    now = {Stood(row[0], row[1], row[2]) for row in rows if row[3] == State.SCORED}
    return {each.id for each in was if each in now}


def _wanted(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Scored conversations whose text is still there."""
    scored = (Conversation.state == State.SCORED, Conversation.document.is_not(None))
    return scored if scope.since is None else (*scored, Conversation.ended_at >= scope.since)
