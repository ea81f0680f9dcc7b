"""The sweep and the poll: nothing that was announced once is lost, and what was not announced is found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.errors import RetryLater
from service.store.models import Delivery, DeliveryState, Installation, State
from service.store.vectors import StoredVectors
from tasks import upkeep

HOUR = timedelta(hours=1)


def test_losing_every_message_loses_no_work(shop: Any, kit: Any, clock: Any) -> None:
    """After each step the broker forgets everything."""
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    row = shop.webhook("1")
    for _ in range(3):
        shop.messages.sent.clear()
        clock.forward(seconds=61)
        upkeep.sweep(shop.runtime)
        assert len(shop.messages.sent) == 1
        before = shop.messages.sent[:]
        upkeep.sweep(shop.runtime)
        assert shop.messages.sent == before, "a message is given time"
        take_one(shop)
    assert shop.row("1").state == State.SCORED
    assert shop.desk.writes == 1
    with shop.runtime.database.read() as session:
        assert session.get_one(Delivery, row).state == DeliveryState.ACCEPTED


def take_one(shop: Any) -> None:
    from tasks import intake, scoring, writing  # noqa: PLC0415

    task, argument = shop.messages.sent.pop()
    {"ingest": intake.take_in, "score": scoring.score, "write_back": writing.write_back}[task](shop.runtime, argument)


def test_a_worker_that_dies_each_time_is_given_up(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    shop.desk.failures = [KeyboardInterrupt()] * 100  # type: ignore[list-item]
    shop.webhook("1")
    for _ in range(20):
        try:
            shop.work()
        except KeyboardInterrupt:
            shop.messages.sent.clear()
        clock.forward(hours=1)
        upkeep.sweep(shop.runtime)
    assert shop.row("1").state == State.DEAD
    assert shop.desk.reads == shop.runtime.settings.max_attempts


def test_the_poll_finds_what_no_webhook_told(shop: Any, kit: Any, clock: Any) -> None:
    clock.forward(hours=2)
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    upkeep.poll(shop.runtime)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.row("1").state == State.SCORED
    reads = shop.desk.reads
    clock.forward(minutes=4)
    upkeep.poll(shop.runtime)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.desk.reads == reads, "known already"


def test_the_poll_reads_again_what_was_open(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() + HOUR, kit.unhelpful), ended=False)
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.OPEN
    clock.forward(hours=2)
    shop.desk.tickets["1"].ended = True
    upkeep.poll(shop.runtime)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.row("1").state == State.SCORED


def test_the_poll_leaves_what_waits_or_was_given_up(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.unhelpful))
    shop.desk.failures = [RetryLater("503", after=9000)]
    shop.webhook("1")
    shop.work()
    due = shop.row("1").due_at
    upkeep.poll(shop.runtime)
    assert shop.row("1").due_at == due


def test_a_helpdesk_that_fails_is_asked_again_from_the_same_time(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.failures = [RetryLater("503")]
    clock.forward(hours=1)
    upkeep.poll(shop.runtime)
    with shop.runtime.database.read() as session:
        assert session.get_one(Installation, "i1").polled_until == clock() - HOUR
    upkeep.poll(shop.runtime)
    with shop.runtime.database.read() as session:
        assert session.get_one(Installation, "i1").polled_until == clock()


def test_old_vectors_are_forgotten(shop: Any, clock: Any) -> None:
    import numpy as np  # noqa: PLC0415

    key = b"k" * 32
    database = shop.runtime.database
    StoredVectors(database, clock=clock).put_many({key: np.ones(384, dtype=np.float32)})
    upkeep.forget(shop.runtime)
    assert StoredVectors(database, clock=clock).get_many([key])
    clock.forward(days=15)
    upkeep.forget(shop.runtime)
    assert not StoredVectors(database, clock=clock).get_many([key])
