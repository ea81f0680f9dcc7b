"""What is made on a helpdesk when it is connected, and taken away when Deskmark leaves: words that connectors share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})


class Done(StrEnum):
    """What was done about one thing."""

    MADE = "made"
    REPAIRED = "repaired"
    THERE = "there already"
    FETCHED = "fetched"
    BY_HAND = "to be done by hand"
    REMOVED = "removed"
    NOT_THERE = "not there"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return self is not Done.BY_HAND


@dataclass(frozen=True, slots=True)
class Step:
    """One thing (`what`, e.g. "webhook" or "field dm_effort"), what was done about it, and more in plain words."""

    what: str
    done: Done
    text: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """All that was done. `options` and `secrets` are to be kept with the installation; so is `base_url` where given."""

    steps: tuple[Step, ...]
    options: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    secrets: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    base_url: str | None = None
