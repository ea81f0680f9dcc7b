"""Facts come with scorecards and go with an opt-out; dirty days are added up by a task; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select, update

from connectors.base import Signal
from connectors.errors import OptedOut
from service.conversation import Author, Event, Message, Role
from service.figures.cells import FORM
from service.store import rollups
from service.store.facts import COLUMNS
from service.store.figure_models import FactRow, Rollup, WeekSum
from service.store.figures import Period, tallies
from service.store.models import Scorecard
from tasks import jobs, recounting, worker_state

MINUTE = timedelta(minutes=1)
DAY = date(2026, 3, 2)


def close(shop: Any, kit: Any, key: str, turns: Any = None, **more: Any) -> None:
    started = shop.clock() - 10 * MINUTE
    shop.desk.tickets[key] = kit.ticket(kit.conversation(key, started, turns or kit.unhelpful, **more))
    shop.webhook(key)
    shop.work()


def counted(shop: Any, measure: str = "conversations") -> dict[str, int]:
    """The whole of the day."""
    with shop.runtime.database.read() as session:
        found = tallies(session, since=DAY, until=DAY + timedelta(days=1), period=Period.DAY)
        return dict(found[(DAY, None)].of(measure)) if found else {}


def stored(shop: Any, table: Any) -> list[Any]:
    with shop.runtime.database.read() as session:
        return list(session.scalars(select(table)))


def test_every_scored_conversation_is_counted_once(shop: Any, kit: Any, clock: Any) -> None:
    close(shop, kit, "1")
    close(shop, kit, "2", kit.helpful)
    assert counted(shop) == {"": 2}
    recounting.recount(shop.runtime)
    assert {row.dimension for row in stored(shop, Rollup)} == {"", *COLUMNS}
    for _ in range(3):  # Delivered again, scored again.
        clock.forward(minutes=1)
        shop.webhook("1", Signal.ACTIVITY)
        shop.work()
    assert counted(shop) == {"": 2}
    recounting.recount(shop.runtime)
    assert counted(shop) == {"": 2}
    assert sum(counted(shop, "containment").values()) == 2


def test_the_running_service_logs_how_many_days_were_added_up(
    shop: Any, kit: Any, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_state, "_process", worker_state._Process())
    where = {"database_url": shop.runtime.database.url, "redis_url": valkey}
    worker_state.start(shop.runtime.settings.model_copy(update=where))
    with structlog.testing.capture_logs() as logs:
        jobs.recount()
        assert logs == []
        close(shop, kit, "1")
        jobs.recount()
    worker_state.runtime().database.close()
    (told,) = [entry for entry in logs if entry["event"] == "recounted"]
    assert (told["days"], told["left"]) == (1, 0)


def test_a_reopened_conversation_is_counted_by_episode(shop: Any, kit: Any, clock: Any) -> None:
    close(shop, kit, "1")
    recounting.recount(shop.runtime)
    ticket = shop.desk.tickets["1"]
    reopened, last = clock() - 5 * MINUTE, clock() - 2 * MINUTE
    more = (
        *ticket.conversation.messages,
        Message("late", Author(Role.CUSTOMER, "customer"), "My kettle leaks again.", at=reopened),
    )
    events = (*ticket.conversation.events, Event("r", "reopened", at=reopened), Event("c", "closed", at=last))
    clock.forward(minutes=1)
    ticket.conversation = replace(ticket.conversation, messages=more, events=events, closed_at=last)
    shop.webhook("1")
    shop.work()
    assert sorted(row.episode for row in stored(shop, FactRow)) == [1, 2]
    assert counted(shop) == {"": 2}
    recounting.recount(shop.runtime)
    assert counted(shop) == {"": 2}


@pytest.mark.parametrize("recounted", [True, False])
def test_what_was_deleted_stays_counted_without_its_text(shop: Any, kit: Any, clock: Any, recounted: bool) -> None:
    close(shop, kit, "1")
    if recounted:
        recounting.recount(shop.runtime)
    del shop.desk.tickets["1"]
    clock.forward(minutes=1)
    shop.webhook("1", Signal.DELETED)
    shop.work()
    (card,) = stored(shop, Scorecard)
    assert card.card["scores"], "the verdicts are kept"
    assert counted(shop) == {"": 1}
    (row,) = stored(shop, FactRow)
    kept = f"{row.fact} {card.card}"
    assert not [text for _, text in kit.unhelpful if text in kept]
    words = {word for _, text in kit.unhelpful for word in text.split() if len(word) > 5}
    assert not words & set(str(row.fact).split())


def test_who_opted_out_is_not_counted(shop: Any, kit: Any, clock: Any) -> None:
    close(shop, kit, "1")
    close(shop, kit, "2")
    recounting.recount(shop.runtime)
    shop.desk.failures.append(OptedOut("ignored"))
    clock.forward(minutes=1)
    shop.webhook("1", Signal.ACTIVITY)
    shop.work()
    assert counted(shop) == {"": 1}
    recounting.recount(shop.runtime)
    assert counted(shop) == {"": 1}


def test_old_counts_are_made_anew(shop: Any, kit: Any) -> None:
    close(shop, kit, "1")
    recounting.recount(shop.runtime)
    with shop.runtime.database.begin() as session:
        session.execute(update(FactRow).values(form=FORM - 1, cells=b"", large=b""))
        session.execute(update(Rollup).values(cells=b"", large=b""))
    assert counted(shop) == {}
    recounting.recount(shop.runtime)
    assert counted(shop) == {"": 1}


def test_weeks_that_are_over_are_added_up(shop: Any, kit: Any, clock: Any) -> None:
    close(shop, kit, "1")
    recounting.recount(shop.runtime)
    assert stored(shop, WeekSum) == []
    clock.forward(days=8)
    recounting.recount(shop.runtime)
    weeks = stored(shop, WeekSum)
    assert {row.week for row in weeks} == {DAY - timedelta(days=DAY.weekday())}
    assert {row.dimension for row in weeks} == {"", *COLUMNS}
    recounting.recount(shop.runtime)
    assert len(stored(shop, WeekSum)) == len(weeks)


def test_it_stops_when_its_time_is_over(shop: Any, kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    close(shop, kit, "1")
    monkeypatch.setattr(recounting, "AT_MOST", -1.0)
    recounting.recount(shop.runtime)
    assert stored(shop, Rollup) == []
    with shop.runtime.database.read() as session:
        (day,) = rollups.dirty(session)
    assert recounting.add_up(shop.runtime, day)
    assert not recounting.add_up(shop.runtime, day), "it is clean"
    assert counted(shop) == {"": 1}
