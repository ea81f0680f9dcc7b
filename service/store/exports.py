"""Scored conversations one after the other, for exports: a page at a time, so that any number takes the same memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, undefer

from service.store.database import Database
from service.store.dimension_names import Value, known
from service.store.models import Conversation, Scorecard, State

PAGE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations: ended on the days `since` to `until` (both included, UTC), of these installations.

    `definitions` is the version whose cards are wanted; `None` takes of each conversation the one that speaks now.
    """

    since: date | None = None
    until: date | None = None
    installation_ids: Collection[str] = ()
    definitions: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """One conversation: its document and its cards, one an episode, oldest first.

    `names` are those of its installation's brands, teams and bots, by dimension and id.
    """

    id: str
    installation_id: str
    document: Mapping[str, Any]
    cards: Sequence[Mapping[str, Any]]
    scored_at: datetime
    names: Mapping[Value, str] = field(default_factory=lambda: MappingProxyType({}))


def count(session: Session, wanted: Wanted) -> int:
    """How many conversations there are to come; those without a card of the wanted version still come off."""
    return session.scalar(_chosen(select(func.count()).select_from(Conversation), wanted)) or 0


def scored(database: Database, wanted: Wanted) -> Iterator[Scored]:
    """Every wanted conversation in the order of our ids. Each page is a transaction of its own."""
    after = ""
    with database.read() as session:
        names: dict[str, dict[Value, str]] = {}
        for each in known(session, wanted.installation_ids or None):
            names.setdefault(each.installation_id, {})[each.dimension, each.value] = each.name
    while True:
        with database.read() as session:
            statement = _chosen(select(Conversation), wanted).where(Conversation.id > after)
            page = statement.options(undefer(Conversation.document)).order_by(Conversation.id).limit(PAGE)
            rows = session.scalars(page).all()
            cards = _cards(session, [row.id for row in rows], wanted.definitions)
        for row in rows:
            found = cards.get(row.id)
            if found and row.document is not None:
                newest = max(card.scored_at for card in found)
                stands, own = [card.stands for card in found], names.get(row.installation_id, {})
                yield Scored(row.id, row.installation_id, row.document, stands, newest, own)
        if len(rows) < PAGE:
            return
        after = rows[-1].id


def _chosen(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    statement = statement.where(Conversation.state == State.SCORED)
    if wanted.since is not None:
        statement = statement.where(Conversation.ended_at >= midnight(wanted.since))
    if wanted.until is not None:
        statement = statement.where(Conversation.ended_at < midnight(wanted.until, days=1))
    if wanted.installation_ids:
        statement = statement.where(Conversation.installation_id.in_(wanted.installation_ids))
    return statement


def midnight(day: date, *, days: int = 0) -> datetime:
    """The beginning of a day, or of the one so many days later."""
    return datetime.combine(day, time(), UTC) + timedelta(days=days)


def _cards(session: Session, row_ids: Sequence[str], definitions: str | None) -> dict[str, list[Scorecard]]:
    """The cards of each conversation under one version, oldest episode first."""
    statement = select(Scorecard).where(Scorecard.conversation_id.in_(row_ids)).order_by(Scorecard.episode)
    found: dict[str, list[Scorecard]] = {}
    for card in session.scalars(statement):
        found.setdefault(card.conversation_id, []).append(card)
    chosen = {}
    for row_id, cards in found.items():
        version = definitions or next((card.definitions for card in cards if card.latest), None)
        chosen[row_id] = [card for card in cards if card.definitions == version]
    return chosen
