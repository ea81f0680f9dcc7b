"""The bot's messages after the customer spoke: which of them are answers, and to which question."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.conversation import Message, Role
from service.language.signal_patterns import Signal
from service.language.signals import has
from service.language.wording import content
from service.scoring.bot_part import BotPart

CERTAIN = 0.5
"""Probability from which a bot message counts as doing something."""

PERHAPS = 0.25
"""Probability of being useful from which a message that does nothing else is still an answer, if it says enough."""

FEWEST_WORDS = 3


class Kind(StrEnum):
    """What a bot message is; only `answer` and `no_answer` are judged."""

    ANSWER = "answer"
    NO_ANSWER = "no_answer"
    FAILURE = "failure"
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
    spoken = [i for i in range(position) if part.messages[i].role is Role.CUSTOMER]
    latest = spoken[-1]
    turn = [i for i in spoken if not any(part.messages[k].role is not Role.CUSTOMER for k in range(i + 1, latest))]
    earlier = tuple(part.messages[i] for i in spoken if i < turn[0])
    return tuple(part.messages[i] for i in turn), earlier


def kind_of(part: BotPart, position: int) -> Kind:
    """What the bot message at `position` is, from its act and its signals."""
    act, reading = part.acts[position], part.bot[position]
    silent = act.no_answer >= CERTAIN or has(reading, Signal.NO_ANSWER) or has(reading, Signal.MISUNDERSTOOD)
    if silent and act.useful < CERTAIN:
        return Kind.NO_ANSWER
    if act.failure >= CERTAIN > act.success and has(reading, Signal.TOOL_FAILURE):
        return Kind.FAILURE
    if has(reading, Signal.ANNOUNCES_HANDOFF) and act.useful < CERTAIN:
        return Kind.HANDOFF
    if max(act.useful, act.success, act.failure) >= CERTAIN:
        return Kind.ANSWER
    if act.asks >= CERTAIN:
        return Kind.QUESTION
    says = act.useful >= PERHAPS and len(content(part.messages[position].text)) >= FEWEST_WORDS
    return Kind.ANSWER if says and not part.messages[position].text.rstrip().endswith("?") else Kind.COURTESY
