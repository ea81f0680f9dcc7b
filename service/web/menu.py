"""The menu: groups of pages, the one that is looked at, and the pages beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import request

from service.web.rights import Right, may


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu. `also`: addresses that belong to it and do not begin with its own."""

    path: str
    label: str
    right: Right = Right.SEE
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the page at `path` is this one or one below it."""
        return any(path == own or (own != "/" and path.startswith(f"{own}/")) for own in (self.path, *self.also))


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that are looked at together; the first of them that the visitor may see is what the group links to."""

    label: str
    entries: tuple[Entry, ...]


MENU = (
    Group("Overview", (Entry("/", "Overview"),)),
    Group(
        "Figures",
        (
            Entry("/figures", "All figures"),
            Entry("/escalations", "Escalations"),
            Entry("/handoffs", "Handoffs"),
            Entry("/confidence", "Confidence"),
            Entry("/outcomes", "Outcomes"),
        ),
    ),
    Group("Gaps", (Entry("/gaps", "Knowledge gaps"), Entry("/intents", "Intents"))),
    Group("Conversations", (Entry("/conversations", "Conversations", also=("/c",)),)),
    Group(
        "Reviews",
        (
            Entry("/reviews/agreement", "Agreement", also=("/reviews/thresholds",)),
            Entry("/reviews", "Queue", Right.REVIEW),
        ),
    ),
    Group(
        "Reports",
        (
            Entry("/reports/daily", "Daily"),
            Entry("/reports/weekly", "Weekly"),
            Entry("/reports/monthly", "Monthly"),
            Entry("/alerts", "Alerts"),
        ),
    ),
    Group(
        "Setup",
        (
            Entry("/installations", "Helpdesks", Right.ADMINISTER),
            Entry("/deliveries", "Deliveries"),
            Entry("/operations", "Operations", Right.ADMINISTER),
            Entry("/people", "People", Right.ADMINISTER),
            Entry("/privacy", "Privacy", Right.ADMINISTER),
            Entry("/definitions", "Definitions"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry or group as the visitor sees it."""

    path: str
    label: str
    current: bool
    below: tuple[Shown, ...] = ()


def menu() -> tuple[Shown, ...]:
    """The groups of which the visitor may see something; addresses with whatever the service stands below."""
    return tuple(_shown())


def _shown() -> Iterator[Shown]:
    here = _here()
    for group in MENU:
        below = tuple(
            Shown(request.script_root + entry.path, entry.label, entry is here)
            for entry in group.entries
            if may(entry.right)
        )
        if below:
            yield Shown(below[0].path, group.label, any(each.current for each in below), below)


def _here() -> Entry | None:
    """The entry with the longest address that holds the page."""
    holding = [entry for group in MENU for entry in group.entries if entry.holds(request.path)]
    return max(holding, key=lambda entry: len(entry.path), default=None)
