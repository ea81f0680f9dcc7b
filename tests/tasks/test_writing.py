"""The write-back: once, never over a change, never blind, and kept when it cannot be written now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connectors.errors import Conflict, NotFound, RetryLater
from service.conversation import Author, Message, Role
from service.store.models import Installation, State, Writeback, WriteState
from service.writeback import Writable
from tasks import upkeep

HOUR = timedelta(hours=1)


@pytest.fixture
def scored(shop: Any, kit: Any, clock: Any) -> Callable[[], Any]:
    """A conversation that is scored; its write-back is announced and not done yet."""

    def one() -> Any:
        shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
        shop.webhook("1")
        while shop.messages.sent != [("write_back", shop.id_of("1"))]:
            task = shop.messages.sent.pop(0)
            rest, shop.messages.sent = shop.messages.sent, [task]
            one_step(shop)
            shop.messages.sent += rest
        return shop.desk.tickets["1"]

    return one


def one_step(shop: Any) -> None:
    from tasks import intake, scoring  # noqa: PLC0415

    task, argument = shop.messages.sent.pop(0)
    {"ingest": intake.take_in, "score": scoring.score}[task](shop.runtime, argument)


def sweep(shop: Any) -> None:
    upkeep.sweep(shop.runtime)
    shop.work()


def test_what_was_written_is_remembered(shop: Any, scored: Any) -> None:
    ticket = scored()
    assert shop.row("1").write_state == WriteState.PENDING
    shop.work()
    with shop.runtime.database.read() as session:
        sent = session.scalars(select(Writeback)).one()
        assert session.get_one(Installation, "i1").actor_ids == ["our-user"]
    assert (sent.episode, sent.requests) == (1, 1)
    assert set(sent.actions["add_tags"]) == set(ticket.tags) - {"vip"}
    assert sent.actions["note"]["text"] == ticket.notes[0]


def test_without_a_guard_it_is_read_before_it_is_written(shop: Any, scored: Any) -> None:
    shop.desk.guarded = False
    scored()
    shop.work()
    assert (shop.desk.reads, shop.desk.writes) == (2, 1)


def test_a_change_of_tags_is_merged(shop: Any, scored: Any) -> None:
    ticket = scored()
    ticket.tags, ticket.stamp = (*ticket.tags, "urgent"), 2
    shop.work()
    assert {"vip", "urgent"} <= set(ticket.tags)
    assert shop.desk.verdict("1")
    assert (len(ticket.notes), shop.desk.reads) == (1, 2)


def test_a_new_message_is_judged_before_anything_is_written(shop: Any, scored: Any, clock: Any) -> None:
    ticket = scored()
    late = Message(id="late", author=Author(Role.CUSTOMER, "c1"), text="I found it myself, it works!", at=clock())
    ticket.conversation = replace(ticket.conversation, messages=(*ticket.conversation.messages, late))
    ticket.stamp += 1
    shop.work()
    assert shop.row("1").document["messages"][-1]["id"] == "late"
    assert shop.row("1").state == State.SCORED
    assert shop.row("1").write_due_at is None


def test_reopened_meanwhile_nothing_is_written(shop: Any, scored: Any) -> None:
    ticket = scored()
    ticket.ended, ticket.stamp = False, 2
    shop.work()
    assert (shop.row("1").state, ticket.tags) == (State.OPEN, ("vip",))


def test_deleted_meanwhile(shop: Any, scored: Any) -> None:
    scored()
    shop.desk.failures = [NotFound("1"), NotFound("1")]
    shop.work()
    assert shop.row("1").state == State.GONE


def test_a_conversation_that_never_stands_still_is_put_off(shop: Any, scored: Any, clock: Any) -> None:
    scored()
    shop.desk.failures = [Conflict("409"), None] * 3
    shop.work()
    assert (shop.row("1").write_attempts, shop.desk.writes) == (1, 0)
    clock.forward(minutes=1)
    sweep(shop)
    assert shop.desk.writes == 1


def test_killed_after_the_helpdesk_took_it(shop: Any, scored: Any, clock: Any) -> None:
    """The write came through, the worker died before it could say so: no second note."""
    ticket = scored()

    def die() -> None:
        raise KeyboardInterrupt

    shop.desk.after_write = die
    with pytest.raises(KeyboardInterrupt):
        shop.work()
    ticket.stamp -= 1  # Stamps in seconds: both states of the conversation may carry the same one.
    shop.desk.after_write = lambda: None
    clock.forward(hours=1)
    sweep(shop)
    assert (len(ticket.notes), shop.desk.writes) == (1, 1)
    assert shop.row("1").write_state == WriteState.WRITTEN
    with shop.runtime.database.read() as session:
        remembered = session.scalars(select(Writeback)).one()
    assert remembered.actions["note"]["text"].splitlines()[0] == ticket.notes[0].splitlines()[0]
    assert remembered.requests == 0


def test_read_only_is_shown_and_written_when_it_becomes_writable(shop: Any, scored: Any, clock: Any) -> None:
    ticket = scored()
    ticket.writable, ticket.stamp = Writable.NOTHING, 2
    shop.work()
    row = shop.row("1")
    assert (row.write_state, row.write_due_at) == (WriteState.NOT_WRITABLE, clock() + HOUR)
    assert row.write_error
    clock.forward(hours=1)
    sweep(shop)
    assert shop.row("1").write_state == WriteState.NOT_WRITABLE
    ticket.writable = Writable.FULL
    clock.forward(hours=1)
    sweep(shop)
    assert shop.row("1").write_state == WriteState.WRITTEN
    assert len(ticket.notes) == 1


def test_read_only_is_not_looked_at_for_ever(shop: Any, scored: Any, clock: Any) -> None:
    scored().writable = Writable.NOTHING
    shop.desk.tickets["1"].stamp = 2
    shop.work()
    for _ in range(60):
        clock.forward(days=1)
        sweep(shop)
    assert shop.row("1").write_due_at is None
    assert shop.row("1").write_state == WriteState.NOT_WRITABLE
    assert shop.desk.reads < 40


def test_closed_takes_tags_only(shop: Any, scored: Any) -> None:
    ticket = scored()
    ticket.writable, ticket.stamp = Writable.TAGS_ONLY, 2
    shop.work()
    assert shop.desk.verdict("1")
    assert ticket.notes == []


def test_switched_off_nothing_is_written(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(writing=False)
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    shop.webhook("1")
    shop.work()
    assert (shop.row("1").state, shop.row("1").write_state) == (State.SCORED, WriteState.OFF)
    assert shop.desk.tickets["1"].tags == ("vip",)


def test_switched_off_meanwhile(shop: Any, scored: Any) -> None:
    scored()
    shop.change(writing=False)
    shop.work()
    assert (shop.row("1").write_state, shop.desk.writes) == (WriteState.OFF, 0)


def test_a_helpdesk_that_is_away(shop: Any, scored: Any, clock: Any) -> None:
    scored()
    shop.desk.failures = [RetryLater("503", after=7)]
    shop.work()
    assert shop.row("1").write_due_at == clock() + timedelta(seconds=7)
    clock.forward(seconds=7)
    sweep(shop)
    assert shop.row("1").write_state == WriteState.WRITTEN
    assert shop.desk.reads == 2, "a second attempt reads again"


def test_changed_meanwhile_it_settles_first(shop: Any, scored: Any, clock: Any) -> None:
    ticket = scored()
    settled = shop.runtime.settings.model_copy(update={"settle_seconds": 300})
    object.__setattr__(shop.runtime, "settings", settled)
    late = Message(id="late", author=Author(Role.CUSTOMER, "c1"), text="One more thing.", at=clock())
    ticket.conversation = replace(ticket.conversation, messages=(*ticket.conversation.messages, late))
    ticket.stamp += 1
    shop.work()
    assert shop.row("1").due_at == clock() + timedelta(minutes=5)
    assert shop.desk.writes == 0
