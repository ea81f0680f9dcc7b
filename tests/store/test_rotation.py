"""Stored secrets move to a new key while they are in use, and nothing that is encrypted is forgotten."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import LargeBinary, select, update

from service.store import rotation
from service.store.database import Database
from service.store.models import Installation
from service.store.people_models import Person
from service.store.privacy_models import OwnSecret
from service.store.rotation import Progress, Standing
from service.store.secrets import SecretBox, SecretsUnreadable, new_key
from service.store.tables import METADATA

OLD, NEW, LOST = new_key(), new_key(), new_key()
NOT_ENCRYPTED = {
    "contact_key.key",
    "vector.key",
    "vector.vector",
    "fact.cells",
    "fact.large",
    "rollup.cells",
    "rollup.large",
    "week_sum.cells",
    "week_sum.large",
    "intent_catalog.fitted",
    "intent_example.digest",
    "suppression.key",
    "report_image.png",
}
"""Columns of bytes that hold hashes and numbers."""


def test_every_column_of_bytes_is_either_encrypted_or_known_not_to_be() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    encrypted = {f"{column.table.name}.{column.name}" for column in rotation.ENCRYPTED}
    assert named - NOT_ENCRYPTED == encrypted, "name a new column in rotation.ENCRYPTED, or here"


@pytest.fixture
def stored(database: Database, installation: Installation, now: datetime) -> Database:
    """Five values under the old key, one under a key that nobody has any more."""
    box = SecretBox(OLD)
    with database.begin() as session:
        session.execute(update(Installation).values(secrets=box.lock({"token": "t"})))
        for number in range(3):
            session.add(
                Person(
                    id=f"p{number}", email=f"{number}@example.com", role="admin", created_at=now,
                    totp_secret=box.lock({"secret": str(number)}) if number else None,
                    totp_offered=SecretBox(LOST).lock({}) if number == 2 else None,
                )
            )  # fmt: skip
        for name in ("a", "b"):
            session.add(OwnSecret(name=name, locked=box.lock({"key": name}), created_at=now))
    return database


def test_everything_is_under_the_new_key_and_the_old_one_can_go(stored: Database) -> None:
    both, told = SecretBox(f"{NEW},{OLD}"), list[Progress]()
    assert rotation.standing(stored, both) == Standing(0, 5, 1)
    came = rotation.rotate(stored, both, tell=told.append, at_once=1)
    assert came == Progress(done=6, total=6, renewed=5, unreadable=1)
    assert [progress.done for progress in told] == [0, 1, 2, 3, 4, 5, 6]
    assert rotation.standing(stored, both) == Standing(5, 0, 1)
    alone = SecretBox(NEW)
    with stored.read() as session:
        assert alone.unlock(session.scalars(select(Installation.secrets)).one()) == {"token": "t"}
        assert alone.unlock(session.get_one(Person, "p1").totp_secret or b"") == {"secret": "1"}
        assert alone.unlock(session.get_one(OwnSecret, "b").locked) == {"key": "b"}
    assert rotation.rotate(stored, both).renewed == 0, "what is done stays done"


def test_interrupted_it_goes_on_by_starting_again(stored: Database) -> None:
    both = SecretBox(f"{NEW},{OLD}")

    def stop(progress: Progress) -> None:
        if progress.renewed == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(stored, both, tell=stop, at_once=1)
    assert rotation.standing(stored, both) == Standing(2, 3, 1)
    assert rotation.rotate(stored, both).renewed == 3


def test_what_was_removed_meanwhile_is_passed_over(stored: Database) -> None:
    both = SecretBox(f"{NEW},{OLD}")

    def remove(progress: Progress) -> None:
        if progress.done == 1:
            with stored.begin() as session:
                session.get_one(Person, "p1").totp_secret = None

    assert rotation.rotate(stored, both, tell=remove).renewed == 4


def test_a_key_that_is_missing_is_said() -> None:
    locked = SecretBox(LOST).lock({})
    with pytest.raises(SecretsUnreadable, match="lacks the key"):
        SecretBox(NEW).renewed(locked)
