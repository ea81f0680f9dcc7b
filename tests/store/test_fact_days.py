"""Days of facts and values of dimensions: what pages offer, how far back they go, and that nothing is read twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from fact_samples import fact, facts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_facts import NOW, SINCE, UNTIL, Kept, plain
from sqlalchemy import event

from service.reports.sources import Stored
from service.store.database import Database
from service.store.dimension_values import values
from service.store.fact_days import back_to, first_day, last_day
from service.store.figures import Period

START = date(2026, 3, 1)


@pytest.fixture
def kept(database: Database) -> Kept:
    """Four conversations a day for ten days, two on each helpdesk."""
    made = Kept(database)
    for number in range(40):
        day = START + timedelta(days=number // 4)
        brand = f"brand {number % 7}" if number % 5 else None
        made.save(made.judged(number, [fact(number, day=day.isoformat(), brand=brand, channel="email")]))
    return made


def test_the_first_and_the_last_day(kept: Kept) -> None:
    with kept.database.read() as session:
        assert first_day(session, "2", kept.ids) == START
        assert last_day(session, "2", kept.ids) == START + timedelta(days=9)
        assert first_day(session, "1", kept.ids) is None
        assert first_day(session, "2", []) is None


def test_how_far_back_so_many_facts_go(kept: Kept) -> None:
    until = START + timedelta(days=10)
    with kept.database.read() as session:
        assert back_to(session, "2", kept.ids, until=until, most=40) is None
        day = back_to(session, "2", kept.ids, until=until, most=20)
        assert day == START + timedelta(days=5)
        assert back_to(session, "2", kept.ids, until=until, most=0) == until - timedelta(days=1)
        assert back_to(session, "2", [], until=until, most=20) is None


@pytest.mark.parametrize("recounted", [False, True])
def test_values_are_those_of_the_days_also_before_they_are_added_up(kept: Kept, recounted: bool) -> None:
    if recounted:
        kept.recount()
    with kept.database.read() as session:
        found = values(session, kept.ids, "2", since=SINCE, until=UNTIL)
        assert found["brand"].values == (*(f"brand {n}" for n in range(7)), None)
        assert found["channel"].values == ("email",)
        few = values(session, kept.ids, "2", since=SINCE, until=UNTIL, most=3)["brand"]
        assert (len(few.values), few.more) == (3, 5)
        one = values(session, kept.ids, "2", since=START, until=START + timedelta(days=1))["brand"]
        assert one.values == ("brand 1", "brand 2", "brand 3", None)
        assert values(session, [], "2", since=SINCE, until=UNTIL)["brand"].values == ()


_days = st.integers(0, 9).map(lambda number: START + timedelta(days=number))
_asked = st.tuples(
    st.sampled_from([None, "channel", "intent", "helpdesk"]),
    st.sampled_from(list(Period)),
    st.tuples(_days, _days).map(sorted),
    st.sampled_from([{}, {"channel": "email"}, {"channel": None, "intent": "a"}, {"helpdesk": "zendesk"}]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(given_facts=st.lists(facts, max_size=8), asked=st.lists(_asked, max_size=6), recount=st.booleans())
def test_what_was_read_once_says_the_same_as_what_is_read_anew(
    database: Database, given_facts: list[Any], asked: list[Any], recount: bool
) -> None:
    """One source asked for many periods and parts of days gives what the store gives for each."""
    kept = Kept(database)
    for number, one in enumerate(given_facts):
        kept.save(kept.judged(number, [one]))
    if recount:
        kept.recount()
    with kept.database.read() as session:
        source = Stored(session, "2", kept.ids, NOW)
        for dimension, period, (since, last), filters in asked:
            until = last + timedelta(days=1)
            found = source.tallies(since, until, period, dimension, filters)
            expected = kept.answer(period, dimension, filters, since=since, until=until)
            assert {key: plain(counted) for key, counted in found.items()} == expected


def test_days_that_were_read_are_not_read_again(kept: Kept) -> None:
    statements: list[str] = []

    def remember(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if " rollup" in statement or " fact" in statement:
            statements.append(statement)

    event.listen(kept.database.engine, "before_cursor_execute", remember)
    filters: Mapping[str, str | None] = {}
    with kept.database.read() as session:
        source = Stored(session, "2", kept.ids, NOW)
        source.tallies(SINCE, UNTIL, Period.WEEK, None, filters)
        first = len(statements)
        for period in Period:
            source.tallies(START, UNTIL, period, None, filters)
        assert len(statements) == first
        source.tallies(START, UNTIL, Period.WHOLE, "intent", filters)
        assert len(statements) > first
