"""What goes away in a helpdesk goes here: merged and deleted conversations and people, redacted words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from connectors.base import Change, Signal
from connectors.errors import RetryLater
from service.conversation import Contact
from service.store import contacts, cursors
from service.store.figure_models import FactRow
from service.store.models import ContactKey, DeliveryState, Scorecard, State
from tasks import upkeep

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECRET = "Zanzibar"


def person(name: str) -> Contact:
    return Contact(id=name)


def told(shop: Any, kit: Any, key: str, ago: timedelta, contact: str = "c1", **more: Any) -> None:
    """A scored conversation in which the customer names a secret."""
    turns = [(role, f"{said} My word is {SECRET}.") for role, said in kit.unhelpful]
    made = kit.conversation(key, shop.clock() - ago, turns, contact=person(contact), **more)
    shop.desk.tickets[key] = kit.ticket(made)
    shop.webhook(key)
    shop.work()


def verdict(shop: Any, key: str) -> str:
    with shop.runtime.database.read() as session:
        found = select(Scorecard.card).where(Scorecard.conversation_id == shop.id_of(key), Scorecard.latest)
        return str(session.scalars(found).one()["scores"]["repeat_contact"]["verdict"])


def stored(shop: Any) -> str:
    """Every text in the database."""
    found = []
    with shop.runtime.database.read() as session:
        for table in ("conversation", "scorecard", "writeback", "intent_example", "delivery", "notice", "fact"):
            found += [" ".join(map(str, row)) for row in session.execute(text(f"SELECT * FROM {table}"))]
    return json.dumps(found)


def facts(shop: Any) -> int:
    with shop.runtime.database.read() as session:
        return session.query(FactRow).count()


def settle(shop: Any, minutes: float = 5) -> None:
    shop.clock.forward(minutes=minutes)
    upkeep.poll(shop.runtime)
    shop.work()
    upkeep.sweep(shop.runtime)
    shop.work()


def test_a_merged_conversation_is_none_of_its_own(shop: Any, kit: Any) -> None:
    """The customer asked twice within an hour; then the second was merged into the first: nobody returned."""
    told(shop, kit, "1", 3 * HOUR)
    told(shop, kit, "2", 2 * HOUR)
    assert verdict(shop, "1") == "returned"
    assert facts(shop) == 2
    shop.desk.gone_into.add("2")
    shop.clock.forward(minutes=1)
    shop.webhook("2")
    shop.work()
    assert shop.row("2").state == State.MERGED
    assert shop.row("2").document is None
    assert verdict(shop, "1") != "returned"
    assert facts(shop) == 1


def test_a_lost_webhook_of_a_merge_or_a_deletion(shop: Any, kit: Any) -> None:
    told(shop, kit, "1", 3 * HOUR)
    told(shop, kit, "2", 2 * HOUR)
    shop.desk.gone_into.add("2")
    del shop.desk.tickets["1"]
    shop.desk.changes = [[Change(Signal.ENDED, "2")], [Change(Signal.DELETED, "1"), Change(Signal.DELETED, "77")]]
    settle(shop)
    assert (shop.row("1").state, shop.row("2").state) == (State.GONE, State.MERGED)
    assert SECRET not in stored(shop)
    assert facts(shop) == 1, "deleted is counted, merged is not"
    assert shop.row("77") is None
    reads = shop.desk.reads
    settle(shop, 25)
    assert shop.desk.reads == reads, "what went already is left alone"


def test_lists_are_read_in_turn_and_now_and_then(shop: Any, kit: Any) -> None:
    """A page that fails is asked for again, and not the ones before it."""
    told(shop, kit, "1", 3 * HOUR)
    shop.desk.changes = [[], [], [Change(Signal.DELETED, "1")]]
    del shop.desk.tickets["1"]
    shop.desk.failures = [None, None, RetryLater("503")]
    settle(shop)
    assert shop.row("1").state == State.SCORED
    with shop.runtime.database.read() as session:
        known = cursors.get(session, "i1", "changes")
    assert known is not None and json.loads(known[0])["place"] == "1"
    settle(shop)
    assert shop.row("1").state == State.GONE


@pytest.mark.parametrize("by_list", [False, True], ids=["webhook", "list"])
def test_redacted_words_are_gone_everywhere(shop: Any, kit: Any, by_list: bool) -> None:
    told(shop, kit, "1", 3 * HOUR)
    assert SECRET in stored(shop)
    found = shop.desk.tickets["1"]
    clean = [replace(m, text=m.text.replace(SECRET, "▇▇▇")) for m in found.conversation.messages]
    found.conversation = replace(found.conversation, messages=tuple(clean))
    if by_list:
        shop.desk.changes = [[Change(Signal.REDACTED, "1")]]
        settle(shop)
    else:
        shop.webhook("1", Signal.REDACTED)
        shop.work()
    assert shop.row("1").state == State.SCORED
    assert SECRET not in stored(shop)
    assert "▇▇▇" in json.dumps(shop.row("1").document, ensure_ascii=False)
    assert facts(shop) == 1


def test_words_redacted_while_it_goes_on_are_gone_at_once(shop: Any, kit: Any) -> None:
    told(shop, kit, "1", 3 * HOUR)
    shop.desk.tickets["1"].ended = False
    shop.clock.forward(minutes=1)
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.OPEN
    assert SECRET in stored(shop)
    shop.desk.failures = [RetryLater("the helpdesk is away")] * 9
    shop.webhook("1", Signal.REDACTED)
    shop.work()
    assert SECRET not in stored(shop)
    assert facts(shop) == 1


def test_an_open_conversation_that_lost_words_is_not_kept_as_it_was(shop: Any, kit: Any) -> None:
    """The webhook of the redaction was lost; the next look at the conversation tells."""
    told(shop, kit, "1", 3 * HOUR)
    found = shop.desk.tickets["1"]
    found.ended = False
    found.conversation = replace(found.conversation, messages=found.conversation.messages[1:])
    shop.clock.forward(minutes=1)
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.OPEN
    assert SECRET not in stored(shop)


def test_a_redaction_of_what_is_not_kept(shop: Any, kit: Any) -> None:
    shop.webhook("1", Signal.REDACTED)
    shop.work()
    assert shop.row("1") is None
    assert shop.desk.reads == 0


def test_merged_people_are_one_customer(shop: Any, kit: Any) -> None:
    """Two strangers asked the same within hours; then the helpdesk learns that they are one person."""
    told(shop, kit, "1", 3 * HOUR, "lead")
    told(shop, kit, "2", 2 * HOUR, "user")
    assert verdict(shop, "1") != "returned"
    shop.desk.merges = {"lead": "user"}
    shop.webhook("contact:user,lead", Signal.CONTACT_MERGED)
    read_at = shop.row("1").read_at
    shop.clock.forward(minutes=1)
    shop.work()
    assert verdict(shop, "1") == "returned"
    assert shop.row("1").document["contact"]["id"] == "user"
    assert shop.row("1").read_at == read_at, "known without reading it again"
    with shop.runtime.database.read() as session:
        assert len(session.scalars(select(ContactKey.key).distinct()).all()) == 1
        assert contacts.now_known_as(session, "i1", "lead") == "user"


def test_what_is_read_later_belongs_to_the_one_who_is_left(shop: Any, kit: Any) -> None:
    shop.desk.merges = {"lead": "user"}
    told(shop, kit, "1", 5 * HOUR, "lead")
    shop.webhook("contact:lead,user", Signal.CONTACT_MERGED)
    shop.work()
    told(shop, kit, "2", 4 * HOUR, "lead")
    assert shop.row("2").document["contact"]["id"] == "user"


def test_a_merge_waits_for_its_helpdesk(shop: Any, kit: Any) -> None:
    told(shop, kit, "1", 3 * HOUR, "lead")
    shop.desk.merges = {"lead": "user"}
    shop.desk.failures = [None, RetryLater("503")]
    shop.webhook("contact:lead", Signal.CONTACT_MERGED)
    shop.work()
    assert shop.row("1").document["contact"]["id"] == "lead"
    settle(shop)
    assert shop.row("1").document["contact"]["id"] == "user"


@pytest.mark.parametrize("by_list", [False, True], ids=["webhook", "list"])
def test_a_deleted_person_is_gone_and_stays_counted(shop: Any, kit: Any, by_list: bool) -> None:
    told(shop, kit, "1", 3 * HOUR, "c1")
    told(shop, kit, "2", 2 * HOUR, "c1")
    told(shop, kit, "3", 2 * HOUR, "somebody")
    if by_list:
        shop.desk.changes = [[Change(Signal.CONTACT_DELETED, "c1")]]
        settle(shop)
    else:
        row = shop.webhook("contact:c1", Signal.CONTACT_DELETED)
        shop.work()
        assert row
    assert [shop.row(key).state for key in "123"] == [State.GONE, State.GONE, State.SCORED]
    assert [shop.row(key).document is None for key in "123"] == [True, True, False]
    assert facts(shop) == 3
    del shop.desk.tickets["3"]
    shop.webhook("3", Signal.DELETED)
    shop.work()
    assert SECRET not in stored(shop)
    told(shop, kit, "4", HOUR, "c1")
    assert SECRET not in stored(shop), "nothing of a deleted customer is kept later either"


def test_a_deletion_needs_no_helpdesk(shop: Any, kit: Any) -> None:
    """Paused, with a token that was revoked: the texts go all the same."""
    told(shop, kit, "1", 3 * HOUR)
    shop.change(paused_at=shop.clock(), paused_until=shop.clock() + 100 * HOUR)
    shop.desk.failures = [RetryLater("401")] * 99
    shop.webhook("contact:c1", Signal.CONTACT_DELETED)
    shop.work()
    assert SECRET not in stored(shop)
    assert facts(shop) == 1


def test_one_who_was_merged_looks_deleted_and_is_not(shop: Any, kit: Any) -> None:
    """Only the deletion was told: the conversations name the other one when they are read again."""
    told(shop, kit, "1", 3 * HOUR, "lead")
    found = shop.desk.tickets["1"]
    found.conversation = replace(found.conversation, contact=person("user"))
    shop.webhook("contact:lead", Signal.CONTACT_DELETED)
    shop.work()
    assert shop.row("1").state == State.SCORED
    assert shop.row("1").document["contact"]["id"] == "user"


def test_who_is_who(shop: Any) -> None:
    now = shop.clock()
    with shop.runtime.database.begin() as session:
        contacts.deleted(session, "i1", "a", now=now)
        assert contacts.now_known_as(session, "i1", "a") is None
        contacts.merged(session, "i1", "a", "b", now=now)
        contacts.deleted(session, "i1", "a", now=now)
        contacts.merged(session, "i1", "b", "a", now=now)
        assert contacts.now_known_as(session, "i1", "a") in ("a", "b"), "a circle holds nobody up"
        assert contacts.now_known_as(session, "i1", "c") == "c"


def test_a_document_without_text_keeps_its_place_in_history(shop: Any, kit: Any) -> None:
    """Its text was dropped, its keys were not: they follow."""
    from service.store import forgetting  # noqa: PLC0415

    told(shop, kit, "1", 3 * HOUR, "lead")
    with shop.runtime.database.begin() as session:
        forgetting.drop_texts(session, shop.id_of("1"), now=shop.clock(), keep_history=True)
        before = session.scalars(select(ContactKey.key)).all()
    shop.desk.merges = {"lead": "user"}
    shop.webhook("contact:lead", Signal.CONTACT_MERGED)
    shop.work()
    with shop.runtime.database.read() as session:
        assert session.scalars(select(ContactKey.key)).all() != before


def test_contacts_are_named_in_the_list_of_deliveries(shop: Any) -> None:
    from service.store.models import Delivery  # noqa: PLC0415

    row = shop.webhook("contact:c1", Signal.CONTACT_DELETED)
    shop.work()
    shop.messages.ingest([row])
    shop.work()
    with shop.runtime.database.read() as session:
        found = session.get_one(Delivery, row)
        assert (found.state, found.outcome) == (DeliveryState.ACCEPTED, "contact_deleted c1")
