"""Reviews as files: both forms, and every way a line can be wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.files.reviews import BadReview, NoReviewFile, ReviewLine, reviews
from service.scoring.definitions import VERDICTS, definitions

LINE = {"conversation": "4711", "score": "effort", "verdict": "high", "reviewer": "r1"}


def one(**changes: Any) -> ReviewLine | BadReview:
    ((number, found),) = reviews(json.dumps({**LINE, **changes}).encode())
    assert number == 1
    return found


def test_both_forms_say_the_same() -> None:
    lines = b'\n{"conversation": 4711, "score": "effort", "verdict": "high", "reviewer": "r1", "episode": 2}\n'
    table = "\ufeffconversation,score,verdict,reviewer,episode,at\n4711,effort,high,r1,2,\n".encode()
    ((_, first),), ((_, second),) = reviews(lines), reviews(table)
    assert first == second == ReviewLine(**LINE, episode=2)


def test_times_have_an_offset() -> None:
    assert one(at="2026-03-02T09:00:00+01:00") == ReviewLine(**LINE, at=datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"score": "mood"}, "no such score; known are repeat_contact"),
        ({"verdict": "huge"}, "effort never says so; it says low, medium, high"),
        ({"reviewer": "pat@example.com"}, "reviewer: String should match pattern"),
        ({"episode": 0}, "episode: Input should be greater"),
        ({"at": "2026-03-02T09:00:00"}, "at: Input should have timezone info"),
        ({"conversation": None}, "conversation: Input should be a valid string"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_wrong_is_told(changes: dict[str, Any], why: str) -> None:
    found = one(**changes)
    assert isinstance(found, BadReview)
    assert why in str(found)


def test_an_intent_may_have_any_name() -> None:
    assert isinstance(one(score="intent", verdict="where is my parcel"), ReviewLine)


def test_broken_files() -> None:
    ((_, good), (number, bad)) = reviews(json.dumps(LINE).encode() + b"\n{no")
    assert isinstance(good, ReviewLine)
    assert (number, str(bad)[:8]) == (2, "no JSON:")
    with pytest.raises(NoReviewFile, match="not UTF-8"):
        list(reviews(b"\xff"))
    with pytest.raises(NoReviewFile, match="no column reviewer, score"):
        list(reviews(b"conversation,verdict\n"))


def test_every_score_has_its_words() -> None:
    assert set(VERDICTS) == definitions("2").scores
