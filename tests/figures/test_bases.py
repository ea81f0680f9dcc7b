"""What a number rests on: every entry is of a value that there is, and is said where the number is shown."""

from __future__ import annotations

import pytest

from service.figures.bases import BASES, CAUTIONS, CHOSEN, MEANT, base, cases, caution, meant
from service.figures.catalogue import figure
from service.figures.results import Unit, Value
from service.figures.words import LABELS


@pytest.mark.parametrize("name", BASES)
def test_every_base_is_of_a_value_that_there_is(name: str) -> None:
    assert figure(name)
    assert set(BASES[name]) <= {*LABELS[name], "verdict"}
    assert set(CAUTIONS) <= set(BASES)


def test_an_intent_is_known_only_where_a_person_looked() -> None:
    whose = Value("deskmark.accuracy", 0.9, Unit.SHARE, 1240)

    assert cases("intent_recognition", whose) == "of 1,240 conversations whose intent a person corrected or confirmed"
    assert "probably better" in caution("intent_recognition", whose.name)


def test_what_is_of_all_says_its_n_and_what_has_no_number_only_of_what() -> None:
    assert cases("escalation", Value("rate", 0.3, Unit.SHARE, 1200)) == "n 1,200"
    few = Value("satisfaction", None, Unit.STARS, 3, note="not enough data, 3 of 20")
    assert cases("business", few) == "conversations that the customer rated"
    assert cases("escalation", Value("rate", None, Unit.SHARE, 3)) == ""


def test_only_parts_that_people_choose_need_a_caution() -> None:
    assert caution("business", "cost") == caution("containment", "quality") == ""
    assert caution("response_accuracy", "accuracy") == ""
    assert all(base(name, each) for name in CAUTIONS for each in CHOSEN & BASES[name].keys())


def test_what_is_easily_taken_for_the_same_says_what_it_is() -> None:
    assert "only of those that the bot kept" in meant("business", "repeat_contact")
    assert meant("business", "cost") == meant("effort", "mean") == ""
    assert all(set(values) <= set(LABELS[name]) for name, values in MEANT.items())
