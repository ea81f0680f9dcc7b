"""What was given up: deliveries that could not be taken in, conversations that could not be scored or written back.

One list for the page and the command line. Each can be replayed, which starts its work anew, or dropped, which puts it
aside for good: a later webhook of the same conversation begins afresh. Both are kept in its history and audited.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.store import audit, deliveries, failures, work
from service.store.failure_models import Failure, Happened
from service.store.failures import INGEST, Wrong
from service.store.models import Conversation, Delivery, DeliveryState, Installation, State, WriteState
from service.store.work import SCORING, WRITING, Work

KINDS = (INGEST, SCORING.name, WRITING.name)
MOST = 10_000
"""So many are looked at when they are counted by error, or taken at once."""
_WORKS = {work.name: work for work in (SCORING, WRITING)}
_DROPPED = {SCORING.name: State.DROPPED, WRITING.name: WriteState.DROPPED}
_VARIES = re.compile(r"(?<![A-Za-z])(?!HTTP)\d[\w-]*|(?<=/)(?!v\d)[\w-]*\d[\w-]*")
_NUMBER = re.compile(r"[0-9]{1,18}")
"""A delivery's number, as far as a database holds one."""
_STATUS = re.compile(r"HTTP (\d{3})")


@dataclass(frozen=True, slots=True)
class Dead:
    """One piece of work that was given up. `id` is the conversation's, or the delivery's number; `external_id` is the
    helpdesk's."""

    work: str
    id: str
    installation_id: str
    connector: str
    account: str
    external_id: str
    error: str
    attempts: int
    trace: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of dead work with what went wrong before, the latest first."""

    dead: Dead
    history: Sequence[Failure]


@dataclass(frozen=True, slots=True)
class Group:
    """How many were given up for errors that differ in numbers only."""

    work: str
    error: str
    count: int


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides, when, and how long the sweep leaves what is announced at once."""

    actor: str
    now: datetime
    hold: timedelta = field(default=timedelta(0))


def kind_of(error: str) -> str:
    """An error without what differs from one conversation to the next: numbers and ids; a status stays.

    >>> kind_of("PUT /api/v2/tickets/4711: HTTP 422")
    'PUT /api/v2/tickets/…: HTTP 422'
    """
    kept = _STATUS.sub(lambda found: f"HTTP {found[1].translate(_LETTERS)}", error)
    return _VARIES.sub("…", kept).translate(_DIGITS)


_LETTERS = {ord(str(digit)): chr(0xE000 + digit) for digit in range(10)}
_DIGITS = {0xE000 + digit: str(digit) for digit in range(10)}
"""A status is kept in signs of no language while numbers are taken out."""


def listing(session: Session, kind: str, *, error: str | None = None, limit: int = 50) -> list[Dead]:
    """What was given up of a kind of work, the latest first; with `error`, only of that `kind_of` error."""
    if error is None:
        return _rows(session, kind, limit)
    return [dead for dead in _rows(session, kind, MOST) if kind_of(dead.error) == error][:limit]


def groups(session: Session) -> list[Group]:
    """What was given up by kind of work and error, the most first."""
    found = Counter((dead.work, kind_of(dead.error)) for kind in KINDS for dead in _rows(session, kind, MOST))
    return [Group(kind, error, count) for (kind, error), count in found.most_common()]


def find(session: Session, kind: str, dead_id: str) -> Found | None:
    """One piece of dead work; `None` when it is not dead (any more)."""
    dead = next(iter(_rows(session, kind, 1, [dead_id])), None)
    if dead is None:
        return None
    if kind == INGEST:
        return Found(dead, failures.history(session, delivery_id=int(dead_id)))
    return Found(dead, failures.history(session, conversation_id=dead_id))


def replay(session: Session, kind: str, ids: Iterable[str], by: Deciding) -> list[Dead]:
    """Start the work anew; what was started. The caller announces it."""
    return _decide(session, kind, ids, by, Happened.REPLAYED, _start)


def drop(session: Session, kind: str, ids: Iterable[str], by: Deciding) -> list[Dead]:
    """Put the work aside; what was put aside."""
    return _decide(session, kind, ids, by, Happened.DROPPED, _put_aside)


def _decide(
    session: Session,
    kind: str,
    ids: Iterable[str],
    by: Deciding,
    happened: Happened,
    change: Callable[[Session, Dead, Deciding], bool],
) -> list[Dead]:
    changed = [dead for dead in _rows(session, kind, MOST, list(ids)) if change(session, dead, by)]
    for dead in changed:
        wrong = Wrong(happened, kind, dead.error, dead.attempts, actor=by.actor)
        if kind == INGEST:
            failures.of_deliveries(session, [int(dead.id)], wrong, now=by.now)
        else:
            failures.of_conversations(session, [dead.id], wrong, now=by.now)
        verb = "replay" if happened is Happened.REPLAYED else "drop"
        audit.record(
            session,
            actor=by.actor,
            action=f"{verb} {'delivery' if kind == INGEST else 'conversation'}",
            target=dead.id,
            installation_id=dead.installation_id,
            now=by.now,
            details={"work": kind},
        )
    return changed


def _start(session: Session, dead: Dead, by: Deciding) -> bool:
    if dead.work == INGEST:
        return deliveries.replay(session, int(dead.id), now=by.now, hold=by.hold)
    return work.replay(session, _WORKS[dead.work], dead.id, now=by.now)


def _put_aside(session: Session, dead: Dead, _by: Deciding) -> bool:
    if dead.work == INGEST:
        deliveries.settle(session, int(dead.id), DeliveryState.IGNORED, f"dropped: {dead.error}")
        return True
    kind: Work = _WORKS[dead.work]
    values = {kind.state: _DROPPED[dead.work], kind.due_at: None, kind.queued_until: None}
    still = update(Conversation).where(Conversation.id == dead.id, kind.state == kind.dead)
    return session.execute(still.values(values).returning(Conversation.id)).first() is not None


def _rows(session: Session, kind: str, limit: int, ids: Sequence[str] | None = None) -> list[Dead]:
    """Dead work of one kind, the latest first; with `ids`, of these only."""
    if kind == INGEST:
        return _dead_deliveries(
            session, limit, None if ids is None else [int(each) for each in ids if _NUMBER.fullmatch(each)]
        )
    which: Work = _WORKS[kind]
    statement = (
        select(Conversation, Installation, which.error, which.attempts)
        .join(Installation, Installation.id == Conversation.installation_id)
        .where(which.state == which.dead)
        .order_by(Conversation.created_at.desc(), Conversation.id)
        .limit(limit)
    )
    if ids is not None:
        statement = statement.where(Conversation.id.in_(ids))
    return [
        Dead(
            kind,
            row.id,
            row.installation_id,
            where.connector,
            where.account,
            row.external_id,
            error or "",
            tried,
            row.trace,
        )
        for row, where, error, tried in session.execute(statement)
    ]


def _dead_deliveries(session: Session, limit: int, ids: Sequence[int] | None) -> list[Dead]:
    statement = (
        select(Delivery, Installation)
        .join(Installation, Installation.id == Delivery.installation_id)
        .where(Delivery.state == DeliveryState.DEAD)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    if ids is not None:
        statement = statement.where(Delivery.id.in_(ids))
    return [
        Dead(
            work=INGEST,
            id=str(row.id),
            installation_id=row.installation_id,
            connector=where.connector,
            account=where.account,
            external_id=row.external_id or "",
            error=row.outcome,
            attempts=row.attempts,
            trace=row.trace,
        )
        for row, where in session.execute(statement)
    ]
