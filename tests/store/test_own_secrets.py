"""Deskmark's own secrets: made once by whoever comes first, remembered only once they are stored for good."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import delete, select, update

from service.store import own_secrets, rotation
from service.store.database import Database
from service.store.privacy_models import OwnSecret
from service.store.secrets import SecretBox, SecretsUnreadable, new_key

OLD, NEW = new_key(), new_key()
BOX = SecretBox(OLD)


def made(database: Database, name: str, now: datetime, box: SecretBox = BOX) -> bytes:
    with database.begin() as session:
        return own_secrets.made(session, box, name, now=now)


def known(database: Database, name: str, box: SecretBox = BOX) -> bytes | None:
    with database.read() as session:
        return own_secrets.known(session, box, name)


def test_made_once_and_each_for_itself(database: Database, now: datetime) -> None:
    assert known(database, "a") is None
    first = made(database, "a", now)
    assert len(first) >= 32
    assert made(database, "a", now) == known(database, "a") == first
    assert made(database, "b", now) != first
    with database.read() as session:
        assert session.scalars(select(OwnSecret.name).order_by(OwnSecret.name)).all() == ["a", "b"]
        assert (own_secrets.made_at(session, "a"), own_secrets.made_at(session, "c")) == (now, None)
        assert all(first not in locked for locked in session.scalars(select(OwnSecret.locked)))


def test_one_that_was_rolled_back_is_not_remembered(database: Database, now: datetime) -> None:
    class Changed(Exception):
        """Why it is rolled back."""

    with pytest.raises(Changed), database.begin() as session:
        gone = own_secrets.made(session, BOX, "a", now=now)
        assert own_secrets.made(session, BOX, "a", now=now) == gone
        raise Changed
    assert known(database, "a") is None
    assert made(database, "a", now) != gone


def test_a_process_reads_it_once(database: Database, now: datetime) -> None:
    first = made(database, "a", now)
    assert made(database, "a", now) == first, "read when it was stored for good"
    with database.begin() as session:
        session.execute(delete(OwnSecret))
    assert made(database, "a", now) == first


def test_it_outlives_a_change_of_the_encryption_key(database: Database, now: datetime) -> None:
    first = made(database, "a", now)
    rotation.rotate(database, SecretBox(f"{NEW},{OLD}"))
    again = Database(database.url)  # As another process, which remembers nothing.
    try:
        assert known(again, "a", SecretBox(NEW)) == first
        with again.begin() as session:
            session.execute(update(OwnSecret).values(name="b"))
        with pytest.raises(SecretsUnreadable):
            known(again, "b", BOX)
    finally:
        again.close()
