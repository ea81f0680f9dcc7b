"""Which answer the bot already had when it handed over avoidably: a name to count by, and not a word of it."""

from __future__ import annotations

import re
from hashlib import blake2b

from service.conversation import Conversation
from service.scoring.score import Score

SOLVED = "solved"
"""The customer had already said that it was solved: no answer was lacking."""

ARTICLE = "article:"
"""What stands before the source that the bot itself reported, as its first."""

WORDING = "text:"
"""What stands before the name of an answer's wording, where the bot reports no source."""

LONGEST = 200
"""Characters of a name."""

_GREETING = re.compile(
    r"\A\s*(?:hi|hello|hey|dear|hallo|guten tag|bonjour|hola|olá)\b[^.!?,\n]{0,40}[.!?,\n]", re.IGNORECASE
)
_ADDRESSES = re.compile(r"\S+@\S+|https?://\S+")
_WORD = re.compile(r"[^\W\d_]+")


def had_answer(escalation: Score, episode: Conversation) -> str | None:
    """The name of the answer that an avoidable handoff already had.

    "article:" and the bot's first source where it reports one; else "text:" and a name of the wording, equal for
    answers that differ only in greeting, numbers and addresses; "solved" where the customer had said that it was.
    `None` for any other verdict, and where the answer is not to be found.
    """
    if escalation.verdict != "avoidable" or not escalation.evidence:
        return None
    repeated = escalation.evidence[0].answered_in
    if repeated is None:
        return SOLVED
    answer = next((message for message in episode.messages if message.id == repeated), None)
    if answer is None:
        return None
    source = next((each for each in answer.bot.sources if each.split()), None) if answer.bot else None
    if source is not None:
        return f"{ARTICLE}{' '.join(source.split())}"[:LONGEST]
    named = wording(answer.text)
    return f"{WORDING}{named}" if named else None


def wording(text: str) -> str:
    """A name of what an answer says: the same for the same words; empty when there is no word in it.

    >>> wording("Hi Ann, order 12 ships today.") == wording("Hello Bob! Order 977 ships today")
    True
    """
    plain = _ADDRESSES.sub(" ", _GREETING.sub("", text))
    words = _WORD.findall(plain.casefold())
    return blake2b(" ".join(words).encode(), digest_size=8).hexdigest() if words else ""
