"""What is kept of a conversation, and that nothing is left when it may not be kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from service.store import conversations, history, results, work
from service.store.conversations import ReadConversation
from service.store.database import Database
from service.store.history import Span
from service.store.models import Conversation, Installation, Scorecard, Writeback
from service.store.secrets import SecretBox, new_key
from service.store.work import SCORING, Claim

HOUR = timedelta(hours=1)
BOX = SecretBox(new_key())
CARD: dict[str, Any] = {"episode": 1, "definitions": "1", "scores": {"containment": {"verdict": "likely"}}}


def read_and_claimed(database: Database, installation: Installation, external_id: str, ended: datetime) -> Claim:
    with database.begin() as session:
        row = conversations.announce(session, installation, external_id, at=ended, now=ended)
        held = work.claim(session, SCORING, row, now=ended, lease=HOUR, max_attempts=3)
        assert held is not None
        conversations.save_reading(session, held, reading(external_id, ended))
        history.save_keys(session, BOX, Span(row, frozenset({"email:1"}), ended - HOUR, ended), now=ended)
    return held


def save(database: Database, held: Claim, ended: datetime) -> None:
    with database.begin() as session:
        conversations.save_reading(session, held, reading("x", ended))


def reading(external_id: str, ended: datetime) -> ReadConversation:
    return ReadConversation(
        document={"id": external_id, "messages": []},
        there={"tags": []},
        channel="email",
        opened_at=ended - HOUR,
        ended_at=ended,
        read_at=ended,
        news=True,
    )


def stored(database: Database, row: str) -> Conversation:
    with database.read() as session:
        found = conversations.get(session, row)
        assert found is not None
        return found


def test_ids_are_short_stable_and_distinct() -> None:
    one = conversations.conversation_id("zendesk", "acme", "4711")
    assert one == conversations.conversation_id("zendesk", "acme", "4711")
    assert len(one) == 12
    assert one != conversations.conversation_id("zendesk", "acme4", "711")


def test_a_reading_is_kept_and_needs_no_second_one(
    database: Database, installation: Installation, now: datetime
) -> None:
    held = read_and_claimed(database, installation, "4711", now)
    row = stored(database, held.id)
    assert row.document == {"id": "4711", "messages": []}
    assert (row.reread, row.news, row.ended_at) == (False, True, now)


def test_asked_while_it_was_read_it_is_read_again(
    database: Database, installation: Installation, now: datetime
) -> None:
    held = read_and_claimed(database, installation, "4711", now)
    with database.begin() as session:
        conversations.announce(session, installation, "4711", at=now, now=now)
    save(database, held, now)
    assert stored(database, held.id).reread


def test_asked_from_what_is_stored(database: Database, installation: Installation, now: datetime) -> None:
    held = read_and_claimed(database, installation, "4711", now)
    with database.begin() as session:
        conversations.announce(session, installation, "4711", at=now, now=now, reread=False)
    assert not stored(database, held.id).reread


def test_windows_that_passed(database: Database, installation: Installation, now: datetime) -> None:
    held = read_and_claimed(database, installation, "4711", now)
    with database.begin() as session:
        work.finish(session, SCORING, held, final_at=now + HOUR)
    with database.begin() as session:
        assert conversations.windows_passed(session, now=now + HOUR - timedelta(seconds=1)) == []
        assert conversations.windows_passed(session, now=now + HOUR) == [held.id]
        assert conversations.windows_passed(session, now=now + HOUR) == []
    row = stored(database, held.id)
    assert (row.due_at, row.reread) == (now + HOUR, False)


def test_not_writable_is_shown(database: Database, installation: Installation, now: datetime) -> None:
    held = read_and_claimed(database, installation, "4711", now)
    with database.begin() as session:
        conversations.cannot_write(session, held.id, error="read-only", again_at=now + HOUR)
    row = stored(database, held.id)
    assert (row.write_error, row.write_due_at, row.there) == ("read-only", now + HOUR, None)


def test_history_is_the_customer_s_within_the_window(
    database: Database, installation: Installation, now: datetime
) -> None:
    day = timedelta(days=1)
    rows = {
        name: read_and_claimed(database, installation, name, now + shift).id
        for name, shift in {"long ago": -9 * day, "before": -2 * day, "now": 0 * day, "after": 3 * day}.items()
    }
    span = Span(rows["now"], frozenset({"email:1", "contact:9"}), now - HOUR, now)
    with database.read() as session:
        assert history.nearby(session, BOX, span, window=7 * day) == [rows["before"], rows["after"]]
        assert [found["id"] for found in history.others(session, BOX, span, window=2 * day)] == ["before"]
        assert history.others(session, BOX, span, window=HOUR) == []
        nobody = Span(rows["now"], frozenset(), now - HOUR, now)
        assert history.others(session, BOX, nobody, window=7 * day) == []


def test_keys_of_a_conversation_are_replaced(database: Database, installation: Installation, now: datetime) -> None:
    row = read_and_claimed(database, installation, "1", now).id
    other = read_and_claimed(database, installation, "2", now).id
    with database.begin() as session:
        history.save_keys(session, BOX, Span(row, frozenset(), now, now), now=now)
        assert history.nearby(session, BOX, Span(other, frozenset({"email:1"}), now, now), window=HOUR) == []


def test_the_latest_card_speaks(database: Database, installation: Installation, now: datetime) -> None:
    row = read_and_claimed(database, installation, "4711", now).id
    second = {**CARD, "episode": 2}
    with database.begin() as session:
        assert results.latest_card(session, row) is None
        results.save_cards(session, row, [CARD], now=now)
        results.save_cards(session, row, [CARD, second], now=now)
        assert results.latest_card(session, row) == second
        assert session.scalar(select(func.count()).select_from(Scorecard)) == 2


def test_what_was_written_last(database: Database, installation: Installation, now: datetime) -> None:
    row = read_and_claimed(database, installation, "4711", now).id
    with database.begin() as session:
        assert results.last_written(session, row) is None
        for number, content in enumerate(["a", "b", "a"]):
            sent = results.Sent(episode=1, content=content, actions={}, requests=2)
            results.save_writeback(session, row, sent, now=now + number * HOUR)
        assert results.last_written(session, row) == "a"
        assert session.scalars(select(Writeback.requests).order_by(Writeback.content_hash)).all() == [4, 2]
    assert stored(database, row).written_at == now + 2 * HOUR
    assert stored(database, row).there is None


def test_equal_content_has_an_equal_hash() -> None:
    assert results.content_hash({"a": 1, "b": [2]}) == results.content_hash({"b": [2], "a": 1})
    assert results.content_hash({"a": 1}) != results.content_hash({"a": 2})
