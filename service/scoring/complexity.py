"""How much a bot had to get right: the prior of a claim being true, before any evidence.

The more amounts and references a bot handled, the more lists and promises it wrote, and the more it says that it is
done, the less a reader of its words alone may trust them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_AMOUNT = re.compile(r"[$£€]\s?\d[\d,]*(?:\.\d+)?")
_REFERENCE = re.compile(r"\b[A-Z]{2,4}\d{2,}\b|\b(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{6,8}\b")
_LIST = re.compile(r"^[^\S\n]*(?:[-*•]|\d+[.)])\s", re.MULTILINE)
_PROMISE = re.compile(r"\b(?:i will|i['\u2019]ll|let me|one moment|please hold|shortly)\b", re.IGNORECASE)

_USUAL = ((1.00, 0.86), (1.10, 0.69), (0.98, 0.65), (0.66, 0.47), (0.45, 0.21))
"""Mean and standard deviation of the five terms, over the contained half of a public set with verified outcomes
(tau-bench airline, MIT licence); the signs of the terms, not their weights, were learned there."""

LIMIT = 4.0


def simplicity(bot_texts: Sequence[str], *, claims_success: bool) -> float:
    """How simple the bot's part was, -4 (many values to get right) to 4 (hardly any), 0 on average of the public set.

    Minus the sum of five standard scores: ln(1 + distinct amounts), ln(1 + distinct reference codes),
    ln(1 + messages with a list), whether the bot ever says it is done, share of messages that promise to do something.

    >>> simplicity(["The shop opens at nine."], claims_success=False)
    4.0
    """
    if not bot_texts:
        return 0.0
    everything = "\n".join(bot_texts)
    terms = (
        math.log1p(len(set(_AMOUNT.findall(everything)))),
        math.log1p(len(set(_REFERENCE.findall(everything)))),
        math.log1p(sum(bool(_LIST.search(text)) for text in bot_texts)),
        float(claims_success),
        sum(bool(_PROMISE.search(text)) for text in bot_texts) / len(bot_texts),
    )
    score = -sum((term - mean) / deviation for term, (mean, deviation) in zip(terms, _USUAL, strict=True))
    return max(-LIMIT, min(LIMIT, score))
