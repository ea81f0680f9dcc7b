"""The sections of an installation's page. A section is a line here, a template, and where it needs them its facts.

The template is `templates/installation/<name>.html`; it sees `row` (the installation), `imported` and `facts`, which is
what the section's own function said. A section's forms go to views of its own blueprint and come back to
`installation.page`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.store.models import Installation
from service.web.backfill import history_facts
from service.web.connecting_section import connecting_facts
from service.web.errands import leaving_facts
from service.web.privacy import privacy_facts
from service.web.self_test import self_test_facts
from service.web.standing import standing_facts
from service.web.ticket_section import ticket_facts
from service.web.writing import writing_facts

Facts = Callable[[Session, Installation], Mapping[str, Any]]


def nothing(_session: Session, _row: Installation) -> Mapping[str, Any]:
    """A section that needs no more than the installation."""
    return {}


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its name (template, anchor), its title, its facts. `of_files`: shown of imported files as well."""

    name: str
    title: str
    facts: Facts = nothing
    of_files: bool = False


SECTIONS: tuple[Section, ...] = (
    Section("standing", "State", standing_facts),
    Section("connecting", "Connection", connecting_facts),
    Section("self_test", "Self-test", self_test_facts),
    Section("writing", "Writing", writing_facts),
    Section("ticket", "On the ticket", ticket_facts),
    Section("history", "History", history_facts),
    Section("privacy", "Privacy", privacy_facts, of_files=True),
    Section("leaving", "Leaving", leaving_facts, of_files=True),
)
"""How it stands first, then in the order of a first visit."""
