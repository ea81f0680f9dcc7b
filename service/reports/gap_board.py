"""The board of knowledge gaps: each with its size, how it goes week by week, its age, its cost and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from service.figures.beside import Prices
from service.figures.gap_life import DAY, STILL_OPEN, GapLife, GapState, life
from service.reports.gaps import exposures, lived, talked_in
from service.store import gap_facts
from service.store import gaps as store
from service.store.gap_facts import NO_FILTERS, Burden, Filters, Gap

WEEK = timedelta(days=7)


class Standing(StrEnum):
    """Where a gap stands for those who work on it. A gap with an audience is assigned; the rest follows its life."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    FIXED = "fixed"
    VERIFIED = "verified"
    REOPENED = "reopened"


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
    filters: Filters = NO_FILTERS,
) -> list[Line]:
    """Every gap of these installations, burdens from `since` up to but without `until` (UTC); no order.

    With `filters` (dimensions of a conversation's fact) burdens count only what passes them, and a gap without any is
    left out. Where a gap stands is not filtered: it is fixed for all who ask, or not.
    """
    found = store.listed(session, installation_ids=installation_ids, examples=False)
    exposed = exposures(found, talked_in(session), as_of=as_of)
    burdens = gap_facts.burdens(session, [gap.row.id for gap in found], since=since, until=until, filters=filters)
    if filters:
        found = [gap for gap in found if gap.row.id in burdens]
    mondays = _whole_weeks(since, until)
    lines = []
    for gap in found:
        lived = life(gap.facts, as_of=as_of, exposure=exposed[gap.row.installation_id])
        if lived is not None:
            lines.append(_line(gap, lived, burdens.get(gap.row.id, {}), mondays, as_of=as_of, prices=prices))
    return lines


def line(
    session: Session,
    gap: Gap,
    *,
    since: date,
    until: date,
    as_of: datetime,
    prices: Prices | None,
    filters: Filters = NO_FILTERS,
) -> Line | None:
    """One gap as on the board; `None` while no question of it is counted."""
    known = lived([gap], talked_in(session), as_of=as_of)
    if not known:
        return None
    return told(session, *known[0], since=since, until=until, as_of=as_of, prices=prices, filters=filters)


def told(
    session: Session,
    gap: Gap,
    life: GapLife,
    *,
    since: date,
    until: date,
    as_of: datetime,
    prices: Prices | None,
    filters: Filters = NO_FILTERS,
) -> Line:
    """One gap as on the board, whose life is known."""
    found = gap_facts.burdens(session, [gap.row.id], since=since, until=until, filters=filters)
    burdens = found.get(gap.row.id, {})
    return _line(gap, life, burdens, _whole_weeks(since, until), as_of=as_of, prices=prices)


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
        standing=standing(lived, gap.row.audience, gap.row.assigned_at),
        burden=burden,
        cost=cost(burden, prices),
        weeks=tuple((monday, burdens.get(monday, Burden())) for monday in mondays),
        age=(as_of - _open_since(lived)) // DAY,
    )


def standing(lived: GapLife, audience: str | None, assigned_at: datetime | None = None) -> Standing:
    """Where the gap stands on the board. One that came back is assigned only if somebody was set on it since."""
    reopened = next((step.at for step in reversed(lived.steps) if step.state is GapState.REOPENED), None)
    if lived.state in STILL_OPEN and audience and (reopened is None or (assigned_at and assigned_at >= reopened)):
        return Standing.ASSIGNED
    return Standing.NEW if lived.state is GapState.OPEN else Standing(lived.state.value)


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
    talked = exposures([gap], talked_in(session), as_of=as_of, since=since)[gap.row.installation_id]
    mondays = _whole_weeks(since, min(until, as_of.astimezone(UTC).date() + DAY))
    return [(monday, _of_week(asked, monday), _of_week(talked, monday)) for monday in mondays]


def _of_week(counts: Mapping[date, int], monday: date) -> int:
    return sum(counts.get(monday + timedelta(days=n), 0) for n in range(7))
