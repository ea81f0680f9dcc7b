"""What tests show, said together over the cells of a figure."""

from __future__ import annotations

from fact_samples import fact
from hypothesis import given
from hypothesis import strategies as st

from service.figures.beside import Beside
from service.figures.catalogue import figure
from service.figures.results import Unit, Value
from service.figures.tally import tally
from service.figures.tested import together
from service.figures.trends import benjamini_hochberg


def trend(p: float | None, value: float = 0.1, of: str = "refund") -> Value:
    return Value("trend", value, Unit.CHANGE, 100, of, against=0.0, p=p)


def test_alone_it_moves_among_many_it_does_not() -> None:
    alone = together([[trend(0.03)]])
    assert (alone[0][0].word, alone[0][0].q) == ("improving", 0.03)
    many = together([[trend(0.03)], *([trend(0.5)] for _ in range(9))])
    assert {value.word for cell in many for value in cell} == {"flat"}


def test_down_up_and_weak() -> None:
    weak = Value("topic", 0.4, Unit.SHARE, 100, "refund", against=0.9, p=0.001)
    modest = Value("topic", 0.9, Unit.SHARE, 100, "hours", against=0.4, p=0.001)
    still = trend(0.001, 0.0, "hours")
    found = together([[trend(0.001, -0.1), weak, modest, still]])[0]
    assert [value.word for value in found] == ["declining", "weak", "", "flat"]


def test_the_whole_and_its_parts_are_families_of_their_own() -> None:
    found = together([[trend(0.04, of=""), trend(0.9), trend(0.9, of="hours")]])[0]
    assert [value.word for value in found] == ["improving", "flat", "flat"]


def test_what_was_not_tested_stays() -> None:
    other = Value("accuracy", 0.5, Unit.SHARE, 10, p=0.001)
    assert together([[trend(None), other], []]) == [(trend(None), other), ()]


@given(st.lists(st.lists(st.floats(0, 1), max_size=4), max_size=5))
def test_twice_is_once_and_the_correction_is_over_all(p_values: list[list[float]]) -> None:
    cells = [[trend(p) for p in cell] for cell in p_values]
    once = together(cells)
    assert together(once) == once
    flat = [p for cell in p_values for p in cell]
    assert [value.q for cell in once for value in cell] == benjamini_hochberg(flat)


def test_intents_cut_apart_are_judged_as_if_they_stood_together() -> None:
    rates = {"a": (50, 64), "b": (50, 55), "c": (50, 52)}
    months = {
        intent: {
            f"2026-0{month}": tally(
                fact(i, intent=intent, relevance="relevant" if i < right else "mixed") for i in range(100)
            )
            for month, right in enumerate(both, 1)
        }
        for intent, both in rates.items()
    }
    accuracy = figure("response_accuracy")
    apart = together([accuracy.compute(m["2026-02"], Beside(months=m)) for m in months.values()])
    joined = {month: months["a"][month] + months["b"][month] + months["c"][month] for month in months["a"]}
    whole = accuracy.compute(joined["2026-02"], Beside(months=joined))
    by_intent = {v.of: v for v in whole if v.name == "trend" and v.of}
    for cell in apart:
        found = next(v for v in cell if v.name == "trend" and v.of)
        assert found == by_intent[found.of]
