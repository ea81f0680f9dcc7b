"""How long texts are kept: which conversations are past their installation's retention. Changes nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from service.store import backfills
from service.store.models import Conversation, Installation

DAY = timedelta(days=1)
LONGEST = 3650


class TooShort(ValueError):
    """A retention within which a customer's return is still looked for; the message says what is possible."""


def fewest_days(window: timedelta) -> int:
    """The shortest retention: the longest window in which a return counts, and a day for the return itself.

    >>> fewest_days(timedelta(days=7))
    8
    """
    return -(-window // DAY) + 1


def checked(days: int, window: timedelta) -> int:
    """`days` as a retention beside this window. Raises `TooShort`."""
    fewest = fewest_days(window)
    if not fewest <= days <= LONGEST:
        raise TooShort(
            f"texts can be kept for {fewest} to {LONGEST} days: customers who come back are told by the text of what "
            f"they wrote before, for {fewest - 1} days"
        )
    return days


def past_end(installation: Installation, ended_at: datetime | None, *, now: datetime) -> bool:
    """Whether a conversation that ended then has to lose its text."""
    days = installation.retention_days
    return days is not None and ended_at is not None and ended_at <= now - days * DAY


def count(session: Session, installation_id: str, days: int, *, now: datetime) -> int:
    """How many conversations would lose their text under a retention of so many days."""
    return session.scalar(select(func.count()).where(*_old(installation_id, now - days * DAY))) or 0


def with_text(session: Session, installation_id: str) -> int:
    """How many conversations have their text."""
    mine = (Conversation.installation_id == installation_id, Conversation.document.is_not(None))
    return session.scalar(select(func.count()).where(*mine)) or 0


def past(session: Session, installation: Installation, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of conversations past the retention that nobody works on, locked by this transaction; oldest first."""
    if installation.retention_days is None:
        return ()
    old = _old(installation.id, now - installation.retention_days * DAY)
    nobody = [
        or_(Conversation.lease_until.is_(None), Conversation.lease_until <= now),
        or_(Conversation.write_lease_until.is_(None), Conversation.write_lease_until <= now),
    ]
    # What comes out of the history has its text until all of it is scored: each is judged beside the customer's others.
    if backfills.under_way(session, installation.id, now=now):
        nobody.append(~Conversation.backfilled)
    statement = select(Conversation.id).where(*old, *nobody).order_by(Conversation.ended_at, Conversation.id)
    return session.scalars(statement.limit(limit).with_for_update(skip_locked=True)).all()


def _old(installation_id: str, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Conversation.installation_id == installation_id,
        Conversation.document.is_not(None),
        Conversation.ended_at <= until,
    )
