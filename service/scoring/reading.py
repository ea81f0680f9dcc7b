"""How much of a conversation is read: enough for anything people write, and never so much that reading takes long.

Every score reads messages through this one place, so that no text, however long or odd, can make scoring slow. The
conversation itself is kept whole by whoever holds it; only what the scores see is shortened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from service.conversation import Conversation, Message

READ_START, READ_END = 4000, 1000
"""Characters of a message that are read at its start and at its end; what lies between is a pasted log or worse."""

READ_IN_ALL = 150_000
"""Characters of a conversation from which each message gets an equal share of them, `READ_AT_LEAST` or more."""

READ_AT_LEAST = 300
"""Characters of a message that are read in the longest conversation."""

LONGEST_WORD = 400
"""Characters without a space that are read: longer than any link that tells something."""

LONGEST_GAP = 40
"""Blank characters in a row that are read."""

LEFT_OUT = "\n\u2026\n"
"""Stands where something was left out."""

_WORD = re.compile(rf"(\S{{{LONGEST_WORD}}})\S+")
_GAP = re.compile(rf"(\s{{{LONGEST_GAP}}})\s+")


def as_read(conversation: Conversation) -> Conversation:
    """`conversation` with every message as the scores read it; the same object when nothing has to be left out.

    One of which something was left out is `truncated`, like one of which the helpdesk gave only a part.
    """
    most = _share([len(message.text) for message in conversation.messages])
    messages = tuple(_shortened(message, most) for message in conversation.messages)
    if all(one is other for one, other in zip(messages, conversation.messages, strict=True)):
        return conversation
    return replace(conversation, messages=messages, truncated=True)


def all_as_read(conversations: Sequence[Conversation]) -> tuple[Conversation, ...]:
    """Each of `conversations` as the scores read it."""
    return tuple(as_read(conversation) for conversation in conversations)


def readable(text: str, most: int = READ_START + READ_END) -> str:
    """The part of a message's text that is read; the text itself up to `most` characters of prose.

    >>> readable("where is my parcel")
    'where is my parcel'
    >>> len(readable("a-" * 60_000))
    803
    """
    if len(text) > most:
        end = most * READ_END // (READ_START + READ_END)
        text = f"{text[: most - end]}{LEFT_OUT}{text[-end:]}"
    if len(text) > LONGEST_GAP:
        text = _GAP.sub(r"\1", _WORD.sub(r"\1", text))
    return text


def _share(lengths: Sequence[int]) -> int:
    """Characters that are read of each message of these lengths."""
    longest = READ_START + READ_END
    if sum(min(length, longest) for length in lengths) <= READ_IN_ALL:
        return longest
    return min(longest, max(READ_AT_LEAST, READ_IN_ALL // len(lengths)))


def _shortened(message: Message, most: int) -> Message:
    text = readable(message.text, most)
    return message if text == message.text else replace(message, text=text)
