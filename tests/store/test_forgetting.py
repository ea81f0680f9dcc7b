"""What is left of a conversation when its texts go: looked for in every column of every table."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.language.intents import Example
from service.store import (
    conversations,
    disputes,
    facts,
    forgetting,
    gaps,
    history,
    intents,
    opinions,
    results,
    reviews,
)
from service.store.backfill_models import Backfill, BackfillPart
from service.store.conversations import ReadConversation
from service.store.database import Database
from service.store.figure_models import FactRow, Review
from service.store.gap_models import GapMessage
from service.store.history import Span
from service.store.models import ContactKey, Conversation, Installation, Scorecard, Writeback
from service.store.opinion_models import Dispute, Source
from service.store.secrets import SecretBox, new_key
from service.store.tables import METADATA

BOX = SecretBox(new_key())
PLANTED = "Petra Blaha of Elm Row 5"
CARD: dict[str, Any] = {
    "helpdesk": "zendesk",
    "account": "acme",
    "id": "1",
    "episode": 1,
    "definitions": "2",
    "scores": {
        "containment": {
            "verdict": "unresolved",
            "value": 0.25,
            "confidence": 0.8,
            "reason": f"The customer's words were '{PLANTED}', and the bot's answer was \"{PLANTED}\".",
            "evidence": [{"message": "m1", "quote": PLANTED, "shows": f"names {PLANTED}"}],
            "details": {
                "claimed": "failure", "contained": False, "text": PLANTED, "scores": [1, PLANTED, None],
                "windows": {"24h": "returned", "7d": None}, "rated_at": "2026-03-02T09:00:00Z", "scale": PLANTED,
                "return": {"key": ["zendesk", "acme", "7"], "probability": 0.9},
            },
        },
        "intent": {"verdict": None, "value": None, "confidence": 0.0, "reason": None, "evidence": [], "details": {}},
    },
}  # fmt: skip


@pytest.fixture
def planted(database: Database, installation: Installation, now: datetime) -> str:
    """A conversation whose customer's words stand wherever words may stand."""
    with database.begin() as session:
        read = ReadConversation(
            document={"id": "1", "messages": [{"id": "m1", "text": PLANTED}]},
            there={"note": PLANTED}, channel="email", opened_at=now, ended_at=now, read_at=now, news=True,
        )  # fmt: skip
        row_id = conversations.keep(session, installation, "1", read, now=now)
        planned = {
            "plan": {"note": PLANTED},
            "planned_at": now,
            "error": PLANTED,
            "write_error": PLANTED,
            "write_state": "pending",
        }
        session.execute(update(Conversation).where(Conversation.id == row_id).values(planned))
        history.save_keys(session, BOX, Span(row_id, frozenset({"email:1"}), now, now), now=now)
        results.save_cards(session, row_id, [CARD], now=now)
        sent = results.Sent(
            episode=1, content="h", actions={"add_tags": ["dm__gap"], "note": {"text": PLANTED}}, requests=1
        )
        results.save_writeback(session, row_id, sent, now=now)
        session.execute(update(Conversation).where(Conversation.id == row_id).values(there={"note": PLANTED}))
        intents.learn(session, "i1", [intents.Learned(Example("move", PLANTED), row_id)], now=now)
        gaps.keep_questions(session, "i1", row_id, [gaps.Question(1, "m1", "no_answer", False, now)])
        session.add(Backfill(installation_id="i1", since=now, until=now, share=50, started_at=now, changed_at=now))
        session.flush()
        session.add(BackfillPart(installation_id="i1", external_id="1", part="head", body={"subject": PLANTED}))
        said = reviews.Said("i1", row_id, 1, "containment", "unresolved", "reviewer", now, why=PLANTED, source="page")
        reviews.save(session, [said])
        opinions.stand_anew(session, row_id, review_confidence=0.6)
        row = session.get_one(Conversation, row_id)
        disputes.raise_one(session, row, Source.PANEL, now=now, by="a1", why=PLANTED)
    return row_id


def everything(session: Session) -> str:
    """Every value of every table as one text."""
    return "\n".join(
        f"{table.name}.{column}={json.dumps(value, default=str)}"
        for table in METADATA.sorted_tables
        for row in session.execute(select(table)).mappings()
        for column, value in row.items()
    )


def test_the_planted_text_stands_where_it_is_said_to(database: Database, planted: str) -> None:
    with database.read() as session:
        found = {line.partition("=")[0] for line in everything(session).splitlines() if "Blaha" in line}
    assert found < set(forgetting.TEXTS)
    known = {f"{table.name}.{column.name}" for table in METADATA.sorted_tables for column in table.columns}
    assert set(forgetting.TEXTS) < known, "what is listed exists"


@pytest.mark.parametrize("keep_history", [True, False])
def test_texts_go_and_verdicts_stay(database: Database, planted: str, now: datetime, keep_history: bool) -> None:
    with database.begin() as session:
        forgetting.drop_texts(session, planted, now=now, keep_history=keep_history)
    with database.read() as session:
        assert "Blaha" not in everything(session)
        (card,) = session.scalars(select(Scorecard.card))
        row = session.get_one(Conversation, planted)
        assert (row.channel, row.ended_at, row.forgotten_at) == ("email", now, now)
        assert bool(session.scalar(select(func.count()).select_from(ContactKey))) is keep_history
        sent = session.scalars(select(Writeback)).one()
        assert (sent.content_hash, sent.actions) == ("h", {"add_tags": ["dm__gap"]}), "what of ours stands there"
        assert row.write_state == "none", "there is nothing to write from"
        assert session.scalar(select(func.count()).select_from(Review)) == 1
    score = card["scores"]["containment"]
    assert (score["verdict"], score["value"], score["confidence"]) == ("unresolved", 0.25, 0.8)
    assert score["reason"] == "The customer's words were (removed), and the bot's answer was (removed)."
    assert score["evidence"] == []
    assert score["details"] == {
        "claimed": "failure", "contained": False, "text": None, "scores": [1],
        "windows": {"24h": "returned", "7d": None}, "rated_at": "2026-03-02T09:00:00Z", "scale": None,
        "return": {"key": ["zendesk", "acme", "7"], "probability": 0.9},
    }  # fmt: skip
    assert card["scores"]["intent"]["reason"] == forgetting.NO_TEXT


def test_again_changes_nothing(database: Database, planted: str, now: datetime) -> None:
    with database.begin() as session:
        forgetting.drop_texts(session, planted, now=now)
    with database.read() as session:
        before = everything(session)
    with database.begin() as session:
        forgetting.drop_texts(session, planted, now=now)
    with database.read() as session:
        assert everything(session) == before


def test_read_again_it_has_its_text_again(
    database: Database, planted: str, installation: Installation, now: datetime
) -> None:
    with database.begin() as session:
        forgetting.drop_texts(session, planted, now=now)
        read = ReadConversation({"id": "1"}, {}, "email", now, now, now + timedelta(days=1), True)
        conversations.keep(session, installation, "1", read, now=now)
    with database.read() as session:
        assert session.get_one(Conversation, planted).forgotten_at is None


def test_nothing_at_all_is_left(database: Database, planted: str, now: datetime) -> None:
    with database.begin() as session:
        forgetting.drop_all(session, planted, now=now)
        forgetting.drop_all(session, "unknown", now=now)
    with database.read() as session:
        for table in (ContactKey, Scorecard, Writeback, Review, Dispute, FactRow, GapMessage):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.get_one(Conversation, planted).channel is None
        assert facts.COLUMNS
