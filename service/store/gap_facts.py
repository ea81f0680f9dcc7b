"""What is known of knowledge gaps, read in a few statements however many there are: sizes, days, notes, fixes.

The database counts; questions are never read one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any

from sqlalchemy import Date, String, case, cast, func, select, type_coerce, update
from sqlalchemy.orm import Session, undefer

from service.figures.gap_life import Asked, GapFacts
from service.scoring.definitions import age
from service.store.gap_models import GapMessage, GapNote, Improvement, ImprovementGap, KnowledgeGap
from service.store.models import Conversation, Scorecard

DIMENSIONS = ("channel", "brand", "bot", "group", "intent")
"""What of an episode's fact its question knows."""

Filters = Mapping[str, str | None]
NO_FILTERS: Filters = MappingProxyType({})

EXAMPLES = 5
COUNTED = GapMessage.loose.is_(False)
"""A loose question was only put to the nearest gap and does not count there."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap with all that its life is derived from. `examples` are ids of conversations, the latest first."""

    row: KnowledgeGap
    facts: GapFacts
    examples: Sequence[str] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """How many questions are in it."""
        return self.facts.asked.messages if self.facts.asked is not None else 0


@dataclass(frozen=True, slots=True)
class Burden:
    """Questions of a gap and what became of their conversations: a person answered, the customer came back."""

    messages: int = 0
    by_person: int = 0
    agent_messages: int = 0
    returned: int = 0

    def __add__(self, other: Burden) -> Burden:
        """Both together."""
        return Burden(
            self.messages + other.messages,
            self.by_person + other.by_person,
            self.agent_messages + other.agent_messages,
            self.returned + other.returned,
        )


def with_facts(session: Session, rows: Sequence[KnowledgeGap], *, examples: bool = True) -> list[Gap]:
    """These gaps with what is known of them; ids of conversations as examples only where they are asked for."""
    ids = [row.id for row in rows]
    fixes, noted = _fixes(session, ids), _noted(session, ids)
    asked, reasons = _asked(session, ids, with_days=list(fixes))
    shown = examples_of(session, ids) if examples else {}
    return [
        Gap(
            row,
            GapFacts(asked.get(row.id), noted.get(row.id, []), fixes.get(row.id, [])),
            shown.get(row.id, ()),
            reasons.get(row.id, {}),
        )
        for row in rows
    ]


def _asked(
    session: Session, ids: Sequence[int], *, with_days: Sequence[int]
) -> tuple[dict[int, Asked], dict[int, dict[str, int]]]:
    """When each gap's questions were asked, and why they were not served; by day only where that is needed."""
    days = _days(session, with_days)
    negative = func.min(case((GapMessage.negative, GapMessage.at)))
    columns = (GapMessage.gap_id, GapMessage.reason, func.count(), func.min(GapMessage.at), func.max(GapMessage.at))
    statement = select(*columns, negative).where(GapMessage.gap_id.in_(ids), COUNTED)
    found: dict[int, Asked] = {}
    reasons: dict[int, dict[str, int]] = defaultdict(dict)
    for gap_id, reason, n, first, last, complained in session.execute(statement.group_by(*columns[:2])):
        known = found.get(gap_id)
        reasons[gap_id][reason] = n
        complaints = [at for at in (complained, known.negative if known else None) if at is not None]
        found[gap_id] = Asked(
            first=min(first, known.first) if known else first,
            last=max(last, known.last) if known else last,
            messages=n + (known.messages if known else 0),
            by_day=days.get(gap_id, {}),
            negative=min(complaints, default=None),
        )
    return found, dict(reasons)


def by_day(session: Session, gap_id: int) -> dict[date, int]:
    """How often a gap's question was asked on each UTC day."""
    return _days(session, [gap_id]).get(gap_id, {})


def _days(session: Session, ids: Sequence[int]) -> dict[int, dict[date, int]]:
    if not ids:
        return {}
    day, found = _utc_day(session), defaultdict[int, dict[date, int]](dict)
    asked = select(GapMessage.gap_id, day, func.count()).where(GapMessage.gap_id.in_(ids), COUNTED)
    for gap_id, one, n in session.execute(asked.group_by(GapMessage.gap_id, day)):
        found[gap_id][_date(one)] = n
    return dict(found)


