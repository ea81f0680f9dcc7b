"""A page of the incremental ticket export as heads of conversations: who has ended in time and has not opted out. Pure.

Nothing of a ticket that is left out is kept, and of the others only what reading them needs later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.exported import LeftOut, Why
from connectors.history import Head, Scope
from connectors.zendesk import payloads
from connectors.zendesk.changes import ENDED
from connectors.zendesk.payloads import Record, ident, moment, record, records, text, words
from connectors.zendesk.reader import merged_away

GONE = frozenset({"deleted", "scrubbed"})
NOT_NEEDED = frozenset(
    {"description", "fields", "raw_subject", "url", "metric_set", "collaborator_ids", "follower_ids"}
)
"""Members of a ticket that reading it does not look at; the description is the first comment once more."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Listed:
    """Tickets of one page with the people and organisations that came along."""

    body: Record
    users: dict[str, Record] = field(default_factory=dict)
    organizations: dict[str, Record] = field(default_factory=dict)
    solved: dict[str, datetime | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meet(records(self.body.get("users")))
        self.belong(records(self.body.get("organizations")))
        tickets = list(records(self.body.get("tickets")))
        inside = [{"ticket_id": t.get("id"), **record(t.get("metric_set"))} for t in tickets if t.get("metric_set")]
        for metrics in (*inside, *records(self.body.get("metric_sets"))):
            self.solved[ident(metrics.get("ticket_id")) or ""] = moment(metrics.get("solved_at"))

    def meet(self, people: Iterable[Record]) -> None:
        """Learn of people."""
        self.users.update({ident(person.get("id")) or "": person for person in people})

    def belong(self, organizations: Iterable[Record]) -> None:
        """Learn of organisations."""
        self.organizations.update({ident(data.get("id")) or "": data for data in organizations})

    def wanted(self, scope: Scope) -> tuple[list[Record], list[LeftOut]]:
        """Tickets that ended within `scope`, as far as their record says, and the others."""
        kept: list[Record] = []
        left_out: list[LeftOut] = []
        for ticket in records(self.body.get("tickets")):
            name, status = ident(ticket.get("id")), text(ticket.get("status")).lower()
            if name is None:
                continue
            if status in GONE:
                left_out.append(LeftOut(name, Why.DELETED))
            elif merged_away(payloads.ticket(ticket)):
                left_out.append(LeftOut(name, Why.MERGED))
            elif status not in ENDED:
                left_out.append(LeftOut(name, Why.OPEN))
            elif not scope.holds(self.solved.get(name)):
                left_out.append(LeftOut(name, Why.OUTSIDE))
            else:
                kept.append(ticket)
        return kept, left_out

    def unknown_requesters(self, tickets: Iterable[Record]) -> list[str]:
        """Requesters of `tickets` that did not come along."""
        names = dict.fromkeys(ident(ticket.get("requester_id")) for ticket in tickets)
        return [name for name in names if name and name not in self.users]

    def unknown_organizations(self, tickets: Iterable[Record]) -> list[str]:
        """Organisations of `tickets` and of their requesters that did not come along."""
        names = dict.fromkeys(name for ticket in tickets for name in self._organizations_of(ticket))
        return [name for name in names if name not in self.organizations]

    def head(self, ticket: Record, ignore: str) -> Head | LeftOut:
        """The ticket's head, or that it, its requester or an organisation of theirs carries the tag `ignore`."""
        name = ident(ticket.get("id")) or ""
        requester = self.users.get(ident(ticket.get("requester_id")) or "", {})
        tags = {*words(ticket.get("tags")), *words(requester.get("tags"))}
        for organization in self._organizations_of(ticket):
            tags.update(words(self.organizations.get(organization, {}).get("tags")))
        if ignore in tags:
            return LeftOut(name, Why.OPTED_OUT)
        people = (ident(ticket.get(key)) or "" for key in ("requester_id", "assignee_id", "submitter_id"))
        body: dict[str, Any] = {
            "ticket": {key: value for key, value in ticket.items() if key not in NOT_NEEDED},
            "users": [_person(self.users[person]) for person in dict.fromkeys(people) if person in self.users],
        }
        return Head(name, moment(ticket.get("updated_at")) or _LONG_AGO, body)

    def _organizations_of(self, ticket: Record) -> Sequence[str]:
        requester = self.users.get(ident(ticket.get("requester_id")) or "", {})
        names = (ident(ticket.get("organization_id")), ident(requester.get("organization_id")))
        return [name for name in names if name]


PERSON = ("id", "role", "email", "verified", "external_id", "tags", "default_group_id", "organization_id")


def _person(data: Mapping[str, Any]) -> Record:
    return {key: data[key] for key in PERSON if data.get(key) not in (None, "", [])}
