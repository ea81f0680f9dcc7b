"""What a comparison of escalated and direct conversations is said to mean."""

from __future__ import annotations

import pytest

from service.charts.data import Tone
from service.figures.cells import time_bucket
from service.figures.results import Unit, Value
from service.figures.tally import Tally, tally
from service.web import escalation_page, handoff_page
from service.web.figure_page import row
from service.web.handoff_page import TIME, compared
from service.web.insight import Told


def told(low: float, value: float, high: float) -> Told:
    return Told.of(TIME, [Value("ratio", value, Unit.RATIO, 40, low=low, high=high, note="40 direct, 1 intents")])


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((1.2, 1.5, 1.9), "1.50 times as long (1.20 to 1.90) as one that went to a human directly: longer than chance"),
        ((0.5, 0.7, 0.9), "shorter than chance explains"),
        ((0.9, 1.1, 1.4), "chance could explain the difference."),
    ],
)
def test_a_ratio_in_words(ends: tuple[float, float, float], said: str) -> None:
    assert said in compared(Tally({}), told(*ends), 20).sentence


def test_without_a_ratio_nothing_is_said() -> None:
    few = Told.of(TIME, [Value("ratio", None, Unit.RATIO, 3, note="not enough data, 3 of 20")])
    found = compared(Tally({}), few, 20)
    assert (found.sentence, found.raw, found.pairs, found.left_out) == ("", "", (), 0)
    assert compared(Tally({}), Told.of(TIME, []), 20).ratio is None


def times(name: str, low: float | None, value: float | None, high: float | None, of: str = "refund") -> Value:
    return Value(name, value, Unit.SECONDS, 30, of, low=low, high=high)


@pytest.mark.parametrize(
    ("escalated", "direct", "words", "tone"),
    [
        ((90, 100, 110), (40, 50, 60), "2.0 times", Tone.BAD),
        ((20, 25, 30), (40, 50, 60), "0.5 times", Tone.GOOD),
        ((40, 60, 80), (40, 50, 60), "1.2 times", Tone.NEUTRAL),
        ((None, 100, None), (40, 50, 60), "2.0 times", Tone.NEUTRAL),
        ((90, 100, 110), (0, 0, 0), "", Tone.NEUTRAL),
    ],
)
def test_one_intent_is_coloured_where_intervals_do_not_touch(
    escalated: tuple[float, float, float], direct: tuple[float, float, float], words: str, tone: Tone
) -> None:
    both = Told.of(
        TIME, [times("escalated", *escalated), times("direct", *direct), times("escalated", 1, 2, 3, "alone")]
    )
    (pair,) = compared(Tally({}), both, 20).pairs
    assert (pair.intent, pair.times, pair.tone) == ("refund", words, tone)


def test_all_thrown_together_is_told_for_what_it_is_worth() -> None:
    bucket = time_bucket(3600)
    counted = Tally({"handling": {f"escalated\tx\t{bucket}": 20, f"direct\ty\t{time_bucket(60)}": 20}})
    found = compared(counted, Told.of(TIME, []), 20)
    assert found.raw.startswith(("1 h escalated (n 20)", "59 min"))
    assert compared(counted, Told.of(TIME, []), 21).raw == ""


def test_signs_and_costs_without_what_they_need() -> None:
    told_ = row(escalation_page.ACCURACY, Value("missed_by", 0.5, Unit.SHARE, 40, "new_sign"))
    assert escalation_page.signal(told_) == "new sign"
    assert escalation_page.each_costs(tally([]), None) is None
    assert escalation_page.money(None, 5, "EUR") == escalation_page.money(2.0, 0, "EUR") == ""
    assert escalation_page.money(2.0, 3, "") == "6.00"
    assert handoff_page.waiting(tally([]), Told.of(TIME, [])) is None
