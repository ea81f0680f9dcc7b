"""Ratings on one scale."""

from __future__ import annotations

import pytest

from service.conversation import Rating
from service.scoring.ratings import share_of_best


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        (None, None),
        (Rating(), None),
        (Rating(score=5, scale="1-5"), 1.0),
        (Rating(score=1, scale="1-5"), 0.0),
        (Rating(score="3"), 0.5),
        (Rating(score=7, scale="0 to 10"), 0.7),
        (Rating(score="good"), 1.0),
        (Rating(score="Bad with comment"), 0.0),
        (Rating(score="offered"), None),
        (Rating(score=9, scale="1-5"), None),
        (Rating(score=1, scale="5-1"), None),
        (Rating(score=1, scale="thumbs"), 1.0),
        (Rating(score=1, scale="kittens"), None),
        (Rating(score=float("nan")), None),
    ],
)
def test_share_of_best(rating: Rating | None, expected: float | None) -> None:
    assert share_of_best(rating) == expected
