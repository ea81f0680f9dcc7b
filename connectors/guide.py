"""What a guide to connecting a helpdesk is made of: steps with what to click there, what to paste, and what is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """How far a step is, as far as it can be known from here."""

    DONE = "done"
    OPEN = "open"
    MEND = "to be mended"
    UNKNOWN = "see for yourself"


@dataclass(frozen=True, slots=True)
class Value:
    """Something to enter in the helpdesk, exactly as it is; `why` says what for."""

    label: str
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `clicks` are what to do there, in order; `command` does it from here instead."""

    name: str
    title: str
    state: State
    clicks: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    why: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of an installation, or of one to be: `id` is empty and `webhook_url` has a placeholder then.

    `secrets` are the names of those that are stored. `signs_in`: the settings have an OAuth client for all accounts.
    `refused`: the helpdesk refuses the stored credentials, as far as was seen last. `heard`: a genuine webhook came.
    `reachable`: the helpdesk can call this service (https).
    """

    webhook_url: str
    redirect_url: str
    prefix: str
    id: str = ""
    account: str = ""
    base_url: str = ""
    secrets: frozenset[str] = frozenset()
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    signs_in: bool = False
    refused: bool = False
    heard: bool = False
    reachable: bool = False
    writing: bool = False

    @property
    def panel_url(self) -> str:
        """Where the panel beside the ticket is: at the same service as the webhooks."""
        return self.webhook_url.replace("/webhooks/", "/apps/", 1)


def told(done: bool) -> State:
    """Done or open."""
    return State.DONE if done else State.OPEN


def let_in(place: Place, done: bool) -> State:
    """How a step stands that gives Deskmark its credentials: done only while they are good."""
    return State.MEND if place.refused else told(done)


def ends(place: Place, title: str) -> tuple[Step, ...]:
    """What every guide ends with."""
    number = place.id or "ID"
    return (
        Step(
            "heard",
            f"See a webhook of {title} arrive",
            told(place.heard),
            ("Solve or close a conversation that you may use for a test, and look here again.",),
            why="Only webhooks with the right signature count.",
        ),
        Step(
            "test",
            "Test the connection",
            State.UNKNOWN,
            command=f"deskmark installations test {number}",
            why="Credentials, permissions, fields, signature and clock are looked at one by one, with what to do next.",
        ),
        Step(
            "writing",
            "Look at what would be written, then switch writing on",
            told(place.writing),
            command=f"deskmark installations writing {number} on",
            why="Until then everything is scored and shown here, and nothing is changed there.",
        ),
    )
