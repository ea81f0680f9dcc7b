"""Conversations that no webhook told of are found by asking, in time, counted once, and told when they are many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import RetryLater
from service.settings import Settings
from service.store import cursors, late, notices
from service.store.models import Conversation, Installation, State
from service.store.notices import Kind
from service.store.upkeep_models import FoundLate
from tasks import asking, reconciling, upkeep

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
REFUSED = RetryLater("503")


def row(shop: Any) -> Installation:
    with shop.runtime.database.read() as session:
        return session.get_one(Installation, "i1")


def ended(shop: Any, kit: Any, key: str, ago: timedelta, *, webhook: bool = False) -> None:
    """A conversation that ended so long ago."""
    made = kit.conversation(key, shop.clock() - ago - 4 * MINUTE, kit.unhelpful)
    shop.desk.tickets[key] = kit.ticket(made)
    if webhook:
        shop.webhook(key)
        shop.work()


def look(shop: Any, minutes: float = 5) -> None:
    """The beat's interval passes, and workers do everything."""
    shop.clock.forward(minutes=minutes)
    upkeep.poll(shop.runtime)
    shop.work()
    upkeep.sweep(shop.runtime)
    shop.work()


def counted(shop: Any) -> list[tuple[str, bool | None]]:
    with shop.runtime.database.read() as session:
        return [(each.conversation_id, each.missed) for each in session.query(FoundLate).order_by(FoundLate.id)]


def test_found_and_counted_once(shop: Any, kit: Any) -> None:
    ended(shop, kit, "1", 2 * MINUTE)
    look(shop)
    assert shop.row("1").state == State.SCORED
    assert counted(shop) == [(shop.id_of("1"), None)], "its webhook may still come"
    for _ in range(6):
        look(shop)
    assert counted(shop) == [(shop.id_of("1"), True)]
    assert (row(shop).missed_count, row(shop).missed_at is None) == (1, False)
    assert shop.desk.reads == 1, "known from then on"


def test_a_late_webhook_is_not_missed(shop: Any, kit: Any) -> None:
    ended(shop, kit, "1", 2 * MINUTE)
    look(shop)
    shop.clock.forward(minutes=4)
    shop.webhook("1")
    shop.work()
    for _ in range(4):
        look(shop)
    assert counted(shop) == [(shop.id_of("1"), False)]
    assert row(shop).missed_count == 0


def test_what_has_just_ended_is_left_to_its_webhook(shop: Any, kit: Any) -> None:
    look(shop)
    ended(shop, kit, "1", timedelta(seconds=20))
    upkeep.poll(shop.runtime)
    shop.work()
    assert counted(shop) == []
    look(shop)
    assert len(counted(shop)) == 1


def test_one_that_ended_again_is_found_again(shop: Any, kit: Any) -> None:
    """Read a minute before it ended anew: the time of the end tells, whatever was read meanwhile."""
    ended(shop, kit, "1", 3 * MINUTE, webhook=True)
    look(shop)
    assert counted(shop) == []
    again = shop.desk.tickets["1"].conversation
    told = replace(again.messages[0], id="again", text="The blue kettle leaks again.", at=shop.clock() - 2 * MINUTE)
    shop.desk.tickets["1"].conversation = replace(
        again, messages=(*again.messages, told), closed_at=shop.clock() - MINUTE, events=()
    )
    look(shop)
    assert len(counted(shop)) == 1
    for _ in range(3):
        look(shop)
    assert counted(shop) == [(shop.id_of("1"), True)]


def test_our_own_write_is_no_change(shop: Any, kit: Any) -> None:
    """A list that tells when a ticket last changed tells of our note."""
    ended(shop, kit, "1", 3 * MINUTE, webhook=True)
    shop.desk.tickets["1"].conversation = replace(
        shop.desk.tickets["1"].conversation, closed_at=shop.clock() + timedelta(seconds=2), events=()
    )
    look(shop)
    assert counted(shop) == []


def test_one_that_had_not_ended_counts_as_nothing(shop: Any, kit: Any) -> None:
    ended(shop, kit, "1", 2 * MINUTE)
    shop.desk.tickets["1"].ended = False
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.OPEN
    shop.desk.tickets["1"].ended = True
    look(shop)
    assert shop.row("1").state == State.SCORED
    shop.desk.tickets["1"].ended = False
    ended(shop, kit, "2", 2 * MINUTE)
    look(shop)
    shop.desk.tickets.pop("2")
    with shop.runtime.database.begin() as session:
        session.get_one(Conversation, shop.id_of("2")).state = State.GONE
    for _ in range(3):
        look(shop)
    assert (shop.id_of("2"), False) in counted(shop)


def test_where_not_every_end_is_announced_any_webhook_will_do(shop: Any, kit: Any) -> None:
    shop.desk.announced = False
    ended(shop, kit, "1", 2 * MINUTE)
    shop.webhook("1", "ignored")
    ended(shop, kit, "2", 2 * MINUTE)
    for _ in range(5):
        look(shop)
    assert dict(counted(shop)) == {shop.id_of("1"): False, shop.id_of("2"): True}


