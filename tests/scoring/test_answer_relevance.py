"""Answer relevance on conversations of our own, and what must hold for any conversation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.conversation import Author, Conversation, Feedback, Message, Role
from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.answer_relevance import answer_relevance
from service.scoring.score import Case, History, Policy, Score
from service.scoring.scorecard import score_conversation

SAMPLES = Path(__file__).parents[1] / "samples"
ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}
EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())


def talk(*lines: str, **fields: object) -> Conversation:
    messages = tuple(Message(f"m{i}", Author(ROLES[line[0]]), line[2:]) for i, line in enumerate(lines))
    return Conversation("1", messages, **fields)


def judged(conversation: Conversation) -> Score:
    return answer_relevance(Case(conversation, History(), Policy(), EMBEDDER))


RIGHT = "B You can borrow up to ten books at a time."
WRONG = "B The car park behind the house closes at midnight."
ASK = "C How many books can I borrow?"


@pytest.mark.parametrize(
    ("conversation", "verdict", "value"),
    [
        (talk(ASK, RIGHT), "relevant", 1.0),
        (talk(ASK, WRONG), "irrelevant", 0.0),
        (talk(ASK, WRONG, "C not the car park", RIGHT), "mixed", 0.5),
        (talk(ASK, "B Sorry, I have no answer to that."), "irrelevant", 0.0),
        (talk(ASK, "B How old are you?", "C eleven", RIGHT), "relevant", 1.0),
        (talk("B Welcome!", ASK, RIGHT, "C thanks", "B You're welcome!"), "relevant", 1.0),
        (talk("C hello", "B Hello! How can I help?"), None, None),
        (talk("B Welcome!"), None, None),
        (talk(ASK, "A Ten."), None, None),
    ],
)
def test_verdicts(conversation: Conversation, verdict: str | None, value: float | None) -> None:
    score = judged(conversation)
    assert (score.verdict, score.value) == (verdict, value)
    assert bool(score.evidence) is (verdict is not None)
    assert score.reason


def test_every_bot_message_after_the_customers_first_is_listed() -> None:
    score = judged(talk("B Welcome!", ASK, "B One moment.", RIGHT, "C and dvds?", "B Which library?"))
    listed = score.details["answers"]
    assert [entry["message"] for entry in listed] == ["m2", "m3", "m5"]
    assert [entry["judged"] for entry in listed] == [False, True, False]
    assert all(0 <= entry["relevance"] <= 1 and entry["source"] == "text" for entry in listed)
    assert score.details["judged"] == 1


def test_an_answer_whose_text_is_not_sure_is_not_judged() -> None:
    score = judged(talk("C When is the museum shop open?", "B Yes, it is."))
    assert score.verdict is None
    assert score.details["unsure"] == 1
    assert score.details["answers"][0]["relevance"] == pytest.approx(0.5, abs=0.1)


def test_a_yes_answers_a_question_that_wants_yes_or_no() -> None:
    assert judged(talk("C Is the museum shop open on Sunday?", "B Yes, it is.", "C ok")).verdict == "relevant"


ABOUT = "B The Kestrel kayak comes in red and in blue."


@pytest.mark.parametrize(
    ("followed", "source"),
    [(["C thanks, great"], "behaviour"), (["A The Kestrel carries 110 kilos."], "text"), (["C ok but"], "text")],
)
def test_what_follows_moves_the_relevance(followed: list[str], source: str) -> None:
    ask = "C What load does the Kestrel kayak carry?"
    alone, after = (judged(talk(ask, ABOUT, *more)).details["answers"][0] for more in ([], followed))
    if source == "behaviour":
        assert after["relevance"] > alone["relevance"] + 0.1
    else:
        assert after["relevance"] <= alone["relevance"] + 0.1


def test_an_answer_that_is_carried_by_what_followed_shows_it() -> None:
    score = judged(talk("C May I feed the ducks here?", "B It is so.", "C great, thanks a lot"))
    (entry,) = score.details["answers"]
    assert (entry["source"], entry["judged"], score.verdict) == ("behaviour", True, "relevant")
    assert [item.message for item in score.evidence] == ["m1", "m2"]


def test_the_customers_word_is_shown_with_the_answer() -> None:
    score = judged(talk(ASK, WRONG, "C that's not what I asked"))
    assert [item.message for item in score.evidence] == ["m1", "m2"]
    assert score.details["answers"][0]["source"] == "feedback"


def test_a_question_asked_two_messages_before_can_be_answered() -> None:
    score = judged(talk(ASK, "B For which library?", "C Leeds", "B For which card?", "C junior card", RIGHT))
    assert score.details["answers"][-1]["relevance"] > 0.7


def test_another_language_is_judged_by_buttons_only() -> None:
    said = talk("C Wie viele Bücher darf ich ausleihen? Ich finde dazu nichts.", "B Sie dürfen zehn Bücher ausleihen.")
    score = judged(said)
    assert score.verdict is None
    assert score.details["answers"][0]["relevance"] is None
    liked = replace(said, messages=(said.messages[0], replace(said.messages[1], feedback=Feedback.HELPFUL)))
    assert judged(liked).verdict == "relevant"
    card = score_conversation(liked, History(), Policy(), EMBEDDER)[-1]
    assert card.scores["answer_relevance"].verdict == "relevant"


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("answers_dev.jsonl", 0.9, 0.9), ("answers_held_out.jsonl", 0.85, 0.9), ("answers_fresh.jsonl", 0.85, 0.75)],
)
def test_own_conversations(name: str, least: float, most: float) -> None:
    right = said = answers = 0
    for line in (SAMPLES / name).read_text().splitlines():
        row = json.loads(line)
        entries = judged(from_document(row["conversation"])).details["answers"]
        assert {entry["message"] for entry in entries} == set(row["answers"])
        for entry in entries:
            gold = row["answers"][entry["message"]]
            answers += gold is not None
            if entry["judged"]:
                said += 1
                right += gold == ("relevant" if entry["relevance"] >= 0.5 else "irrelevant")
    assert right / said >= least
    assert said / answers >= most


texts = st.sampled_from([ASK, RIGHT, WRONG, "C no", "C works now, thanks", "B ", "C ", "A Ten.", "B Sorry, no idea."])


@settings(max_examples=40)
@given(st.lists(texts, min_size=1, max_size=8))
def test_any_conversation_is_scored_twice_alike(lines: list[str]) -> None:
    score = judged(talk(*lines))
    assert score == judged(talk(*lines))
    assert (score.value is None) is (score.verdict is None)
    assert score.value is None or 0 <= score.value <= 1
    assert 0 <= score.confidence <= 1
