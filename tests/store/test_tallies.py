"""Tallies from daily sums and dirty days are those of a full count, whatever happened in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from fact_samples import fact, facts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_facts import NOW, SINCE, Kept
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.figures.cells import FORM, cells_of
from service.figures.tally import Tally, tally
from service.store import facts as store
from service.store.cells import Unpacked, numbered
from service.store.database import Database
from service.store.figure_models import Cell, DirtyDay, FactRow, Rollup
from service.store.figures import Period, totals_by_day

DAYS = [date(2026, 3, 1) + timedelta(days=number) for number in (0, 1, 6, 31)]


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def placed(number: int = 0, **known: object) -> Any:
    return fact(number, **{"intent": "refund", "channel": "email", **known})


_placed = st.builds(
    lambda one, day, channel, intent: replace(one, day=day and day.isoformat(), channel=channel, intent=intent),
    facts, st.sampled_from([*DAYS, None]), st.sampled_from(["email", "web", None]), st.sampled_from(["a", "b", None]),
)  # fmt: skip
_save = st.tuples(
    st.just("save"), st.integers(0, 3), st.sampled_from(["1", "2"]), st.lists(_placed, min_size=1, max_size=3)
)
_steps = st.lists(
    st.one_of(
        _save,
        _save,
        st.tuples(st.just("drop"), st.integers(0, 3)),
        st.tuples(st.just("again"), st.integers(0, 3)),
        st.tuples(st.just("recount")),
        st.tuples(st.just("read a day")),
        st.tuples(st.just("keep what was read")),
        st.tuples(st.just("weeks")),
        st.tuples(st.just("read a week")),
        st.tuples(st.just("keep the week that was read")),
        st.tuples(st.just("check")),
    ),
    max_size=14,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=_steps)
def test_nothing_is_counted_twice_and_nothing_is_lost(database: Database, steps: list[Any]) -> None:
    """Scored, scored again, reopened (more episodes, or fewer), delivered again, deleted, with recounts in between.

    A day or a week may be read, then changed, and what was read be kept only afterwards.
    """
    kept, judged, read, weeks = Kept(database), {}, [], []
    for name, *arguments in steps:
        if name == "save":
            number, definitions, given_facts = arguments
            judged[number] = kept.judged(number, given_facts, definitions)
            kept.save(judged[number])
        elif name == "again" and arguments[0] in judged:
            kept.save(judged[arguments[0]])
        elif name == "drop" and arguments[0] in judged:
            kept.drop(judged[arguments[0]].conversation_id)
        elif name == "recount":
            kept.recount()
        elif name == "read a day":
            read += [kept.add_up(day) for day in kept.dirty()[:1]]
        elif name == "keep what was read" and read:
            kept.keep(read.pop(0))
        elif name == "weeks":
            kept.add_weeks_up()
        elif name == "read a week":
            weeks += [kept.add_up_week(week) for week in kept.weeks()[:1]]
        elif name == "keep the week that was read" and weeks:
            kept.keep_week(weeks.pop(0))
        elif name == "check":
            kept.check()
    kept.check()
    kept.recount()
    kept.check()
    kept.add_weeks_up()
    kept.check()


def test_what_has_not_changed_leaves_no_mark(kept: Kept) -> None:
    judged = kept.judged(0, [placed(), placed(day="2026-03-03")])
    kept.save(judged)
    assert [day.day for day in kept.dirty()] == [date(2026, 3, 2), date(2026, 3, 3)]
    kept.recount()
    kept.save(judged)
    assert kept.dirty() == []
    kept.save(kept.judged(0, [placed(), placed(day="2026-03-03", re_asks=1)]))
    assert [day.day for day in kept.dirty()] == [date(2026, 3, 3)]


def test_an_episode_that_moves_marks_both_days(kept: Kept) -> None:
    kept.save(kept.judged(0, [placed(day="2026-03-02")]))
    kept.recount()
    kept.save(kept.judged(0, [placed(day="2026-03-05")]))
    assert [day.day for day in kept.dirty()] == [date(2026, 3, 2), date(2026, 3, 5)]
    kept.recount()
    assert list(kept.answer(Period.DAY)) == [(date(2026, 3, 5), None)]


def test_a_reopen_that_was_undone_leaves_one_episode(kept: Kept) -> None:
    kept.save(kept.judged(0, [placed(), placed()]))
    kept.save(kept.judged(0, [placed()]))
    kept.check()
    assert kept.answer()[(SINCE, None)]["conversations"] == {"": 1}


def test_versions_are_kept_side_by_side(kept: Kept) -> None:
    kept.save(kept.judged(0, [placed(containment="likely")], "1"), kept.judged(0, [placed()], "2"))
    kept.recount()
    kept.check()
    assert kept.answer(definitions="1")[(SINCE, None)]["containment"] == {"likely": 1}
    assert "containment" not in kept.answer()[(SINCE, None)]


def test_weeks_begin_on_monday_and_months_on_the_first(kept: Kept) -> None:
    kept.save(kept.judged(0, [placed(day="2026-03-01"), placed(day="2026-03-02"), placed(day="2026-04-05")]))
    kept.recount()
    assert [key[0] for key in kept.answer(Period.WEEK)] == [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 30)]
    assert [key[0] for key in kept.answer(Period.MONTH)] == [date(2026, 3, 1), date(2026, 4, 1)]
    within = kept.answer(Period.WHOLE, since=date(2026, 3, 2), until=date(2026, 4, 5))
    assert within == {(date(2026, 3, 2), None): kept.counted(Period.DAY)[(date(2026, 3, 2), None)]}


@pytest.fixture
def varied(kept: Kept) -> Iterator[Kept]:
    """Two days, of which only the first is clean."""
    places = [("email", "refund"), ("web", "refund"), ("email", None), (None, "exchange")]
    for number, (channel, intent) in enumerate(places):
        kept.save(kept.judged(number, [placed(channel=channel, intent=intent)]))
    kept.recount()
    for number, (channel, intent) in enumerate(places, 4):
        kept.save(kept.judged(number, [placed(channel=channel, intent=intent, day="2026-03-03")]))
    yield kept
    assert [day.day for day in kept.dirty()] == [date(2026, 3, 3)] * 2


@pytest.mark.parametrize("dimension", [None, "channel", "intent", "helpdesk"])
@pytest.mark.parametrize(
    "filters",
    [{"channel": "email"}, {"channel": None}, {"channel": "email", "intent": "refund"}, {"helpdesk": "zendesk"},
     {"helpdesk": "zendesk", "intent": None}, {"helpdesk": "zendesk", "account": "no such"}],
    ids=lambda filters: "+".join(f"{name}={value}" for name, value in filters.items()),
)  # fmt: skip
def test_filters(varied: Kept, dimension: str | None, filters: dict[str, str | None]) -> None:
    asked: dict[str, Any] = {"dimension": dimension, "filters": filters, "period": Period.DAY}
    assert varied.answer(**asked) == varied.counted(**asked)


def test_an_unknown_dimension_or_period_is_refused(kept: Kept) -> None:
    with pytest.raises(ValueError, match="no such dimension: agent; known are helpdesk, account, channel"):
        kept.answer(dimension="agent")
    with pytest.raises(ValueError, match="no such dimension: agent"):
        kept.answer(filters={"agent": "a-9"})
    with pytest.raises(ValueError, match="year"):
        kept.answer("year")  # type: ignore[arg-type]


def test_clean_days_are_read_from_their_sums(varied: Kept) -> None:
    """Else the other tests would say nothing about rollups."""
    before = varied.answer(Period.DAY, "intent")
    with varied.database.begin() as session:
        session.execute(delete(Rollup).where(Rollup.dimension == "intent"))
    after = varied.answer(Period.DAY, "intent")
    assert {key[0] for key in before} == {date(2026, 3, 2), date(2026, 3, 3)}
    assert after == {key: cells for key, cells in before.items() if key[0] == date(2026, 3, 3)}


def test_sums_beyond_thirty_two_bits_are_exact(kept: Kept) -> None:
    long = placed(handoff_seconds=9_999_999.999, agent_messages=70_000, containment="escalated")
    kept.save(*(kept.judged(number, [long]) for number in range(5)))
    kept.check()
    kept.recount()
    kept.check()
    assert kept.answer()[(SINCE, None)]["handling.sum"] == {"escalated\trefund": 5 * 9_999_999_999}


def test_a_tally_of_the_store_is_one_like_any_other(kept: Kept) -> None:
    judged = kept.judged(0, [placed(containment="likely", claimed="success")])
    kept.save(judged)
    with kept.database.read() as session:
        (found,) = store_tallies(session, kept).values()
    assert found == tally(judged.facts)
    assert found.count("claimed", "likely\tsuccess") == 1
    assert found.count("no such measure") == 0
    assert isinstance(found.cells, Unpacked)
    assert set(found.cells) == set(tally(judged.facts).cells)
    assert len(found.cells) == len(tally(judged.facts).cells)


def test_ends_of_buckets_are_added_up_as_one_by_one(kept: Kept) -> None:
    def handed(intent: str, seconds: float) -> Any:
        return placed(intent=intent, handed_off=True, handoff_seconds=seconds, direct_seconds=None)

    kept.save(kept.judged(0, [handed("refund", 90.0), handed("fare", 90.0)]), kept.judged(1, [handed("fare", 4000.0)]))
    with kept.database.read() as session:
        (first,) = store_tallies(session, kept).values()
        one_by_one = Tally(first.to_json())
        assert first.by_end("handling", "escalated") == one_by_one.by_end("handling", "escalated")
        assert sorted(first.by_end("handling", "escalated").values()) == [1, 2]
        assert first.by_end("handling", "nowhere") == one_by_one.by_end("nowhere", "escalated") == {}
    # A time that nobody had before is counted as soon as it is there.
    kept.save(kept.judged(2, [handed("fare", 500_000.0)]))
    with kept.database.read() as session:
        (later,) = store_tallies(session, kept).values()
    assert sum(later.by_end("handling", "escalated").values()) == 4


def store_tallies(session: Session, kept: Kept) -> Any:
    from service.store.figures import tallies  # noqa: PLC0415

    return tallies(session, since=SINCE, until=date(2026, 5, 1), installation_ids=kept.ids)


def test_counts_of_an_older_form_are_made_anew(kept: Kept) -> None:
    kept.save(kept.judged(0, [placed(containment="likely")]))
    kept.recount()
    with kept.database.begin() as session:
        session.execute(update(FactRow).values(form=FORM - 1, cells=b"", large=b""))
    with kept.database.begin() as session:
        assert store.count_anew(session, now=NOW) == 1
        assert store.count_anew(session, now=NOW) == 0
    assert len(kept.dirty()) == 1
    kept.check()


def test_numbers_of_a_transaction_that_failed_are_not_remembered(kept: Kept) -> None:
    """Else a number that was given out again later would mean two things."""
    judged = kept.judged(0, [placed(intent="only here")])
    with pytest.raises(ZeroDivisionError), kept.database.begin() as session:
        store.save(session, [judged], now=NOW)
        store.save(session, [judged], now=NOW)
        _ = 1 / 0
    kept.save(kept.judged(2, [placed(intent="elsewhere")]))
    kept.save(judged)
    kept.check()
    with kept.database.begin() as session:
        wanted = {(measure, bucket) for measure, bucket, _ in cells_of(judged.facts[0])}
        numbers = numbered(session, wanted)
        stored = {(c.measure, c.bucket): c.id for c in session.scalars(select(Cell))}
    assert numbers == {name: stored[name] for name in wanted}


def test_facts_hold_no_mark_of_a_day_that_is_gone(kept: Kept) -> None:
    """Days whose last fact went are added up to nothing and are clean."""
    judged = kept.judged(0, [placed()])
    kept.save(judged)
    kept.recount()
    kept.drop(judged.conversation_id)
    kept.recount()
    assert kept.answer() == {}
    with kept.database.read() as session:
        assert session.scalars(select(Rollup).where(Rollup.installation_id.in_(kept.ids))).all() == []
        assert session.scalars(select(DirtyDay).where(DirtyDay.installation_id.in_(kept.ids))).all() == []


def test_one_measure_by_day_is_what_tallies_say(kept: Kept) -> None:
    kept.save(kept.judged(0, [placed(day=DAYS[0].isoformat(), gap="gap"), placed(day=DAYS[2].isoformat(), gap="none")]))
    kept.save(kept.judged(1, [placed(day=DAYS[0].isoformat(), gap="none")]))

    def asked(measure: str, *ids: str) -> list[dict[date, int]]:
        with kept.database.read() as session:
            until = DAYS[2] + timedelta(days=1)
            found = totals_by_day(session, measure, since=DAYS[0], until=until, installation_ids=ids)
            return [dict(found[name]) for name in ids]

    for _ in range(2):
        assert asked("gap", *kept.ids) == [{DAYS[0]: 1, DAYS[2]: 1}, {DAYS[0]: 1}]
        assert asked("gap", kept.ids[1]) == [{DAYS[0]: 1}]
        assert asked("nothing", *kept.ids) == [{}, {}]
        kept.recount()
