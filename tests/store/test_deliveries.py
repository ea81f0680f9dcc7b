"""The inbox keeps each webhook once, and hands out those whose message was lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from service.store import deliveries
from service.store.database import Database
from service.store.deliveries import Received
from service.store.models import Delivery, DeliveryState, Installation

HOLD = timedelta(seconds=60)


def received(key: str = "k1", *, ignored: str | None = None) -> Received:
    return Received("i1", key, "ticket.status_changed", "ended", external_id="4711", ignored=ignored)


def record(database: Database, what: Received, now: datetime) -> tuple[int, bool]:
    with database.single() as session:
        return deliveries.record(session, what, now=now, hold=HOLD)


def stored(database: Database, delivery_id: int) -> Delivery:
    with database.read() as session:
        return session.get_one(Delivery, delivery_id)


def test_the_same_delivery_is_kept_once(database: Database, installation: Installation, now: datetime) -> None:
    first, new = record(database, received(), now)
    second, again = record(database, received(), now)
    assert (new, again) == (True, False)
    assert first == second
    assert stored(database, first).received_at == now


def test_retries_at_the_same_moment_are_one_row(database: Database, installation: Installation, now: datetime) -> None:
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda _: record(database, received(), now), range(40)))
    assert len({row for row, _ in rows}) == 1
    assert sum(new for _, new in rows) == 1


def test_an_ignored_one_is_shown_and_needs_no_work(
    database: Database, installation: Installation, now: datetime
) -> None:
    row, _ = record(database, received(ignored="unknown event"), now)
    delivery = stored(database, row)
    assert (delivery.state, delivery.outcome) == (DeliveryState.IGNORED, "unknown event")
    with database.begin() as session:
        assert deliveries.take(session, row) is None


def test_lost_messages_are_sent_again_until_given_up(
    database: Database, installation: Installation, now: datetime
) -> None:
    row, _ = record(database, received(), now)

    def hand_out(at: datetime) -> list[int]:
        with database.begin() as session:
            return list(deliveries.hand_out(session, now=at, hold=HOLD, max_attempts=2))

    assert hand_out(now + timedelta(seconds=59)) == []
    assert hand_out(now + timedelta(seconds=60)) == [row]
    assert hand_out(now + timedelta(seconds=61)) == []
    assert hand_out(now + timedelta(seconds=121)) == [row]
    assert hand_out(now + timedelta(seconds=200)) == []
    assert stored(database, row).state == DeliveryState.DEAD

    with database.begin() as session:
        assert deliveries.replay(session, row, now=now, hold=HOLD)
    with database.begin() as session:
        delivery = deliveries.take(session, row)
        assert delivery is not None
        assert delivery.attempts == 0


def test_replay_needs_a_conversation(database: Database, installation: Installation, now: datetime) -> None:
    row, _ = record(database, Received("i1", "ping", "ping", "ping"), now)
    with database.begin() as session:
        assert not deliveries.replay(session, row, now=now, hold=HOLD)
        assert not deliveries.replay(session, row + 1, now=now, hold=HOLD)


def test_what_became_of_it(database: Database, installation: Installation, now: datetime) -> None:
    row, _ = record(database, received(), now)
    with database.begin() as session:
        assert deliveries.take(session, row) is not None
        deliveries.settle(session, row, DeliveryState.ACCEPTED, "conversation abc")
    assert stored(database, row).outcome == "conversation abc"
    with database.begin() as session:
        assert deliveries.take(session, row) is None


def test_old_settled_ones_are_forgotten(database: Database, installation: Installation, now: datetime) -> None:
    settled, waiting = (record(database, received(key), now)[0] for key in ("settled", "waiting"))
    ignored, _ = record(database, received("ignored", ignored="unknown event"), now)
    with database.begin() as session:
        deliveries.settle(session, settled, DeliveryState.ACCEPTED, "conversation c")
        assert deliveries.forget(session, before=now) == 0
        assert deliveries.forget(session, before=now + HOLD) == 2
    with database.read() as session:
        assert session.get(Delivery, waiting) is not None
        assert session.get(Delivery, settled) is session.get(Delivery, ignored) is None
