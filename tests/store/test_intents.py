"""Intent catalogs and policies in the store, on both databases."""

from __future__ import annotations

from datetime import datetime

from service.language.intents import Example
from service.store import conversations, installations, intents
from service.store.database import Database
from service.store.intents import Learned
from service.store.models import Conversation, Installation

REFUND, PARCEL = Example("refund", "money back please"), Example("late_parcel", "where is it?")
BY = "1/model"


def test_examples_are_kept_once_and_in_order(database: Database, installation: Installation, now: datetime) -> None:
    with database.begin() as session:
        assert intents.revision(session, "i1") is None
        assert intents.counts(session, "i1") == {}
        assert intents.add(session, "i1", [REFUND, PARCEL, REFUND], now=now) == 2
        first = intents.revision(session, "i1")
        assert intents.add(session, "i1", [PARCEL], now=now) == 0
        assert intents.revision(session, "i1") == first
        assert intents.examples(session, "i1") == [REFUND, PARCEL]
        assert list(intents.counts(session, "i1").items()) == [
            ("late_parcel", {"imported": 1}),
            ("refund", {"imported": 1}),
        ]


def test_every_change_is_another_revision_and_unfits(
    database: Database, installation: Installation, now: datetime
) -> None:
    with database.begin() as session:
        intents.add(session, "i1", [REFUND], now=now)
        revision = intents.revision(session, "i1")
        assert revision is not None
        intents.keep_fitted(session, "i1", revision=revision, fitted_by=BY, fitted=b"numbers")
        assert intents.fitted(session, "i1", fitted_by=BY) == b"numbers"
        assert intents.fitted(session, "i1", fitted_by="2/model") is None
        assert intents.replace(session, "i1", [PARCEL], now=now) == 1
        assert intents.examples(session, "i1") == [PARCEL]
        assert intents.revision(session, "i1") != revision
        intents.keep_fitted(session, "i1", revision=revision, fitted_by=BY, fitted=b"too late")
        assert intents.fitted(session, "i1", fitted_by=BY) is None
        assert intents.remove(session, "i1", "unknown", now=now) == 0
        assert intents.remove(session, "i1", "late_parcel", now=now) == 1
        assert intents.examples(session, "i1") == []


def test_what_was_learned_goes_with_its_conversation(
    database: Database, installation: Installation, now: datetime
) -> None:
    with database.begin() as session:
        ids = [conversations.announce(session, installation, name, at=now, now=now) for name in "12"]
        for row_id in ids:
            session.get_one(Conversation, row_id).document = {"id": row_id}
        assert dict(intents.documents(session, "i1")) == {row_id: {"id": row_id} for row_id in ids}
        learned = [Learned(REFUND, ids[0]), Learned(PARCEL, ids[1])]
        assert intents.learn(session, "i1", learned, now=now) == 2
        assert intents.counts(session, "i1")["refund"] == {"learned": 1}
        before = intents.revision(session, "i1")
    with database.begin() as session:
        intents.forget(session, ids[0], now=now)
        assert intents.examples(session, "i1") == [PARCEL]
        after = intents.revision(session, "i1")
        assert after != before
        intents.forget(session, ids[0], now=now)
        assert intents.revision(session, "i1") == after


def test_a_policy_is_kept_and_cleared(database: Database, installation: Installation) -> None:
    for policy in ({"repeat_window_hours": 48}, None):
        with database.begin() as session:
            installations.change(session, "i1", policy=policy)
        with database.read() as session:
            row = installations.get(session, "i1")
            assert row is not None
            assert row.policy == policy
