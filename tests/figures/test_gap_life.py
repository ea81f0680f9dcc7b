"""The life of a knowledge gap follows from what happened, in whatever order it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.figures.gap_life import Effect, GapFacts, GapState, fewer, life

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BUSY = {(START + n * DAY).date(): 40 for n in range(-60, 200)}


def day(number: float) -> datetime:
    return START + number * DAY


def states(facts: GapFacts, as_of: float, exposure: dict[date, int] | None = None) -> list[str]:
    lived = life(facts, as_of=day(as_of), exposure=BUSY if exposure is None else exposure)
    return [] if lived is None else [step.state.value for step in lived.steps]


DAILY = [day(n) for n in range(30)]


def test_a_gap_without_messages_has_no_life() -> None:
    assert life(GapFacts.of(seen=[]), as_of=START) is None
    assert life(GapFacts.of(seen=[day(2)]), as_of=day(1)) is None


def test_open_and_acknowledged() -> None:
    assert states(GapFacts.of(seen=DAILY), 30) == ["open"]
    assert states(GapFacts.of(seen=DAILY, acknowledged=[day(3)]), 30) == ["open", "acknowledged"]
    assert states(GapFacts.of(seen=DAILY, acknowledged=[day(3), day(4)]), 30) == ["open", "acknowledged"]


def test_a_fix_is_verified_when_fewer_ask() -> None:
    lived = life(GapFacts.of(seen=DAILY, acknowledged=[day(5)], fixes=[day(29)]), as_of=day(60), exposure=BUSY)
    assert lived is not None
    assert [step.state.value for step in lived.steps] == ["open", "acknowledged", "fixed", "verified"]
    assert lived.first(GapState.VERIFIED) == datetime(2026, 4, 15, tzinfo=UTC)
    assert lived.effect is not None
    assert (lived.effect.messages_before, lived.effect.messages_after) == (28, 0)
    assert lived.effect.ratio == 0
    assert lived.state is GapState.VERIFIED


def test_silence_after_a_rare_gap_proves_nothing_yet() -> None:
    assert states(GapFacts.of(seen=[day(1), day(20)], fixes=[day(21)]), 45) == ["open", "fixed"]
    assert states(GapFacts.of(seen=DAILY, fixes=[day(29)]), 60, exposure={}) == ["open", "fixed"]


def test_a_fix_that_changes_little_is_reopened_and_may_be_fixed_again() -> None:
    again = [day(n) for n in range(31, 40)]
    facts = GapFacts.of(seen=DAILY + again, fixes=[day(29)], acknowledged=[day(36)])
    assert states(facts, 40) == ["open", "fixed", "reopened", "acknowledged"]
    second = GapFacts.of(seen=DAILY + again, fixes=[day(29), day(41)])
    assert states(second, 100) == ["open", "fixed", "reopened", "fixed", "verified"]


def test_a_verified_gap_that_comes_back_is_reopened() -> None:
    back = [day(n) for n in range(80, 95)]
    assert states(GapFacts.of(seen=DAILY, fixes=[day(29)]), 79) == ["open", "fixed", "verified"]
    much = [at + timedelta(hours=h) for at in back for h in range(4)]
    assert states(GapFacts.of(seen=DAILY + much, fixes=[day(29)]), 95)[-1] == "reopened"


def test_fixed_on_the_day_it_opened_and_asked_again() -> None:
    facts = GapFacts.of(seen=[day(0), day(3), day(4)], fixes=[day(0.1)])
    assert states(facts, 10) == ["open", "fixed", "reopened"]


def test_a_fix_from_before_the_gap_is_none_of_its_own() -> None:
    assert states(GapFacts.of(seen=DAILY, fixes=[day(-3)]), 30) == ["open"]


def test_no_ratio_without_a_before() -> None:
    assert Effect(START, 0, 10, 3, 10, 1.0).ratio is None


moments = st.lists(st.integers(0, 120).map(day), max_size=30)


@given(moments, moments, moments, st.randoms())
def test_order_does_not_matter_and_steps_only_move_on(seen, fixes, notes, random) -> None:
    told = life(GapFacts.of(seen, acknowledged=notes, fixes=fixes), as_of=day(130), exposure=BUSY)
    for each in (seen, fixes, notes):
        random.shuffle(each)
    again = life(GapFacts.of(seen, acknowledged=notes, fixes=fixes), as_of=day(130), exposure=BUSY)
    assert told == again
    if told is None:
        assert not seen
        return
    assert told.steps[0].state is GapState.OPEN
    assert all(
        a.state is not b.state or a.state is GapState.FIXED for a, b in zip(told.steps, told.steps[1:], strict=False)
    )
    assert len([s for s in told.steps if s.state is GapState.FIXED]) == len({f for f in fixes if f >= min(seen)})


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 500), st.integers(0, 500))
def test_the_test_is_scipys_binomial(hits: int, more: int, part: int, rest: int) -> None:
    n, whole = hits + more, part + rest
    expected = stats.binom.cdf(hits, n, part / whole) if n and whole else 1.0
    assert abs(fewer(hits, n, part, whole) - expected) < 1e-9


def test_many_messages_do_not_overflow() -> None:
    assert 0 < fewer(2400, 5000, 1, 2) < 0.01
