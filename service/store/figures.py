"""Tallies by period and dimension: sums of weeks or of days where these are clean, the facts of a day where it is not.

The answer is that of counting every fact anew, always: a day without a mark was added up after its last change. Ask in
one snapshot (`Database.read`), or a fact that moves from one day to another meanwhile could be counted in both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, LargeBinary, and_, false, func, literal, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.figures.fact import DIMENSIONS
from service.figures.tally import Tally
from service.scoring.score import DEFINITIONS
from service.store.cells import LARGE, SMALL, Counts, Unpacked, added_up, named, present, together
from service.store.database import BINARY
from service.store.facts import COLUMNS
from service.store.figure_models import Cell, FactRow, Rollup, WeekSum
from service.store.models import Installation
from service.store.rollups import ALL, is_dirty
from service.store.week_sums import Span, Split, split

NO_FILTERS: Mapping[str, str | None] = MappingProxyType({})

INSTALLATION = "installation"
"""What is read apart; to people this is the helpdesk's account."""

Key = tuple[date, str | None]
Part = tuple[date, str | None, bytes, bytes]
"""A day, a value of the dimension, and what they come to: small and large counts, packed."""
Parts = dict[Key, tuple[list[bytes], list[bytes]]]


class Period(StrEnum):
    """What days are put together to. A week starts on Monday; `whole` is everything from `since` on."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    WHOLE = "whole"

    @property
    def cuts(self) -> bool:
        """Whether there is more than one of it."""
        return self is not Period.WHOLE

    def start(self, day: date, since: date) -> date:
        """The first day of the period that `day` lies in; for a week or month it may lie before `since`."""
        if self is Period.WEEK:
            return day - timedelta(days=day.weekday())
        if self is Period.MONTH:
            return day.replace(day=1)
        return since if self is Period.WHOLE else day


@dataclass(frozen=True, slots=True)
class _Question:
    """`filters` are those within an installation; `owner` gives an installation's value of an own dimension."""

    since: date
    until: date
    by_day: bool
    dimension: str | None
    filters: Mapping[str, str]
    definitions: str
    owner: Mapping[str, str | None]

    @property
    def owned(self) -> bool:
        """Whether the dimension's value is one of the installation."""
        return self.dimension is not None and self.dimension not in COLUMNS


def tallies(
    session: Session,
    *,
    since: date,
    until: date,
    period: Period | str = Period.WHOLE,
    dimension: str | None = None,
    filters: Mapping[str, str | None] = NO_FILTERS,
    definitions: str = DEFINITIONS,
    installation_ids: Collection[str] | None = None,
) -> Mapping[Key, Tally]:
    """The tally of each period and value of `dimension`, from `since` up to but without `until` (UTC dates).

    Keys are (first day of the period, value), the value `None` where there is none or no dimension was asked for; what
    nothing was counted for is left out. `filters` keep the facts with these values (`None`: without one). By one
    dimension, filtered by the same one or by none, it reads rollups; any other combination reads the facts of every
    day. Raises `ValueError` for an unknown dimension or period.
    """
    found = read(
        session, since=since, until=until, by_day=Period(period).cuts, dimension=dimension, filters=filters,
        definitions=definitions, installation_ids=installation_ids,
    )  # fmt: skip
    return found.tallies(session, since, until, Period(period))


