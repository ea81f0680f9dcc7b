"""Customers' keys of an older version: found as long as they are there, mended a few at a time, not to be tried out."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b, sha256

from sqlalchemy import insert, select, update

from service.store import contacts, conversations, history, rekeying
from service.store.database import Database
from service.store.history import Span
from service.store.models import ContactKey, Conversation, Installation, State
from service.store.secrets import SecretBox, new_key

BOX = SecretBox(new_key())
HOUR = timedelta(hours=1)
ADA, BOB = "email:ada@example.com", "email:bob@example.com"


def row(database: Database, installation: Installation, name: str, now: datetime) -> str:
    with database.begin() as session:
        return conversations.announce(session, installation, name, at=now, now=now)


def as_before(database: Database, row_id: str, now: datetime, *names: str) -> None:
    """Store keys as the version before did."""
    with database.begin() as session:
        for name in names:
            key = blake2b(name.encode(), digest_size=16).digest()
            session.execute(
                insert(ContactKey).values(conversation_id=row_id, key=key, started_at=now - HOUR, ended_at=now)
            )


def save(database: Database, row_id: str, now: datetime, *names: str) -> None:
    with database.begin() as session:
        history.save_keys(session, BOX, Span(row_id, frozenset(names), now - HOUR, now), now=now)


def near(database: Database, row_id: str, now: datetime, *names: str) -> list[str]:
    with database.read() as session:
        return sorted(history.nearby(session, BOX, Span(row_id, frozenset(names), now - HOUR, now), window=HOUR))


def keys(database: Database) -> list[bytes]:
    with database.read() as session:
        return list(session.scalars(select(ContactKey.key).order_by(ContactKey.key)))


def mend(database: Database, now: datetime, at_once: int = 500) -> rekeying.Rekeyed:
    with database.begin() as session:
        return rekeying.rekey(session, BOX, now=now, at_once=at_once)


def test_nobody_can_try_addresses_out(database: Database, installation: Installation, now: datetime) -> None:
    save(database, row(database, installation, "1", now), now, ADA)
    stored = keys(database)[0]
    tried = {blake2b(ADA.encode(), digest_size=size).digest() for size in (16, 20)}
    tried |= {sha256(ADA.encode()).digest()[:20], sha256(min(tried, key=len)).digest()[:20]}
    assert stored not in tried
    assert len(stored) == history.KEYED


def test_old_and_new_ones_are_found_together(database: Database, installation: Installation, now: datetime) -> None:
    old, new, other = (row(database, installation, name, now) for name in "123")
    as_before(database, old, now, ADA)
    assert near(database, "x", now, ADA) == [old], "before any was stored with our key"
    save(database, new, now, ADA)
    save(database, other, now, BOB)
    assert near(database, "x", now, ADA) == sorted([old, new])
    with database.read() as session:
        assert sorted(contacts.conversations_of(session, BOX, "i1", ADA)) == sorted([old, new])


def test_they_are_mended_a_few_at_a_time(database: Database, installation: Installation, now: datetime) -> None:
    rows = [row(database, installation, str(number), now) for number in range(5)]
    for each in rows:
        as_before(database, each, now, ADA)
    assert mend(database, now, at_once=2).keys == 2
    assert sum(len(key) == history.UNKEYED for key in keys(database)) == 3
    assert near(database, "x", now, ADA) == sorted(rows)
    assert [mend(database, now, at_once=2).keys for _ in range(3)] == [2, 1, 0]
    assert {len(key) for key in keys(database)} == {history.KEYED}
    assert near(database, "x", now, ADA) == sorted(rows)
    assert near(database, "x", now, BOB) == []


def test_a_conversation_with_several_keys(database: Database, installation: Installation, now: datetime) -> None:
    first, second = (row(database, installation, name, now) for name in "12")
    as_before(database, first, now, ADA, BOB)
    assert mend(database, now, at_once=1).keys == 2
    save(database, second, now, ADA)
    assert len(set(keys(database))) == 2
    assert near(database, second, now, BOB) == [first]


def test_a_merged_customer_whose_key_is_old(database: Database, installation: Installation, now: datetime) -> None:
    known, both = (row(database, installation, name, now) for name in "12")
    as_before(database, known, now, ADA)
    as_before(database, both, now, ADA, BOB)
    with database.begin() as session:
        for each in (known, both):
            contacts.rename_key(session, BOX, each, ADA, BOB, now=now)
    assert near(database, "x", now, ADA) == []
    assert near(database, "x", now, BOB) == sorted([known, both])


def test_what_the_old_version_read_beside_the_new_one_is_scored_again(
    database: Database, installation: Installation, now: datetime
) -> None:
    before, beside, waiting = (row(database, installation, name, now) for name in "123")
    with database.begin() as session:
        scored = {"state": State.SCORED, "due_at": None, "news": False}
        session.execute(update(Conversation).values({**scored, "read_at": now - HOUR}))
        session.execute(update(Conversation).where(Conversation.id != before).values(read_at=now + HOUR))
        session.execute(update(Conversation).where(Conversation.id == waiting).values(state=State.OPEN))
    save(database, before, now, BOB)  # The new version has begun.
    for each in (before, beside, waiting):
        as_before(database, each, now, ADA)
    assert mend(database, now + HOUR) == (3, [beside])
    with database.read() as session:
        kept = session.get_one(Conversation, beside)
        assert (kept.news, kept.due_at) == (True, now + HOUR)


def test_without_any_nothing_is_made(database: Database, now: datetime) -> None:
    assert mend(database, now) == (0, [])
