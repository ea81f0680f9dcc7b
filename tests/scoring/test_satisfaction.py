"""Ratings of every kind on one scale, and the ones that cannot be read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_vectors import NoVectors

from service.conversation import Conversation, Rating
from service.scoring.satisfaction import satisfaction
from service.scoring.score import Case, History, Policy, Score


def judge(rating: Rating | None) -> Score:
    return satisfaction(Case(Conversation("1", (), rating=rating), History(), Policy(), NoVectors()))


@pytest.mark.parametrize(
    ("score", "scale", "verdict", "value"),
    [
        ("good", "good/bad", "satisfied", 5),
        ("bad", "good/bad", "dissatisfied", 1),
        (5, "1-5", "satisfied", 5),
        (4, "5-star", "satisfied", 4),
        (3, "stars", "neutral", 3),
        (2, "1-5", "dissatisfied", 2),
        (1, "emoji", "dissatisfied", 1),
        (10, "0-10", "satisfied", 5),
        (7, "0-10", "satisfied", 3.8),
        (5, "0..10", "neutral", 3),
        (3, "0 to 10", "dissatisfied", 2.2),
        (9, "NPS", "satisfied", 4.6),
        (1, "thumbs", "satisfied", 5),
        (0, "thumbs", "dissatisfied", 1),
        ("thumbs_down", None, "dissatisfied", 1),
        ("\N{THUMBS UP SIGN}", "thumbs", "satisfied", 5),
        ("\N{NEUTRAL FACE}", "emoji", "neutral", 3),
        ("\N{GRINNING FACE}", None, "satisfied", 4),
        (85, "percent", "satisfied", 4.4),
        ("somewhat satisfied", None, "satisfied", 4),
        ("somewhat dissatisfied", None, "dissatisfied", 2),
        ("not satisfied", None, "dissatisfied", 1),
    ],
)
def test_one_scale(score: float | str, scale: str | None, verdict: str, value: float) -> None:
    found = judge(Rating(score, scale))
    assert (found.verdict, found.value, found.confidence) == (verdict, value, 1.0)
    assert (found.details["score"], found.details["scale"]) == (score, scale)
    assert len(found.evidence) == 1


def test_a_number_without_a_scale_is_read_with_doubt() -> None:
    found = judge(Rating(4))
    assert (found.verdict, found.value, found.confidence) == ("satisfied", 4, 0.6)
    assert found.details["scale_assumed"] is True
    assert "assumed" in found.reason


def test_missing_stays_missing() -> None:
    for rating in (None, Rating(), Rating(ces=5)):
        found = judge(rating)
        assert (found.verdict, found.value, found.evidence) == (None, None, ())
        assert set(found.details) == {"score", "scale", "scale_assumed", "rated_at"}
    said = judge(Rating(comment="I never got an answer"))
    assert said.verdict is None
    assert said.evidence[0].quote == "I never got an answer"


@pytest.mark.parametrize(
    "rating",
    [Rating(8), Rating(4, "kittens"), Rating("offered"), Rating("not bad"), Rating(6, "1-5"), Rating(1, "5-1")],
)
def test_an_unknown_scale_is_said(rating: Rating) -> None:
    found = judge(rating)
    assert (found.verdict, found.value) == (None, None)
    assert "cannot be read" in found.reason


def test_the_comment_is_the_proof() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    found = judge(Rating(1, "1-5", comment="  Nobody\nlistened  ", at=at))
    assert [(e.message, e.quote) for e in found.evidence] == [(None, "Nobody listened")]
    assert found.details["rated_at"] == at


@given(st.builds(Rating, st.none() | st.floats() | st.text(max_size=12), st.none() | st.text(max_size=8)))
def test_any_rating_gets_the_same_score_twice(rating: Rating) -> None:
    found = judge(rating)
    assert found.verdict == judge(rating).verdict
    assert (found.verdict is None) == (found.value is None)
    assert found.value is None or 1 <= found.value <= 5
