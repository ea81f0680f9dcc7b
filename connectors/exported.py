"""What reading a helpdesk's own export has in common: whose it is, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

from connectors.names import Names
from service.conversation import Conversation, Role
from service.writeback import PREFIX


class NotUsable(ValueError):
    """A record that is none of this helpdesk's, or cannot be used; the message says why and quotes no text of it."""


class Why(StrEnum):
    """Why a conversation of the export does not come out."""

    OPEN = "not ended yet"
    DELETED = "deleted on the helpdesk"
    MERGED = "merged into another one"
    OPTED_OUT = "opted out by the ignore tag"
    EMPTY = "without their messages in the export"
    OUTSIDE = "not ended in the asked time"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A conversation that is in the export and does not come out."""

    id: str
    why: Why


@dataclass(frozen=True, slots=True)
class Terms:
    """How to read an export: the account it is of (`None`: what the records say), who is a bot beside the helpdesk's
    own (author ids, or e-mail patterns such as `assistant@*`), and whether to keep conversations that have not ended.
    """

    account: str | None = None
    account_group: str | None = None
    bot_authors: tuple[str, ...] = ()
    unended: bool = False
    prefix: str = PREFIX

    @property
    def bot_ids(self) -> tuple[str, ...]:
        """Those of the bot authors that are ids."""
        return tuple(name for name in self.bot_authors if "@" not in name)

    @property
    def bot_emails(self) -> tuple[str, ...]:
        """Those of the bot authors that are e-mail patterns, in lower case."""
        return tuple(name.lower() for name in self.bot_authors if "@" in name)


class Sought:
    """The bot authors that were asked for, and which of them nobody has turned out to be."""

    def __init__(self, terms: Terms) -> None:
        self._unmet = list(dict.fromkeys(terms.bot_authors))

    def meet(self, conversation: Conversation, emails: Mapping[str, str]) -> None:
        """Cross off those who wrote as a bot; `emails` are authors' addresses by id, where they are known."""
        if self._unmet:
            bots = {m.author.id for m in conversation.messages if m.role is Role.BOT and m.author.id}
            addresses = [emails[bot].lower() for bot in bots if bot in emails]
            self._unmet = [
                name
                for name in self._unmet
                if name not in bots and not any(fnmatchcase(address, name.lower()) for address in addresses)
            ]

    @property
    def unmet(self) -> tuple[str, ...]:
        """Those that matched nobody so far."""
        return tuple(self._unmet)


class Export(Protocol):
    """Takes the records of an export in any order, then gives its conversations."""

    def take(self, value: object) -> None:
        """Put one record aside. Raises `NotUsable`."""
        ...

    def __len__(self) -> int:
        """How many conversations were taken, those left out among them."""
        ...

    def conversations(self) -> Iterator[Conversation | LeftOut]:
        """Every conversation that was taken, in the order in which they first came."""
        ...

    @property
    def names(self) -> Names:
        """What the records call ids that the conversations keep; teams are in them by name."""
        ...

    @property
    def unmet(self) -> tuple[str, ...]:
        """Bot authors of the terms who wrote nothing in the conversations given so far."""
        ...
