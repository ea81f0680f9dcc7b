"""The conversations behind one value of a figure: found by asking the figure itself about each fact.

So the list cannot say anything else than the number: what counts in it is what is listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from service.figures.fact import Fact
from service.figures.tally import Tally
from service.reports.counter import Counter, Wanted
from service.reports.figures import Question
from service.store import installations
from service.store.facts import COLUMNS
from service.store.figure_models import FactRow
from service.store.figures import Period, tallies
from service.store.models import Conversation, Installation

LOOKED_AT = 2000
"""Facts looked at for one page at most: a rare value's next one may be far away, and nobody waits for that."""

Place = tuple[date, str, int]
"""A fact's day, conversation and episode: what the list is ordered by, each downwards."""


@dataclass(frozen=True, slots=True)
class Behind:
    """One episode that the value counts, and how often."""

    conversation: str
    installation: str
    external_id: str
    episode: int
    day: date
    n: int
    hits: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them; `next` is the place of the last fact that was looked at, `None` when there is none behind it."""

    items: tuple[Behind, ...]
    next: Place | None


def behind(
    session: Session,
    question: Question,
    installation_ids: Collection[str] | None,
    wanted: Wanted,
    *,
    after: Place | None,
    limit: int,
    whole: Tally | None = None,
    looked_at: int | None = None,
) -> Page | None:
    """At most `limit` of the episodes that the value counts, behind the place `after`, of `looked_at` facts at most
    (default: `LOOKED_AT`).

    `whole` is the tally of the question where it is known. `None` when the figure has no such value, or none that
    comes from conversations alone.
    """
    (figure,) = question.figures
    if whole is None:
        whole = _whole(session, question, installation_ids)
    counter = Counter.of(figure, wanted, whole)
    if counter is None:
        return None
    most = looked_at or LOOKED_AT
    items: list[Behind] = []
    place: Place | None = None
    for number, found in enumerate(_facts(session, question, installation_ids, after, 4 * limit)):
        if len(items) == limit or number == most:
            return Page(tuple(items), place)
        place = found.place
        n, hits = counter.count(Fact.from_json(found.fact))
        if (hits if wanted.only_hits else n) > 0:
            items.append(
                Behind(found.conversation, found.installation, found.external_id, found.episode, found.day, n, hits)
            )
    return Page(tuple(items), None)


def _whole(session: Session, question: Question, installation_ids: Collection[str] | None) -> Tally:
    found = tallies(
        session,
        since=question.since,
        until=question.until,
        period=Period.WHOLE,
        filters=question.filters,
        definitions=question.definitions,
        installation_ids=installation_ids,
    )
    return next(iter(found.values()), Tally())


@dataclass(frozen=True, slots=True)
class _Found:
    """A fact of the list, as it is stored."""

    conversation: str
    episode: int
    installation: str
    external_id: str
    day: date
    fact: dict[str, Any]

    @property
    def place(self) -> Place:
        return self.day, self.conversation, self.episode


def _facts(
    session: Session, question: Question, installation_ids: Collection[str] | None, after: Place | None, first: int
) -> Iterator[_Found]:
    """The facts that the question counts, newest day first: the same days, installations, filters and definitions.

    Day by day, so that the first page of a million facts does not wait for all of them to be put in order; of each day
    the `first` ones before the others, as most values are found in them.
    """
    ids = installation_ids
    if ids is None:
        ids = [row.id for row in installations.all_of(session)]
    until = question.until if after is None else after[0] + timedelta(days=1)
    for day in _days(session, question, sorted(ids), until):
        statement = (
            select(FactRow.conversation_id, FactRow.episode, FactRow.installation_id, Conversation.external_id,
                   FactRow.day, FactRow.fact)
            .join(Conversation, Conversation.id == FactRow.conversation_id)
            .join(Installation, Installation.id == FactRow.installation_id)
            .where(FactRow.installation_id.in_(sorted(ids)), FactRow.definitions == question.definitions)
            .where(FactRow.day == day, *_filtered(question.filters))
            .order_by(FactRow.conversation_id.desc(), FactRow.episode.desc())
        )  # fmt: skip
        place, size = after if after is not None and after[0] == day else None, first
        while size:
            rows = [_Found(*row) for row in session.execute(_from(statement, place).limit(size))]
            yield from rows
            place, size = (rows[-1].place, LOOKED_AT + 1) if len(rows) == size else (None, 0)


def _from(statement: Select[Any], place: Place | None) -> Select[Any]:
    """Only what comes behind the place on its day."""
    if place is None:
        return statement
    _, row_id, episode = place
    same = and_(FactRow.conversation_id == row_id, FactRow.episode < episode)
    return statement.where(or_(FactRow.conversation_id < row_id, same))


def _days(session: Session, question: Question, ids: Collection[str], until: date) -> Iterator[date]:
    """Days with facts before `until`, newest first: each is one look into the index for each installation."""

    def before(installation_id: str, day: date) -> date | None:
        latest = select(func.max(FactRow.day)).where(FactRow.installation_id == installation_id)
        latest = latest.where(FactRow.definitions == question.definitions, FactRow.day < day)
        return session.scalar(latest.where(FactRow.day >= question.since))

    latest = {name: before(name, until) for name in ids}
    while (day := max(filter(None, latest.values()), default=None)) is not None:
        yield day
        latest.update({name: before(name, day) for name, known in latest.items() if known == day})


def _filtered(filters: Mapping[str, str | None]) -> Iterator[ColumnElement[bool]]:
    own = {"helpdesk": Installation.connector, "account": Installation.account}
    for name, value in filters.items():
        if name in COLUMNS:
            column = getattr(FactRow, name)
            yield column == value if value else or_(column.is_(None), column == "")
        else:
            yield own[name] == value
