"""Conversations as the API lists them: filtered, newest first, going on behind a row instead of at a page's number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from service.store.exports import midnight
from service.store.models import Conversation, Installation, Scorecard


@dataclass(frozen=True, slots=True)
class Sought:
    """Which conversations. `verdicts` are (score, verdict) pairs that all hold of the card that speaks now.

    `since` and `until` are days on which they ended, both included, UTC.
    """

    installation_ids: Collection[str] | None = None
    verdicts: Sequence[tuple[str, str]] = ()
    channel: str | None = None
    state: str | None = None
    external_id: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation with the card that speaks for it, and when it ended, or was first heard of."""

    conversation: Conversation
    installation: Installation
    card: Scorecard | None
    moment: datetime


def page(session: Session, sought: Sought, *, behind: tuple[datetime, str] | None, limit: int) -> list[Line]:
    """At most `limit` conversations, newest first, after the one that `behind` (moment, id) names."""
    moment = func.coalesce(Conversation.ended_at, Conversation.created_at)
    statement = (
        select(Conversation, Installation, Scorecard)
        .join(Installation, Installation.id == Conversation.installation_id)
        .outerjoin(Scorecard, and_(Scorecard.conversation_id == Conversation.id, Scorecard.latest))
        .where(*_conditions(sought))
        .order_by(moment.desc(), Conversation.id.desc())
        .limit(limit)
    )
    if behind is not None:
        at, row_id = behind
        statement = statement.where(or_(moment < at, and_(moment == at, Conversation.id < row_id)))
    rows = session.execute(statement).all()
    return [Line(row, of, card, row.ended_at or row.created_at) for row, of, card in rows]


def _conditions(sought: Sought) -> list[Any]:
    conditions: list[Any] = [
        Scorecard.card[("scores", score, "verdict")].as_string() == said for score, said in sought.verdicts
    ]
    if sought.installation_ids is not None:
        conditions.append(Conversation.installation_id.in_(sorted(sought.installation_ids)))
    for column, value in (
        (Conversation.channel, sought.channel),
        (Conversation.state, sought.state),
        (Conversation.external_id, sought.external_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if sought.since is not None:
        conditions.append(Conversation.ended_at >= midnight(sought.since))
    if sought.until is not None:
        conditions.append(Conversation.ended_at < midnight(sought.until, days=1))
    return conditions
