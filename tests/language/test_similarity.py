"""Same issue or another: what is compared, what shifts the odds, and how well own pairs are told apart."""

import json
from pathlib import Path

import pytest

from service.conversation import Author, Conversation, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.language.similarity import SameIssue, compare, only_thanks, says_something, statement
from service.scoring.score import Policy

PAIRS = Path(__file__).parents[1] / "samples" / "same_issue_pairs.jsonl"


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


def conversation(*turns: str, subject: str | None = None) -> Conversation:
    """Turns are "c: ...", "b: ..." or "a: ..."."""
    roles = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT}
    messages = (Message(f"m{i}", Author(roles[t[0]]), t[3:]) for i, t in enumerate(turns))
    return Conversation("1", tuple(messages), subject=subject)


def judged(embedder: CachedEmbedder, earlier: str, later: str) -> SameIssue:
    a, b = statement(conversation(f"c: {earlier}")), statement(conversation(f"c: {later}"))
    assert a is not None
    assert b is not None
    first, second = embedder.issue_vectors([a.text, b.text])
    return compare(a, b, first, second)


def text(*turns: str, subject: str | None = None) -> str | None:
    said = statement(conversation(*turns, subject=subject))
    return said.text if said else None


def test_greetings_are_passed_over() -> None:
    assert text("c: hi there", "b: How can I help?", "c: my blender does not turn on any more") == (
        "my blender does not turn on any more"
    )


def test_all_that_is_written_before_an_answer_is_read() -> None:
    assert text("c: my blender is broken", "c: it smells burnt!", "b: Sorry!", "c: it was a gift") == (
        "my blender is broken. it smells burnt!"
    )


def test_a_very_short_opening_takes_the_next_message_in() -> None:
    assert text("c: blender", "b: What about it?", "c: the jug has a crack") == "blender. the jug has a crack."


def test_a_real_subject_is_read_and_a_made_up_one_is_not() -> None:
    assert text("c: it does not turn on", subject="Re: Blender broken") == "Blender broken. it does not turn on."
    assert text("c: the jug of my blender leaks", subject="Conversation with Jo") == "the jug of my blender leaks"
    assert text("c: Blender broken since May", subject="Blender broken…") == "Blender broken since May"


def test_who_never_says_more_than_hello_is_compared_by_that() -> None:
    assert text("c: hello", "b: Hi! How can I help?") == "hello"
    assert text("b: Hi! How can I help?") is None
    assert text("c:  ") is None


def test_references_are_read_in_the_whole_conversation() -> None:
    said = statement(conversation("c: my parcel has not come", "b: Which order?", "c: order 71220"))
    assert said is not None
    assert {r.code for r in said.references} == {"71220"}
    assert said.message.id == "m0"


@pytest.mark.parametrize("words", ["Hi!", "agent please", "can I talk to a real person", "yes", "4711"])
def test_messages_without_a_topic(words: str) -> None:
    assert not says_something(words)


@pytest.mark.parametrize(
    "words", ["Thanks so much, have a nice day!", "ok", "Perfect, that fixed it", "it works now, thank you"]
)
def test_thanks_are_nothing_to_come_back_for(words: str) -> None:
    assert only_thanks(words)


@pytest.mark.parametrize("words", ["thanks, but it is not fixed", "ok?", "hello", "Thanks. The lid is broken.", "no"])
def test_more_than_thanks(words: str) -> None:
    assert not only_thanks(words)


def test_the_same_order_raises_and_another_one_lowers(embedder: CachedEmbedder) -> None:
    plain = judged(embedder, "the vase arrived in pieces", "can I get the money for the vase")
    same = judged(
        embedder, "the vase of order 71220 arrived in pieces", "can I get the money for the vase, order 71220"
    )
    other = judged(embedder, "where is my order 71220", "where is my order 71345")
    assert same.probability > plain.probability
    assert same.shared == {"71220"}
    assert other.conflicting == {"order"}
    assert other.cosine > 0.7
    assert other.probability < 0.3


def test_a_shared_order_alone_does_not_make_unlike_questions_one(embedder: CachedEmbedder) -> None:
    found = judged(
        embedder, "order 71220: does the lamp come with a bulb?", "order 71220: put my company name on the bill"
    )
    assert found.shared == {"71220"}
    assert found.probability < 0.6


def test_a_shared_error_code_raises(embedder: CachedEmbedder) -> None:
    plain = judged(embedder, "sign-in shows a failure", "payment page shows a failure")
    coded = judged(embedder, "sign-in shows error 50317", "payment page shows error 50317")
    assert coded.probability > plain.probability
    assert coded.shared == {"50317"}


def test_a_shared_sum_of_money_raises(embedder: CachedEmbedder) -> None:
    plain = judged(embedder, "why did you take money from me", "the fee is not mine")
    to_the_cent = judged(embedder, "why did you take $61.17 from me", "the fee of 61.17 dollars is not mine")
    assert to_the_cent.shared == {"61.17"}
    assert to_the_cent.probability > plain.probability


@pytest.mark.parametrize(
    "later", ["any news?", "same problem again", "just following up", "still not working", "that didn't help"]
)
def test_a_bare_follow_up_is_taken_at_its_word(embedder: CachedEmbedder, later: str) -> None:
    found = judged(embedder, "the sofa has a stain on the left arm", later)
    assert found.follow_up
    assert found.probability >= 0.75


def test_a_follow_up_with_a_topic_of_its_own_is_still_read(embedder: CachedEmbedder) -> None:
    later = "I wrote to you about a sofa. Now I would like to know whether the dining table exists in walnut wood too"
    found = judged(embedder, "I forgot the password of my account", later)
    assert found.follow_up
    assert found.probability < 0.5


def test_own_pairs_are_told_apart(embedder: CachedEmbedder) -> None:
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    judged_rows = [(row["same"], judged(embedder, row["a"], row["b"]).probability) for row in rows]
    said = [same for same, probability in judged_rows if probability >= Policy().same_issue_threshold]
    found = sum(said)
    assert found / len(said) >= 0.9
    assert found / sum(same for same, _ in judged_rows) >= 0.85


def test_long_openings_are_cut() -> None:
    said = text("c: " + "the boiler makes a noise " * 200)
    assert said is not None
    assert 990 < len(said) <= 1000
