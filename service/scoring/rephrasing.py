"""Where a customer puts the same question again after the bot had written: the plainest sign of a failed answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.conversation import Message, Role
from service.language.acts import BotAct
from service.language.repetition import likeness, overlap, shared
from service.language.signal_patterns import Signal
from service.language.signals import pattern_row
from service.language.statements import NEGATIVE, Outcome, read_outcome

CERTAIN = 0.5
"""Probability from which a bot message counts as doing something."""

SAME_QUESTION = 0.5
"""Overlap of content words from which a message is an earlier question again."""

SAME_WORDS = 0.6
"""Share of all content words from which a message after a useful answer is the same question."""

_AGAIN = re.compile(
    r"\b(?:i mean[t]?|as i (?:said|wrote|told|mentioned)|i (?:just |already |have |had )*(?:asked|told|said|explained)"
    r"|not what i|(?:second|third|fourth|fifth|\d(?:nd|rd|th)) time|let me (?:rephrase|repeat|explain)|once more"
    r"|in other words|i repeat)\b",
    re.IGNORECASE,
)


_ELSE = re.compile(
    r"\b(?:an?other|others?|else|different|more|also|too|as well|instead|now|next|additionally|new)\b", re.IGNORECASE
)
"""Words of a further wish; with them the same words are not the same question."""


@dataclass(frozen=True, slots=True)
class Rephrasing:
    """A customer message that asks again, and the earlier one it repeats."""

    message: Message
    earlier: Message


def rephrasings(messages: Sequence[Message], acts: Sequence[BotAct]) -> tuple[Rephrasing, ...]:
    """Customer messages that ask again what an earlier one asked, with a bot message in between.

    An answer to the bot's question may repeat words without asking again, unless the bot had not understood.
    """
    by_message = {act.message_id: act for act in acts}
    found: list[Rephrasing] = []
    earlier: list[Message] = []
    waiting: list[Message] = []
    act: BotAct | None = None
    for message in messages:
        if message.role is Role.BOT:
            act = by_message[message.id]
            earlier.extend(waiting)
            waiting = []
        elif message.role is Role.CUSTOMER:
            repeats = _repeated(message, earlier, act)
            if repeats is not None:
                found.append(Rephrasing(message, repeats))
            waiting.append(message)
    return tuple(found)


def _repeated(message: Message, earlier: Sequence[Message], act: BotAct | None) -> Message | None:
    """The earlier message that `message` puts again, the likest one.

    After a useful answer the same words may be a next question; then nearly all of both must be the same, or the
    customer must say that it did not help.
    """
    if not earlier or act is None:
        return None
    closest = max(earlier, key=lambda m: shared(message.text, m.text))
    outcome = read_outcome(message.text)
    if _AGAIN.search(message.text) or (outcome is Outcome.REJECTS and shared(message.text, closest.text)):
        return closest
    if _asks_for_human(message):
        return next((m for m in earlier if _asks_for_human(m)), None)
    answers_question = act.asks >= CERTAIN > act.no_answer
    if answers_question or outcome is Outcome.ACCEPTS or _ELSE.search(message.text):
        return None
    if act.useful >= CERTAIN and outcome not in NEGATIVE:
        return closest if likeness(message.text, closest.text) >= SAME_WORDS else None
    return closest if overlap(message.text, closest.text) >= SAME_QUESTION else None


def _asks_for_human(message: Message) -> bool:
    return bool(pattern_row(message.text, (Signal.ASKS_FOR_HUMAN,))[0])