def totals_by_day(
    session: Session,
    measure: str,
    *,
    since: date,
    until: date,
    definitions: str = DEFINITIONS,
    installation_ids: Collection[str],
) -> Mapping[str, Mapping[date, int]]:
    """The sum of one measure of each installation on each day from `since` up to but without `until`; days without any
    are left out.

    As `tallies` by day would give it, without making everything else of each day.
    """
    found = read_apart(session, since=since, until=until, definitions=definitions, installation_ids=installation_ids)
    return found.totals(session, measure, since, until, installation_ids)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of the days from `since` up to but without `until`, to be put together to any period of them.

    `apart`: the parts are of one installation each, and the tallies are of all of them.
    """

    since: date
    until: date
    parts: Sequence[Part]
    apart: bool = False
    _pieces: dict[tuple[date, date], Mapping[Key, Counts]] = field(default_factory=dict)

    def tallies(self, session: Session, since: date, until: date, period: Period) -> Mapping[Key, Tally]:
        """As `tallies` says, for days that were read; one by one if there is to be more than one period, or if not all
        of them are asked for."""
        found: dict[Key, list[Counts]] = defaultdict(list)
        for (day, value), counts in self._summed(since, until, period).items():
            found[period.start(day, since), value].append(counts)
        return _tallies(session, {key: together(each) for key, each in found.items()})

    def _summed(self, since: date, until: date, period: Period) -> Mapping[Key, Counts]:
        """Sums of these days; to be put together to anything else than days again, of the pieces that weeks and months
        are both made of: the same days are asked for by several periods, one after the other."""
        if period is Period.DAY:
            return self._added_up(since, until, lambda day: day)
        if (since, until) not in self._pieces:
            cuts = (Period.WEEK, Period.MONTH)
            pieces = self._added_up(since, until, lambda day: max(cut.start(day, since) for cut in cuts))
            self._pieces[since, until] = pieces
        return self._pieces[since, until]

    def _added_up(self, since: date, until: date, start: Callable[[date], date]) -> Mapping[Key, Counts]:
        parts: Parts = defaultdict(lambda: ([], []))
        for day, value, small, large in self.parts:
            if since <= day < until:
                here = parts[start(day), None if self.apart else value]
                here[0].append(small)
                here[1].append(large)
        return {key: added_up(*both) for key, both in parts.items()}

    def totals(
        self, session: Session, measure: str, since: date, until: date, installation_ids: Collection[str]
    ) -> Mapping[str, Mapping[date, int]]:
        """As `totals_by_day` says, for days that were read apart."""
        wanted = np.array(session.scalars(select(Cell.id).where(Cell.measure == measure)).all(), dtype=np.int64)
        parts = [part for part in self.parts if since <= part[0] < until and part[1] in installation_ids]
        sums = np.zeros(len(parts), dtype=np.int64)
        for packed, shape in (([part[2] for part in parts], SMALL), ([part[3] for part in parts], LARGE)):
            counts = np.frombuffer(b"".join(packed), dtype=shape)
            place = np.repeat(np.arange(len(packed)), [len(each) // shape.itemsize for each in packed])
            here = np.isin(counts["cell"], wanted)
            np.add.at(sums, place[here], counts["count"][here].astype(np.int64))
        totals: dict[str, Counter[date]] = {name: Counter() for name in installation_ids}
        for (day, name, *_), total in zip(parts, sums.tolist(), strict=True):
            if name is not None and total:
                totals[name][day] += total
        return totals


def read_apart(
    session: Session, *, since: date, until: date, definitions: str, installation_ids: Collection[str] | None
) -> Read:
    """Everything that `tallies` of these days, by no dimension and without filters, and `totals_by_day` need."""
    owners = _owners(session, INSTALLATION, {}, installation_ids)
    question = _Question(since, until, True, INSTALLATION, {}, definitions, owners)
    return Read(since, until, _read(session, question), apart=True)


def read(
    session: Session,
    *,
    since: date,
    until: date,
    by_day: bool,
    dimension: str | None,
    filters: Mapping[str, str | None],
    definitions: str,
    installation_ids: Collection[str] | None,
) -> Read:
    """Everything that `tallies` of these days needs, `by_day` or all days together (as if all were the first)."""
    unknown = {*filters, *([dimension] if dimension else [])} - set(DIMENSIONS)
    if unknown:
        raise ValueError(f"no such dimension: {', '.join(sorted(unknown))}; known are {', '.join(DIMENSIONS)}")
    within = {name: value or "" for name, value in filters.items() if name in COLUMNS}
    own = {name: value for name, value in filters.items() if name not in COLUMNS}
    owners = _owners(session, dimension, own, installation_ids)
    question = _Question(since, until, by_day, dimension, within, definitions, owners)
    return Read(since, until, _read(session, question))


def _read(session: Session, question: _Question) -> list[Part]:
    rolled = _rolled_up_by(question)
    if rolled is None:
        return list(_facts(session, question, only_dirty=False))
    q, ids = question, tuple(sorted(question.owner))
    # A question by day needs each day by itself.
    found = (
        Split([], [Span(q.since, q.until, ids)]) if q.by_day else split(session, ids, q.definitions, q.since, q.until)
    )
    weeks = _sums(session, q, WeekSum, rolled, [_within(WeekSum, WeekSum.week, found.weeks)]) if found.weeks else ()
    days = _sums(session, q, Rollup, rolled, [_within(Rollup, Rollup.day, found.days), ~is_dirty(Rollup)])
    return [*weeks, *days, *_facts(session, q, only_dirty=True)]


def _rolled_up_by(question: _Question) -> str | None:
    """The dimension whose rollups answer the question; `None` when only the facts do."""
    used = set(question.filters) | ({question.dimension} & set(COLUMNS))
    return None if len(used) > 1 else str(next(iter(used), ALL))


def _owners(
    session: Session, dimension: str | None, own: Mapping[str, str | None], ids: Collection[str] | None
) -> dict[str, str | None]:
    """The installations asked about, each with its value of the dimension where that is one of its own."""
    columns = {"helpdesk": Installation.connector, "account": Installation.account}
    statement = select(Installation.id, Installation.connector, Installation.account)
    statement = statement.where(*(columns[name] == value for name, value in own.items()))
    if ids is not None:
        statement = statement.where(Installation.id.in_(ids))
    place = {INSTALLATION: 0, "helpdesk": 1, "account": 2}.get(dimension or "")
    return {row[0]: None if place is None else row[place] for row in session.execute(statement)}


def _sums(
    session: Session,
    question: _Question,
    table: type[Rollup | WeekSum],
    dimension: str,
    where: Iterable[ColumnElement[bool]],
) -> Iterator[Part]:
    """The sums of days or of weeks."""
    conditions = [table.dimension == dimension, table.definitions == question.definitions, *where]
    if dimension in question.filters:
        conditions.append(table.value == question.filters[dimension])
    value: Any = table.value if question.dimension in COLUMNS else null()
    return _together(session, question, table, value, conditions)


def _within(
    table: type[FactRow | Rollup | WeekSum], day: InstrumentedAttribute[date], spans: Iterable[Span]
) -> ColumnElement[bool]:
    """One range of the index for each span."""
    return or_(false(), *(and_(table.installation_id.in_(s.ids), day >= s.since, day < s.until) for s in spans))


def _facts(session: Session, question: _Question, *, only_dirty: bool) -> Iterator[Part]:
    """The facts of dirty days, or of all."""
    span = Span(question.since, question.until, tuple(sorted(question.owner)))
    conditions = [_within(FactRow, FactRow.day, [span]), FactRow.definitions == question.definitions]
    for name, wanted in question.filters.items():
        column: InstrumentedAttribute[Any] = getattr(FactRow, name)
        conditions.append(column == wanted if wanted else or_(column.is_(None), column == ""))
    if only_dirty:
        conditions.append(is_dirty(FactRow))
    value: Any = getattr(FactRow, question.dimension) if question.dimension in COLUMNS else null()
    return _together(session, question, FactRow, value, conditions)


def _together(
    session: Session, question: _Question, table: Any, value: Any, conditions: Iterable[ColumnElement[bool]]
) -> Iterator[Part]:
    """Packed counts with where they belong. What is packed adds up when it is put one behind the other; PostgreSQL does
    that itself, which spares a row for each fact."""
    place = [table.installation_id if question.owned else null(), table.day if question.by_day else null(), value]
    if session.get_bind().dialect.name == "postgresql":
        end = literal(b"", LargeBinary)
        packed = [func.string_agg(column, end, type_=LargeBinary) for column in (table.cells, table.large)]
        labelled = [column.label(f"place_{number}") for number, column in enumerate(place)]
        statement = select(*labelled, *packed).group_by(*(f"place_{number}" for number in range(len(place))))
    else:
        statement = select(*place, table.cells, table.large)
    rows = session.execute(statement.where(*conditions), execution_options={BINARY: True})
    for installation_id, day, of, small, large in rows:
        yield day or question.since, question.owner[installation_id] if question.owned else of or None, small, large


def _tallies(session: Session, summed: Mapping[Key, Counts]) -> dict[Key, Tally]:
    names = named(session, present(counts.cells for counts in summed.values()))
    return {
        key: Tally(Unpacked(summed[key], names)) for key in sorted(summed, key=lambda k: (k[0], k[1] is None, k[1]))
    }
