"""Does an answer address a question, by the text alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.language.model import MiniLM
from service.language.relevance import relevance

TOPICS = Path(__file__).parents[2] / "benchmarks" / "training" / "relevance_topics.txt"


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


PAIRS = [
    ("How do I change the wallpaper of the lock screen?", "Open Display > Lock screen and choose a picture.", True),
    ("Until when can I hand in my essay?", "Essays are accepted until Sunday midnight.", True),
    ("do you cut childrens hair", "We cut the hair of children from the age of three.", True),
    ("Does the Nordfit watch count lengths?", "Nordfit ships within two days.", False),
    ("How do I change the wallpaper of the lock screen?", "The battery lasts two days.", False),
    ("do you cut childrens hair", "You find us beside the town hall.", False),
]


@pytest.mark.parametrize(("question", "answer", "relevant"), PAIRS)
def test_pairs_of_other_trades(model: MiniLM, question: str, answer: str, relevant: bool) -> None:
    (value,) = relevance([(question, answer)], model)
    assert 0 <= value <= 1
    assert (value > 0.5) is relevant, value


def test_a_pair_is_judged_the_same_alone_and_among_others(model: MiniLM) -> None:
    pairs = [(question, answer) for question, answer, _ in PAIRS]
    together = relevance(pairs, model)
    assert relevance([], model) == ()
    for pair, value in zip(pairs, together, strict=True):
        assert relevance([pair], model)[0] == pytest.approx(value, abs=1e-3)


def test_the_brand_says_nothing_of_the_topic(model: MiniLM) -> None:
    pair = ("does fernwood rent bikes", "fernwood has a cafe")
    assert relevance([pair], model, ["Fernwood"])[0] < relevance([pair], model)[0]


def test_the_topics_that_are_trained_on_are_well_formed() -> None:
    lines = [line for line in TOPICS.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) > 150
    assert all(len(side.split("|")) >= 2 for line in lines for side in line.split("=>"))
    assert json.dumps(lines).count("=>") == len(lines)
