"""What each kind of webhook asks for, and which ask for nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Signal
from service.settings import Settings
from service.store import improvements
from service.store.models import Delivery, DeliveryState, State


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Five minutes of settle time."""
    return settings.model_copy(update={"settle_seconds": 300})


def outcome(shop: Any, delivery_id: int) -> tuple[str, str]:
    with shop.runtime.database.read() as session:
        delivery = session.get_one(Delivery, delivery_id)
        return delivery.state, delivery.outcome


def test_an_end_makes_the_conversation_due_after_the_settle_time(shop: Any, clock: Any) -> None:
    row = shop.webhook("1")
    shop.work()
    assert outcome(shop, row) == (DeliveryState.ACCEPTED, f"conversation {shop.id_of('1')}")
    assert shop.row("1").due_at == clock() + timedelta(minutes=5)
    shop.messages.ingest([row])
    shop.work()
    assert shop.row("1").wanted == 1, "the same message twice does nothing"


@pytest.mark.parametrize("signal", [Signal.PING, Signal.IGNORED, Signal.ACTIVITY, Signal.DELETED])
def test_nothing_to_do_for_what_we_never_saw(shop: Any, signal: Signal) -> None:
    row = shop.webhook("1", signal)
    shop.work()
    assert outcome(shop, row)[0] == DeliveryState.IGNORED
    assert outcome(shop, row)[1]
    assert shop.row("1") is None


def test_an_installation_that_is_switched_off_takes_in_what_waits(shop: Any) -> None:
    shop.change(enabled=False)
    row = shop.webhook("1")
    shop.work()
    assert outcome(shop, row)[0] == DeliveryState.ACCEPTED
    assert shop.row("1").due_at is not None
    assert shop.desk.reads == 0


@pytest.mark.parametrize("signal", [Signal.ENDED, Signal.CONTACT_DELETED])
def test_one_that_was_disconnected_takes_in_nothing(shop: Any, signal: Signal) -> None:
    shop.change(disconnected_at=shop.clock())
    row = shop.webhook("contact:1" if signal is Signal.CONTACT_DELETED else "1", signal)
    shop.work()
    assert outcome(shop, row) == (DeliveryState.IGNORED, "the helpdesk was disconnected")


def test_our_own_writes_are_told_by_their_actor(shop: Any, kit: Any) -> None:
    shop.change(actor_ids=[kit.actor])
    row = shop.webhook("1", actor_id=kit.actor)
    shop.work()
    assert outcome(shop, row) == (DeliveryState.IGNORED, "our own write")
    shop.webhook("1", actor_id="somebody else")
    shop.work()
    assert shop.row("1").due_at is not None


def test_our_own_writes_are_told_by_their_time_where_nobody_is_named(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.unhelpful))
    score(shop, clock)
    echo = shop.webhook("1")
    shop.work()
    assert outcome(shop, echo) == (DeliveryState.IGNORED, "our own write")
    clock.forward(seconds=30)
    shop.webhook("1")
    shop.work()
    assert shop.row("1").due_at == clock() + timedelta(minutes=5)


def test_activity_counts_on_what_was_judged(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.unhelpful))
    score(shop, clock)
    clock.forward(minutes=1)
    shop.webhook("1", Signal.ACTIVITY)
    shop.work()
    assert shop.row("1").due_at == clock() + timedelta(minutes=5)


def test_a_deletion_is_looked_at_at_once(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.unhelpful))
    score(shop, clock)
    del shop.desk.tickets["1"]
    shop.webhook("1", Signal.DELETED)
    shop.work()
    assert shop.row("1").state == State.GONE


def score(shop: Any, clock: Any) -> None:
    clock.forward(hours=1)
    shop.webhook("1")
    shop.work()
    clock.forward(minutes=5)
    shop.messages.score([shop.id_of("1")])
    shop.work()
    assert shop.row("1").state == State.SCORED


def test_a_published_article_is_an_improvement_once(shop: Any) -> None:
    row = shop.webhook("article:77", Signal.IMPROVED)
    shop.work()
    with shop.runtime.database.read() as session:
        ((improvement, answered),) = improvements.listed(session)
    assert outcome(shop, row) == (DeliveryState.ACCEPTED, f"improvement {improvement.id}")
    assert (improvement.kind, improvement.reference, answered) == ("article_published", "article:77", [])
    assert shop.row("article:77") is None
