"""The board of knowledge gaps: each with its size, how it goes week by week, its age, its cost and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from service.figures.beside import Prices
from service.figures.gap_life import DAY, GapLife, GapState, life
from service.reports.gaps import exposure
from service.store import gap_facts
from service.store import gaps as store
from service.store.gap_facts import Burden, Gap

WEEK = timedelta(days=7)


class Standing(StrEnum):
    """Where a gap stands for those who work on it. A gap with an audience is assigned; the rest follows its life."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    FIXED = "fixed"
    VERIFIED = "verified"
    REOPENED = "reopened"


class Order(StrEnum):
    """What the board is ordered by."""

    IMPACT = "impact"
    ASKED = "asked"
    AGE = "age"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Line:
    """One gap on the board.

    `burden` is that of the days looked at, `cost` what it came to (`None` without prices), `weeks` the burden of each
    whole week (by its Monday), quiet ones included. `age`: whole days since it opened, or opened again.
    """

    gap: Gap
    lived: GapLife
    standing: Standing
    burden: Burden
    cost: float | None
    weeks: tuple[tuple[date, Burden], ...]
    age: int


def board(
    session: Session,
    installation_ids: Collection[str],
    *,
    since: date,
    until: date,
    as_of: datetime,
    prices: Prices | None,
) -> list[Line]:
    """Every gap of these installations, burdens from `since` up to but without `until` (UTC); no order."""
    found = [gap for name in sorted(installation_ids) for gap in store.listed(session, name, examples=False)]
    exposed = {name: exposure(session, name, found, as_of=as_of) for name in installation_ids}
    burdens = gap_facts.burdens(session, [gap.row.id for gap in found], since=since, until=until)
    mondays = _whole_weeks(since, until)
    lines = []
    for gap in found:
        lived = life(gap.facts, as_of=as_of, exposure=exposed[gap.row.installation_id])
        if lived is not None:
            lines.append(_line(gap, lived, burdens.get(gap.row.id, {}), mondays, as_of=as_of, prices=prices))
    return lines


def line(
    session: Session, gap: Gap, *, since: date, until: date, as_of: datetime, prices: Prices | None
) -> Line | None:
    """One gap as on the board; `None` while no question of it is counted."""
    exposed = exposure(session, gap.row.installation_id, [gap], as_of=as_of)
    lived = life(gap.facts, as_of=as_of, exposure=exposed)
    burdens = gap_facts.burdens(session, [gap.row.id], since=since, until=until).get(gap.row.id, {})
    if lived is None:
        return None
    return _line(gap, lived, burdens, _whole_weeks(since, until), as_of=as_of, prices=prices)


def _line(
    gap: Gap,
    lived: GapLife,
    burdens: Mapping[date, Burden],
    mondays: Sequence[date],
    *,
    as_of: datetime,
    prices: Prices | None,
) -> Line:
    burden = sum(burdens.values(), Burden())
    return Line(
        gap=gap,
        lived=lived,
        standing=standing(lived, gap.row.audience),
        burden=burden,
        cost=cost(burden, prices),
        weeks=tuple((monday, burdens.get(monday, Burden())) for monday in mondays),
        age=(as_of - _open_since(lived)) // DAY,
    )


def standing(lived: GapLife, audience: str | None) -> Standing:
    """Where the gap stands on the board."""
    match lived.state:
        case GapState.OPEN | GapState.ACKNOWLEDGED if audience:
            return Standing.ASSIGNED
        case GapState.OPEN:
            return Standing.NEW
    return Standing(lived.state.value)


def cost(burden: Burden, prices: Prices | None) -> float | None:
    """What the conversations with the question cost; `None` without prices.

    Each costs the price of a bot's conversation, each that a person answered that of a human's on top, and each
    message of an agent its own. A return is a conversation for itself: it is named, and not paid for twice.

    >>> cost(Burden(messages=40, by_person=10, agent_messages=30, returned=4), Prices(0.5, 4, 0.1, "EUR"))
    63.0
    """
    if prices is None:
        return None
    return (
        burden.messages * prices.bot_conversation
        + burden.by_person * prices.human_conversation
        + burden.agent_messages * prices.agent_message
    )


def ordered(lines: Iterable[Line], order: Order) -> list[Line]:
    """The lines, what matters most first. Impact: the cost on the days looked at, without prices how often asked."""
    keys: Mapping[Order, Callable[[Line], float]] = {
        Order.IMPACT: lambda one: one.burden.messages if one.cost is None else one.cost,
        Order.ASKED: lambda one: one.burden.messages,
        Order.AGE: lambda one: one.age,
        Order.LATEST: lambda one: one.gap.facts.asked.last.timestamp() if one.gap.facts.asked else 0.0,
    }
    return sorted(lines, key=lambda one: (-keys[order](one), -one.burden.messages, one.gap.row.id))


def _open_since(lived: GapLife) -> datetime:
    opened = (GapState.OPEN, GapState.REOPENED)
    return next(step.at for step in reversed(lived.steps) if step.state in opened)


def _whole_weeks(since: date, until: date) -> list[date]:
    """The Mondays of the weeks that lie wholly within: a week that has only begun would look like a drop."""
    monday = since + timedelta(days=-since.weekday() % 7)
    found = []
    while monday + WEEK <= until:
        found.append(monday)
        monday += WEEK
    return found


def weekly_rates(
    session: Session, gap: Gap, *, since: date, until: date, as_of: datetime
) -> list[tuple[date, int, int]]:
    """(Monday, questions of the gap, the bot's conversations) of each whole week."""
    asked = gap.facts.asked.by_day if gap.facts.asked and gap.facts.asked.by_day else {}
    asked = asked or gap_facts.by_day(session, gap.row.id)
    talked = exposure(session, gap.row.installation_id, [gap], as_of=as_of, since=since)
    mondays = _whole_weeks(since, min(until, as_of.astimezone(UTC).date() + DAY))
    return [(monday, _of_week(asked, monday), _of_week(talked, monday)) for monday in mondays]


def _of_week(counts: Mapping[date, int], monday: date) -> int:
    return sum(counts.get(monday + timedelta(days=n), 0) for n in range(7))
