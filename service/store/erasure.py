"""Erasing one person everywhere: found by what an admin names, followed to all they wrote on every connected helpdesk.

What goes: the texts of their conversations, the hashes they are found by, learned examples, and every mention of them
in what is stored of others. What stays: verdicts and figures without a word, as they were, and a receipt that names
nobody. The helpdesks themselves are not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.store import audit, forgetting, mentions, models, rekeying, suppression, work
from service.store.database import Database
from service.store.models import Delivery, DeliveryState, State, Vector, WriteState
from service.store.privacy_models import Erasure
from service.store.secrets import SecretBox
from service.store.suppression import EVERYWHERE, hashed
from service.store.whereabouts import Found, Request, counted, deliveries_of, find

AT_ONCE = 100
OUTCOME = "the customer was erased"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done. No personal data: `identity` is a keyed hash."""

    number: int
    at: datetime
    by: str
    kind: str
    identity: str
    scope: tuple[str, ...]
    counts: Mapping[str, int]
    suppressed: bool


def erase(database: Database, box: SecretBox, request: Request, *, now: datetime) -> Receipt:
    """Erase the person; the receipt, which is kept. Safe beside the running service, and to do again.

    First it is written down that nothing of them is kept, so that no worker brings anything back meanwhile; then what
    there is goes, until nothing more is found.
    """
    _mend_keys(database, box, now=now)
    with database.begin() as session:
        key = suppression.key(session, box, now=now)
        row = _receipt_row(session, request, key, now=now)
        if not request.may_come_back:
            suppression.suppress(session, key, request.scope, {str(request.identity)}, erasure_id=row.id)
    total: dict[str, int] = {}
    done: set[str] = set()
    for _ in range(_PASSES):
        found = find(database, box, request)
        if total and not set(found.rows) - done and not found.mentions:
            break
        with database.read() as session:
            total = _added(total, counted(session, _not_yet(found, done)))
        _remove(database, request, key, row.id, found, now=now)
        done |= set(found.rows)
    with database.begin() as session:
        kept = session.get_one(Erasure, row.id)
        kept.counts = {**total, "cached_vectors": _forget_vectors(session)}
        audit.record(
            session, actor=request.by, action="erase person", target=f"receipt {row.id}", now=now,
            details={"kind": request.identity.kind, "conversations": str(total.get("conversations", 0))},
        )  # fmt: skip
    _clean_up(database)
    return receipt(kept)


def _mend_keys(database: Database, box: SecretBox, *, now: datetime) -> None:
    """Of two texts that are gone, one stored by an older version, only like hashes tell whose they were."""
    mended = AT_ONCE
    while mended:
        with database.begin() as session:
            mended = rekeying.rekey(session, box, now=now).keys


_PASSES = 3
"""A worker that had read something before the person was noted down may still save it: it is found the next time."""


def receipts(session: Session, *, limit: int = 100) -> list[Receipt]:
    """The receipts that are kept, the latest first."""
    rows = session.scalars(select(Erasure).order_by(Erasure.id.desc()).limit(limit))
    return [receipt(row) for row in rows]


def receipt(row: Erasure) -> Receipt:
    """A kept receipt."""
    return Receipt(row.id, row.at, row.by, row.kind, row.identity, tuple(row.scope), dict(row.counts), row.suppressed)


def let_back(session: Session, box: SecretBox, request: Request, *, now: datetime) -> int:
    """Allow what comes of a person to be kept again; how many notes of it there were. What is gone stays gone."""
    known = suppression.key(session, box, now=now)
    name = hashed(known, EVERYWHERE, str(request.identity)).hex()
    numbers = session.scalars(select(Erasure.id).where(Erasure.identity == name, Erasure.suppressed)).all()
    lifted = suppression.lift(session, numbers)
    session.execute(update(Erasure).where(Erasure.id.in_(numbers)).values(suppressed=False))
    audit.record(
        session, actor=request.by, action="let person back", now=now,
        target=", ".join(f"receipt {number}" for number in numbers) or "nobody",
    )  # fmt: skip
    return lifted


def _receipt_row(session: Session, request: Request, key: bytes, *, now: datetime) -> Erasure:
    row = Erasure(
        at=now,
        by=request.by[: audit.LONGEST],
        kind=request.identity.kind,
        identity=hashed(key, EVERYWHERE, str(request.identity)).hex(),
        scope=list(request.scope),
        counts={},
        suppressed=not request.may_come_back,
    )
    session.add(row)
    session.flush()
    return row


def _remove(database: Database, request: Request, key: bytes, erasure_id: int, found: Found, *, now: datetime) -> None:
    """Take away what was found, a few conversations in a transaction; whoever works on one loses the lease."""
    for rows in _portions(found.rows):
        with database.begin() as session:
            work.lock(session, rows)
            if not request.may_come_back:
                names = {*found.names, *map(suppression.row_name, rows)}
                suppression.suppress(session, key, request.scope, names, erasure_id=erasure_id)
            _drop_deliveries(session, _not_yet(found, set(found.rows) - set(rows)))
            forgetting.drop_texts_of(session, rows, now=now)
            session.execute(update(models.Conversation).where(models.Conversation.id.in_(rows)).values(_ERASED))
    for some in _portions(found.mentions):
        with database.begin() as session:
            mentions.take_out(session, list(some), request.identity)


_ERASED: dict[str, Any] = {
    "state": State.ERASED, "due_at": None, "lease": None, "lease_until": None, "queued_until": None, "attempts": 0,
    "write_state": WriteState.NONE, "write_lease": None, "write_lease_until": None, "write_queued_until": None,
    "write_attempts": 0, "reread": True,
}  # fmt: skip


def _drop_deliveries(session: Session, found: Found) -> None:
    """A webhook keeps only that it came, so that the same one again is known; nobody's id stands in it any more."""
    nobody = {"actor_id": None, "outcome": OUTCOME, "state": DeliveryState.IGNORED}
    session.execute(
        update(Delivery).where(deliveries_of(found)).values(nobody).execution_options(synchronize_session=False)
    )


def _forget_vectors(session: Session) -> int:
    """Vectors are found by the hash of a text only, which is gone: all of them are made anew when they are needed."""
    removed: Any = session.execute(delete(Vector))
    return int(removed.rowcount)


def _not_yet(found: Found, done: Collection[str]) -> Found:
    left = tuple(row for row in found.rows if row not in done)
    return Found(left, found.names, found.mentions, found.accounts)


def _added(total: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {kind: total.get(kind, 0) + count for kind, count in more.items()}


def _portions(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _clean_up(database: Database) -> None:
    """On SQLite the pages that held the texts are written anew; PostgreSQL does so by itself (autovacuum)."""
    if not database.is_sqlite:
        return
    with database.single() as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
