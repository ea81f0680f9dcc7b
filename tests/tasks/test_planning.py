"""Dry run: what may not be written is kept, with what stands there, and costs the helpdesk nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from service.document import to_document
from service.store import conversations
from service.store.models import Conversation, Installation, State, Writeback, WriteState
from service.write_rules import place
from tasks import scoring, standing, upkeep

HOUR = timedelta(hours=1)


def arrive(shop: Any, kit: Any, clock: Any, key: str = "1", turns: Any = None, **more: Any) -> Any:
    shop.desk.tickets[key] = kit.ticket(kit.conversation(key, clock() - HOUR, turns or kit.unhelpful, **more))
    shop.webhook(key)
    shop.work()
    return shop.desk.tickets[key]


def plan_of(shop: Any, key: str = "1") -> Any:
    with shop.runtime.database.read() as session:
        row = session.get_one(Conversation, shop.id_of(key))
        return row.plan, row.planned_at


def test_switched_off_the_plan_is_kept_with_what_stands_there(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(writing=False)
    ticket = arrive(shop, kit, clock)
    plan, planned_at = plan_of(shop)
    assert (ticket.tags, shop.desk.writes, shop.desk.reads) == (("vip",), 0, 1)
    assert planned_at == clock()
    assert "dm__resolution__unresolved" in plan["add_tags"]
    assert plan["fields"]["dm_outcome"] == "unresolved"
    assert plan["was"]["dm_outcome"] is None
    assert plan["note"]["text"].startswith("Deskmark: outcome unresolved")
    assert plan["reason"] == "writing is switched off"


def test_when_it_is_forgotten_the_plan_goes_too(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(writing=False)
    arrive(shop, kit, clock)
    del shop.desk.tickets["1"]
    shop.webhook("1")
    shop.work()
    assert plan_of(shop) == (None, None)


def test_each_part_is_switched_by_itself(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(write_rules={"notes": False, "fields": False})
    ticket = arrive(shop, kit, clock)
    assert "dm__resolution__unresolved" in ticket.tags
    assert (ticket.notes, set(ticket.fields.values())) == ([], {None})
    plan, _ = plan_of(shop)
    assert (plan["add_tags"], plan["fields"]["dm_outcome"]) == ([], "unresolved")
    assert plan["note"] is not None
    assert shop.row("1").write_state == WriteState.WRITTEN
    with shop.runtime.database.read() as session:
        assert session.scalars(select(Writeback)).one().actions["note"] is None


def test_a_rule_leaves_a_conversation_out_and_says_why(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(write_rules={"groups": ["billing"]})
    arrive(shop, kit, clock, inbox="Sales")
    arrive(shop, kit, clock, "2", inbox="Billing")
    assert plan_of(shop)[0]["reason"] == "its group (Sales) is not among those that are written to"
    assert plan_of(shop, "2") == (None, None)
    assert shop.row("1").write_state == WriteState.OFF
    assert shop.desk.verdict("2") == "unresolved"


def test_only_the_sample_is_written(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(write_rules={"sample": 50})
    for number in range(8):
        arrive(shop, kit, clock, str(number), contact=kit.conversation("x", clock(), kit.helpful).contact)
    written = {str(n) for n in range(8) if shop.desk.verdict(str(n))}
    assert written == {str(n) for n in range(8) if place(shop.id_of(str(n))) < 50}
    assert 0 < len(written) < 8


def test_what_was_scored_before_the_switch_is_not_written_by_itself(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(writing=False)
    arrive(shop, kit, clock)
    shop.change(writing=True)
    clock.forward(days=2)
    upkeep.sweep(shop.runtime)  # The repeat window has passed: it is scored again, from what is stored.
    shop.work()
    assert shop.row("1").state == State.SCORED
    assert (shop.desk.writes, shop.row("1").write_state) == (0, WriteState.OFF)
    assert plan_of(shop)[0]["reason"].startswith("it was scored before")
    shop.webhook("1")  # It goes on at the helpdesk: this is read anew, and written.
    shop.work()
    assert shop.desk.writes == 1
    assert plan_of(shop) == (None, None)


def test_history_is_written_only_when_asked_for(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    reading = shop.desk.read("1")
    read = conversations.ReadConversation(
        document=to_document(reading.conversation), there=standing.to_json(reading.there), channel="messaging",
        opened_at=clock() - HOUR, ended_at=clock() - HOUR, read_at=clock(), news=False,
    )  # fmt: skip
    with shop.runtime.database.begin() as session:
        installation = session.get_one(Installation, "i1")
        row_id, _ = conversations.keep_history(session, installation, "1", read, now=clock())
    scoring.score(shop.runtime, row_id)
    shop.work()
    assert shop.desk.writes == 0
    assert plan_of(shop)[0]["reason"].startswith("it comes from the helpdesk's history")
    clock.forward(days=2)
    upkeep.sweep(shop.runtime)
    shop.work()
    assert shop.desk.writes == 0, "its window passing changes nothing"


def test_switched_off_between_scoring_and_writing_the_plan_is_made_then(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - HOUR, kit.unhelpful))
    shop.webhook("1")
    shop.messages.sent, todo = [], shop.messages.sent
    from tasks import intake, writing  # noqa: PLC0415

    intake.take_in(shop.runtime, todo[0][1])
    scoring.score(shop.runtime, shop.id_of("1"))
    assert plan_of(shop) == (None, None)
    shop.change(writing=False)
    writing.write_back(shop.runtime, shop.id_of("1"))
    assert plan_of(shop)[0]["reason"] == "writing is switched off"
    assert (shop.desk.writes, shop.desk.reads) == (0, 1)


def test_what_was_written_is_known_to_stand_there(shop: Any, kit: Any, clock: Any) -> None:
    """A later verdict is planned against it without asking the helpdesk."""
    arrive(shop, kit, clock)
    assert "dm__resolution__unresolved" in shop.row("1").there["tags"]
    shop.change(writing=False)
    clock.forward(hours=3)
    arrive(shop, kit, clock, "2", contact=shop.desk.tickets["1"].conversation.contact)
    reads = shop.desk.reads
    assert shop.desk.verdict("1") == "unresolved", "it is off: nothing is changed"
    plan, _ = plan_of(shop)
    assert plan["remove_tags"] == ["dm__resolution__unresolved"]
    assert (plan["was"]["dm_outcome"], plan["fields"]["dm_outcome"]) == ("unresolved", "returned")
    assert reads == 2
