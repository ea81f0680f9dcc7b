"""The durable inbox: one row for each genuine webhook, ids only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, delete, or_, select, update
from sqlalchemy.orm import Session

from service.store import failures
from service.store.failure_models import Happened
from service.store.models import Delivery, DeliveryState
from service.store.statements import dialect, insert_into
from service.telemetry.trace import new_trace

OUTCOME_LENGTH = 255
KEY_LENGTH = 255
GIVEN_UP = "given up: taking it in failed each time"


@dataclass(frozen=True, slots=True)
class Received:
    """A genuine webhook, reduced to ids. `ignored` says why it needs no work: it is recorded for show only.

    `trace` stands in every log line from here to the note.
    """

    installation_id: str
    key: str
    event: str
    signal: str
    external_id: str | None = None
    actor_id: str | None = None
    occurred_at: datetime | None = None
    ignored: str | None = None
    trace: str = field(default_factory=new_trace)

    @property
    def name(self) -> tuple[str, str]:
        """Installation and key as they are stored: what makes a second one a duplicate."""
        return self.installation_id, storable(self.key)[:KEY_LENGTH]


def storable(text: str) -> str:
    """`text` as every database takes it: JSON can carry null characters and lone surrogates, PostgreSQL neither."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def record_all(
    session: Session | Connection, received: Sequence[Received], *, now: datetime, hold: timedelta
) -> dict[tuple[str, str], int]:
    """Keep deliveries in one statement; the row ids of those that are new, by name.

    `hold` is how long the sweep leaves them to the message that the caller sends.
    """
    rows = [_row(each, now=now, hold=hold) for each in received]
    found = session.execute(_inserting(dialect(session)), rows)
    return {(installation, key): int(number) for number, installation, key in found}


def record(session: Session | Connection, received: Received, *, now: datetime, hold: timedelta) -> tuple[int, bool]:
    """Keep one delivery; its row id and whether it is new."""
    new = record_all(session, [received], now=now, hold=hold).get(received.name)
    if new is not None:
        return new, True
    installation, key = received.name
    known = select(Delivery.id).where(Delivery.installation_id == installation, Delivery.key == key)
    return session.execute(known).scalar_one(), False


def _row(received: Received, *, now: datetime, hold: timedelta) -> dict[str, object]:
    installation, key = received.name
    return {
        "installation_id": installation,
        "key": key,
        "event": storable(received.event)[:KEY_LENGTH],
        "signal": received.signal,
        "external_id": None if received.external_id is None else storable(received.external_id)[:KEY_LENGTH],
        "actor_id": None if received.actor_id is None else storable(received.actor_id)[:KEY_LENGTH],
        "occurred_at": received.occurred_at,
        "received_at": now,
        "state": DeliveryState.RECEIVED if received.ignored is None else DeliveryState.IGNORED,
        "outcome": storable(received.ignored or "")[:OUTCOME_LENGTH],
        "attempts": 0,
        "queued_until": now + hold,
        "trace": received.trace,
    }


@cache
def _inserting(name: str) -> Executable:
    """The insert, built once: building it costs as much as running it."""
    unique = [Delivery.installation_id, Delivery.key]
    inserting = insert_into(name, Delivery).on_conflict_do_nothing(index_elements=unique)
    return inserting.returning(Delivery.id, Delivery.installation_id, Delivery.key)


def take(session: Session, delivery_id: int) -> Delivery | None:
    """The delivery, locked for this transaction, if it still waits to be looked at."""
    waiting = select(Delivery).where(Delivery.id == delivery_id, Delivery.state == DeliveryState.RECEIVED)
    return session.scalars(waiting.with_for_update()).one_or_none()


def settle(session: Session, delivery_id: int, state: DeliveryState, outcome: str) -> None:
    """Say what became of a delivery."""
    values = {"state": state, "outcome": outcome[:OUTCOME_LENGTH], "queued_until": None}
    session.execute(update(Delivery).where(Delivery.id == delivery_id).values(values))


def hand_out(session: Session, *, now: datetime, hold: timedelta, max_attempts: int, limit: int = 500) -> Sequence[int]:
    """Ids of deliveries whose message was lost, oldest first; those handed out too often are given up."""
    lost = or_(Delivery.queued_until.is_(None), Delivery.queued_until <= now)
    waiting = (
        select(Delivery)
        .where(Delivery.state == DeliveryState.RECEIVED, lost)
        .order_by(Delivery.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids, dead = [], []
    for delivery in session.scalars(waiting):
        if delivery.attempts >= max_attempts:
            delivery.state, delivery.outcome = DeliveryState.DEAD, GIVEN_UP
            dead.append(delivery.id)
            continue
        delivery.attempts += 1
        delivery.queued_until = now + hold
        ids.append(delivery.id)
    if dead:
        wrong = failures.Wrong(Happened.GIVEN_UP, failures.INGEST, GIVEN_UP, max_attempts)
        failures.of_deliveries(session, dead, wrong, now=now)
    return ids


def replay(session: Session, delivery_id: int, *, now: datetime, hold: timedelta) -> bool:
    """Take a delivery in again, whatever became of it; whether it exists."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.external_id is None:
        return False
    delivery.state, delivery.outcome, delivery.attempts = DeliveryState.RECEIVED, "", 0
    delivery.queued_until = now + hold
    return True


def forget(session: Session, *, before: datetime) -> int:
    """Remove deliveries from before that time that need no more work; no helpdesk repeats a webhook that late."""
    settled = Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.IGNORED))
    result: Any = session.execute(delete(Delivery).where(settled, Delivery.received_at < before))
    return int(result.rowcount)
