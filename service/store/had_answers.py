"""Avoidable handoffs by the answer that the bot already had: counted, and listed by the same conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from service.store.facts import COLUMNS
from service.store.figure_models import FactRow
from service.store.models import Conversation, Installation

Place = tuple[date, str, int]
"""A fact's day, conversation and episode: what lists are ordered by, each downwards."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Days from `since` up to but without `until`, the installations seen (`None`: all), and filters of dimensions."""

    since: date
    until: date
    installation_ids: Collection[str] | None
    filters: Mapping[str, str | None]
    definitions: str


@dataclass(frozen=True, slots=True)
class HadAnswer:
    """One answer: how many handoffs it could have spared, the day of the latest, and in how many intents.

    `intent` is one of them, the only one where `intents` is 1; `None` where no intent is known.
    """

    answer: str
    n: int
    latest: date
    intents: int
    intent: str | None


@dataclass(frozen=True, slots=True)
class Spared:
    """One handoff that an answer could have spared."""

    answer: str
    conversation: str
    installation: str
    external_id: str
    episode: int
    day: date


@dataclass(frozen=True, slots=True)
class Groups:
    """The answers behind most handoffs; `n` is how many handoffs have a known answer, `answers` how many answers."""

    items: tuple[HadAnswer, ...]
    n: int
    answers: int


def groups(session: Session, asked: Asked, *, limit: int) -> Groups:
    """At most `limit` answers, those of the most handoffs first; their handoffs add up to `n` with those left out."""
    by_intent = (
        select(FactRow.had_answer, FactRow.intent, func.count().label("n"), func.max(FactRow.day).label("latest"))
        .where(*_conditions(session, asked), FactRow.had_answer.is_not(None))
        .group_by(FactRow.had_answer, FactRow.intent)
        .subquery()
    )
    part = by_intent.c
    by_answer = (
        select(
            part.had_answer.label("answer"),
            cast(func.sum(part.n), BigInteger).label("n"),
            func.max(part.latest).label("latest"),
            func.count(part.intent).label("intents"),
            func.min(part.intent).label("intent"),
        )
        .group_by(part.had_answer)
        .subquery()
    )
    handoffs, answers = func.sum(by_answer.c.n).over(), func.count().over()
    best = select(by_answer, handoffs, answers).order_by(by_answer.c.n.desc(), by_answer.c.answer).limit(limit)
    rows = [tuple(row) for row in session.execute(best)]
    n, different = rows[0][-2:] if rows else (0, 0)
    return Groups(tuple(HadAnswer(*row[:-2]) for row in rows), int(n), different)


def newest(session: Session, asked: Asked, answers: Sequence[str], *, each: int) -> Mapping[str, list[Spared]]:
    """The newest `each` handoffs of each of these answers."""
    order = (FactRow.day.desc(), FactRow.conversation_id.desc(), FactRow.episode.desc())
    place = func.row_number().over(partition_by=FactRow.had_answer, order_by=order).label("place")
    named = (FactRow.had_answer, FactRow.conversation_id, FactRow.installation_id, FactRow.episode, FactRow.day)
    ranked = (
        select(*named, place).where(*_conditions(session, asked), FactRow.had_answer.in_(sorted(answers))).subquery()
    )
    at = ranked.c
    statement = (
        select(at.had_answer, at.conversation_id, at.installation_id, Conversation.external_id, at.episode, at.day)
        .join(Conversation, Conversation.id == at.conversation_id)
        .where(at.place <= each)
        .order_by(at.had_answer, at.place)
    )
    found: dict[str, list[Spared]] = {}
    for row in session.execute(statement):
        spared = Spared(*row)
        found.setdefault(spared.answer, []).append(spared)
    return found


def listed(session: Session, asked: Asked, answer: str, *, after: Place | None, limit: int) -> list[Spared]:
    """The handoffs of one answer, newest first, at most `limit` behind the place `after`."""
    statement = (
        select(FactRow.conversation_id, FactRow.installation_id, Conversation.external_id, FactRow.episode, FactRow.day)
        .join(Conversation, Conversation.id == FactRow.conversation_id)
        .where(*_conditions(session, asked), FactRow.had_answer == answer)
        .order_by(FactRow.day.desc(), FactRow.conversation_id.desc(), FactRow.episode.desc())
        .limit(limit)
    )
    if after is not None:
        day, row_id, episode = after
        same_day, same_row = FactRow.day == day, FactRow.conversation_id == row_id
        statement = statement.where(
            or_(
                FactRow.day < day,
                and_(same_day, FactRow.conversation_id < row_id),
                and_(same_day, same_row, FactRow.episode < episode),
            )
        )
    return [Spared(answer, *row) for row in session.execute(statement)]


def _conditions(session: Session, asked: Asked) -> Iterator[ColumnElement[bool]]:
    own = {"helpdesk": Installation.connector, "account": Installation.account}
    seen = select(Installation.id).where(*(own[n] == value for n, value in asked.filters.items() if n in own))
    if asked.installation_ids is not None:
        seen = seen.where(Installation.id.in_(sorted(asked.installation_ids)))
    yield FactRow.installation_id.in_(list(session.scalars(seen)))
    yield FactRow.definitions == asked.definitions
    yield FactRow.day >= asked.since
    yield FactRow.day < asked.until
    for name, value in asked.filters.items():
        if name in COLUMNS:
            column = getattr(FactRow, name)
            yield column == value if value else or_(column.is_(None), column == "")
