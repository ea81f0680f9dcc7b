"""The stream of scored conversations: filtered, under one version of the definitions, a page at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.store import conversations, exports, forgetting
from service.store.conversations import ReadConversation
from service.store.database import Database
from service.store.exports import Wanted, scored
from service.store.models import Conversation, Installation, State
from service.store.results import save_cards


def stored(database: Database, installation: Installation, number: int, *cards: dict[str, Any], ended: datetime) -> str:
    read = ReadConversation({"id": str(number)}, {}, "web", ended, ended, ended, False)
    with database.begin() as session:
        row_id = conversations.keep(session, installation, str(number), read, now=ended)
        save_cards(session, row_id, cards, now=ended)
        session.get_one(Conversation, row_id).state = State.SCORED
    return row_id


def card(episode: int = 1, definitions: str = "2") -> dict[str, Any]:
    return {"episode": episode, "definitions": definitions, "scores": {}}


@pytest.fixture
def days(database: Database, installation: Installation, now: datetime) -> list[str]:
    """Five conversations, one a day."""
    return [stored(database, installation, n, card(), ended=now + timedelta(days=n)) for n in range(5)]


def test_everything_in_one_order_whatever_the_size_of_a_page(
    database: Database, days: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (2, 5, 500):
        monkeypatch.setattr(exports, "PAGE", size)
        assert [found.id for found in scored(database, Wanted())] == sorted(days)
    with database.read() as session:
        assert exports.count(session, Wanted()) == 5


def test_days_are_included_at_both_ends(database: Database, days: list[str], now: datetime) -> None:
    since, until = now.date() + timedelta(days=1), now.date() + timedelta(days=3)
    assert {f.id for f in scored(database, Wanted(since, until))} == set(days[1:4])
    assert {f.id for f in scored(database, Wanted(since=until))} == set(days[3:])
    midnight = datetime(2026, 5, 1, tzinfo=UTC)
    with database.read() as session:
        row = session.get_one(Installation, "i1")
    late = stored(database, row, 9, card(), ended=midnight)
    assert [f.id for f in scored(database, Wanted(date(2026, 5, 1), date(2026, 5, 1)))] == [late]
    assert list(scored(database, Wanted(until=date(2026, 4, 30), since=date(2026, 4, 1)))) == []


def test_installations(database: Database, days: list[str]) -> None:
    assert len(list(scored(database, Wanted(installation_ids=("i1",))))) == len(days)
    assert list(scored(database, Wanted(installation_ids=("other",)))) == []


def test_each_version_has_its_own_cards(database: Database, installation: Installation, now: datetime) -> None:
    row_id = stored(database, installation, 1, card(1, "1"), ended=now)
    with database.begin() as session:
        save_cards(session, row_id, [card(1), card(2)], now=now + timedelta(hours=1))
    (speaks,) = scored(database, Wanted())
    assert [(c["episode"], c["definitions"]) for c in speaks.cards] == [(1, "2"), (2, "2")]
    assert speaks.scored_at == now + timedelta(hours=1)
    (older,) = scored(database, Wanted(definitions="1"))
    assert [(c["episode"], c["definitions"]) for c in older.cards] == [(1, "1")]
    assert list(scored(database, Wanted(definitions="7"))) == []


def test_what_was_not_scored_or_is_gone_does_not_come(
    database: Database, installation: Installation, days: list[str], now: datetime
) -> None:
    with database.begin() as session:
        session.get_one(Conversation, days[0]).state = State.OPEN
        forgetting.drop_texts(session, days[1], now=now)
    assert {f.id for f in scored(database, Wanted())} == set(days[2:])
