"""Training examples on conversations of our own, and what must hold for any conversation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.conversation import Author, Contact, Conversation, Feedback, Message, Role
from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.intents import Example, IntentCatalog
from service.language.model import MiniLM
from service.scoring.answer_relevance import answer_relevance
from service.scoring.score import Case, History, Policy, Score
from service.scoring.scorecard import score_conversation
from service.scoring.training_example import training_example

SAMPLES = Path(__file__).parents[1] / "samples"
ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}
EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())


def talk(*lines: str, **fields: object) -> Conversation:
    messages = tuple(Message(f"m{i}", Author(ROLES[line[0]]), line[2:]) for i, line in enumerate(lines))
    return Conversation("1", messages, **fields)


def judged(conversation: Conversation, catalog: IntentCatalog | None = None, **so_far: Score) -> Score:
    case = Case(conversation, History(), Policy(), EMBEDDER, catalog=catalog)
    known = {"answer_relevance": answer_relevance(case), **so_far}
    return training_example(replace(case, so_far=MappingProxyType(known)))


ASK = "C How long can I keep opened oat milk?"
TOLD = "B Opened oat milk keeps for five days in the fridge."
WORKED = "C Great, that answers it, thanks!"
CONFIRMED = Score("confirmed", 0.9)


@pytest.mark.parametrize(
    ("conversation", "so_far", "by"),
    [
        (talk(ASK, TOLD, WORKED), {}, "feedback"),
        (talk(ASK, TOLD, "C ok"), {"containment": CONFIRMED}, "containment"),
        (talk(ASK, "B I'll get a colleague.", "A" + TOLD[1:], "C thank you"), {}, "human"),
        (talk(ASK, "A" + TOLD[1:], WORKED), {}, "human"),
        (
            talk(ASK, "B Our milk comes from Kent.", "C I mean, how long can I keep opened oat milk?", TOLD, WORKED),
            {},
            "feedback",
        ),
    ],
)
def test_fit(conversation: Conversation, so_far: dict[str, Score], by: str) -> None:
    score = judged(conversation, **so_far)
    assert (score.verdict, score.details["reasons"], score.details["verified_by"]) == ("fit", (), by)
    assert (score.details["question"], score.details["answer"]) == (ASK[2:], TOLD[2:])
    assert len(score.evidence) == 2


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (talk("C hi", TOLD, WORKED), "no_clear_question"),
        (talk(ASK, TOLD), "no_verified_answer"),
        (talk(ASK, TOLD, "C thanks"), "no_verified_answer"),
        (talk(ASK, "B I'll get a colleague.", "A Do you mean the barista one, or the plain?", "C yes"), "escalated"),
        (talk(ASK, TOLD, "C And where do I return empty bottles of juice?", "B At the till.", WORKED), "mixed_topics"),
        (
            talk("C where is my order 48213999", "B Order 48213999 is in York now, at the depot.", WORKED),
            "case_specific",
        ),
        (
            talk(ASK, "B One moment.", "A Opened oat milk keeps five days, I've sent you a new carton.", "C thanks"),
            "case_specific",
        ),
        (
            talk(ASK, "B One moment.", "A Hello Sam, replaced the carton, open oat milk keeps five days.", "C thanks"),
            "case_specific",
        ),
        (
            talk(ASK, "B One moment.", "A Your order was delayed, so the opened oat milk keeps until May.", "C thanks"),
            "case_specific",
        ),
        (talk(ASK, TOLD, WORKED, "C oh no, it still does not work"), "no_verified_answer"),
        (talk(ASK, "B One moment.", "A We open at nine on Saturdays, see you then.", "C thanks"), "escalated"),
        (
            talk(
                ASK,
                TOLD,
                "C And how long does opened soy milk keep?",
                "B Soy milk keeps for a week.",
                "C great, that answers it",
            ),
            "no_verified_answer",
        ),
        (talk("C How long can I keep opened oat milk? And where is your shop in Leeds?", TOLD, WORKED), "mixed_topics"),
        (talk(ASK, "B Five days, fridge.", WORKED), "too_short"),
        (talk("C How long is milk good, the tank was 24000000 dollars?", TOLD, WORKED), "personal_data_left"),
        (talk(ASK, TOLD, WORKED, truncated=True), "truncated"),
        (talk(ASK, TOLD, WORKED, language="de"), "language"),
    ],
)
def test_unfit(conversation: Conversation, reason: str) -> None:
    score = judged(conversation)
    assert score.verdict == "unfit"
    assert reason in score.details["reasons"]
    assert "question" not in score.details
    assert score.reason.startswith("Not fit: ")


def test_a_return_makes_it_unfit() -> None:
    assert judged(talk(ASK, TOLD, WORKED), repeat_contact=Score("returned")).details["reasons"] == ("returned",)


def test_undefined_without_a_question_or_an_answer() -> None:
    assert judged(talk("B Welcome!")).verdict is None
    assert judged(talk(ASK)).verdict is None


def test_confirmed_without_a_relevant_answer_is_not_verified() -> None:
    score = judged(talk(ASK, "B Which brand is it?", "C never mind"), containment=CONFIRMED)
    assert score.details["reasons"] == ("no_verified_answer",)


def test_people_and_numbers_are_taken_out_of_a_fit_example() -> None:
    contact = Contact(email="lu@example.com")
    said = talk(
        "C Lucia Romero here (lu@example.com): how long does open oat milk keep?", TOLD, WORKED, contact=contact
    )
    score = judged(replace(said, attributes=MappingProxyType({"name": "Lucia Romero"})))
    assert score.details["question"] in {
        f"(name) here ({found}): how long does open oat milk keep?" for found in ("(email)", "(name)")
    }


def test_a_question_that_the_catalog_holds_is_a_duplicate() -> None:
    examples = [Example("keeping", ASK[2:]), Example("price", "What does oat milk cost?")]
    catalog = IntentCatalog.fit(examples, EMBEDDER.vectors([e.text for e in examples]))
    said = talk(ASK, TOLD, WORKED)
    assert judged(said, catalog, intent=Score("keeping", 0.9)).details["reasons"] == ("duplicate",)
    assert judged(said, catalog, intent=Score("price", 0.9)).verdict == "fit"
    assert judged(said, catalog, intent=Score("novel", 0.9)).verdict == "fit"
    assert judged(said, catalog).verdict == "fit"
    assert judged(said, None, intent=Score("keeping", 0.9)).verdict == "fit"


def test_the_word_after_a_prompt_is_no_second_topic() -> None:
    said = talk(ASK, "B Which brand do you have?", "C Can it be that it is the Barista one?", TOLD, WORKED)
    assert judged(said).verdict == "fit"
    again = talk(ASK, TOLD, "C How long did you say does opened oat milk keep?", TOLD, WORKED)
    assert "mixed_topics" not in judged(again).details["reasons"]


def test_another_language_is_unfit_on_the_card_too() -> None:
    german = talk("C Wie lange hält sich geöffnete Hafermilch im Kühlschrank?", "B Fünf Tage.", "C Danke, das hilft.")
    score = score_conversation(german, History(), Policy(), EMBEDDER)[-1].scores["training_example"]
    assert score.verdict == "unfit"
    assert "language" in score.details["reasons"]


@pytest.mark.parametrize("name", ["answers_dev.jsonl", "answers_held_out.jsonl"])
def test_own_conversations(name: str) -> None:
    found = right = gold = 0
    for line in (SAMPLES / name).read_text().splitlines():
        row = json.loads(line)
        card = score_conversation(from_document(row["conversation"]), History(), Policy(), EMBEDDER)[-1]
        said, fit = card.scores["training_example"].verdict == "fit", row["training"] == "fit"
        found, gold, right = found + said, gold + fit, right + (said and fit)
    assert right / found >= 0.85
    assert right / gold >= 0.8


lines = st.sampled_from(
    [ASK, TOLD, WORKED, "C no", "C thanks", "B ", "C ", "A I've sent a new one.", "A In the fridge."]
)


@settings(max_examples=40)
@given(st.lists(lines, min_size=1, max_size=8), st.sampled_from([None, *Feedback]))
def test_any_conversation_is_scored_twice_alike(said: list[str], thumb: Feedback | None) -> None:
    conversation = talk(*said)
    messages = tuple(replace(m, feedback=thumb) if m.role is Role.BOT else m for m in conversation.messages)
    score = judged(replace(conversation, messages=messages))
    assert score == judged(replace(conversation, messages=messages))
    assert (score.verdict == "fit") is (score.verdict is not None and not score.details["reasons"])
