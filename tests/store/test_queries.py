"""The list of conversations: found by number without reading all, verdicts looked for in the latest ones only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service.card_document import card_document
from service.scoring.score import Score, Scorecard
from service.store import conversations, installations, queries, results
from service.store.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def fill(database: Database, verdicts: Sequence[str]) -> list[str]:
    """One conversation an hour, the latest first."""
    made = []
    with database.begin() as session:
        new = installations.NewInstallation("zendesk", "acme", "https://acme.example/", b"", prefix="dm__")
        row = installations.add(session, new, now=NOW)
        session.flush()
        for number, verdict in enumerate(verdicts):
            at = NOW - timedelta(hours=number)
            row_id = conversations.announce(session, row, str(4711 + number), at=at, now=at)
            card = Scorecard("zendesk", "acme", str(4711 + number), 1, {"containment": Score(verdict)})
            results.save_cards(session, row_id, [card_document(card)], now=at)
            made.append(row_id)
    return made


def numbers(database: Database, **asked: Any) -> list[str]:
    with database.read() as session:
        return [each.conversation.external_id for each in queries.conversations(session, **asked).rows]


def test_by_number_on_the_helpdesk_or_our_own(database: Database) -> None:
    made = fill(database, ["likely", "likely", "likely"])
    assert numbers(database) == ["4711", "4712", "4713"]
    assert numbers(database, search="4712") == ["4712"]
    assert numbers(database, search=made[2].upper()) == ["4713"]
    assert numbers(database, search="nothing") == []


def test_verdicts_are_looked_for_in_the_latest(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(database, ["likely", "abandoned", "likely", "abandoned"])
    assert numbers(database, verdict=("containment", "abandoned")) == ["4712", "4714"]
    monkeypatch.setattr(queries, "LOOKED_AT", 2)
    assert numbers(database, verdict=("containment", "abandoned")) == ["4712"]


def test_the_list_is_read_along_an_index(database: Database) -> None:
    fill(database, ["likely"] * 3)
    statement = "SELECT id FROM conversation ORDER BY coalesce(ended_at, created_at) DESC, id DESC LIMIT 2"
    with database.begin() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = session.scalars(text(f"EXPLAIN {statement}")).all()
        else:
            plan = [str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    assert "ix_conversation_moment" in " ".join(plan)
