"""The history is derived anew from what is stored: both versions stay, progress is kept, workers are not disturbed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from meanwhile import meanwhile
from sqlalchemy import select, update

from service.conversation import Author, Message, Role
from service.scoring.definitions import UnknownDefinitions, age
from service.store import rescoring as progress
from service.store import work
from service.store.figure_models import FactRow, Rescoring
from service.store.figures import tallies
from service.store.models import Conversation, Scorecard, State, WriteState
from service.store.rescoring import Scope
from service.store.work import SCORING
from tasks import recounting, rescoring, scoring

MINUTE = timedelta(minutes=1)
OLD, NEW = Scope("1"), Scope("2")


@pytest.fixture
def close(shop: Any, kit: Any, clock: Any) -> Any:
    """Conversations of different customers that were scored when they ended."""

    def many(*keys: str, turns: Any = kit.unhelpful) -> None:
        for key in keys:
            contact = replace(kit.conversation(key, clock(), turns).contact, id=key, email=f"{key}@example.com")
            told = kit.conversation(key, clock() - 10 * MINUTE, turns, contact=contact)
            shop.desk.tickets[key] = kit.ticket(told)
            shop.webhook(key)
            shop.work()

    return many


def cards(shop: Any, key: str) -> dict[str, bool]:
    """Versions that a conversation has a card of, and which one speaks."""
    with shop.runtime.database.read() as session:
        rows = session.scalars(select(Scorecard).where(Scorecard.conversation_id == shop.id_of(key)))
        return {row.definitions: row.latest for row in rows}


def counted(shop: Any, definitions: str) -> int:
    day = date(2026, 3, 2)
    with shop.runtime.database.read() as session:
        found = tallies(session, since=day, until=day + timedelta(days=1), definitions=definitions)
        return sum(tally.count("conversations") for tally in found.values())


def forget_facts(shop: Any, version: str = "1") -> None:
    """As after an upgrade: cards of the first version, no facts."""
    with shop.runtime.database.begin() as session:
        for card in session.scalars(select(Scorecard)):
            card.definitions, card.card = version, {**card.card, "definitions": version}
        for fact in session.scalars(select(FactRow)):
            session.delete(fact)


def test_an_older_version_stands_beside_the_current_one(shop: Any, close: Any) -> None:
    close("1", "2")
    came = rescoring.rescore(shop.runtime, OLD)
    assert (came.done, came.total, came.skipped) == (2, 2, 0)
    assert cards(shop, "1") == {"1": False, "2": True}, "the newer one goes on speaking"
    assert (counted(shop, "1"), counted(shop, "2")) == (2, 2)
    recounting.recount(shop.runtime)
    assert (counted(shop, "1"), counted(shop, "2")) == (2, 2)


def test_history_from_before_there_were_facts_gets_them(shop: Any, close: Any) -> None:
    close("1", "2")
    forget_facts(shop)
    recounting.recount(shop.runtime)
    reads, writes = shop.desk.reads, shop.desk.writes
    assert (counted(shop, "1"), counted(shop, "2")) == (0, 0)
    rescoring.rescore(shop.runtime, NEW)
    assert cards(shop, "1") == {"1": False, "2": True}
    assert (counted(shop, "1"), counted(shop, "2")) == (0, 2)
    assert (shop.desk.reads, shop.desk.writes) == (reads, writes), "no helpdesk is asked"
    assert shop.row("1").write_due_at is None, "and none is written to"


def test_write_back_only_when_asked(shop: Any, close: Any) -> None:
    close("1")
    forget_facts(shop)
    tags = shop.desk.tickets["1"].tags
    shop.desk.tickets["1"].tags = ("vip",)
    rescoring.rescore(shop.runtime, NEW, write_back=True)
    row = shop.row("1")
    assert (row.write_state, row.write_due_at) == (WriteState.WRITTEN, None), "it stands there already"
    with shop.runtime.database.begin() as session:
        session.execute(update(Conversation).values(there=NOTHING_THERE))
    rescoring.rescore(shop.runtime, NEW, write_back=True)
    assert shop.row("1").write_state == WriteState.PENDING
    shop.messages.write_back([shop.id_of("1")])
    shop.work()
    assert set(shop.desk.tickets["1"].tags) == set(tags)


NOTHING_THERE = {"tags": ["vip"], "fields": {"dm_outcome": None}, "notes": [], "writable": "full", "version": None}


def test_an_older_version_is_never_written_back(shop: Any, close: Any) -> None:
    close("1")
    rescoring.rescore(shop.runtime, OLD, write_back=True)
    assert shop.row("1").write_due_at is None


def test_it_goes_on_where_it_was_interrupted(shop: Any, close: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    close(*"123456")
    monkeypatch.setattr(rescoring, "BATCH", 2)
    seen: list[tuple[int, int]] = []

    def stop(now: rescoring.Progress) -> None:
        seen.append((now.done, now.total))
        if now.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rescoring.rescore(shop.runtime, OLD, tell=stop)
    assert seen == [(0, 6), (2, 6), (4, 6)]
    assert counted(shop, "1") == 4
    rest: list[int] = []
    came = rescoring.rescore(shop.runtime, OLD, tell=lambda now: rest.append(now.done))
    assert rest == [4, 6]
    assert came.done == 6
    assert counted(shop, "1") == 6


def test_it_begins_anew_when_told_when_finished_and_for_another_time(
    shop: Any, close: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    close("1", "2")
    monkeypatch.setattr(rescoring, "BATCH", 1)
    since = Scope("1", clock() - timedelta(days=1))

    def first(scope: Scope, **options: Any) -> int:
        begun: list[int] = []

        def stop(now: rescoring.Progress) -> None:
            begun.append(now.done)
            if now.done == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rescoring.rescore(shop.runtime, scope, tell=stop, **options)
        return begun[0]

    assert first(OLD) == 0
    assert first(OLD, anew=True) == 0
    assert first(since) == 0, "another time is other work"
    rescoring.rescore(shop.runtime, since)
    assert first(since) == 0, "it was finished"
    with shop.runtime.database.read() as session:
        assert session.scalars(select(Rescoring.done)).all() == [1]


def test_only_what_ended_since_then(shop: Any, close: Any, clock: Any) -> None:
    close("1")
    clock.forward(days=2)
    close("2")
    came = rescoring.rescore(shop.runtime, Scope("1", clock() - timedelta(days=1)))
    assert came.done == 1
    assert (cards(shop, "1"), cards(shop, "2")) == ({"2": True}, {"1": False, "2": True})


READS_A_TEXT = "conversation.document,"


def test_a_worker_that_scores_meanwhile_wins(shop: Any, close: Any, clock: Any) -> None:
    """What was judged from an older reading is thrown away and judged again."""
    close("1")
    rescoring.rescore(shop.runtime, OLD)
    before = card(shop, "1")
    with meanwhile(READS_A_TEXT, lambda: _another_message(shop, clock), times=1):
        came = rescoring.rescore(shop.runtime, OLD)
    assert (came.done, came.skipped) == (1, 0)
    assert cards(shop, "1") == {"1": False, "2": True}
    after = card(shop, "1")
    rescoring.rescore(shop.runtime, OLD)
    assert before != after == card(shop, "1"), "judged anew, from what the worker has read"


def card(shop: Any, key: str) -> Any:
    with shop.runtime.database.read() as session:
        of_it = (Scorecard.conversation_id == shop.id_of(key), Scorecard.definitions == "1")
        return session.scalars(select(Scorecard.card).where(*of_it)).one()


def _another_message(shop: Any, clock: Any) -> None:
    ticket = shop.desk.tickets["1"]
    clock.forward(minutes=1)
    said = ticket.conversation.messages
    late = Message(f"late-{len(said)}", Author(Role.CUSTOMER, "customer"), "It still leaks.", at=clock())
    ticket.conversation = replace(ticket.conversation, messages=(*said, late))
    shop.webhook("1")
    shop.work()


def test_workers_and_rescoring_at_once(shop: Any, close: Any, clock: Any) -> None:
    """Nobody waits for anybody in a circle, and everything is counted once."""
    close(*"123456")
    ids = [shop.id_of(key) for key in "123456"]

    def work_on() -> None:
        for _ in range(8):
            for row_id in ids:
                with shop.runtime.database.begin() as session:
                    work.ask(session, SCORING, row_id, at=clock())
                scoring.score(replace(shop.runtime, queue=type(shop.messages)()), row_id)

    def derive() -> None:
        for _ in range(4):
            for scope in (NEW, OLD):
                rescoring.rescore(shop.runtime, scope, anew=True)

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(work_on), pool.submit(derive), pool.submit(recounting.recount, shop.runtime)]:
            each.result(120)
    assert (counted(shop, "1"), counted(shop, "2")) == (6, 6)
    assert all(cards(shop, key) == {"1": False, "2": True} for key in "123456")


def test_what_changes_each_time_is_skipped(shop: Any, close: Any, clock: Any) -> None:
    close("1", "2")
    with meanwhile(READS_A_TEXT, lambda: _another_message(shop, clock)):
        came = rescoring.rescore(shop.runtime, OLD)
    assert (came.done, came.skipped) == (2, 1)
    assert (cards(shop, "1"), cards(shop, "2")) == ({"2": True}, {"1": False, "2": True})


def test_what_is_gone_meanwhile_is_left_alone(shop: Any, close: Any) -> None:
    close("1")
    with shop.runtime.database.begin() as session:
        ids = progress.following(session, OLD, after="", limit=9)
        session.execute(update(Conversation).values(document=None, state=State.GONE))
    assert rescoring._batch(shop.runtime, OLD, ids, done=1, write_back=False) == 0
    assert rescoring._judged(shop.runtime, OLD, "unknown") is None
    assert cards(shop, "1") == {"2": True}


def test_an_unknown_version_is_refused(shop: Any) -> None:
    with pytest.raises(UnknownDefinitions):
        rescoring.rescore(shop.runtime, Scope("9"))
    assert sorted(["2", "10", "1"], key=age) == ["1", "2", "10"]
