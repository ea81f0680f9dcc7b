"""Facts that are written while their day is added up are never lost, on PostgreSQL with many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from fact_samples import fact
from kept_facts import NOW, Kept

from service.store import facts, rollups
from service.store.database import Database

DAYS = [date(2026, 3, 2) + timedelta(days=number) for number in range(3)]


@pytest.fixture
def kept(postgres_url: str) -> Iterator[Kept]:
    database = Database(postgres_url)
    yield Kept(database)
    database.close()


def test_a_fact_that_comes_after_its_day_was_read_keeps_it_dirty(kept: Kept) -> None:
    kept.save(kept.judged(0, [fact()]))
    (day,) = kept.dirty()
    read = kept.add_up(day)
    assert read is not None
    kept.save(kept.judged(2, [fact()]))
    assert not kept.keep(read), "its mark is gone"
    assert kept.dirty() == [day]
    kept.check()
    kept.recount()
    kept.check()


def test_an_older_reading_never_replaces_a_newer_one(kept: Kept) -> None:
    """Also when the day was cleaned in between and is dirty again: a mark never comes twice."""
    kept.save(kept.judged(0, [fact()]))
    (day,) = kept.dirty()
    old = kept.add_up(day)
    assert old is not None
    kept.recount()
    assert not kept.keep(old), "the day is clean"
    kept.save(kept.judged(2, [fact()]))
    assert not kept.keep(old), "the day is dirty, with another mark"
    kept.recount()
    kept.check()


def test_a_fact_that_waits_for_a_recount_to_commit_marks_the_day_again(kept: Kept) -> None:
    kept.save(kept.judged(0, [fact()]))
    (day,) = kept.dirty()
    read = kept.add_up(day)
    assert read is not None
    later = kept.judged(2, [fact()])
    with ThreadPoolExecutor(1) as pool:
        with kept.database.begin() as session:
            assert rollups.keep(session, read)
            saving = pool.submit(kept.save, later)
            with pytest.raises(TimeoutError):
                saving.result(0.3)
        saving.result(30)
    assert kept.dirty() == [day]
    kept.check()


def test_a_recount_that_waits_for_a_fact_to_commit_writes_nothing(kept: Kept) -> None:
    kept.save(kept.judged(0, [fact()]))
    (day,) = kept.dirty()
    read = kept.add_up(day)
    assert read is not None
    later = kept.judged(2, [fact()])
    with ThreadPoolExecutor(1) as pool:
        with kept.database.begin() as session:
            facts.save(session, [later], now=NOW)
            keeping = pool.submit(kept.keep, read)
            with pytest.raises(TimeoutError):
                keeping.result(0.3)
        assert not keeping.result(30)
    kept.truth[(later.conversation_id, "2")] = tuple(later.facts)
    assert kept.dirty() == [day]
    kept.check()


def test_answers_are_of_one_moment(kept: Kept) -> None:
    """A fact that moves to another day between two statements of a reader is not seen on both."""
    first = kept.judged(0, [fact(day="2026-03-02")])
    moved = kept.judged(0, [fact(day="2026-03-03")])
    kept.save(first)
    with kept.database.read() as session:
        assert [day.day for day in rollups.dirty(session)] == [date(2026, 3, 2)]
        kept.save(moved)
        assert [day.day for day in rollups.dirty(session)] == [date(2026, 3, 2)]


def test_many_writers_and_recounts_at_once(kept: Kept) -> None:
    """Each writer scores conversations of its own again and again; the names of cells are new to all of them."""
    judged = {number: kept.judged(2 * number, [fact()]) for number in range(12)}
    kept.save(*judged.values())
    over = threading.Event()

    def write(own: list[int], rng: Random) -> None:
        for turn in range(15):
            old = judged[rng.choice(own)]
            known: dict[str, Any] = {"intent": f"intent {turn}", "day": rng.choice(DAYS).isoformat()}
            new = [replace(ONLY, **place(old), episode=n, **known) for n in range(1, rng.randrange(1, 4))]
            kept.save(replace(old, facts=new))

    def recount() -> None:
        while not over.is_set():
            for day in kept.dirty():
                if (read := kept.add_up(day)) is not None:
                    kept.keep(read)

    writers = [partial(write, [n, n + 4, n + 8], Random(n)) for n in range(4)]
    _together(writers, [recount, recount], over)
    kept.check()
    kept.recount()
    kept.check()


ONLY = fact()


def place(judged: facts.Judged) -> dict[str, Any]:
    """Whose fact it is."""
    return {"helpdesk": "zendesk", "account": judged.installation_id, "conversation": judged.conversation_id}


def _together(writers: list[Callable[[], None]], others: list[Callable[[], None]], over: threading.Event) -> None:
    with ThreadPoolExecutor(len(writers) + len(others)) as pool:
        running = [pool.submit(other) for other in others]
        writing = [pool.submit(writer) for writer in writers]
        try:
            for each in writing:
                each.result(120)
        finally:
            over.set()
        for each in running:
            each.result(30)
