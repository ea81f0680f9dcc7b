"""The name of the answer that an avoidable handoff already had."""

from __future__ import annotations

import pytest

from service.conversation import Author, BotTurn, Conversation, Message, Role
from service.figures.fact import Fact
from service.figures.facts import fact_of
from service.figures.had_answer import SOLVED, had_answer
from service.scoring.score import Evidence, Score, Scorecard

ANSWER = "Hi Ann, order 4711 ships today: https://shop.example/4711."


def said(text: str = ANSWER, *sources: str) -> Conversation:
    bot = Message("b", Author(Role.BOT), text, bot=BotTurn(sources=sources))
    agent = Message("a", Author(Role.AGENT), "It ships today.")
    return Conversation("c", (Message("q", Author(Role.CUSTOMER), "Where is it?"), bot, agent))


def avoidable(answered_in: str | None = "b", verdict: str | None = "avoidable") -> Score:
    return Score(verdict, evidence=(Evidence("a", "It ships today.", "repeats", answered_in=answered_in),))


def test_a_reported_source_names_it() -> None:
    assert had_answer(avoidable(), said(ANSWER, " ", "Where is\n my order?", "Returns")) == "article:Where is my order?"
    assert len(had_answer(avoidable(), said(ANSWER, "x" * 500)) or "") == 200


def test_without_a_source_its_wording_does_whoever_was_greeted() -> None:
    names = {
        had_answer(avoidable(), said(text))
        for text in (
            ANSWER,
            "Hello Bob! Order 12 ships today.",
            "ORDER ships today",
            "Hola, Order ships\ntoday. a@b.example",
        )
    }
    (name,) = names
    assert name is not None
    assert name.startswith("text:")
    assert "order" not in name
    assert had_answer(avoidable(), said("Order 12 ships tomorrow.")) != name


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (avoidable(None), SOLVED),
        (avoidable("gone"), None),
        (avoidable(verdict="warranted"), None),
        (avoidable(verdict=None), None),
        (Score("avoidable"), None),
    ],
)
def test_what_has_no_answer(score: Score, expected: str | None) -> None:
    assert had_answer(score, said()) == expected


def test_an_answer_without_a_word_has_no_name() -> None:
    assert had_answer(avoidable(), said("4711 :-)")) is None


def test_the_fact_holds_the_name_and_not_a_word() -> None:
    card = Scorecard(
        id="c", helpdesk="zendesk", account="acme", episode=1, definitions="2", scores={"escalation": avoidable()}
    )  # fmt: skip
    fact = fact_of(card, said())
    assert fact.had_answer == had_answer(avoidable(), said())
    assert Fact.from_json(fact.to_json()) == fact
    assert "ships" not in str(fact.to_json())
