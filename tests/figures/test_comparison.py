"""Like with like: what a raw comparison gets wrong."""

from __future__ import annotations

import numpy as np
import pytest
from fact_samples import fact, facts
from hypothesis import given, settings
from hypothesis import strategies as st

from service.figures.comparison import Paths, contrast, paths
from service.figures.facts import Fact
from service.figures.tally import merge, tally
from service.figures.times import Times


def handled(intent: str | None, path: str, median: float, n: int, seed: int) -> list[Fact]:
    values = np.random.default_rng(seed).lognormal(np.log(median), 0.5, n)
    field = "handoff_seconds" if path == "escalated" else "direct_seconds"
    return [fact(i, intent=intent, **{field: float(value)}) for i, value in enumerate(values)]


EASY_AND_HARD = [
    *handled("hours", "direct", 600, 400, 1),
    *handled("hours", "escalated", 480, 60, 2),
    *handled("fraud", "direct", 7200, 60, 3),
    *handled("fraud", "escalated", 5760, 400, 4),
]
"""Whatever the intent, escalated ones are solved a fifth faster; but most of them are hard ones."""


def test_a_raw_comparison_lies_and_this_one_does_not() -> None:
    by_intent = paths(tally(EASY_AND_HARD))
    escalated = sum((both.escalated for both in by_intent.values()), Times({})).quantile(0.5)
    direct = sum((both.direct for both in by_intent.values()), Times({})).quantile(0.5)
    assert (escalated or 0) > 4 * (direct or 0)
    found = contrast(by_intent)
    assert found is not None
    assert found.ratio.low < 0.8 < found.ratio.high < 1
    assert found.difference.high < 0
    assert (found.escalated, found.direct, found.intents, found.left_out) == (460, 460, 2, 0)


def test_unknown_novel_and_rare_intents_are_left_out() -> None:
    more = [
        *handled(None, "escalated", 9, 30, 5),
        *handled("novel", "escalated", 9, 30, 6),
        *handled("novel", "direct", 9, 30, 7),
        *handled("rare", "escalated", 9, 30, 8),
        *handled("rare", "direct", 9, 4, 9),
    ]
    one, other = contrast(paths(tally(EASY_AND_HARD))), contrast(paths(tally([*EASY_AND_HARD, *more])))
    assert one is not None
    assert other is not None
    assert other.left_out == 90
    assert (other.intents, other.escalated) == (2, 460)


def test_too_few_on_a_side() -> None:
    assert contrast({}) is None
    assert contrast(paths(tally(handled("fraud", "direct", 60, 90, 1)))) is None
    both = [*handled("fraud", "direct", 60, 90, 1), *handled("fraud", "escalated", 60, 19, 2)]
    assert contrast(paths(tally(both))) is None
    assert contrast(paths(tally(both)), least=10) is not None


def test_times_of_no_length_can_be_divided() -> None:
    found = contrast({"a": Paths(Times({0: 30}), Times({0: 30}))})
    assert found is not None
    assert found.ratio.value == pytest.approx(1, rel=0.1)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(150):
        drawn = [
            *handled("a", "escalated", 1500, 60, seed * 4),
            *handled("a", "direct", 1000, 60, seed * 4 + 1),
            *handled("b", "escalated", 150, 60, seed * 4 + 2),
            *handled("b", "direct", 100, 60, seed * 4 + 3),
        ]
        found = contrast(paths(tally(drawn)))
        assert found is not None
        held += found.ratio.low <= 1.5 <= found.ratio.high
    assert held / 150 == pytest.approx(0.95, abs=0.045)


@settings(max_examples=25)
@given(st.lists(facts, max_size=8), st.lists(facts, max_size=8))
def test_paths_add_up(one: list[Fact], other: list[Fact]) -> None:
    whole = paths(merge([tally(one), tally(other)]))
    parts = [paths(tally(one)), paths(tally(other))]
    for intent, both in whole.items():
        assert both.escalated.n == sum(p[intent].escalated.n for p in parts if intent in p)
        assert both.direct.milliseconds == sum(p[intent].direct.milliseconds for p in parts if intent in p)
