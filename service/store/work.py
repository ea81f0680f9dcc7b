"""Work on conversations: what is due, who holds it, how often it was tried. Shared by scoring and write-back.

Nothing is remembered outside the row, so losing the broker or a worker loses no work. An attempt is counted before the
work starts: what kills its worker is given up after so many attempts instead of being tried for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.installations import is_working
from service.store.models import Conversation, Installation, State, WriteState


@dataclass(frozen=True, slots=True)
class Work:
    """The columns of one kind of work; `dead` is the value of `state` for work that was given up."""

    name: str
    due_at: InstrumentedAttribute[datetime | None]
    wanted: InstrumentedAttribute[int]
    lease: InstrumentedAttribute[str | None]
    lease_until: InstrumentedAttribute[datetime | None]
    queued_until: InstrumentedAttribute[datetime | None]
    attempts: InstrumentedAttribute[int]
    error: InstrumentedAttribute[str | None]
    state: InstrumentedAttribute[str]
    dead: str


SCORING = Work(
    name="score",
    due_at=Conversation.due_at,
    wanted=Conversation.wanted,
    lease=Conversation.lease,
    lease_until=Conversation.lease_until,
    queued_until=Conversation.queued_until,
    attempts=Conversation.attempts,
    error=Conversation.error,
    state=Conversation.state,
    dead=State.DEAD,
)
WRITING = Work(
    name="write_back",
    due_at=Conversation.write_due_at,
    wanted=Conversation.write_wanted,
    lease=Conversation.write_lease,
    lease_until=Conversation.write_lease_until,
    queued_until=Conversation.write_queued_until,
    attempts=Conversation.write_attempts,
    error=Conversation.write_error,
    state=Conversation.write_state,
    dead=WriteState.DEAD,
)


DIED = "the worker died each time"
"""What is said of work that never came back."""


class LeaseLost(RuntimeError):
    """The lease ran out and somebody else has the work now: nothing of ours may be saved."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A conversation that is ours until the lease ends. `wanted` is what had been asked for when it was claimed."""

    id: str
    lease: str
    wanted: int
    attempts: int
    trace: str | None = None


def ask(session: Session, work: Work, conversation_id: str, *, at: datetime, only: str | None = None) -> bool:
    """Ask for work on a known conversation, not before `at`; whether that was done.

    With `only` the conversation is asked for in that state of the work and in no other.
    """
    statement = update(Conversation).where(Conversation.id == conversation_id)
    if only is not None:
        statement = statement.where(work.state == only)
    return _rows(session, statement.values(asked(work, at))) == 1


def lock(session: Session, conversation_ids: Iterable[str]) -> None:
    """Lock several rows for this transaction, always in the same order: no two transactions block each other."""
    rows = select(Conversation.id).where(Conversation.id.in_(sorted(conversation_ids))).order_by(Conversation.id)
    session.execute(rows.with_for_update()).all()


def asked(work: Work, at: datetime | ColumnElement[datetime]) -> dict[Any, Any]:
    """The values that ask for work; attempts start anew.

    Of two due times of scoring the later counts: a conversation is left alone until it has settled. A write-back that
    waits, because nobody could write to the conversation, has a new reason to be tried and is due at `at`.
    """
    settled = case((work.due_at > at, work.due_at), else_=at) if work is SCORING else at
    return {
        work.due_at: settled,
        work.wanted: work.wanted + 1,
        work.attempts: 0,
        work.queued_until: None,
    }


