"""The state of one Zendesk account and the rules by which tickets change."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from connectors.email_text import html_text
from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.shapes import Record, stamp

ENDED = ("solved", "closed")
COMMENT_LIMIT = 65_536
# A placeholder is rendered unless a backslash stands before it.
_PLACEHOLDER = re.compile(r"(?<!\\)\{\{(?P<name>[^{}]*)\}\}")


class Refused(Exception):
    """An answer that is not 2xx: status and body."""

    def __init__(self, status: int, body: Record) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


@dataclass(slots=True)
class Hook:
    """A webhook as created, with its signing secret."""

    record: Record
    secret: str


@dataclass(slots=True)
class Account:
    """Everything the account holds. `emit` is told of every change: event name, ticket, actor, change, time."""

    clock: Callable[[], datetime]
    emit: Callable[[str, Record, int | None, Record, str], None]
    base: str = "http://127.0.0.1"
    users: dict[int, Record] = field(default_factory=dict)
    groups: dict[int, Record] = field(default_factory=dict)
    brands: dict[int, Record] = field(default_factory=dict)
    organizations: dict[int, Record] = field(default_factory=dict)
    tickets: dict[int, Record] = field(default_factory=dict)
    audits: dict[int, list[Record]] = field(default_factory=dict)
    logs: dict[int, list[Record]] = field(default_factory=dict)
    solved_at: dict[int, str] = field(default_factory=dict)
    read_only: set[int] = field(default_factory=set)
    fields: dict[int, Record] = field(default_factory=dict)
    jobs: dict[str, Record] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    triggers: dict[int, Record] = field(default_factory=dict)
    surveys: dict[str, Record] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: itertools.count(4_000_001))
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.brands[shapes.MAIN_BRAND] = shapes.brand(self.base, shapes.MAIN_BRAND, "Main brand")

    def next_id(self) -> int:
        """An id for anything but tickets."""
        return int(next(self._ids))

    def add_user(self, role: str, **known: Any) -> Record:
        """A new user."""
        made = shapes.user(self.base, self.next_id(), role, **known)
        self.users[made["id"]] = made
        return made

    def group(self, name: str) -> Record:
        """The group of that name, made if need be."""
        for known in self.groups.values():
            if known["name"] == name:
                return known
        made = shapes.group(self.base, self.next_id(), name)
        self.groups[made["id"]] = made
        return made

    def brand(self, name: str | None) -> Record:
        """The brand of that name, made if need be; without one the account's main brand."""
        if name is None:
            return self.brands[shapes.MAIN_BRAND]
        for known in self.brands.values():
            if known["name"] == name:
                return known
        made = shapes.brand(self.base, self.next_id(), name)
        self.brands[made["id"]] = made
        return made

    def add_field(self, data: Mapping[str, Any]) -> Record:
        """A new custom ticket field; every ticket lists it from now on, empty."""
        made = shapes.ticket_field(self.base, self.next_id(), data)
        self.fields[made["id"]] = made
        for ticket in self.tickets.values():
            ticket["custom_fields"].append({"id": made["id"], "value": None})
        return made

    def create_ticket(self, requester: Record, subject: str, through: Record, at: datetime, tags: list[str]) -> Record:
        """A new ticket with its first audit, which holds no comment yet."""
        number = next(self._numbers)
        made = shapes.ticket(
            self.base, number, requester_id=requester["id"], subject=subject, through=through, at=stamp(at)
        )
        made["organization_id"] = requester["organization_id"]
        made["custom_fields"] = [{"id": ident, "value": None} for ident in self.fields]
        made["fields"] = made["custom_fields"]
        made["tags"] = list(tags)
        self.tickets[number], self.audits[number], self.logs[number] = made, [], []
        names = {"requester_id": str(requester["id"]), "subject": subject, "status": "new", "tags": list(tags)}
        created = [{"type": "Create", "field_name": name, "value": value} for name, value in names.items()]
        self.add_audit(made, created, requester["id"], at, through)
        self.emit("created", made, requester["id"], {}, stamp(at))
        return made

    def add_audit(
        self, ticket: Record, events: list[Record], author_id: int | None, at: datetime, through: Record | None = None
    ) -> Record:
        """One update of a ticket, recorded."""
        audit = {
            "id": self.next_id(),
            "ticket_id": ticket["id"],
            "created_at": stamp(at),
            "author_id": author_id,
            "metadata": {"system": {}, "custom": {}},
            "events": [{"id": self.next_id(), **event} for event in events],
            "via": through or shapes.via("api"),
        }
        self.audits[ticket["id"]].append(audit)
        self.audits[ticket["id"]].sort(key=lambda item: item["created_at"])
        return audit

    def comment(
        self, ticket: Record, data: Mapping[str, Any], author_id: int | None, *, literally: bool = False
    ) -> Record:
        """A comment event; what is too long is cut without a word, placeholders are rendered unless `literally`."""
        given = data.get("html_body")
        plain = html_text(str(given)) if given is not None else str(data.get("body", ""))
        markup = str(given) if given is not None else "".join(f"<p>{escape(part)}</p>" for part in plain.split("\n\n"))
        if not literally:
            plain, markup = self._rendered(ticket, plain), self._rendered(ticket, markup)
        body, markup = plain[:COMMENT_LIMIT], markup[:COMMENT_LIMIT]
        return {
            "type": "Comment",
            "author_id": author_id,
            "body": body,
            "html_body": f'<div class="zd-comment" dir="auto">{markup}</div>',
            "plain_body": body,
            "public": data.get("public", True),
            "attachments": list(data.get("attachments", [])),
        }

    def _rendered(self, ticket: Record, words: str) -> str:
        known = {
            "ticket.id": str(ticket["id"]),
            "ticket.title": str(ticket["subject"]),
            "ticket.status": ticket["status"],
        }
        requester = self.users.get(ticket["requester_id"], {})
        known["ticket.requester.email"] = str(requester.get("email"))
        return _PLACEHOLDER.sub(lambda found: known.get(found["name"].strip(), ""), words)
