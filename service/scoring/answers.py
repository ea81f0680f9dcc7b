"""The bot's messages after the customer spoke: which of them are answers, and to which question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from service.conversation import Message, Role
from service.language.signal_patterns import Signal
from service.language.signals import PRESENT, has
from service.language.wording import content
from service.scoring.bot_part import BotPart

CERTAIN = 0.5
"""Probability from which a bot message counts as doing something."""

FEWEST_WORDS = 3

CLARIFIES = 0.2
"""Probability of no answer below which a bot that asks back only wants to know more."""

_KNOWLEDGE = re.compile(r"\b(?:answer|know|information|details|idea|tell you|find)\b", re.IGNORECASE)
"""What a bot cannot do when it has no answer, other than an action that it may not take."""

_LACKS = re.compile(
    r"(?:n't|\b(?:cannot|not|no|unable)) (?:\w+ ){0,3}(?:answers?|know|information|info|details|idea|find)\b",
    re.IGNORECASE,
)
"""Words of a missing answer, which a handoff in the same message does not make good."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PLEASANT = re.compile(
    r"\b(?:i'll|i will|i'm|i am|let me|one moment|just a (?:moment|second)|bear with|hold on|enjoy|thanks|thank you"
    r"|^welcome|(?:you're|you are) welcome|glad|happy to|pleasure|hello|hi there|sure thing|your message"
    r"|have an? (?:\w+ )?(?:day|evening|weekend|one|trip|time))\b",
    re.IGNORECASE,
)
"""Greetings, thanks, wishes, and what the bot says it will do."""

_ADVICE = re.compile(
    r"\b(?:have you (?:tried|checked)|did you (?:try|check)|(?:can|could) you (?:try|check))\b", re.IGNORECASE
)

SURELY_NONE = 0.75
"""Probability of no answer from which "I cannot do that" means that it knows nothing."""


class Kind(StrEnum):
    """What a bot message is; only `answer` and `no_answer` are judged."""

    ANSWER = "answer"
    NO_ANSWER = "no_answer"
    FAILURE = "failure"
    REFUSAL = "refusal"
    QUESTION = "question"
    HANDOFF = "handoff"
    COURTESY = "courtesy"


JUDGED = frozenset({Kind.ANSWER, Kind.NO_ANSWER})


@dataclass(frozen=True, slots=True)
class Answer:
    """A bot message at index `position` of the public messages, and the customer messages that it may answer.

    `asked` are those since the bot last wrote, the latest last; `before` the ones they followed up.
    """

    position: int
    message: Message
    kind: Kind
    asked: tuple[Message, ...]
    before: tuple[Message, ...]


def answers(part: BotPart) -> tuple[Answer, ...]:
    """Every public bot message that follows a customer message, in order."""
    found: list[Answer] = []
    for position, message in enumerate(part.messages):
        if position not in part.acts:
            continue
        asked, before = _questions(part, position)
        found.append(Answer(position, message, kind_of(part, position), asked, before))
    return tuple(found)


def _questions(part: BotPart, position: int) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The customer's latest messages before `position`; and the earlier ones, when the bot had asked in between."""
    latest = next(i for i in range(position - 1, -1, -1) if part.messages[i].role is Role.CUSTOMER)
    others = (i for i in range(latest - 1, -1, -1) if part.messages[i].role is not Role.CUSTOMER)
    start = next(others, -1) + 1
    earlier = tuple(message for message in part.messages[:start] if message.role is Role.CUSTOMER)
    return part.messages[start : latest + 1], earlier


def kind_of(part: BotPart, position: int) -> Kind:
    """What the bot message at `position` is, from its act and its signals.

    A regret before a question back, or before a handoff, is no missing answer; what answers as well is an answer.
    """
    act, reading = part.acts[position], part.bot[position]
    lacks = max(reading[Signal.NO_ANSWER], reading[Signal.MISUNDERSTOOD])
    silent = lacks >= PRESENT or act.no_answer >= CERTAIN
    text = part.messages[position].text
    helps = act.useful >= CERTAIN and not (silent and act.no_answer >= CERTAIN)
    if (helps or act.success >= CERTAIN) and not _only_asks(text):
        return Kind.ANSWER
    if act.asks >= CERTAIN and act.no_answer < CLARIFIES:
        return Kind.HANDOFF if has(reading, Signal.ANNOUNCES_HANDOFF) else Kind.QUESTION
    if has(reading, Signal.TOOL_FAILURE) and reading[Signal.TOOL_FAILURE] >= lacks:
        return Kind.FAILURE
    if has(reading, Signal.ANNOUNCES_HANDOFF) and not (lacks >= PRESENT and _LACKS.search(text)):
        return Kind.HANDOFF
    unable = has(reading, Signal.CANNOT_DO) or has(reading, Signal.RESTRICTED)
    knows = _KNOWLEDGE.search(text) is not None
    if (silent or (unable and knows)) and not (unable and act.no_answer < SURELY_NONE and not knows):
        return Kind.NO_ANSWER
    if unable:
        return Kind.REFUSAL
    if act.failure >= CERTAIN:
        return Kind.ANSWER
    return Kind.ANSWER if _says_something(text) else Kind.COURTESY


def _only_asks(text: str) -> bool:
    """Whether every sentence is a question or a courtesy; "Have you tried another cable?" is advice."""
    if _ADVICE.search(text):
        return False
    return all(s.rstrip().endswith("?") or _PLEASANT.search(s) for s in _SENTENCE.split(text) if s.strip())


def _says_something(text: str) -> bool:
    """Whether a sentence that is no question, courtesy or promise says enough to be an answer."""
    told = [s for s in _SENTENCE.split(text) if not s.rstrip().endswith("?") and not _PLEASANT.search(s)]
    return len(content(" ".join(told))) >= FEWEST_WORDS
