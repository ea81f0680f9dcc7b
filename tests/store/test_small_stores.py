"""Installations, secrets, vectors, sign-in links, and the overview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from cryptography.fernet import Fernet
from sqlalchemy.exc import IntegrityError, StatementError

from service.language.embedding import MemoryCache
from service.store import conversations, deliveries, installations, overview, results, sign_in, vectors, work
from service.store.database import Database
from service.store.models import Installation, State
from service.store.secrets import SecretBox, SecretsUnreadable, new_key
from service.store.work import SCORING

MINUTE = timedelta(minutes=1)


def test_secrets_survive_a_new_key_in_front() -> None:
    old, new = new_key(), new_key()
    locked = SecretBox(old).lock({"token": "t", "webhook_secret": "s"})
    assert b"token" not in locked
    assert SecretBox(f"{new}, {old}").unlock(locked) == {"token": "t", "webhook_secret": "s"}
    with pytest.raises(SecretsUnreadable, match="DESKMARK_SECRET_KEY"):
        SecretBox(new).unlock(locked)


BAD_KEYS = {"none": "", "commas": " , ", "words": "too short", "cut short": Fernet.generate_key().decode()[:-4]}


@pytest.mark.parametrize("keys", BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_keys_are_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="DESKMARK_SECRET_KEY"):
        SecretBox(keys)


def test_installations(database: Database, installation: Installation, now: datetime) -> None:
    assert installation.base_url == "https://acme.example"
    with database.begin() as session:
        installations.change(session, "i1", writing=True, enabled=False)
        installations.remember_actors(session, "i1", {"9", "7"})
    with database.read() as session:
        row = installations.get(session, "i1")
        assert row is not None
        assert (row.writing, row.actor_ids) == (True, ["7", "9"])
        assert [found.id for found in installations.all_of(session)] == ["i1"]
        assert installations.all_of(session, enabled_only=True) == []
    same = installations.NewInstallation(connector="zendesk", account="acme", base_url="", secrets=b"", prefix="dm__")
    with pytest.raises(IntegrityError), database.begin() as session:
        installations.add(session, same, now=now)


def test_times_are_aware_and_in_utc(database: Database, installation: Installation, now: datetime) -> None:
    elsewhere = now.astimezone(timezone(timedelta(hours=-5)))
    with database.begin() as session:
        installations.change(session, "i1", polled_until=elsewhere)
    with database.read() as session:
        row = installations.get(session, "i1")
        assert row is not None
        assert row.polled_until == now
        assert row.polled_until.tzinfo is UTC
    with pytest.raises(StatementError, match="time zone"), database.begin() as session:
        installations.change(session, "i1", polled_until=datetime(2026, 1, 1))  # noqa: DTZ001


def test_vectors_come_back_as_they_were(database: Database, now: datetime) -> None:
    keys = [bytes([number]) * 32 for number in range(3)]
    rows = {key: np.linspace(number, number + 1, 384, dtype=np.float32) for number, key in enumerate(keys)}
    store = vectors.StoredVectors(database, clock=lambda: now, near=MemoryCache())
    store.put_many(rows)
    store.put_many({keys[0]: rows[keys[0]]})
    another_process = vectors.StoredVectors(database, clock=lambda: now)
    for _ in range(2):
        found = another_process.get_many([*keys, b"x" * 32])
        assert set(found) == set(keys)
        assert all(np.array_equal(found[key], rows[key]) for key in keys)
    with database.begin() as session:
        assert vectors.forget(session, before=now) == 0
        assert vectors.forget(session, before=now + MINUTE) == 3
    assert vectors.StoredVectors(database, clock=lambda: now).get_many(keys) == {}


def test_a_sign_in_link_works_once(database: Database, now: datetime) -> None:
    with database.begin() as session:
        token, late = sign_in.new_token(session, now=now), sign_in.new_token(session, now=now, valid=MINUTE)
    with database.begin() as session:
        assert not sign_in.use(session, "wrong", now=now)
        assert not sign_in.use(session, late, now=now + MINUTE)
        assert sign_in.use(session, token, now=now + MINUTE)
        assert not sign_in.use(session, token, now=now + MINUTE)


def test_overview(database: Database, installation: Installation, now: datetime) -> None:
    with database.begin() as session:
        ids = [
            conversations.announce(session, installation, str(number), at=now, now=now + number * MINUTE)
            for number in range(4)
        ]
        held = work.claim(session, SCORING, ids[1], now=now, lease=MINUTE, max_attempts=3)
        assert held is not None
        card = {"episode": 1, "definitions": "1", "scores": {}}
        results.save_cards(session, ids[1], [card], now=now)
        results.save_writeback(session, ids[1], results.Sent(1, "h", {}, 1), now=now)
        work.finish(session, SCORING, held, state=State.SCORED)
        for key in "abc":
            received = deliveries.Received("i1", key, "e", "ended", external_id="1")
            deliveries.record(session, received, now=now, hold=MINUTE)

    with database.read() as session:
        dossier = overview.dossier(session, ids[1])
        assert dossier is not None
        assert [found.card for found in dossier.cards] == [card]
        assert (len(dossier.writebacks), len(dossier.deliveries)) == (1, 3)
        assert overview.dossier(session, "nobody") is None

        counts = overview.counts(session)
        assert counts.conversations == {"new": 3, "scored": 1}
        assert (counts.deliveries, counts.writes) == ({"received": 3}, {"none": 4})
        assert (counts.oldest_due_at, counts.oldest_write_due_at) == (now, None)
