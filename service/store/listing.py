"""Conversations as the API lists them: filtered, newest first, going on behind a row instead of at a page's number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.exports import midnight
from service.store.models import Conversation, Installation, Scorecard
from service.store.opinions import verdict_of


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
    """One conversation with the card that speaks for it."""

    conversation: Conversation
    installation: Installation
    card: Scorecard | None

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        row = self.conversation
        return Place(row.ended_at is not None, row.ended_at or row.created_at, row.id)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list: conversations that ended come first, by when; then the others, by when we heard of them."""

    ended: bool
    moment: datetime
    id: str


def page(session: Session, sought: Sought, *, behind: Place | None, limit: int) -> list[Line]:
    """At most `limit` conversations after the place `behind`, newest first.

    Two queries in turn, each along an index, so that a page takes as long with a million conversations as with ten.
    """
    found: list[Line] = []
    if behind is None or behind.ended:
        found = _along(session, Conversation.ended_at, sought, behind, limit)
        behind = None
    if len(found) < limit:
        found += _along(session, Conversation.created_at, sought, behind, limit - len(found))
    return found


def _along(
    session: Session, moment: InstrumentedAttribute[Any], sought: Sought, behind: Place | None, limit: int
) -> list[Line]:
    ended = moment is Conversation.ended_at
    statement = (
        select(Conversation, Installation, Scorecard)
        .join(Installation, Installation.id == Conversation.installation_id)
        .outerjoin(Scorecard, and_(Scorecard.conversation_id == Conversation.id, Scorecard.latest))
        .where(Conversation.ended_at.is_not(None) if ended else Conversation.ended_at.is_(None), *_conditions(sought))
        .order_by(moment.desc(), Conversation.id.desc())
        .limit(limit)
    )
    if behind is not None:
        same = and_(moment == behind.moment, Conversation.id < behind.id)
        # The first condition says nothing new, but is one that an index can begin at.
        statement = statement.where(moment <= behind.moment, or_(moment < behind.moment, same))
    return [Line(row, of, card) for row, of, card in session.execute(statement)]


def _conditions(sought: Sought) -> list[Any]:
    conditions: list[Any] = [verdict_of(score) == said for score, said in sought.verdicts]
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
