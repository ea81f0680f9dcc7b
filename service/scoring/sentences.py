"""Reasons with places in them: the sentences that scores put together, each in one piece so that it can be translated.

A place holds a number, or words that can stand there in other sentences as well. Reasons without places stand in the
scores themselves; all are listed in `service/translation/catalogues/deskmark.pot`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in English, with its form for more than one (`many`) where that differs."""

    one: str
    many: str = ""

    def __call__(self, *, n: int = 1, **values: object) -> str:
        """The sentence with its places filled; `n` is the number in it, if there is one.

        >>> Sentence("after {n} message", "after {n} messages")(n=2)
        'after 2 messages'
        """
        return (self.many if self.many and n != 1 else self.one).format(n=n, **values)


MISSED = Sentence("A person was needed because {why}, but nobody took over.")
LATE = Sentence("The handoff was needed because {why}, but it took {n} more bot turns.")
IN_TIME = Sentence("The handoff was needed because {why}, and it came in time.")

AFTER_HANDOFF = Sentence("After the handoff the human asked again for {listed}, which the customer had already given.")
AFTER_TRANSFER = Sentence(
    "After the transfer the human asked again for {listed}, which the customer had already given."
)

USEFUL = Sentence(
    "The first useful answer came after {n} customer message",
    "The first useful answer came after {n} customer messages",
)
NEVER = Sentence(
    "None of {n} customer message got a useful answer", "None of {n} customer messages got a useful answer"
)
ONLY = Sentence("{first}.")
AGAIN = Sentence("{first}; the question was put again {n} time.", "{first}; the question was put again {n} times.")

MINUTES_LATER = Sentence("{n} min later")
HOURS_LATER = Sentence("{n} h later")
DAYS_LATER = Sentence("{n} days later")
WROTE_AGAIN = Sentence("The customer wrote again in this conversation {later}.")
CAME_BACK = Sentence("The customer came back {later} with the same issue ({percent} likely).")
STILL_OPEN = Sentence("The window of {span} is still open; no further contact with a stated problem so far.")
PASSED = Sentence("The window of {span} has passed without a further contact.")
STILL_OPEN_ELSE = Sentence(
    "The window of {span} is still open; a later contact is about something else ({percent} likely the same issue)."
)
PASSED_ELSE = Sentence(
    "The window of {span} has passed; a later contact is about something else ({percent} likely the same issue)."
)

NOT_VALIDATED = Sentence("language: the text model is validated for English only, this is {language}.")

_AND, _COMMA = Sentence("{first} and {last}"), Sentence("{first}, {last}")


def listed(names: Sequence[str]) -> str:
    """At least one name, put into words.

    >>> listed(["the date", "the place", "the name"])
    'the date, the place and the name'
    """
    *others, last = names
    if not others:
        return last
    first, *between = others
    for name in between:
        first = _COMMA(first=first, last=name)
    return _AND(first=first, last=last)
