"""The bot's own confidence by answer, by attribute or by tag, and the estimate where there is none."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_vectors import NoVectors

from service.conversation import Author, BotTurn, Conversation, Event, EventKind, Message, Role
from service.scoring.resolution_confidence import resolution_confidence
from service.scoring.score import Case, History, Policy, Score

ROLES = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT, "s": Role.SYSTEM}


def talk(*turns: str | tuple[str, float], **changes: Any) -> Conversation:
    """Who writes: "c", "b", "a", or ("b", the confidence the bot reports)."""
    messages = tuple(
        Message(
            f"m{i}", Author(ROLES[turn[0]]), "Hello", bot=None if isinstance(turn, str) else BotTurn(confidence=turn[1])
        )
        for i, turn in enumerate(turns)
    )
    return Conversation("1", messages, **changes)


def judge(conversation: Conversation, so_far: dict[str, Score] | None = None, **policy: Any) -> Score:
    case = Case(conversation, History(), Policy(**policy), NoVectors(), MappingProxyType(so_far or {}))
    return resolution_confidence(case)


@pytest.mark.parametrize(
    ("sure", "verdict"), [(1, "high"), (0.8, "high"), (0.79, "medium"), (0.5, "medium"), (0.49, "low"), (0, "low")]
)
def test_one_answer(sure: float, verdict: str) -> None:
    score = judge(talk("c", ("b", sure)))
    assert (score.verdict, score.value, score.confidence) == (verdict, sure, 1.0)
    assert score.details["source"] == "reported"


def test_lowest_and_mean() -> None:
    score = judge(talk(("b", 0.1), "c", ("b", 0.9), "c", "b", ("b", 0.5), "a", ("b", 0.0)))
    assert (score.verdict, score.value) == ("medium", 0.7)
    assert dict(score.details) == {
        "source": "reported",
        "lowest": 0.5,
        "mean": 0.7,
        "answers": 2,
        "lowest_message": "m5",
    }
    assert score.evidence[0].message == "m5"


def test_what_comes_after_the_handoff_is_no_answer() -> None:
    handoff = (Event("e", EventKind.HANDOFF),)
    assert judge(talk("c", ("b", 0.9), "a", ("b", 0.1), events=handoff)).value == 0.9


def test_the_account_sets_the_bounds() -> None:
    assert judge(talk("c", ("b", 0.85)), high_confidence=0.9).verdict == "medium"
    assert judge(talk("c", ("b", 0.45)), low_confidence=0.4).verdict == "medium"


@pytest.mark.parametrize(
    ("given", "expected"),
    [(0.82, 0.82), ("0.82", 0.82), (82, 0.82), ("82%", 0.82), ("82 %", 0.82), (1, 1), ("1 %", 0.01), ("100", 1)],
)
def test_an_attribute_of_the_conversation(given: object, expected: float) -> None:
    score = judge(talk("c", "b", attributes={"bot_confidence": given}))
    assert (score.value, score.details["source"], score.details["answers"]) == (expected, "reported", 0)
    assert judge(talk("c", "b", attributes={"fin": given}), confidence_attribute="fin").value == expected
    assert judge(talk("c", ("b", 0.3), attributes={"bot_confidence": given})).value == 0.3


@pytest.mark.parametrize("tag", ["bot_confidence_82", "bot_confidence:0.82", "bot_confidence__0_82"])
def test_a_tag_of_the_conversation(tag: str) -> None:
    assert judge(talk("c", "b", tags=("vip", tag))).value == 0.82


@pytest.mark.parametrize("given", [True, None, "high", 182, -1, "1.5.2", "", [0.4]])
def test_an_attribute_that_is_no_confidence(given: object) -> None:
    score = judge(talk("c", "b", attributes={"bot_confidence": given}, tags=("bot_confidence_high",)))
    assert (score.verdict, score.value, score.details["source"]) == (None, None, None)


def test_no_bot() -> None:
    for conversation in (talk("c", "a"), talk("b", "s"), talk("c", "a", ("b", 0.9))):
        score = judge(conversation)
        assert (score.verdict, score.value, score.evidence) == (None, None, ())
        assert set(score.details) == {"source", "lowest", "mean", "answers", "lowest_message"}


def estimate(value: float | None, **others: Score) -> Score:
    contained = Score("likely", value, details={"claimed": "none"})
    return judge(talk("c", "b"), {"containment": contained, **others})


def test_an_estimate_is_marked_as_one() -> None:
    score = estimate(0.7)
    assert (score.verdict, score.value, score.confidence) == ("medium", 0.7, 0.5)
    assert score.details["source"] == "estimated"
    assert score.evidence[0].message == "m1"
    assert estimate(0.95).verdict == "high"
    assert estimate(None).verdict == "low"


def value_of(score: Score) -> float:
    assert score.value is not None
    return score.value


def test_what_moves_an_estimate() -> None:
    plain = value_of(estimate(0.6))
    assert value_of(estimate(0.6, answer_relevance=Score("relevant", 1.0))) > plain
    assert value_of(estimate(0.6, answer_relevance=Score("irrelevant", 0.0))) < plain
    assert value_of(estimate(0.6, answer_relevance=Score(None))) == plain
    assert value_of(estimate(0.6, intent=Score("novel", 0.9, details={"novelty": 0.9}))) < plain
    assert value_of(estimate(0.6, intent=Score("hours", 0.9, details={"novelty": 0.2}))) == plain
    failed = Score("likely", 0.6, details={"claimed": "failure"})
    assert value_of(judge(talk("c", "b"), {"containment": failed})) < plain


def test_nothing_to_estimate_from() -> None:
    unread = Score("unclear", details={"language": "fi"})
    assert judge(talk("c", "b"), {"containment": unread}).verdict is None
    assert judge(talk("c", "b")).reason.startswith("language")
    assert judge(talk("c", ("b", 0.9)), {"containment": unread}).verdict == "high"


_turns = st.lists(st.sampled_from("cbas") | st.tuples(st.just("b"), st.floats(0, 1)), max_size=6)


@given(_turns, st.none() | st.integers() | st.text(max_size=5), st.none() | st.floats(0, 1))
def test_any_conversation_gets_the_same_score_twice(
    turns: list[str | tuple[str, float]], attribute: object, value: float | None
) -> None:
    conversation = talk(*turns, attributes={"bot_confidence": attribute})
    so_far = {"containment": Score("likely", value, details={"claimed": "failure"})}
    score = judge(conversation, so_far)
    assert score == judge(conversation, so_far)
    assert (score.verdict is None) == (score.value is None)
    assert score.value is None or 0 <= score.value <= 1
