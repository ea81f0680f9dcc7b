"""What of ours stands on an Intercom conversation: tags, attributes, notes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from types import MappingProxyType

from connectors.intercom import payloads
from connectors.intercom.parts import in_order, internal, plain
from service import writeback
from service.writeback import AlreadyThere, FieldValue, WrittenNote, parse_note

_REFLOWED = re.compile(r"(Deskmark\b[^()]*\([^()]*\)).*\s(ref \S+)\s*\Z", re.DOTALL)


def already_there(payload: payloads.Conversation, attributes: Collection[str]) -> AlreadyThere:
    """What of ours stands on the conversation. `attributes` are those that exist in the workspace; only they count.

    Intercom leaves attributes without a value out of the conversation, so an absent one reads as `None`.
    """
    values = {name: _value(payload.custom_attributes.get(name)) for name in writeback.FIELDS if name in attributes}
    return AlreadyThere(
        tags=tuple(tag.name for tag in payload.tags if tag.name),
        fields=MappingProxyType(values),
        notes=notes(payload),
        version=None if payload.updated_at is None else str(payload.updated_at),
    )


def notes(payload: payloads.Conversation) -> tuple[WrittenNote, ...]:
    """Our notes on the conversation, in order of posting."""
    found = (parsed_note(text) for text in note_texts(payload))
    return tuple(note for note in found if note is not None)


def note_texts(payload: payloads.Conversation) -> tuple[str, ...]:
    """The plain text of every internal note, in order of posting."""
    return tuple(plain(part.body) for part in in_order(payload) if internal(part))


def parsed_note(text: str) -> WrittenNote | None:
    """Our note that `text` is, also when Intercom has made one line of its paragraphs."""
    reflowed = _REFLOWED.match(text)
    return parse_note(text) or (parse_note("\n".join(reflowed.groups())) if reflowed else None)


def _value(value: object) -> FieldValue:
    """One of our attributes as read back: Intercom may give a whole number as a float, and "" for an emptied one."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or value == "":
        return None
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)
