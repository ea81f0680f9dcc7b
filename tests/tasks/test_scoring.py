"""One conversation's way through the work, with its customer's others, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.base import Signal
from connectors.errors import OptedOut, Rejected, RetryLater, Throttled
from service.conversation import Author, Event, Message, Role
from service.settings import Settings
from service.store import results, work
from service.store.models import ContactKey, Scorecard, State, WriteState
from tasks import scoring, upkeep

HOUR = timedelta(hours=1)


@pytest.fixture
def open_shop(shop: Any, kit: Any, clock: Any) -> Callable[..., None]:
    """Puts a conversation on the helpdesk, closes it now, and plays its webhook."""

    def close(key: str, turns: Any = kit.unhelpful, **more: Any) -> None:
        started = clock() - len(turns) * timedelta(minutes=1)
        shop.desk.tickets[key] = kit.ticket(kit.conversation(key, started, turns, **more))
        shop.webhook(key)
        shop.work()

    return close


def card(shop: Any, key: str) -> Any:
    with shop.runtime.database.read() as session:
        return results.latest_card(session, shop.id_of(key))


def verdict(shop: Any, key: str, score: str = "repeat_contact") -> Any:
    return card(shop, key)["scores"][score]["verdict"]


def test_from_webhook_to_note(shop: Any, open_shop: Any) -> None:
    open_shop("1")
    row = shop.row("1")
    assert (row.state, row.write_state, row.due_at, row.write_due_at) == (State.SCORED, WriteState.WRITTEN, None, None)
    ticket = shop.desk.tickets["1"]
    assert shop.desk.verdict("1") in ("unresolved", "abandoned")
    assert ticket.tags[0] == "vip"
    assert len(ticket.notes) == 1
    assert f"https://deskmark.example/c/{shop.id_of('1')}" in ticket.notes[0]
    assert (shop.desk.reads, shop.desk.writes) == (1, 1), "read once: the stamp guards the write"


def test_read_again_and_planned_again_nothing_is_sent(shop: Any, open_shop: Any, clock: Any) -> None:
    open_shop("1")
    before = shop.desk.tickets["1"].tags, list(shop.desk.tickets["1"].notes)
    clock.forward(minutes=1)
    shop.webhook("1")
    shop.work()
    assert shop.desk.writes == 1
    assert (shop.desk.tickets["1"].tags, shop.desk.tickets["1"].notes) == before
    assert shop.row("1").write_state == WriteState.WRITTEN


def test_duplicates_and_reordering(shop: Any, open_shop: Any, clock: Any) -> None:
    open_shop("1")
    clock.forward(seconds=30)
    for _ in range(3):
        shop.webhook("1", number="the same")
        shop.webhook("1", Signal.ACTIVITY, occurred_at=clock() - HOUR)
        shop.work()
    assert shop.desk.writes == 1
    assert len(shop.desk.tickets["1"].notes) == 1


def test_many_deliveries_coalesce(shop: Any, kit: Any, clock: Any) -> None:
    settled: Settings = shop.runtime.settings.model_copy(update={"settle_seconds": 300})
    object.__setattr__(shop.runtime, "settings", settled)
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    for number in range(5):
        shop.webhook("1", number=str(number))
        shop.work()
        upkeep.sweep(shop.runtime)
        shop.work()
        clock.forward(seconds=60)
    assert shop.desk.reads == 0, "the last one was a minute ago"
    clock.forward(seconds=239)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.desk.reads == 0
    clock.forward(seconds=1)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert (shop.desk.reads, shop.desk.writes) == (1, 1)


def test_not_ended_is_parked_until_it_ends(shop: Any, open_shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful), ended=False)
    shop.webhook("1")
    shop.work()
    assert (shop.row("1").state, shop.row("1").document) == (State.OPEN, None)
    shop.desk.tickets["1"].ended = True
    clock.forward(minutes=1)
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.SCORED


def test_a_return_corrects_the_earlier_conversation(shop: Any, open_shop: Any, clock: Any, kit: Any) -> None:
    open_shop("1")
    assert verdict(shop, "1") == "pending"
    first = shop.desk.verdict("1")
    clock.forward(hours=3)
    open_shop("2")
    assert verdict(shop, "1") == "returned"
    assert shop.desk.verdict("1") == "returned" != first
    assert "dm__repeat__of" in shop.desk.tickets["2"].tags
    assert len(shop.desk.tickets["1"].notes) == 2, "one note and one correction"
    upkeep.sweep(shop.runtime)
    shop.work()
    writes = shop.desk.writes
    clock.forward(minutes=2)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.desk.writes == writes, "it comes to rest"


def test_read_in_the_wrong_order_they_find_each_other(shop: Any, kit: Any, clock: Any) -> None:
    start = clock() - 5 * HOUR
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", start, kit.unhelpful))
    shop.desk.tickets["2"] = kit.ticket(kit.conversation("2", start + 2 * HOUR, kit.unhelpful))
    for key in ("2", "1"):
        shop.webhook(key)
        shop.work()
    assert verdict(shop, "1") == "returned"
    assert "dm__repeat__of" in shop.desk.tickets["2"].tags


def test_another_customer_is_no_return(shop: Any, open_shop: Any, clock: Any) -> None:
    from service.conversation import Contact  # noqa: PLC0415

    open_shop("1")
    clock.forward(hours=1)
    open_shop("2", contact=Contact(id="c2"))
    assert verdict(shop, "1") == "pending"


@pytest.mark.parametrize("verified", [True, False])
def test_a_return_on_the_other_helpdesk(shop: Any, open_shop: Any, kit: Any, clock: Any, verified: bool) -> None:
    """The same verified address in one account group is the same customer; an unverified one proves nothing."""
    from service.conversation import Channel, Contact  # noqa: PLC0415

    other = shop.connect("intercom", "acme-chat")
    for installation in ("i1", other.installation_id):
        shop.change(installation, account_group="acme")
    open_shop("1")
    clock.forward(hours=3)
    contact = Contact(id="someone", email="Pat@Example.com", email_verified=verified)
    started = clock() - timedelta(minutes=4)
    other.desk.tickets["9"] = kit.ticket(
        kit.conversation("9", started, kit.unhelpful, contact=contact, channel=Channel.EMAIL, helpdesk="intercom")
    )
    other.webhook("9")
    other.work()
    assert verdict(shop, "1") == ("returned" if verified else "pending")
    assert (shop.desk.verdict("1") == "returned") is verified
    assert ("dm__repeat__of" in other.desk.tickets["9"].tags) is verified


def test_when_the_window_passes_pending_becomes_final(shop: Any, open_shop: Any, clock: Any) -> None:
    open_shop("1")
    reads = shop.desk.reads
    assert shop.row("1").final_at == clock() + timedelta(hours=24)
    clock.forward(hours=24)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert verdict(shop, "1") == "not_returned"
    assert shop.row("1").final_at is None
    assert shop.desk.reads == reads, "from what is stored"


def test_a_reopen_starts_a_new_episode(shop: Any, open_shop: Any, clock: Any, kit: Any) -> None:
    open_shop("1")
    ticket = shop.desk.tickets["1"]
    clock.forward(hours=2)
    reopened = clock()
    more = (
        Message(id="again", author=Author(Role.CUSTOMER, "c1"), text=kit.unhelpful[0][1], at=reopened),
        Message(id="reply", author=Author(Role.AGENT, "a1"), text="I send you a new kettle.", at=reopened),
    )
    ticket.conversation = _extended(ticket.conversation, more, reopened)
    ticket.ended, ticket.stamp = False, ticket.stamp + 1
    shop.webhook("1", Signal.ACTIVITY)
    shop.work()
    assert (shop.row("1").state, shop.row("1").final_at) == (State.OPEN, None)
    clock.forward(minutes=10)
    ticket.ended = True
    shop.webhook("1")
    shop.work()
    assert card(shop, "1")["episode"] == 2
    with shop.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Scorecard)) == 2
        earlier = session.scalars(select(Scorecard.card).where(Scorecard.episode == 1)).one()
    assert earlier["scores"]["repeat_contact"]["verdict"] == "returned"


def _extended(conversation: Any, messages: tuple[Message, ...], reopened: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    events = (*conversation.events, Event(id="reopened", kind="reopened", at=reopened))
    return replace(
        conversation, messages=conversation.messages + messages, events=events, closed_at=reopened + HOUR / 6
    )


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_deleted_or_opted_out_leaves_no_text(shop: Any, open_shop: Any, clock: Any, gone: bool) -> None:
    open_shop("1")
    clock.forward(hours=1)
    open_shop("2")
    assert verdict(shop, "1") == "returned"
    clock.forward(minutes=1)
    if gone:
        del shop.desk.tickets["2"]
    else:
        shop.desk.failures = [OptedOut("ignore tag")]
    shop.webhook("2")
    shop.work()
    row = shop.row("2")
    assert (row.state, row.document) == (State.GONE if gone else State.OPTED_OUT, None)
    left = card(shop, "2")
    assert (left is not None) is gone, "what was deleted stays counted, without a word of it"
    assert left is None or not any(score["evidence"] for score in left["scores"].values())
    with shop.runtime.database.read() as session:
        held = session.scalars(select(ContactKey.conversation_id).distinct()).all()
    assert held == [shop.id_of("1")]
    assert verdict(shop, "1") == "pending", "the return is no longer known of"


def test_opted_out_before_anything_was_stored(shop: Any) -> None:
    shop.desk.failures = [OptedOut("ignore tag")]
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.OPTED_OUT


def test_a_helpdesk_that_is_away_is_waited_for(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    shop.desk.failures = [RetryLater("503", after=20), RetryLater("503", after=1)]
    shop.webhook("1")
    shop.work()
    assert (shop.row("1").due_at, shop.row("1").attempts) == (clock() + timedelta(seconds=20), 1)
    assert shop.row("1").error == "503"
    for seconds in (20, 2):
        clock.forward(seconds=seconds)
        upkeep.sweep(shop.runtime)
        shop.work()
    assert shop.row("1").state == State.SCORED
    assert shop.row("1").error is None


def test_rate_limits_cost_no_attempt(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    limit = shop.runtime.settings.max_attempts + 3
    shop.desk.failures = [Throttled("429", after=60)] * limit
    shop.webhook("1")
    shop.work()
    for _ in range(limit):
        clock.forward(seconds=60)
        upkeep.sweep(shop.runtime)
        shop.work()
    assert shop.row("1").state == State.SCORED


def test_given_up_after_so_many_attempts_and_replayed(shop: Any, kit: Any, clock: Any) -> None:

    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    shop.desk.failures = [RetryLater("503", after=1)] * 100
    shop.webhook("1")
    shop.work()
    for _ in range(20):
        clock.forward(hours=1)
        upkeep.sweep(shop.runtime)
        shop.work()
    assert shop.desk.reads == shop.runtime.settings.max_attempts
    assert (shop.row("1").state, shop.row("1").error) == (State.DEAD, "503")
    shop.desk.failures = []
    with shop.runtime.database.begin() as session:
        assert work.replay(session, work.SCORING, shop.id_of("1"), now=clock())
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.row("1").state == State.SCORED


def test_a_refusal_is_not_repeated(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.failures = [Rejected("403: a scope is missing")]
    shop.webhook("1")
    shop.work()
    assert (shop.row("1").state, shop.row("1").error) == (State.DEAD, "403: a scope is missing")


def test_the_unforeseen_is_raised_and_tried_again_later(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    shop.desk.failures = [ZeroDivisionError("the customer's words")]
    shop.webhook("1")
    with pytest.raises(ZeroDivisionError):
        shop.work()
    assert shop.row("1").error == "unforeseen: ZeroDivisionError"
    clock.forward(minutes=1)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.row("1").state == State.SCORED


def test_a_lost_lease_saves_nothing(shop: Any, kit: Any, clock: Any) -> None:
    """While one worker reads for longer than its lease, another does the work."""
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    read = shop.desk.read

    def slow(key: str) -> Any:
        shop.desk.read = read
        clock.forward(hours=1)
        upkeep.sweep(shop.runtime)
        shop.work()
        return read(key)

    shop.desk.read = slow
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.SCORED
    assert shop.desk.writes == 1


def test_not_due_is_left_alone(shop: Any) -> None:
    scoring.score(shop.runtime, "nobody")
    assert shop.desk.reads == 0
