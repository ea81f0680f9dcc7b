"""What changes many conversations at once, and what takes everything of ours off a helpdesk again.

Not every helpdesk can do the first: whoever has a client asks `connectors.registry` for what it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from connectors.base import Reading
from connectors.making import Step
from service.writeback import Plan


class Trouble(StrEnum):
    """Why one conversation of many was not changed, by what is to be done about it.

    `changed`: it went on since it was read, read it again. `closed`: only its tags can change. `gone`: it is not there
    any more. `refused`: somebody has to look.
    """

    CHANGED = "changed"
    CLOSED = "closed"
    GONE = "gone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one conversation: done, or in trouble. `reason` is a code or our words, never content."""

    trouble: Trouble | None = None
    reason: str = ""


DONE = Outcome()


@dataclass(frozen=True, slots=True)
class Batch:
    """Conversations that were changed together.

    With `job` the helpdesk does it in the background under that name, and `outcomes` are still to be asked for. `calls`
    are the requests that it took.
    """

    ids: tuple[str, ...]
    job: str | None = None
    calls: int = 1
    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))


class Writer(Protocol):
    """Writes many plans with few requests. Every method raises `connectors.errors` only."""

    most: int
    """Conversations in one batch."""

    def write_many(self, changes: Sequence[tuple[Reading, Plan]]) -> Iterator[Batch]:
        """Send the plans, at most `most`, each with its reading's stamp: nothing is written over a change.

        A batch is yielded as soon as it was sent; `Throttled` when the helpdesk takes no more jobs for now.
        """
        ...

    def job(self, name: str, ids: Sequence[str]) -> Mapping[str, Outcome] | None:
        """What a background job did with each of `ids`; `None` while it runs. `NotFound` once it is forgotten."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Some conversations that carry something of ours; `place` is where to go on, `None` at the end."""

    ids: tuple[str, ...]
    place: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was done or could not be, in plain words for the admin."""

    done: bool
    text: str


def told(steps: Iterable[Step]) -> tuple[Told, ...]:
    """What was done about the things that were made, in plain words."""
    return tuple(
        Told(step.done.settled, f"{step.what}: {step.done.value}" + (f" ({step.text})" if step.text else ""))
        for step in steps
    )


class Remover(Protocol):
    """Takes tags and fields of ours off conversations, and off the account. Raises `connectors.errors` only.

    Doing anything here again changes nothing.
    """

    most: int
    """Conversations that `clear` takes at once."""

    def marked(self, place: Mapping[str, Any] | None) -> Found:
        """Conversations that carry a tag of ours, a page at a time, from the beginning without `place`."""
        ...

    def clear(self, ids: Sequence[str], *, tags_only: bool = False) -> Batch:
        """Take our tags off these conversations and empty our fields on them. Notes stay: they cannot be removed."""
        ...

    def job(self, name: str, ids: Sequence[str]) -> Mapping[str, Outcome] | None:
        """As `Writer.job`."""
        ...

    def unmake(self, webhook_address: str) -> tuple[Told, ...]:
        """Remove what was made for us on the account: the webhook to this address, triggers, fields, tag names."""
        ...

    def revoke(self) -> tuple[Told, ...]:
        """Make our access token worthless, as far as the helpdesk lets us, and say what is left to do by hand."""
        ...
