"""Backfills in the database: one for each installation, with what was put aside of conversations not whole yet.

Each page is kept together with its cursor, and each conversation together with the removal of what was put aside of
it: whoever works on a backfill may die at any point. Only the holder of the lease keeps anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.store.backfill_models import Backfill, BackfillPart, BackfillState
from service.store.models import Conversation
from service.store.statements import insert

OUTDATED = "outdated"
HEAD = ""
"""The name of the part that a conversation's list entry is."""
LONGEST_GAP = timedelta(minutes=2)
"""A pause between two steps that counts as work; a longer one is a standstill and no part of the rate."""
ERROR_LENGTH = 500
STILL = timedelta(days=1)
"""A backfill that stood still for so long is not waited for."""


class BackfillRefused(ValueError):
    """A backfill cannot be begun, paused or resumed now; the message says why and what to do."""


class LeaseLost(RuntimeError):
    """Somebody else works on the backfill now, or it was dropped: nothing may be kept."""


@dataclass(frozen=True, slots=True)
class Held:
    """A backfill that is ours until the lease ends."""

    installation_id: str
    lease: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A part to put aside. `ripe_at` only of heads: when the conversation last changed."""

    external_id: str
    part: str
    body: Mapping[str, Any]
    ripe_at: datetime | None = None


def begin(
    session: Session, installation_id: str, *, since: datetime, until: datetime, share: int, now: datetime
) -> Backfill:
    """Start a backfill. Raises `BackfillRefused` while another one is under way."""
    row = get(session, installation_id, lock=True)
    if row is not None and row.state != BackfillState.DONE:
        raise BackfillRefused("a backfill of it is under way; resume it, or drop it first")
    if row is not None:
        session.delete(row)
        session.flush()
    row = Backfill(
        installation_id=installation_id,
        since=since,
        until=until,
        share=share,
        state=BackfillState.RUNNING,
        cursor="",
        counts={},
        milliseconds=0,
        started_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, installation_id: str, *, lock: bool = False) -> Backfill | None:
    """The installation's backfill, as it stands in the database."""
    return session.get(Backfill, installation_id, with_for_update=lock or None, populate_existing=True)


def pause(session: Session, installation_id: str, *, now: datetime) -> None:
    """Let it stand; what was put aside stays. Raises `BackfillRefused` when it does not run."""
    _turn(session, installation_id, (BackfillState.RUNNING,), "it does not run", state=BackfillState.PAUSED, at=now)


def resume(session: Session, installation_id: str, *, now: datetime) -> None:
    """Go on where it was; one that runs already goes on. Raises `BackfillRefused` when there is nothing left of it."""
    standing = (BackfillState.PAUSED, BackfillState.FAILED, BackfillState.RUNNING)
    _turn(session, installation_id, standing, "nothing is left to do", state=BackfillState.RUNNING, at=now)


def drop(session: Session, installation_id: str) -> bool:
    """Forget it with everything that was put aside; conversations that are stored stay. Whether there was one."""
    return _rows(session, delete(Backfill).where(Backfill.installation_id == installation_id)) == 1


def forget(session: Session, installation_id: str, external_ids: Iterable[str]) -> int:
    """Remove what was put aside of these conversations: they are not to be stored any more; how many parts."""
    of_them = (BackfillPart.installation_id == installation_id, BackfillPart.external_id.in_(list(external_ids)))
    return _rows(session, delete(BackfillPart).where(*of_them))


def outdate(session: Session, installation_id: str, external_id: str) -> None:
    """The helpdesk told of a change of a conversation: what was put aside of it is no longer good.

    It is dropped but for the head, which says from now on that the conversation has to be read as it is.
    """
    mine = (BackfillPart.installation_id == installation_id, BackfillPart.external_id == external_id)
    head = session.scalars(select(BackfillPart).where(*mine, BackfillPart.part == HEAD).with_for_update()).one_or_none()
    if head is not None:
        session.execute(delete(BackfillPart).where(*mine, BackfillPart.part != HEAD))
        head.body = {**head.body, OUTDATED: True}


def workable(session: Session, *, now: datetime) -> list[str]:
    """Installations whose backfill runs, waits for nothing and is in nobody's hands."""
    ready = select(Backfill.installation_id).where(*_ready(now)).order_by(Backfill.changed_at)
    return list(session.scalars(ready))


def claim(session: Session, installation_id: str, *, now: datetime, lease: timedelta) -> Held | None:
    """Take it to work on; `None` when it does not run, waits, or somebody else holds it."""
    token = uuid4().hex
    of_it = update(Backfill).where(Backfill.installation_id == installation_id, *_ready(now))
    values = {"lease": token, "lease_until": now + lease, "wait_until": None}
    return Held(installation_id, token) if _rows(session, of_it.values(values)) == 1 else None


def checked(session: Session, held: Held, *, now: datetime, lease: timedelta) -> Backfill:
    """The row, locked for this transaction, with the lease and the working time renewed. Raises `LeaseLost`."""
    row = get(session, held.installation_id, lock=True)
    if row is None or row.lease != held.lease:
        raise LeaseLost(held.installation_id)
    row.milliseconds += round(min(now - row.changed_at, LONGEST_GAP) / timedelta(milliseconds=1))
    row.changed_at, row.lease_until = now, now + lease
    return row


