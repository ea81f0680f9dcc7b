"""A customer's rating on one scale: what the helpdesk's own words or numbers mean from 0 (worst) to 1 (best)."""

from __future__ import annotations

import math
import re

from service.conversation import Rating

GOOD = 0.7
BAD = 0.3

_WORDS = {
    "good": 1.0,
    "great": 1.0,
    "positive": 1.0,
    "satisfied": 1.0,
    "happy": 1.0,
    "helpful": 1.0,
    "up": 1.0,
    "ok": 0.5,
    "neutral": 0.5,
    "bad": 0.0,
    "poor": 0.0,
    "terrible": 0.0,
    "negative": 0.0,
    "dissatisfied": 0.0,
    "unsatisfied": 0.0,
    "unhappy": 0.0,
    "unhelpful": 0.0,
    "down": 0.0,
}
_SCALE = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*(?:-|to|\.\.)\s*(-?\d+(?:\.\d+)?)\s*$")


def share_of_best(rating: Rating | None) -> float | None:
    """The rating from 0 (worst of its scale) to 1 (best); `None` when there is none or it cannot be read.

    >>> share_of_best(Rating(score=4, scale="1-5"))
    0.75
    >>> share_of_best(Rating(score="bad"))
    0.0
    >>> share_of_best(Rating(score="offered")) is None
    True
    """
    if rating is None or rating.score is None:
        return None
    number = _number(rating.score)
    if number is None:
        words = re.findall(r"[a-z]+", str(rating.score).lower())
        return next((_WORDS[word] for word in words if word in _WORDS), None)
    scale = _SCALE.match(rating.scale or "1-5")
    if scale is None:
        return None
    low, high = float(scale[1]), float(scale[2])
    if high <= low or not low <= number <= high:
        return None
    return (number - low) / (high - low)


def _number(score: float | str) -> float | None:
    """A finite number, from digits as well."""
    try:
        number = float(score)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
