"""From a scorecard to the fewest changes that make the helpdesk say the same: plan, never send.

`plan` compares what should stand on the conversation with what is there already, so applying an already-true plan
sends nothing. Only names with our own prefix are ever added or removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

FieldValue = str | int | None


class Writable(StrEnum):
    """How far a conversation can be written now."""

    FULL = "full"
    TAGS_ONLY = "tags_only"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note of ours found on the conversation: its reference and its first line."""

    reference: str
    headline: str


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """What stands on the conversation now: all tags, our fields by name, our notes in order of posting.

    `version` is the helpdesk's own stamp for "unchanged since I read it" (`None` where it has none).
    """

    tags: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[WrittenNote, ...] = ()
    writable: Writable = Writable.FULL
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """An internal note to post: plain text of at most eight lines, ending in its reference."""

    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes to make. Empty means: send nothing."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))
    note: Note | None = None

    def __bool__(self) -> bool:
        return bool(self.add_tags or self.remove_tags or self.fields or self.note)