@pytest.mark.parametrize("state", sorted(reconciling.FINAL))
def test_what_is_settled_is_left(shop: Any, kit: Any, state: State) -> None:
    ended(shop, kit, "1", 2 * MINUTE, webhook=True)
    with shop.runtime.database.begin() as session:
        found = session.get_one(Conversation, shop.id_of("1"))
        found.state, found.read_at = state, None
    look(shop)
    assert counted(shop) == []


def test_what_waits_is_left(shop: Any, kit: Any) -> None:
    ended(shop, kit, "1", 2 * MINUTE)
    shop.desk.failures = [RetryLater("503", after=9000)]
    shop.webhook("1")
    shop.work()
    due = shop.row("1").due_at
    look(shop)
    assert shop.row("1").due_at == due
    assert counted(shop) == []


def test_a_helpdesk_that_fails_is_asked_again_from_the_same_time(shop: Any, clock: Any) -> None:
    before = row(shop).polled_until
    shop.desk.failures = [REFUSED]
    look(shop, 60)
    assert row(shop).polled_until == before
    look(shop)
    assert row(shop).polled_until == clock()


def test_one_that_fails_delays_no_other(shop: Any, kit: Any) -> None:
    other = shop.connect("intercom", "other")
    shop.desk.failures = [REFUSED] * 50
    made = kit.conversation("9", shop.clock() - HOUR, kit.unhelpful, helpdesk="intercom", account="other")
    other.desk.tickets["9"] = kit.ticket(made)
    with shop.runtime.database.begin() as session:
        session.get_one(Installation, "i2").polled_until = shop.clock() - HOUR
    look(shop)
    assert other.row("9").state == State.SCORED


def test_two_workers_do_not_ask_at_once(shop: Any) -> None:
    with shop.runtime.database.begin() as session:
        assert cursors.take(session, "i1", asking.TURN, "somebody", now=shop.clock(), lease=asking.LEASE)
    asking.ask(shop.runtime, "i1")
    assert shop.desk.asked == 0
    shop.clock.forward(seconds=asking.LEASE.total_seconds())
    asking.ask(shop.runtime, "i1")
    assert shop.desk.asked == 1
    asking.ask(shop.runtime, "i1")
    assert shop.desk.asked == 2, "the turn was given back"
    asking.ask(shop.runtime, "nowhere")


def test_many_missed_are_told_and_then_over(shop: Any, kit: Any) -> None:
    for number in range(4):
        ended(shop, kit, str(number), 2 * MINUTE)
    for number in range(4, 10):
        ended(shop, kit, str(number), 2 * MINUTE, webhook=True)
    for _ in range(4):
        look(shop)
    with shop.runtime.database.read() as session:
        told = notices.opened(session)
        share = late.share(session, "i1", now=shop.clock())
    assert [each.kind for each in told] == [Kind.WEBHOOKS_MISSED]
    assert told[0].text.startswith("4 of 10 conversations of the last day came without their webhook")
    assert (share.missed, share.ended, share.part) == (4, 10, 0.4)
    look(shop, 130)
    with shop.runtime.database.read() as session:
        assert not notices.opened(session)


@pytest.mark.parametrize("missed", [2, 3])
def test_few_missed_are_counted_and_not_told(shop: Any, kit: Any, missed: int) -> None:
    for number in range(missed):
        ended(shop, kit, str(number), 2 * MINUTE)
    for number in range(10, 10 + (13 if missed == 3 else 0)):
        ended(shop, kit, str(number), 2 * MINUTE, webhook=True)
    for _ in range(4):
        look(shop)
    assert row(shop).missed_count == missed
    with shop.runtime.database.read() as session:
        assert not notices.opened(session)


def test_the_bound(settings: Settings) -> None:
    """Fifteen minutes leave the helpdesk nine to list what ended."""
    assert (settings.poll + reconciling.FRESH + 9 * MINUTE).total_seconds() <= 900
    assert settings.poll + 9 * MINUTE <= reconciling.OVERLAP


def test_found_and_nothing_became_of_it(shop: Any, kit: Any) -> None:
    """A helpdesk that cannot be read for a day: nobody knows whether its webhook was lost."""
    ended(shop, kit, "1", 2 * MINUTE)
    shop.clock.forward(minutes=5)
    upkeep.poll(shop.runtime)
    shop.messages.sent = [each for each in shop.messages.sent if each[0] == "ask"]
    shop.work()
    shop.messages.sent.clear()
    shop.clock.forward(days=1)
    upkeep.poll(shop.runtime)
    shop.work()
    assert counted(shop)[0] == (shop.id_of("1"), False)
    with shop.runtime.database.begin() as session:
        late.forget(session, before=shop.clock() + HOUR)
    assert counted(shop) == []
