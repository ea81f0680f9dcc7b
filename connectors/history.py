"""Reading the past of a helpdesk, page by page: what a connector brings for it.

A helpdesk lists its history by time and not by conversation, so the pieces of one conversation come far apart. A page
gives heads (what the list says of a conversation) and parts (what was said in it); both are put aside by the caller
together with the page's cursor, and given back once the conversation is whole. Nobody has to remember anything else,
so whoever reads can be killed at any point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from connectors.base import Reading
from connectors.errors import Merged, NotFound, OptedOut
from connectors.exported import LeftOut, Why


@dataclass(frozen=True, slots=True)
class Scope:
    """Conversations that ended at or after `since` and before `until`."""

    since: datetime
    until: datetime

    def holds(self, moment: datetime | None) -> bool:
        """Whether a conversation that ended then is asked for; one whose end nobody knows is."""
        return moment is None or self.since <= moment < self.until


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation that the helpdesk lists: `body` is what reading it needs later, `changed_at` when it last changed.

    No head is made of a conversation that opted out. `outdated`: it changed since it was listed, so it has to be read
    as it is.
    """

    conversation_id: str
    changed_at: datetime
    body: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Something that happened in a conversation. `name` is the same whenever the same comes again."""

    conversation_id: str
    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the history. `cursor` leads to the next one; `None` on the last.

    Conversations whose `changed_at` lies before `whole_until` have all their parts now (`None`: none has yet; on the
    last page all have). `listed`: no further heads will come. `total` is how many conversations the helpdesk says
    there are, where it does.
    """

    cursor: str | None
    heads: tuple[Head, ...] = ()
    parts: tuple[Part, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    whole_until: datetime | None = None
    listed: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A conversation out of the history. `single` says why it had to be read by itself; empty: it had not."""

    reading: Reading
    single: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """A head with its parts, as they were put aside; the parts are in no order."""

    head: Head
    parts: Sequence[Mapping[str, Any]] = ()


def outcome(name: str, read: Callable[[], Whole | LeftOut]) -> Whole | LeftOut:
    """What `read` gives of the conversation `name`, or why it is left out when it is gone or opted out."""
    try:
        return read()
    except Merged:
        return LeftOut(name, Why.MERGED)
    except NotFound:
        return LeftOut(name, Why.DELETED)
    except OptedOut:
        return LeftOut(name, Why.OPTED_OUT)


class History(Protocol):
    """The past of one installation. Every method raises `connectors.errors` only."""

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        ...

    def page(self, scope: Scope, cursor: str) -> Page:
        """The page at `cursor`, which is empty at first. Asked again it may hold more, never less."""
        ...

    def read(self, scope: Scope, asides: Sequence[Aside]) -> Iterator[tuple[str, Whole | LeftOut]]:
        """Id and outcome of each of `asides`, in order. After an error those that were given stay good."""
        ...
