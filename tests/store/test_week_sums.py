"""Sums of weeks are read instead of those of days only while they are the same, whatever happens meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from fact_samples import fact
from hypothesis import given
from hypothesis import strategies as st
from kept_facts import SINCE, UNTIL, Kept
from sqlalchemy import delete, func, select, update

from service.store.database import Database
from service.store.facts import COLUMNS
from service.store.figure_models import Rollup, WeekSum
from service.store.figures import Period
from service.store.week_sums import Span, Week, _between, _in_a_row, split, waiting

MONDAY = date(2026, 3, 2)


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def on(day: int, **known: object) -> Any:
    """A fact so many days after the Monday."""
    when = (MONDAY + timedelta(days=day)).isoformat()
    return fact(0, **{"intent": "refund", "channel": "email", "day": when, **known})


def filled(kept: Kept, *days: int) -> None:
    """A fact on each of these days, of both installations, all added up."""
    for number, day in enumerate(days):
        kept.save(kept.judged(2 * number, [on(day), on(day, intent=f"intent {number}")]))
        kept.save(kept.judged(2 * number + 1, [on(day)]))
    kept.recount()
    kept.add_weeks_up()


def without_days(kept: Kept) -> None:
    """Only what is not read as a week stays, so that everybody sees from where an answer comes."""
    with kept.database.begin() as session:
        session.execute(delete(Rollup).where(Rollup.installation_id.in_(kept.ids), Rollup.dimension != ""))


def counted(kept: Kept, **asked: Any) -> int:
    """How many conversations an answer by intent counts."""
    return sum(cells["conversations"][""] for cells in kept.answer(dimension="intent", **asked).values())


def test_whole_weeks_are_read_from_their_sums(kept: Kept) -> None:
    filled(kept, 0, 3, 6, 7, 20)
    before = kept.answer(dimension="intent")
    without_days(kept)
    assert kept.answer(dimension="intent") == before
    assert counted(kept) == 15
    assert counted(kept, since=MONDAY, until=MONDAY + timedelta(days=7)) == 9
    assert kept.answer(Period.DAY, "intent") == {}, "days are read by themselves"


def test_days_around_whole_weeks_are_read_by_themselves(kept: Kept) -> None:
    filled(kept, 0, 6, 7, 13, 14)
    asked: dict[str, Any] = {"since": MONDAY + timedelta(days=1), "until": MONDAY + timedelta(days=15)}
    for dimension in (None, *COLUMNS, "helpdesk"):
        assert kept.answer(dimension=dimension, **asked) == kept.counted(dimension=dimension, **asked)
    assert kept.answer(filters={"intent": "refund"}, dimension="intent", **asked) == kept.counted(
        filters={"intent": "refund"}, dimension="intent", **asked
    )
    without_days(kept)
    assert counted(kept, **asked) == 6, "the second week"
    asked["until"] = MONDAY + timedelta(days=13)
    assert counted(kept, **asked) == 0


def test_a_week_is_not_used_from_the_moment_one_of_its_days_changes(kept: Kept) -> None:
    filled(kept, 0, 3)
    kept.save(kept.judged(10, [on(5)]))
    kept.check()
    assert kept.weeks() == [], "its day comes first"
    kept.recount()
    kept.check()
    (changed,) = kept.weeks()
    assert changed == Week(MONDAY, kept.ids[0], "2")
    kept.add_weeks_up()
    kept.check()


def test_what_was_read_before_a_day_changed_is_never_used(kept: Kept) -> None:
    filled(kept, 0)
    kept.save(kept.judged(10, [on(1)]))
    kept.recount()
    (week,) = kept.weeks()
    old = kept.add_up_week(week)
    kept.save(kept.judged(12, [on(1)]))
    kept.recount()
    kept.add_weeks_up()
    assert kept.keep_week(old)
    kept.check()
    assert kept.weeks() == [week], "it is added up again"
    kept.add_weeks_up()
    kept.check()


def test_a_week_without_days_goes(kept: Kept) -> None:
    judged = kept.judged(0, [on(2)])
    kept.save(judged)
    kept.recount()
    kept.add_weeks_up()
    kept.drop(judged.conversation_id)
    kept.check()
    kept.recount()
    kept.add_weeks_up()
    with kept.database.read() as session:
        assert session.scalar(select(func.count()).where(WeekSum.installation_id.in_(kept.ids))) == 0
    kept.check()


def test_days_of_an_older_version_are_read_by_themselves(kept: Kept) -> None:
    """It adds days up while the new tables are there already, and does not say when."""
    filled(kept, 0, 3)
    kept.save(kept.judged(10, [on(3)]))
    kept.recount()
    with kept.database.begin() as session:
        session.execute(update(Rollup).where(Rollup.day == MONDAY + timedelta(days=3)).values(mark=""))
    kept.check()
    assert kept.weeks() == []
    with kept.database.read() as session:
        read = split(session, kept.ids, "2", SINCE, UNTIL)
    assert read.weeks == []
    assert read.days == [Span(SINCE, UNTIL, tuple(sorted(kept.ids)))]


def test_only_weeks_that_are_over_wait(kept: Kept) -> None:
    kept.save(kept.judged(0, [on(0), on(7)]))
    kept.recount()
    with kept.database.read() as session:
        for until, expected in ((6, []), (7, [0]), (13, [0]), (14, [7, 0])):
            found = waiting(session, until=MONDAY + timedelta(days=until))
            mine = [week.monday for week in found if week.installation_id in kept.ids]
            assert mine == [MONDAY + timedelta(days=day) for day in expected]


def test_installations_with_other_weeks_are_split_apart(kept: Kept) -> None:
    filled(kept, 0, 7, 21)
    kept.save(kept.judged(10, [on(7)]))
    with kept.database.read() as session:
        read = split(session, kept.ids, "2", MONDAY, MONDAY + timedelta(days=30))

    def days(*spans: Span) -> list[tuple[int, int, list[str]]]:
        return [((s.since - MONDAY).days, (s.until - MONDAY).days, list(s.ids)) for s in spans]

    one, other = kept.ids
    both = sorted(kept.ids)
    assert days(*read.weeks) == [(0, 7, [one]), (0, 14, [other]), (21, 28, both)]
    assert days(*read.days) == [(7, 21, [one]), (14, 21, [other]), (28, 30, both)]
    kept.check()


@given(st.lists(st.integers(0, 12), unique=True), st.integers(-6, 0), st.integers(0, 6))
def test_weeks_and_what_is_between_them_are_all_days_once(weeks: list[int], before: int, after: int) -> None:
    def days(start: date, end: date) -> list[date]:
        return [start + timedelta(days=n) for n in range((end - start).days)]

    since, until = MONDAY + timedelta(days=before), MONDAY + timedelta(days=7 * 13 + after)
    runs = list(_in_a_row(MONDAY + timedelta(days=7 * n) for n in sorted(weeks)))
    rest = _between(runs, since, until)
    assert sum(((end - start).days for start, end in runs), 0) == 7 * len(weeks)
    assert all(one[1] < other[0] for one, other in pairwise(runs)), "as few as can be"
    assert sorted(day for span in [*runs, *rest] for day in days(*span)) == days(since, until)


@pytest.fixture
def several(postgres_url: str) -> Iterator[Kept]:
    database = Database(postgres_url)
    yield Kept(database)
    database.close()


def test_of_two_who_add_a_week_up_for_the_first_time_one_is_enough(several: Kept) -> None:
    several.save(several.judged(0, [on(0)]))
    several.recount()
    (week,) = several.weeks()
    sums = several.add_up_week(week)
    barrier = threading.Barrier(2)

    def keep() -> bool:
        barrier.wait(30)
        return several.keep_week(sums)

    with ThreadPoolExecutor(2) as pool:
        came = [each.result(60) for each in [pool.submit(keep), pool.submit(keep)]]
    assert any(came)
    several.check()
    assert several.weeks() == []


def test_writers_recounts_and_weeks_at_once(several: Kept) -> None:
    """Answers are right in every state of the database that anybody can see, and at the end."""
    judged = {number: several.judged(2 * number, [on(0)]) for number in range(8)}
    several.save(*judged.values())
    over = threading.Event()

    def write(own: list[int], rng: Random) -> None:
        for turn in range(12):
            old = judged[rng.choice(own)]
            new = replace(
                on(rng.choice([0, 1, 9])), intent=f"intent {turn % 3}", helpdesk="zendesk",
                account=old.installation_id, conversation=old.conversation_id, definitions="2",
            )  # fmt: skip
            several.save(replace(old, facts=[new]))

    def look() -> None:
        assert counted(several) == len(judged), "nobody is counted twice, nobody is left out"

    def repeat(work: Callable[[], None]) -> None:
        while not over.is_set():
            work()

    with ThreadPoolExecutor(9) as pool:
        others = [
            pool.submit(repeat, each)
            for each in (*[partial(recount, several)] * 2, *[partial(weeks, several)] * 2, look)
        ]
        writers = [pool.submit(write, [n, n + 4], Random(n)) for n in range(4)]
        try:
            for each in writers:
                each.result(120)
        finally:
            over.set()
        for each in others:
            each.result(30)
    several.check()
    several.recount()
    several.add_weeks_up()
    several.check()


def recount(kept: Kept) -> None:
    """As the task does it: somebody else may be faster."""
    for day in kept.dirty():
        if (read := kept.add_up(day)) is not None:
            kept.keep(read)


def weeks(kept: Kept) -> None:
    """As the task does it."""
    for week in kept.weeks():
        kept.keep_week(kept.add_up_week(week))