def claim(
    session: Session, work: Work, conversation_id: str, *, now: datetime, lease: timedelta, max_attempts: int
) -> Claim | None:
    """Take the work if it is due and nobody holds it; `None` otherwise. One statement, so only one caller wins.

    Work for which the helpdesk has to be asked waits while its installation may not ask.
    """
    token = uuid4().hex
    statement = (
        update(Conversation)
        .where(Conversation.id == conversation_id, ready(work, now), may_ask(work, now), work.attempts < max_attempts)
        .values(
            {
                work.lease: token,
                work.lease_until: now + lease,
                work.attempts: work.attempts + 1,
                work.queued_until: None,
            }
        )
        .returning(work.wanted, work.attempts, Conversation.trace)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else Claim(conversation_id, token, *row)


def finish(session: Session, work: Work, held: Claim, **values: object) -> None:
    """The work is done: give the lease back, save `values`. Due again if somebody asked meanwhile.

    Raises `LeaseLost`, upon which the caller's transaction must roll back.
    """
    changes: dict[Any, Any] = {
        **values,
        work.lease: None,
        work.lease_until: None,
        work.attempts: 0,
        work.error: None,
        work.due_at: case((work.wanted == held.wanted, None), else_=work.due_at),
    }
    _give_back(session, work, held, changes)


def check(session: Session, work: Work, held: Claim) -> None:
    """Raise `LeaseLost` unless the work is still ours; it stays so until this transaction ends."""
    row = select(work.lease).where(Conversation.id == held.id).with_for_update()
    if session.execute(row).scalar_one_or_none() != held.lease:
        raise LeaseLost(held.id)


def unless_asked_again(work: Work, held: Claim, state: str) -> ColumnElement[str]:
    """`state`, or what it is now when somebody asked for the work again since it was claimed."""
    return case((work.wanted == held.wanted, state), else_=work.state)


def postpone(
    session: Session, work: Work, held: Claim, *, until: datetime, error: str, counted: bool = True, **values: object
) -> None:
    """Not now: due again at `until`. The attempt does not count if it never reached the conversation."""
    changes: dict[Any, Any] = {
        **values,
        work.lease: None,
        work.lease_until: None,
        work.error: error,
        work.due_at: until,
        work.attempts: work.attempts if counted else work.attempts - 1,
    }
    _give_back(session, work, held, changes)


def park(session: Session, work: Work, held: Claim, *, error: str) -> None:
    """Give up: somebody has to look at it. A later request or a replay starts it anew."""
    changes: dict[Any, Any] = {
        work.lease: None,
        work.lease_until: None,
        work.error: error,
        work.due_at: None,
        work.state: work.dead,
    }
    _give_back(session, work, held, changes)


def park_exhausted(session: Session, work: Work, *, now: datetime, max_attempts: int) -> list[str]:
    """Give up on everything that was tried too often without ever coming back; the ids of those conversations."""
    exhausted = select(Conversation.id).where(ready(work, now), work.attempts >= max_attempts)
    ids = list(session.scalars(exhausted.with_for_update(skip_locked=True)))
    changes: dict[Any, Any] = {
        work.state: work.dead,
        work.due_at: None,
        work.lease: None,
        work.lease_until: None,
        work.error: func.coalesce(work.error, DIED),
    }
    _rows(session, update(Conversation).where(Conversation.id.in_(ids)).values(changes))
    return ids


def errors(session: Session, work: Work, conversation_ids: Iterable[str]) -> dict[str, str]:
    """What each piece of work failed of; work that left no word died each time."""
    asked = select(Conversation.id, func.coalesce(work.error, DIED)).where(Conversation.id.in_(list(conversation_ids)))
    return {row_id: str(error) for row_id, error in session.execute(asked)}


def traces(session: Session, conversation_ids: Iterable[str]) -> dict[str, str | None]:
    """The trace of each conversation."""
    ids = list(conversation_ids)
    if not ids:
        return {}
    rows = session.execute(select(Conversation.id, Conversation.trace).where(Conversation.id.in_(ids)))
    return {row.id: row.trace for row in rows}


def of_history() -> ColumnElement[bool]:
    """Work on what came out of a helpdesk's history and nobody asked for live."""
    return and_(Conversation.backfilled, ~Conversation.reread)


def replay(session: Session, work: Work, conversation_id: str, *, now: datetime) -> bool:
    """Start anew what was given up; whether there was anything to start."""
    values = {**asked(work, now), work.state: WriteState.PENDING if work is WRITING else State.NEW}
    statement = update(Conversation).where(Conversation.id == conversation_id, work.state == work.dead).values(values)
    return _rows(session, statement) == 1


def hasten(session: Session, installation_id: str, *, now: datetime) -> int:
    """Make due at once what an installation's conversations put off after an error; how much work that is."""
    changed = 0
    for work in (SCORING, WRITING):
        waiting = (Conversation.installation_id == installation_id, work.error.is_not(None), work.due_at > now)
        values = {work.due_at: now, work.wanted: work.wanted + 1, work.attempts: 0, work.queued_until: None}
        changed += _rows(session, update(Conversation).where(*waiting).values(values))
    return changed


def ready(work: Work, now: datetime) -> ColumnElement[bool]:
    """Whether it is due and nobody holds it."""
    return and_(work.due_at <= now, or_(work.lease_until.is_(None), work.lease_until <= now))


def may_ask(work: Work, now: datetime) -> ColumnElement[bool]:
    """Whether the helpdesk may be asked, or need not be: what is stored can always be scored."""
    may = Conversation.installation_id.in_(select(Installation.id).where(is_working(now)))
    return or_(Conversation.reread.is_(False), may) if work is SCORING else may


def _give_back(session: Session, work: Work, held: Claim, changes: dict[Any, Any]) -> None:
    statement = update(Conversation).where(Conversation.id == held.id, work.lease == held.lease).values(changes)
    if _rows(session, statement) != 1:
        raise LeaseLost(held.id)


def _rows(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)