def latest(
    session: Session, gap_id: int, *, limit: int, by_person: bool = False
) -> list[tuple[GapMessage, Conversation, Scorecard | None]]:
    """The latest questions of a gap with their conversation, and the card that stands for their episode.

    `by_person`: only those in whose episode a person wrote.
    """
    statement = (
        select(GapMessage, Conversation)
        .join(Conversation, Conversation.id == GapMessage.conversation_id)
        .where(GapMessage.gap_id == gap_id, COUNTED)
        .options(undefer(Conversation.document))
        .order_by(GapMessage.at.desc(), GapMessage.conversation_id)
        .limit(limit)
    )
    if by_person:
        statement = statement.where(GapMessage.agent_messages > 0)
    rows = session.execute(statement).all()
    of_them = select(Scorecard).where(Scorecard.conversation_id.in_([asked.conversation_id for asked, _ in rows]))
    cards: dict[tuple[str, int], Scorecard] = {}
    for card in sorted(session.scalars(of_them), key=lambda card: age(card.definitions)):
        cards[(card.conversation_id, card.episode)] = card
    return [(asked, row, cards.get((asked.conversation_id, asked.episode))) for asked, row in rows]


def burdens(
    session: Session, ids: Sequence[int], *, since: date, until: date, filters: Filters = NO_FILTERS
) -> Mapping[int, Mapping[date, Burden]]:
    """What each gap cost in each week (its Monday) from `since` up to but without `until`, UTC.

    `filters` are of `DIMENSIONS`; `None`: without a value.
    """
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    week = _utc_day(session, monday=True)
    counts = (
        func.count(),
        func.sum(case((GapMessage.agent_messages > 0, 1), else_=0)),
        func.sum(GapMessage.agent_messages),
        func.sum(case((GapMessage.returned, 1), else_=0)),
    )
    asked = (GapMessage.gap_id.in_(ids), COUNTED, GapMessage.at >= start, GapMessage.at < end)
    statement = select(GapMessage.gap_id, week, *counts).where(*asked).group_by(GapMessage.gap_id, week)
    statement = statement.where(*(getattr(GapMessage, name) == value for name, value in filters.items()))
    found: dict[int, dict[date, Burden]] = defaultdict(dict)
    for gap_id, monday, *numbers in session.execute(statement):
        found[gap_id][_date(monday)] = Burden(*(int(n) for n in numbers))
    return dict(found)


def dimensions_follow(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Give questions the dimensions of their facts, whose rows these are; without a question nothing changes."""
    for row in rows:
        mine = (GapMessage.conversation_id == row["conversation_id"], GapMessage.episode == row["episode"])
        values = {name: row[name] for name in DIMENSIONS}
        session.execute(update(GapMessage).where(*mine).values(values))


def _utc_day(session: Session, *, monday: bool = False) -> Any:
    """The day of a question, or the Monday before it. A server's own time zone must not decide what a day is."""
    if session.get_bind().dialect.name == "postgresql":
        utc = func.timezone("UTC", GapMessage.at)
        return cast(func.date_trunc("week", utc) if monday else utc, Date)
    steps = ("-6 days", "weekday 1") if monday else ()
    return type_coerce(func.date(GapMessage.at, *steps), String)


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def examples_of(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """The conversations of each gap's latest questions, the latest first."""
    if not ids:
        return {}
    place = func.row_number().over(
        partition_by=GapMessage.gap_id, order_by=(GapMessage.at.desc(), GapMessage.conversation_id)
    )
    ranked = select(GapMessage.gap_id, GapMessage.conversation_id, place.label("place"))
    latest = ranked.where(GapMessage.gap_id.in_(ids), COUNTED).subquery()
    statement = select(latest.c.gap_id, latest.c.conversation_id).where(latest.c.place <= EXAMPLES)
    found: dict[int, list[str]] = defaultdict(list)
    for gap_id, conversation_id in session.execute(statement.order_by(latest.c.gap_id, latest.c.place)):
        found[gap_id].append(conversation_id)
    return dict(found)


def _noted(session: Session, ids: Sequence[int]) -> dict[int, list[datetime]]:
    return _times(session.execute(select(GapNote.gap_id, GapNote.at).where(GapNote.gap_id.in_(ids))).all())


def _fixes(session: Session, ids: Sequence[int]) -> dict[int, list[datetime]]:
    deployed = (
        select(ImprovementGap.gap_id, Improvement.at)
        .join(Improvement, Improvement.id == ImprovementGap.improvement_id)
        .where(ImprovementGap.gap_id.in_(ids))
    )
    return _times(session.execute(deployed).all())


def _times(rows: Iterable[Sequence[Any]]) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    for gap_id, at in rows:
        found[gap_id].append(at)
    return dict(found)
