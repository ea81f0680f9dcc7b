"""The catalogue: every row of the table is there, and whatever the facts, its values are sound."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from fact_samples import fact, facts
from hypothesis import given, settings
from hypothesis import strategies as st

from service.figures.beside import Beside, Gaps, Prices, Proposal
from service.figures.catalogue import ALL_FIGURES, FIGURES, Kind, Level, Maturity, figure
from service.figures.facts import Fact
from service.figures.gap_life import GapFacts, life
from service.figures.results import Unit, Value
from service.figures.tally import Tally, tally

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
LIFE = life(
    GapFacts.of(seen=[MARCH], negative=[MARCH], fixes=[MARCH + timedelta(days=3)]), as_of=MARCH + timedelta(days=9)
)
assert LIFE is not None

some = st.lists(facts, max_size=30)


def everything(counts: Tally) -> Beside:
    """All that a figure can be given beside its tally."""
    return Beside(
        months={"2026-01": counts, "2026-02": counts},
        gaps=Gaps([LIFE], MARCH, MARCH + timedelta(days=31)),
        prices=Prices(0.5, 4, 0.25, "EUR"),
        proposals=(Proposal("gift, card", 12, ("4", "9")),),
        reviews={("containment", "likely", "likely"): 30, ("containment", "likely", "unclear"): 4},
        reviewers={("containment", "likely", "likely"): 3},
        examples={"refund": 12},
        least=2,
    )


def test_the_table_row_by_row() -> None:
    assert [(f.level.value, f.maturity.value, f.kind.value) for f in FIGURES] == [
        ("primary", "starter", "lagging"),
        ("primary", "starter", "lagging"),
        ("primary", "starter", "leading"),
        ("secondary", "growing", "lagging"),
        ("secondary", "growing", "leading"),
        ("secondary", "growing", "lagging"),
        ("secondary", "growing", "leading"),
        ("secondary", "growing", "lagging"),
        ("secondary", "advanced", "lagging"),
        ("secondary", "advanced", "lagging"),
        ("secondary", "advanced", "lagging"),
        ("diagnostic", "advanced", "leading"),
        ("diagnostic", "advanced", "leading"),
        ("diagnostic", "advanced", "leading"),
        ("business", "starter", "lagging"),
    ]
    assert len({f.name for f in ALL_FIGURES}) == len(ALL_FIGURES) == 16
    assert all(f.title and f.definition.endswith(".") for f in ALL_FIGURES)
    assert {*Level, *Maturity, *Kind} == {x for f in ALL_FIGURES for x in (f.level, f.maturity, f.kind)}


def test_figures_are_found_by_name() -> None:
    assert figure("effort").title == "Customer effort"
    with pytest.raises(KeyError):
        figure("happiness")


@pytest.mark.parametrize("name", [f.name for f in ALL_FIGURES])
def test_from_nothing_no_figure_makes_a_number(name: str) -> None:
    for value in figure(name).compute(Tally(), Beside()):
        assert value.unit in (Unit.COUNT, Unit.PER_WEEK) or value.value is None
        assert value.low is None
        assert value.value is not None or value.note.startswith("not enough data")


def _sound(value: Value) -> None:
    json.dumps(value.to_json())
    assert value.n >= 0
    if value.low is not None:
        assert value.high is not None
        assert value.interval
        assert value.value is not None
        assert value.low <= value.value + 1e-9
        assert value.value <= value.high + 1e-9
    if value.unit is Unit.SHARE and value.value is not None:
        assert value.interval == "wilson"
        assert value.low is not None
        assert value.high is not None
        assert 0 <= value.low <= value.high <= 1
        assert value.hits is not None
        assert value.value == value.hits / value.n
    if value.value is None:
        assert value.note or value.unit in (Unit.DAYS, Unit.MONEY)


@settings(max_examples=25, deadline=None)
@given(some)
def test_whatever_the_facts_every_value_is_sound(given_facts: list[Fact]) -> None:
    counts = tally(given_facts)
    for one in ALL_FIGURES:
        values = one.compute(counts, everything(counts))
        assert len({(v.name, v.of) for v in values}) == len(values), one.name
        for value in values:
            _sound(value)


@settings(max_examples=10, deadline=None)
@given(some)
def test_what_is_left_out_changes_no_value_that_is_needed(given_facts: list[Fact]) -> None:
    counts = tally(given_facts)
    beside = everything(counts)
    for one in ALL_FIGURES:
        values = one.compute(counts, beside)
        names = list(dict.fromkeys(value.name for value in values))
        for wanted in (*((name,) for name in names), tuple(names[:2])):
            found = one.compute(counts, replace(beside, only=wanted[0] if len(wanted) == 1 else wanted))
            assert [v for v in found if v.name in wanted] == [v for v in values if v.name in wanted], one.name


@settings(max_examples=20, deadline=None)
@given(some)
def test_classes_sum_to_the_total(given_facts: list[Fact]) -> None:
    counts = tally(given_facts)
    whole = {"class", "quality", "verdict", "points", "timing", "reason", "estimated.level", "reported.level"}
    for one in ALL_FIGURES:
        parts: dict[str, list[Value]] = defaultdict(list)
        for value in one.compute(counts, everything(counts)):
            if value.name in whole:
                parts[value.name].append(value)
        for values in parts.values():
            assert sum(v.hits or 0 for v in values) == values[0].n
            assert len({v.n for v in values}) == 1


@settings(max_examples=15, deadline=None)
@given(some, st.randoms())
def test_figures_do_not_depend_on_the_order(given_facts: list[Fact], chance: Random) -> None:
    shuffled = list(given_facts)
    chance.shuffle(shuffled)
    one, other = tally(given_facts), tally(shuffled)
    for f in ALL_FIGURES:
        assert f.compute(one, everything(one)) == f.compute(other, everything(other))


def test_below_the_least_number_there_is_a_word_instead() -> None:
    counts = tally(fact(i, containment="likely") for i in range(12))
    first = figure("containment").compute(counts, Beside())[0]
    assert (first.value, first.low, first.hits, first.n) == (None, None, 12, 12)
    assert first.note == "not enough data, 12 of 20"
    assert figure("containment").compute(counts, Beside(least=10))[0].value == 1.0


RICH: dict[str, object] = {
    "intent": "a", "intent_read": "a", "intent_reported": "b", "handed_off": True, "bot_took_part": True,
    "context": "repeated", "re_asks": 1, "re_asked": ("date",), "effort": "low", "effort_value": 6.0, "survey_ces": 5.0,
    "escalation": "warranted", "timing": "late", "reason": "loop", "trigger": "bot", "escalation_delay": 9.0,
    "bot_turns_before": 2, "seconds_before": 9.0, "claimed": "success", "relevance": "relevant",
    "answers": ("text relevant",), "confidence": "high", "confidence_value": 0.9, "confidence_source": "reported",
    "handoff": "answered", "handoff_seconds": 90.0, "gap": "gap", "gap_reason": "no_answer", "training": "unfit",
    "training_reasons": ("duplicate",), "satisfaction_value": 4.0, "repeat": "not_returned",
}  # fmt: skip


def _section(name: str) -> str:
    page = Path(__file__).parents[2].joinpath("docs", "figures.md").read_text(encoding="utf-8")
    return page.partition(f"\n## {name}: ")[2].partition("\n## ")[0].partition("\n# ")[0]


@pytest.mark.parametrize("name", [f.name for f in ALL_FIGURES])
def test_the_page_of_figures_tells_of_every_value(name: str) -> None:
    one, section = figure(name), _section(name)
    assert section.startswith(f"{one.title}\n{one.level}, {one.maturity}, {one.kind}. ")
    classes = ("likely", "escalated", "returned")
    rich = [fact(i, **RICH, containment=classes[i % 3], intent_corrected="b" * (i % 2 + 1)) for i in range(60)]
    counts = tally([*rich, *(fact(i, intent="a", direct_seconds=float(i + 9)) for i in range(60))])
    names = {value.name for value in one.compute(counts, everything(counts))}
    prefixes = ("reported.", "estimated.", "bot.", "deskmark.", "reviewers.")
    plain = {next((name.removeprefix(p) for p in prefixes if name.startswith(p)), name) for name in names}
    told = set(re.findall(r"`([a-z0-9_]+)`", section))
    assert plain <= told, plain - told
