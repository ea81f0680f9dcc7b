"""The sweep and the poll: nothing that was announced once is lost, and what was not announced is found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.store import installations
from service.store.models import Delivery, DeliveryState, State
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


def test_each_helpdesk_is_asked_by_a_task_of_its_own(shop: Any) -> None:
    shop.connect("intercom", "other")
    with shop.runtime.database.begin() as session:
        installations.change(session, "i1", enabled=False)
    upkeep.poll(shop.runtime)
    assert sorted(shop.messages.sent) == [("ask", "i1"), ("ask", "i2")]
    shop.messages.sent.clear()
    shop.change("i1", disconnected_at=shop.clock())
    upkeep.poll(shop.runtime)
    assert shop.messages.sent == [("ask", "i2")]


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
