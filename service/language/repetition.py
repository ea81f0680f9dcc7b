"""Is a message the same thing said again? Overlap of content words, without a model."""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 2000
"""Characters of a message that are compared."""

STEM = 5
"""Letters of a word that are compared, so that `refund`, `refunds` and `refunded` are one word."""

FEWEST_SHARED = 2

_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
_COMMON = """
a about again all also am an and any are as ask asked at be been but by can cannot could did do does don done
for from get got had has have he hello help her hey hi him his how i if in into is it its just know let like
me mean my need never no nor not now of off ok okay on one or our out please pls re really said same she
should so some still sure tell thank thanks that the their them then there these they thing this those time to
told too try tried up us very was we were what when where which who why will with would yes you your i'm i've
i'd i'll it's that's don't doesn't didn't can't won't isn't wasn't aren't what's there's you're im ive dont
doesnt didnt cant wont want wants
"""
_STOP = frozenset(_COMMON.split())


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """The stems of the words of `text` that carry meaning.

    >>> sorted(content("The e-mail does not arrive"))
    ['arriv', 'email']
    """
    words = _WORD.findall(text[:LONGEST].lower().replace("\u2019", "'").replace("e-mail", "email"))
    return frozenset(word[:STEM] for word in words if word not in _STOP and len(word) > 1)


def overlap(one: str, other: str) -> float:
    """Share of the smaller message's content words that the other holds as well, 0 when fewer than two are shared.

    One shared word counts when it is all that both messages say.

    >>> overlap("the reset mail never arrives", "Sorry, the mail does not arrive!")
    0.6666666666666666
    """
    a, b = content(one), content(other)
    if a and a == b:
        return 1.0
    both = shared(one, other)
    return both / min(len(a), len(b)) if both >= FEWEST_SHARED else 0.0


def shared(one: str, other: str) -> int:
    """How many content words both messages hold."""
    return len(content(one) & content(other))


def likeness(one: str, other: str) -> float:
    """Share of the content words of both messages that both hold, 0 when fewer than two are shared; see `overlap`."""
    a, b = content(one), content(other)
    return len(a & b) / len(a | b) if overlap(one, other) else 0.0
