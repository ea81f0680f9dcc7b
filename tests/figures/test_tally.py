"""Tallies: what adds up must add up exactly, whatever the order and however it was cut."""

from __future__ import annotations

import json
from random import Random

import pytest
from fact_samples import fact, facts
from hypothesis import given, settings
from hypothesis import strategies as st

from service.figures.cells import CONTAINED, WIDTH, bounds, cells_of, outcome_of, time_bucket
from service.figures.facts import Fact
from service.figures.tally import Tally, merge, tally

some = st.lists(facts, max_size=6)
quick = settings(max_examples=30)


@quick
@given(some, some)
def test_the_parts_add_up_to_the_whole(one: list[Fact], other: list[Fact]) -> None:
    whole = tally([*one, *other])
    assert merge([tally(one), tally(other)]) == whole
    assert tally(one) + tally(other) == tally(other) + tally(one) == whole


@quick
@given(some, some, some)
def test_it_does_not_matter_what_is_added_first(a: list[Fact], b: list[Fact], c: list[Fact]) -> None:
    x, y, z = tally(a), tally(b), tally(c)
    assert (x + y) + z == x + (y + z) == merge([z, x, y])


@quick
@given(some, st.randoms())
def test_order_never_matters(given_facts: list[Fact], chance: Random) -> None:
    shuffled = list(given_facts)
    chance.shuffle(shuffled)
    assert tally(shuffled) == tally(given_facts)


@quick
@given(some)
def test_cut_by_a_dimension_the_parts_add_up(given_facts: list[Fact]) -> None:
    by_channel: dict[str | None, list[Fact]] = {}
    for one in given_facts:
        by_channel.setdefault(one.channel, []).append(one)
    assert merge(map(tally, by_channel.values())) == tally(given_facts)


@quick
@given(some)
def test_a_replaced_fact_leaves_no_trace(given_facts: list[Fact]) -> None:
    """Reopen, redelivery, rescoring: whoever keeps facts by key counts each episode once."""
    kept = {one.key: one for one in given_facts}
    again = {one.key: one for one in [*given_facts, *kept.values()]}
    assert tally(again.values()) == tally(kept.values())


@quick
@given(some)
def test_the_same_fact_twice_counts_twice(given_facts: list[Fact]) -> None:
    once, twice = tally(given_facts), tally([*given_facts, *given_facts])
    assert twice == once + once


@quick
@given(some)
def test_classes_sum_to_the_total(given_facts: list[Fact]) -> None:
    counts = tally(given_facts)
    assert counts.count("conversations") == len(given_facts)
    assert counts.total("containment") == sum(one.containment is not None for one in given_facts)
    assert counts.total("effort") == counts.total("effort.verdict")
    assert counts.total("claimed") <= sum(counts.count("containment", word) for word in CONTAINED)
    assert counts.total("escalation.trigger") == sum(one.handed_off for one in given_facts)


@quick
@given(some)
def test_a_tally_survives_json(given_facts: list[Fact]) -> None:
    counts = tally(given_facts)
    assert Tally.from_json(json.loads(json.dumps(counts.to_json()))) == counts


@quick
@given(some)
def test_only_whole_numbers_and_no_needless_zeros(given_facts: list[Fact]) -> None:
    for measure, buckets in tally(given_facts).cells.items():
        for count in buckets.values():
            assert type(count) is int
            assert count or measure.endswith(".sum")


@quick
@given(facts)
def test_names_of_cells_are_short_enough_to_keep(one: Fact) -> None:
    for measure, bucket, _ in cells_of(one):
        assert len(measure) <= 64
        assert len(bucket) <= 1000


def test_a_tally_can_be_read() -> None:
    counts = tally([fact(containment="likely", claimed="success"), fact(containment="likely", claimed="none")])
    assert counts.of("containment") == {"likely": 2}
    assert counts.of("nothing") == {}
    assert counts.count("nothing") == 0
    assert list(counts.split("claimed")) == [(("likely", "none"), 1), (("likely", "success"), 1)]
    assert Tally() == tally([])


