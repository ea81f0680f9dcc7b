"""What was sent by which route: claimed by one process, handed over at most once, tried again when it was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from service.store.report_models import ReportSent, Sending
from service.store.statements import insert

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=2)
GIVEN_UP = timedelta(days=1)
"""What could not be sent for so long is not sent any more; the page of routes says so."""


def claim(session: Session, route_id: int, kind: str, period: str, *, now: datetime, lease: timedelta) -> int | None:
    """Take the message for this route and period; its number, or `None`: somebody has it, or it was sent.

    Whoever claims has `lease` to hand it over; a process that dies before that loses nothing.
    """
    due = now + lease
    new = insert(session, ReportSent).values(
        route_id=route_id, kind=kind, period=period, state=Sending.CLAIMED, claimed_at=now, due_at=due, attempts=1
    )
    number = session.scalar(new.on_conflict_do_nothing().returning(ReportSent.id))
    if number is None:
        again = (
            update(ReportSent)
            .where(ReportSent.route_id == route_id, ReportSent.kind == kind, ReportSent.period == period)
            .where(ReportSent.state.in_([Sending.CLAIMED, Sending.WAITING]), ReportSent.due_at <= now)
            .values(state=Sending.CLAIMED, due_at=due, attempts=ReportSent.attempts + 1)
            .returning(ReportSent.id)
        )
        number = session.scalar(again)
    return None if number is None else int(number)


def handing_over(session: Session, number: int) -> bool:
    """Write down that it goes out now; false when somebody else has taken it meanwhile."""
    mine = update(ReportSent).where(ReportSent.id == number, ReportSent.state == Sending.CLAIMED)
    return session.scalar(mine.values(state=Sending.HANDING_OVER).returning(ReportSent.id)) is not None


def sent(session: Session, number: int, *, now: datetime) -> None:
    """It was taken."""
    values = {"state": Sending.SENT, "sent_at": now, "error": None}
    session.execute(update(ReportSent).where(ReportSent.id == number).values(values))


def failed(session: Session, number: int, error: str, *, now: datetime, for_good: bool = False) -> None:
    """It was certainly not taken: try again later, ever more seldom, for a day; `for_good`: not at all."""
    row = session.get_one(ReportSent, number)
    gone = for_good or now - row.claimed_at >= GIVEN_UP
    row.state = Sending.GIVEN_UP if gone else Sending.WAITING
    row.due_at = now + min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
    row.error = error[:255]


def in_doubt(session: Session, number: int, error: str) -> None:
    """Nobody knows whether it was taken: it stays so and is not sent again by itself."""
    session.execute(update(ReportSent).where(ReportSent.id == number).values(error=error[:255]))


def forget(session: Session, *, before: datetime) -> None:
    """Remove what was claimed earlier: no period comes back."""
    session.execute(delete(ReportSent).where(ReportSent.claimed_at < before))


def again(session: Session, number: int, *, now: datetime) -> bool:
    """Send anew what is in doubt or was given up, because somebody said so; whether there was such a one."""
    stuck = update(ReportSent).where(
        ReportSent.id == number, or_(ReportSent.state == Sending.HANDING_OVER, ReportSent.state == Sending.GIVEN_UP)
    )
    values = {"state": Sending.WAITING, "due_at": now, "claimed_at": now}
    return session.scalar(stuck.values(values).returning(ReportSent.id)) is not None


def latest(session: Session, route_id: int, *, limit: int = 10) -> Sequence[ReportSent]:
    """What a route sent, the latest first."""
    statement = select(ReportSent).where(ReportSent.route_id == route_id)
    return session.scalars(statement.order_by(ReportSent.claimed_at.desc(), ReportSent.id.desc()).limit(limit)).all()


def of_period(session: Session, route_id: int, period: str) -> Sequence[ReportSent]:
    """What was sent, or is to be, about one period."""
    asked = (ReportSent.route_id == route_id, ReportSent.period == period)
    return session.scalars(select(ReportSent).where(*asked)).all()


def last_of_each(session: Session) -> Mapping[int, ReportSent]:
    """The latest message of each route."""
    found: dict[int, ReportSent] = {}
    for row in session.scalars(select(ReportSent).order_by(ReportSent.claimed_at, ReportSent.id)):
        found[row.route_id] = row
    return found


def waiting(session: Session, route_id: int, *, now: datetime) -> Sequence[ReportSent]:
    """What is to be tried again, and what a process left claimed when it died."""
    states = ReportSent.state.in_([Sending.CLAIMED, Sending.WAITING])
    return session.scalars(
        select(ReportSent).where(ReportSent.route_id == route_id, states, ReportSent.due_at <= now)
    ).all()
