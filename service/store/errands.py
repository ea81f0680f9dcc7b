"""Errands: beginning one, taking its next step, and where each of its conversations stands.

A step is a short piece of work under a lease, and what it brought is saved with the lease in one transaction: whoever
is killed in the middle loses that step and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from service.store.errand_models import Errand, ErrandItem, ErrandKind, ItemState
from service.store.models import Installation
from service.store.statements import insert
from service.store.work import LeaseLost

CHUNK = 500
FAILURES_SHOWN = 50
GIVEN_UP = "given up"
"""The stage of an errand whose rest nobody wants."""


class AlreadyUnderWay(RuntimeError):
    """The installation has an errand that is not finished; the message says which."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many conversations of an errand are in which state."""

    waiting: int = 0
    sent: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All that are known so far."""
        return self.waiting + self.sent + self.done + self.failed


def begin(
    session: Session,
    installation: Installation,
    kind: ErrandKind,
    *,
    actor: str,
    stage: str,
    options: Mapping[str, Any],
    now: datetime,
) -> Errand:
    """A new errand, due at once. Raises `AlreadyUnderWay`: two at once would undo each other's work."""
    _refuse_second(session, installation.id)
    # Who begins one at the same time waits here, and then sees what the other began. Webhooks do not wait.
    mine = select(Installation.id).where(Installation.id == installation.id)
    session.execute(mine.with_for_update(key_share=True))
    _refuse_second(session, installation.id)
    errand = Errand(
        installation_id=installation.id,
        helpdesk=f"{installation.connector} {installation.account}",
        kind=kind,
        actor=actor[:255],
        options=dict(options),
        stage=stage,
        place=None,
        counts={},
        due_at=now,
        created_at=now,
    )
    session.add(errand)
    session.flush()
    return errand


def _refuse_second(session: Session, installation_id: str) -> None:
    running = unfinished(session, installation_id)
    if running is not None:
        raise AlreadyUnderWay(f"errand {running.id} of this installation is not finished: {running.stage}")


def unfinished(session: Session, installation_id: str) -> Errand | None:
    """The installation's errand that is not finished; it may have stopped with an error and wait for somebody."""
    statement = select(Errand).where(Errand.installation_id == installation_id, Errand.finished_at.is_(None))
    return session.scalars(statement.order_by(Errand.id.desc()).limit(1).with_for_update()).one_or_none()


def of_installation(session: Session, installation_id: str, *, limit: int = 5) -> Sequence[Errand]:
    """The latest errands of an installation, the latest first."""
    statement = select(Errand).where(Errand.installation_id == installation_id).order_by(Errand.id.desc())
    return session.scalars(statement.limit(limit)).all()


def get(session: Session, errand_id: int) -> Errand | None:
    """One errand."""
    return session.get(Errand, errand_id)


def due(session: Session, *, now: datetime) -> list[int]:
    """Ids of errands whose next step is due and in nobody's hands."""
    free = or_(Errand.lease_until.is_(None), Errand.lease_until <= now)
    return list(session.scalars(select(Errand.id).where(Errand.due_at <= now, free).order_by(Errand.due_at)))


def claim(session: Session, errand_id: int, *, now: datetime, lease: timedelta, max_attempts: int) -> Errand | None:
    """Take the next step of an errand; `None` when it is not due or somebody has it.

    One that was tried too often without getting anywhere stops; somebody has to look and resume it.
    """
    free = or_(Errand.lease_until.is_(None), Errand.lease_until <= now)
    statement = select(Errand).where(Errand.id == errand_id, Errand.due_at <= now, free)
    errand = session.scalars(statement.with_for_update(skip_locked=True)).one_or_none()
    if errand is None:
        return None
    if errand.attempts >= max_attempts:
        errand.due_at, errand.error = None, errand.error or "the worker died each time"
        return None
    errand.lease, errand.lease_until, errand.attempts = uuid4().hex, now + lease, errand.attempts + 1
    return errand


def held(session: Session, errand: Errand) -> Errand:
    """The errand's row, locked, if the step is still ours. Raises `LeaseLost`."""
    row = session.scalars(select(Errand).where(Errand.id == errand.id).with_for_update()).one_or_none()
    if row is None or row.lease != errand.lease:
        raise LeaseLost(str(errand.id))
    return row


def step_done(row: Errand, *, due_at: datetime | None) -> None:
    """The step got somewhere: give it back, the next one is due at `due_at`."""
    row.lease = row.lease_until = row.error = None
    row.attempts, row.due_at = 0, due_at


