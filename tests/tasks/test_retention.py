"""Texts go when their time is over; verdicts, figures and the history of a customer stay, and nothing comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service.store import rescoring, retention
from service.store.figure_models import FactRow
from service.store.models import ContactKey, Conversation, Scorecard, State, Vector
from service.store.rescoring import Scope
from service.store.retention import TooShort
from tasks import retention as dropping
from tasks import upkeep

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def scored(shop: Any, kit: Any, clock: Any, key: str, ago: timedelta = HOUR) -> None:
    shop.desk.tickets[key] = kit.ticket(kit.conversation(key, clock() - ago, kit.unhelpful))
    shop.webhook(key)
    shop.work()
    assert shop.row(key).state == State.SCORED


def count(shop: Any, table: Any) -> int:
    with shop.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_without_retention_nothing_goes(shop: Any, kit: Any, clock: Any) -> None:
    scored(shop, kit, clock, "1")
    clock.forward(days=1000)
    assert dropping.drop_old(shop.runtime) == 0
    assert shop.row("1").document is not None


def test_texts_go_and_scores_stay(shop: Any, kit: Any, clock: Any) -> None:
    scored(shop, kit, clock, "1")
    clock.forward(days=20)
    scored(shop, kit, clock, "2")
    shop.change(retention_days=30)
    clock.forward(days=9)
    assert dropping.drop_old(shop.runtime) == 0
    clock.forward(days=2)
    facts, cards, keys = count(shop, FactRow), count(shop, Scorecard), count(shop, ContactKey)
    assert dropping.drop_old(shop.runtime) == 1
    row = shop.row("1")
    assert (row.document, row.there, row.state, row.forgotten_at) == (None, None, State.SCORED, clock())
    assert shop.row("2").document is not None
    assert (count(shop, FactRow), count(shop, Scorecard), count(shop, ContactKey)) == (facts, cards, keys)
    assert dropping.drop_old(shop.runtime) == 0, "once is enough"


def test_what_is_worked_on_waits_for_the_next_time(shop: Any, kit: Any, clock: Any) -> None:
    scored(shop, kit, clock, "1")
    shop.change(retention_days=30)
    clock.forward(days=31)
    with shop.runtime.database.begin() as session:
        row = session.get_one(Conversation, shop.id_of("1"))
        row.lease, row.lease_until = "somebody", clock() + HOUR
    assert dropping.drop_old(shop.runtime) == 0
    clock.forward(hours=2)
    assert dropping.drop_old(shop.runtime, "another") == 0
    assert dropping.drop_old(shop.runtime, "i1") == 1


def test_asked_for_again_without_news_the_helpdesk_is_not_read(shop: Any, kit: Any, clock: Any) -> None:
    """A customer's other conversation asks for it: the verdicts stay as they are."""
    scored(shop, kit, clock, "1")
    clock.forward(days=40)
    shop.change(retention_days=30)
    dropping.drop_old(shop.runtime)
    reads = shop.desk.reads
    with shop.runtime.database.begin() as session:
        row = session.get_one(Conversation, shop.id_of("1"))
        row.due_at, row.reread, row.wanted = clock(), False, row.wanted + 1
    upkeep.sweep(shop.runtime)
    shop.work()
    row = shop.row("1")
    assert (row.state, row.due_at, row.document) == (State.SCORED, None, None)
    assert shop.desk.reads == reads


def test_read_again_long_after_its_end_the_text_does_not_stay(shop: Any, kit: Any, clock: Any) -> None:
    """A webhook, the poll or a backfill asks for an old conversation: it is judged, and its text goes again."""
    shop.change(retention_days=30)
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - 40 * DAY, kit.helpful))
    shop.webhook("1")
    shop.work()
    upkeep.sweep(shop.runtime)
    shop.work()
    dropping.drop_old(shop.runtime)
    row = shop.row("1")
    assert (row.state, row.document) == (State.SCORED, None)
    assert count(shop, FactRow) == 1
    facts = count(shop, FactRow)
    shop.webhook("1")
    shop.work()
    dropping.drop_old(shop.runtime)
    assert (shop.row("1").document, count(shop, FactRow)) == (None, facts)


def test_what_has_no_text_is_not_judged_anew_and_that_is_said(shop: Any, kit: Any, clock: Any) -> None:
    scored(shop, kit, clock, "1")
    clock.forward(days=40)
    shop.change(retention_days=30)
    dropping.drop_old(shop.runtime)
    scored(shop, kit, clock, "2")
    with shop.runtime.database.read() as session:
        since = [None, clock() - DAY]
        assert [rescoring.without_text(session, Scope("2", each)) for each in since] == [1, 0]
        assert [rescoring.left(session, Scope("2", each), after="") for each in since] == [1, 1]


def test_where_nothing_is_written_an_old_text_goes_at_once(shop: Any, kit: Any, clock: Any) -> None:
    shop.change(retention_days=30, writing=False)
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - 40 * DAY, kit.helpful))
    shop.webhook("1")
    shop.work()
    row = shop.row("1")
    assert (row.state, row.document, row.forgotten_at) == (State.SCORED, None, clock())
    assert (count(shop, FactRow), count(shop, Scorecard)) == (1, 1)


def test_old_vectors_go_too(shop: Any, kit: Any, clock: Any) -> None:
    with shop.runtime.database.begin() as session:
        session.add(Vector(key=b"1", vector=b"", created_at=clock()))
    clock.forward(days=9)
    dropping.drop_old(shop.runtime)
    assert count(shop, Vector) == 1, "an installation that keeps its texts needs them"
    shop.change(retention_days=8)
    dropping.drop_old(shop.runtime)
    assert count(shop, Vector) == 0


def test_how_many_would_lose_their_text(shop: Any, kit: Any, clock: Any) -> None:
    scored(shop, kit, clock, "1")
    clock.forward(days=20)
    with shop.runtime.database.read() as session:
        asked = [retention.count(session, "i1", days, now=clock()) for days in (10, 19, 21)]
        assert asked == [1, 1, 0]
        assert retention.count(session, "other", 1, now=clock()) == 0
        assert (retention.with_text(session, "i1"), retention.with_text(session, "other")) == (1, 0)


@pytest.mark.parametrize(("days", "window"), [(7, 7 * DAY), (0, HOUR), (4000, DAY)])
def test_shorter_than_customers_take_to_come_back_is_refused(days: int, window: timedelta) -> None:
    with pytest.raises(TooShort, match="texts can be kept for"):
        retention.checked(days, window)
    assert retention.checked(8, 7 * DAY) == 8
