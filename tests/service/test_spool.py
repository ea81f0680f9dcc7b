"""The spool gives back what was put in, in order, and the same customer's neighbours in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.conversation import Author, Contact, Conversation, Message, Role
from service.files.spool import DuplicateConversation, Spool

START = datetime(2026, 1, 5, tzinfo=UTC)


def conversation(name: str, customer: str | None = "c", *, days: float | None = 0) -> Conversation:
    at = None if days is None else START + timedelta(days=days)
    return Conversation(id=name, contact=Contact(customer), messages=(Message("m", Author(Role.CUSTOMER), "hi", at),))


def filled(*found: Conversation) -> Spool:
    spool = Spool()
    for number, each in enumerate(found):
        spool.add(number, each)
    spool.finish()
    return spool


def test_order_latest_and_count() -> None:
    found = [conversation("b", days=2), conversation("a"), conversation("c", days=None)]
    with filled(*found) as spool:
        assert list(spool.conversations()) == found
        assert spool.latest == START + timedelta(days=2)
        assert spool.count == 3


def test_others_are_the_same_customers_nearest_first_within_reach() -> None:
    found = [conversation("a"), conversation("far", days=20), conversation("near", days=1), conversation("x", "d")]
    with filled(*found, conversation("nearer", days=0.1)) as spool:
        assert [other.id for other in spool.others(found[0])] == ["nearer", "near"]


def test_who_has_no_key_or_no_time_has_no_history() -> None:
    nobody, timeless = conversation("n", None), conversation("t", days=None)
    with filled(nobody, timeless, conversation("a")) as spool:
        assert spool.others(nobody) == ()
        assert spool.others(timeless) == ()


def test_a_conversation_stands_once() -> None:
    with filled(conversation("a")) as spool, pytest.raises(DuplicateConversation, match="'a'"):
        spool.add(7, conversation("a", "other"))


def test_nothing_is_left_on_disk() -> None:
    with filled(conversation("a")) as spool:
        folder = spool._folder.name
    assert not Path(folder).exists()
