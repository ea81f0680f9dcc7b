"""Whether an answer has the form that a question asks for, and what both say beyond the words that they share.

An answer about the same thing but beside the question shares the thing's words and little else: what tells them apart
are the words around, and that "how much" wants a sum and "can I" a yes or a no. English.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from service.language.wording import content

_WORD = re.compile(r"[\w'-]+")
NOTHING = "it"
"""Stands for a text of which no word is left."""

_YES_OR_NO = re.compile(
    r"^(?:hi|hello|hey|so|and|ok|but|also|please|then|,|\s)*\s*(?:is|are|was|were|do|does|did|can|could|may|will|would"
    r"|should|shall|am|has|have|any)\b",
    re.IGNORECASE,
)
_SAYS_EITHER = re.compile(
    r"^\W*(?:yes|no|not|sure|unfortunately|of course|yep|sorry|absolutely|correct|certainly)\b", re.IGNORECASE
)


class _Form(NamedTuple):
    """What a question of the kind says, and what an answer of that form holds."""

    asks: re.Pattern[str]
    tells: re.Pattern[str]


def _form(asks: str, tells: str) -> _Form:
    return _Form(re.compile(asks, re.IGNORECASE | re.DOTALL), re.compile(tells, re.IGNORECASE))


_NUMERAL = r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b"
_FORMS = (
    _form(
        r"\bhow much\b|\bprice\b|\bcosts?\b|\bfees?\b|\bcharge[ds]?\b",
        r"[$\u20ac\u00a3]|\d+ ?(?:euros?|dollars?|pounds?|usd|eur|%|percent)|\bfree\b|\bno (?:fee|charge|cost)",
    ),
    _form(
        r"\b(?:when|how long|until when|what time|how fast|how soon|how often)\b",
        r"\d+ ?(?:am|pm|h\b|hours?|days?|weeks?|months?|minutes?|years?)|\d:\d\d|\b(?:day|week|month|year|hour|minute"
        r"|daily|monday|tuesday|wednesday|thursday|friday|saturday|sunday|two|three)s?\b",
    ),
    _form(r"\bwhere\b", r"\b(?:under|in the|on the|at the|menu|settings|page|open|click|top|behind|below)\b"),
    _form(
        r"\bhow (?:do|can|to|could|should)\b",
        r"\b(?:open|click|tap|press|go to|choose|select|under|hold|switch|turn|set|send|tell|add|write)\b",
    ),
    _form(
        r"\bhow many\b|\bhow (?:old|big|high|large|far|heavy)\b|\bwhat size\b|\bwhich (?:floor|size|number)\b", _NUMERAL
    ),
    _form(
        r"\bwhy\b|\bwhat does .* mean|\bwhat if\b",
        r"\b(?:because|means|usually|reason|most|due to|happens|when|caused|since)\b",
    ),
    _form(
        r"^(?!.*\?).*(?:n't|not |no |keeps|broke|error|wrong|stuck|blank|lost|always|only)",
        r"\b(?:try|check|restart|hold|press|turn|clean|replace|reset|please|usually|fill|set|take|means)\b",
    ),
)


def unshared(question: str, answer: str) -> tuple[str, str]:
    """Both texts without the words that they share by stem."""
    shared = content(question) & content(answer)

    def rest(text: str) -> str:
        return " ".join(word for word in _WORD.findall(text) if not content(word) & shared) or NOTHING

    return rest(question), rest(answer)


def form_fit(question: str, answer: str) -> tuple[float, float, float, float]:
    """Four marks, each 0 or 1: a yes-or-no question gets a yes or a no; gets none; the form that is asked for is there;
    none of the forms that are asked for is.

    >>> form_fit("How much is a locker?", "A locker costs 4 euros a day.")
    (0.0, 0.0, 1.0, 0.0)
    """
    closed, either = _YES_OR_NO.search(question) is not None, _SAYS_EITHER.search(answer) is not None
    told = [form.tells.search(answer) is not None for form in _FORMS if form.asks.search(question)]
    return (
        float(closed and either),
        float(closed and not either),
        float(bool(told) and all(told)),
        float(bool(told) and not any(told)),
    )
