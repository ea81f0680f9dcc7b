"""A customer's rating on one scale: what the helpdesk's own words, signs or numbers mean from 0 (worst) to 1 (best)."""

from __future__ import annotations

import math
import re

from service.conversation import Rating

GOOD = 0.7
BAD = 0.3
"""From and up to which share of the best a rating is good or bad: 4 and 2 of 5 stars, 7 and 3 of 10."""

USUAL_SCALE = "1-5"
"""How a number without a scale is read, as far as it fits."""

_WORDS = {
    "good": 1.0,
    "great": 1.0,
    "excellent": 1.0,
    "amazing": 1.0,
    "positive": 1.0,
    "satisfied": 1.0,
    "happy": 1.0,
    "helpful": 1.0,
    "up": 1.0,
    "ok": 0.5,
    "okay": 0.5,
    "fair": 0.5,
    "average": 0.5,
    "neutral": 0.5,
    "bad": 0.0,
    "poor": 0.0,
    "terrible": 0.0,
    "awful": 0.0,
    "negative": 0.0,
    "dissatisfied": 0.0,
    "unsatisfied": 0.0,
    "unhappy": 0.0,
    "unhelpful": 0.0,
    "down": 0.0,
}
_DENIED = frozenset({"not", "no", "never", "neither"})
_MILDER = frozenset({"somewhat", "slightly", "fairly", "rather"})
_SIGNS = {
    0.0: "\N{POUTING FACE}\N{ANGRY FACE}\N{THUMBS DOWN SIGN}",
    0.25: "\N{DISAPPOINTED FACE}\N{WORRIED FACE}\N{SLIGHTLY FROWNING FACE}\N{WHITE FROWNING FACE}\N{CONFUSED FACE}",
    0.5: "\N{NEUTRAL FACE}",
    0.75: "\N{SLIGHTLY SMILING FACE}\N{SMILING FACE WITH OPEN MOUTH}\N{GRINNING FACE}"
    "\N{SMILING FACE WITH SMILING EYES}",
    1.0: "\N{GRINNING FACE WITH STAR EYES}\N{SMILING FACE WITH HEART-SHAPED EYES}\N{THUMBS UP SIGN}",
}
"""The five faces of a messenger's rating, worst first, with those that look like them, and thumbs."""
LONGEST = 40
"""Characters of a scale; what is longer is none."""

_SCALE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|\N{EN DASH}|to|\.\.)\s*(-?\d+(?:\.\d+)?)\s*")
_STARS = re.compile(r"\s*(\d+)?[\s_-]*(?:stars?|points?|emojis?|faces?)\s*", re.IGNORECASE)
_NAMED = {"nps": (0.0, 10.0), "thumbs": (0.0, 1.0), "percent": (0.0, 100.0), "%": (0.0, 100.0)}


def share_of_best(rating: Rating | None) -> float | None:
    """The rating from 0 (worst of its scale) to 1 (best); `None` when there is none or it cannot be read.

    A number is read by its scale, one without a scale as 1 to 5. Words and signs say themselves what they mean.

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
        return _of_words(str(rating.score))
    ends = _ends(rating.scale or USUAL_SCALE)
    if ends is None or ends[1] <= ends[0] or not ends[0] <= number <= ends[1]:
        return None
    return (number - ends[0]) / (ends[1] - ends[0])


def _ends(scale: str) -> tuple[float, float] | None:
    """The worst and the best number of a scale: "0-10", "5-star", "nps", "thumbs"; `None` for any other."""
    if len(scale) > LONGEST:
        return None
    numbers = _SCALE.fullmatch(scale)
    if numbers is not None:
        return float(numbers[1]), float(numbers[2])
    stars = _STARS.fullmatch(scale)
    if stars is not None:
        return 1.0, float(stars[1] or 5)
    return _NAMED.get(scale.strip().lower())


def _of_words(text: str) -> float | None:
    """What words or a sign mean; `None` for unknown ones, and for one that is denied but has no clear opposite."""
    sign = next((share for share, signs in _SIGNS.items() if any(character in signs for character in text)), None)
    if sign is not None:
        return sign
    words = re.findall(r"[a-z]+", text.lower())
    share = next((_WORDS[word] for word in words if word in _WORDS), None)
    if share is None or share == 0.5:
        return share
    if _DENIED & set(words):
        return 0.0 if share == 1.0 else None
    return 0.5 + (share - 0.5) / 2 if _MILDER & set(words) else share


def _number(score: float | str) -> float | None:
    """A finite number, from digits as well."""
    try:
        number = float(score)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