def step_failed(row: Errand, *, due_at: datetime | None, error: str, counted: bool) -> None:
    """The step is to be tried again at `due_at`; without it the errand stops until somebody resumes it."""
    row.lease = row.lease_until = None
    row.due_at, row.error = due_at, error[:255]
    row.attempts -= 0 if counted else 1


def finish(row: Errand, *, now: datetime) -> None:
    """All is done."""
    step_done(row, due_at=None)
    row.stage, row.finished_at, row.place = "finished", now, None


def resume(session: Session, errand_id: int, *, now: datetime) -> bool:
    """Let an errand that stopped go on; whether there was anything to resume."""
    statement = update(Errand).where(Errand.id == errand_id, Errand.finished_at.is_(None), Errand.due_at.is_(None))
    return _rows(session, statement.values(due_at=now, attempts=0, error=None)) == 1


def give_up(row: Errand, *, now: datetime) -> None:
    """Somebody does not want the rest: what is done stays done."""
    row.lease = row.lease_until = row.due_at = None
    row.stage, row.finished_at, row.error = GIVEN_UP, now, None


def add_items(session: Session, errand_id: int, external_ids: Iterable[str]) -> int:
    """Put conversations on the errand's list; how many were not on it yet."""
    wanted, added = list(dict.fromkeys(external_ids)), 0
    for start in range(0, len(wanted), CHUNK):
        rows = [{"errand_id": errand_id, "external_id": name} for name in wanted[start : start + CHUNK]]
        statement = insert(session, ErrandItem).values([{**row, **_NEW} for row in rows])
        made = session.execute(statement.on_conflict_do_nothing().returning(ErrandItem.external_id))
        added += len(made.all())
    return added


_NEW = {"state": ItemState.WAITING, "tags_only": False}


def items(session: Session, errand_id: int, state: ItemState, *, limit: int) -> Sequence[ErrandItem]:
    """Conversations of an errand in one state, those that can take everything first."""
    statement = select(ErrandItem).where(ErrandItem.errand_id == errand_id, ErrandItem.state == state)
    return session.scalars(statement.order_by(ErrandItem.tags_only, ErrandItem.external_id).limit(limit)).all()


def some(session: Session, errand_id: int, external_ids: Sequence[str]) -> Sequence[ErrandItem]:
    """These conversations of an errand."""
    statement = select(ErrandItem).where(ErrandItem.errand_id == errand_id, ErrandItem.external_id.in_(external_ids))
    return session.scalars(statement).all()


def tags_only(session: Session, errand_id: int) -> int:
    """How many are done of which only the tags could change."""
    done = (ErrandItem.errand_id == errand_id, ErrandItem.state == ItemState.DONE, ErrandItem.tags_only)
    return session.scalar(select(func.count()).where(*done)) or 0


def of_job(session: Session, errand_id: int, job: str) -> Sequence[ErrandItem]:
    """Conversations that a background job of the helpdesk has, in the order in which they were sent."""
    statement = select(ErrandItem).where(ErrandItem.errand_id == errand_id, ErrandItem.job == job)
    return session.scalars(statement.order_by(ErrandItem.external_id)).all()


def jobs(session: Session, errand_id: int) -> Sequence[str]:
    """Background jobs of the helpdesk whose outcome is still to be asked for."""
    statement = select(ErrandItem.job).where(ErrandItem.errand_id == errand_id, ErrandItem.state == ItemState.SENT)
    return [job for job in session.scalars(statement.distinct().order_by(ErrandItem.job)) if job is not None]


def settle(session: Session, errand_id: int, external_ids: Iterable[str], state: ItemState, **values: Any) -> None:
    """Say where conversations stand: `job`, `error`, `content`, `tags_only` beside the state; what is not given is
    forgotten, except `tags_only`."""
    wanted = list(external_ids)
    for start in range(0, len(wanted), CHUNK):
        which = (ErrandItem.errand_id == errand_id, ErrandItem.external_id.in_(wanted[start : start + CHUNK]))
        new = {"state": state, "job": None, "error": None, "content": None, **values}
        session.execute(update(ErrandItem).where(*which).values(new).execution_options(synchronize_session=False))


def progress(session: Session, errand_id: int) -> Progress:
    """How far an errand has come."""
    statement = select(ErrandItem.state, func.count()).where(ErrandItem.errand_id == errand_id)
    return Progress(**{str(row[0]): int(row[1]) for row in session.execute(statement.group_by(ErrandItem.state))})


def failures(session: Session, errand_id: int) -> Sequence[ErrandItem]:
    """Conversations that could not be changed, with the reason; at most `FAILURES_SHOWN`."""
    return items(session, errand_id, ItemState.FAILED, limit=FAILURES_SHOWN)


def _rows(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)