def let_go(session: Session, held: Held, **values: Any) -> None:
    """Give the lease back and set `values`; nothing when it is not ours any more."""
    mine = (Backfill.installation_id == held.installation_id, Backfill.lease == held.lease)
    if values.get("error"):
        values["error"] = str(values["error"])[:ERROR_LENGTH]
    session.execute(update(Backfill).where(*mine).values(lease=None, lease_until=None, **values))


def put_aside(session: Session, installation_id: str, parts: Sequence[Kept]) -> int:
    """Keep parts; of conversations without a head none. A head that comes again replaces the one before, any other
    part that comes again is the same. How many heads are new."""
    heads = [part for part in parts if part.part == HEAD]
    before = aside(session, installation_id)
    _insert(session, installation_id, heads, replace=True)
    rest = [part for part in parts if part.part != HEAD]
    known = _with_head(session, installation_id, {part.external_id for part in rest})
    _insert(session, installation_id, [part for part in rest if part.external_id in known], replace=False)
    return aside(session, installation_id) - before if heads else 0


def ripe(session: Session, row: Backfill, *, limit: int) -> list[BackfillPart]:
    """Heads of conversations that are whole, those that changed first first; all of them once everything is listed."""
    heads = select(BackfillPart).where(BackfillPart.installation_id == row.installation_id, BackfillPart.part == HEAD)
    if row.cursor is not None:
        if row.ripe_until is None:
            return []
        heads = heads.where(BackfillPart.ripe_at < row.ripe_until)
    return list(session.scalars(heads.order_by(BackfillPart.ripe_at, BackfillPart.external_id).limit(limit)))


def parts_of(session: Session, installation_id: str, external_ids: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
    """What was put aside of these conversations beside their heads, in no order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    mine = (BackfillPart.installation_id == installation_id, BackfillPart.external_id.in_(list(external_ids)))
    rows = select(BackfillPart.external_id, BackfillPart.body).where(*mine, BackfillPart.part != HEAD)
    for external_id, body in session.execute(rows):
        found.setdefault(external_id, []).append(body)
    return found


def aside(session: Session, installation_id: str) -> int:
    """How many conversations are put aside."""
    mine = (BackfillPart.installation_id == installation_id, BackfillPart.part == HEAD)
    return session.scalar(select(func.count()).where(*mine)) or 0


def unscored(session: Session, installation_id: str) -> int:
    """How many backfilled conversations wait to be scored."""
    waiting = (
        Conversation.installation_id == installation_id,
        Conversation.backfilled,
        Conversation.due_at.is_not(None),
    )
    return session.scalar(select(func.count()).where(*waiting)) or 0


def under_way(session: Session, installation_id: str, *, now: datetime) -> bool:
    """Whether history still comes, or what came waits for its scores. One that stood still for a day does not count."""
    row = get(session, installation_id)
    runs = row is not None and row.state == BackfillState.RUNNING and now - row.changed_at < STILL
    return runs or unscored(session, installation_id) > 0


def counted(row: Backfill, more: Mapping[str, int]) -> None:
    """Add to the counts."""
    row.counts = {**row.counts, **{name: int(row.counts.get(name, 0)) + number for name, number in more.items()}}


def _ready(now: datetime) -> tuple[Any, ...]:
    return (
        Backfill.state == BackfillState.RUNNING,
        or_(Backfill.wait_until.is_(None), Backfill.wait_until <= now),
        or_(Backfill.lease_until.is_(None), Backfill.lease_until <= now),
    )


def _turn(
    session: Session, installation_id: str, states: Iterable[str], why_not: str, *, state: BackfillState, at: datetime
) -> None:
    row = get(session, installation_id, lock=True)
    if row is None:
        raise BackfillRefused("there is no backfill of it; begin one with --since")
    if row.state not in states:
        raise BackfillRefused(f"its backfill is {row.state}: {why_not}")
    row.state, row.error, row.wait_until, row.changed_at = state, None, None, at


def _with_head(session: Session, installation_id: str, external_ids: set[str]) -> set[str]:
    found: set[str] = set()
    names = sorted(external_ids)
    for start in range(0, len(names), AT_ONCE):
        some = BackfillPart.external_id.in_(names[start : start + AT_ONCE])
        mine = (BackfillPart.installation_id == installation_id, BackfillPart.part == HEAD, some)
        found.update(session.scalars(select(BackfillPart.external_id).where(*mine)))
    return found


AT_ONCE = 500
"""Names in one statement."""


def _insert(session: Session, installation_id: str, parts: Sequence[Kept], *, replace: bool) -> None:
    rows = {
        (part.external_id, part.part): {
            "installation_id": installation_id,
            "external_id": part.external_id,
            "part": part.part,
            "body": dict(part.body),
            "ripe_at": part.ripe_at,
        }
        for part in parts
    }
    if not rows:
        return
    statement = insert(session, BackfillPart)
    key = [BackfillPart.installation_id, BackfillPart.external_id, BackfillPart.part]
    if replace:
        newer = {"body": statement.excluded.body, "ripe_at": statement.excluded.ripe_at}
        statement = statement.on_conflict_do_update(index_elements=key, set_=newer)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    session.execute(statement, list(rows.values()))


def _rows(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)