@given(st.floats(0, 1e9))
def test_a_time_lies_in_its_bucket(seconds: float) -> None:
    low, high = bounds(int(time_bucket(seconds)))
    assert low * (1 - 1e-9) <= seconds <= high * (1 + 1e-9)
    assert high == 1 or high / low == pytest.approx(WIDTH)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_later_times_never_lie_in_earlier_buckets(one: float, other: float) -> None:
    assert (int(time_bucket(one)) <= int(time_bucket(other))) or one >= other


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ({"containment": "confirmed"}, "confirmed"),
        ({"containment": "likely"}, "likely"),
        ({"containment": "returned"}, "failed"),
        ({"containment": "escalated", "escalation": "warranted"}, "failed"),
        ({"containment": "escalated", "escalation": "avoidable"}, "open"),
        ({"containment": "unclear"}, "open"),
        ({}, "open"),
    ],
)
def test_what_became_of_the_bots_part(known: dict[str, str], outcome: str) -> None:
    assert outcome_of(fact(**known)) == outcome


@pytest.mark.parametrize(
    ("known", "cell"),
    [
        ({"re_asks": 2, "context": "repeated", "re_asked": ("date",)}, ("re_asked", "date", 1)),
        ({"re_asks": 2, "context": "repeated"}, ("re_asks", "", 2)),
        ({"gap": "gap"}, ("gap.reason", "unknown", 1)),
        ({"handed_off": True}, ("escalation.trigger", "unknown", 1)),
        ({"effort": "low", "effort_value": 6.25}, ("effort.squares", "", 390625)),
        ({"effort_value": 5.0, "survey_ces": 6.5}, ("ces.difference", "15", 1)),
        ({"first_reply": 90.5}, ("first_reply.sum", "", 90500)),
        ({"direct_seconds": 0.2}, ("handling", "direct\t\t0", 1)),
        ({"intent": "refund", "handoff_seconds": 60}, ("handling.sum", "escalated\trefund", 60000)),
        ({"intent_reported": "a", "intent_corrected": "b"}, ("intent.correction", "corrected", 1)),
        ({"intent_reported": "a", "intent_corrected": "a"}, ("intent.correction", "confirmed", 1)),
        ({"intent_reported": "a"}, ("intent.correction", "untouched", 1)),
        ({"intent_reported": "a", "intent_read": "b"}, ("intent.agreed", "b\tno", 1)),
        ({"relevance": "relevant", "containment": "returned"}, ("accuracy", "\twrong", 1)),
        ({"relevance": "relevant", "containment": "unclear"}, ("accuracy", "\tright", 1)),
        ({"relevance": "mixed"}, ("accuracy", "\twrong", 1)),
        ({"confidence_value": 0.333, "escalation": "missed"}, ("confidence", "unknown\t33\topen\tyes", 1)),
        ({"confidence_value": 0.9, "escalation": "not_needed"}, ("confidence", "unknown\t90\topen\tno", 1)),
        (
            {"confidence_value": 0.9, "confidence_source": "reported", "containment": "likely"},
            ("confidence.sum", "\tlikely", 9000),
        ),
        ({"containment": "likely", "satisfaction_value": 3.67}, ("satisfaction", "likely\t367", 1)),
        ({"containment": "escalated", "agent_messages": 3}, ("work", "escalated\tagent_messages", 3)),
    ],
)
def test_what_a_fact_adds(known: dict[str, object], cell: tuple[str, str, int]) -> None:
    assert cell in list(cells_of(fact(**known)))


@pytest.mark.parametrize(
    ("known", "measure"),
    [
        ({"context": "unclear", "re_asks": 1, "re_asked": ("date",)}, "re_asks"),
        ({"context": "unclear", "re_asks": 1, "re_asked": ("date",)}, "re_asked"),
        ({"training": "fit", "training_reasons": ("duplicate",)}, "training.reason"),
        ({"satisfaction_value": 3.0}, "satisfaction"),
        ({"confidence_value": 0.5}, "confidence.topic"),
        ({"confidence_value": 0.5, "confidence_source": "estimated", "containment": "likely"}, "confidence.topic"),
        ({"containment": "escalated", "claimed": "success"}, "claimed"),
    ],
)
def test_what_a_fact_does_not_add(known: dict[str, object], measure: str) -> None:
    assert measure not in {cell[0] for cell in cells_of(fact(**known))}
