"""Zendesk's own exports as conversations: the account's full JSON export and what scripts save of the API.

Read are tickets (with `comments`, `audits` or `conversation_log` inside, as the full JSON export of Admin Center has
its comments), pages of tickets, users, groups, organisations, comments and audits, single ones of each on a line, and
the incremental ticket events with `include=comment_events`. Who is an agent stands in a user record; where no user
record says it, whoever was assigned a ticket or wrote an internal note is one.
https://support.zendesk.com/hc/en-us/articles/4408886165402
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from connectors.base import Installation
from connectors.exported import LeftOut, NotUsable, Sought, Terms, Why
from connectors.names import Kind, Names
from connectors.shelf import Shelf
from connectors.zendesk import payloads
from connectors.zendesk.exported_audits import audit_of_event, audits_of_comments
from connectors.zendesk.mapping import Material, read_ticket
from connectors.zendesk.options import BOT_EMAILS, Options
from connectors.zendesk.payloads import Record, User, ident, record, records, text, words
from connectors.zendesk.reader import merged_away
from service.conversation import Conversation

LISTS = frozenset({"tickets", "users", "groups", "organizations", "comments", "audits", "ticket_events"})
"""Members of a page under which records are listed."""

STREAMED = frozenset({"tickets", "users", "ticket_events"})
"""Those that may be long, and whose records stand by themselves."""

IGNORE = "ignore"
GONE = frozenset({"deleted", "scrubbed"})
EMBEDDED = ("requester", "submitter", "assignee")
_ACCOUNT = re.compile(r"https?://([a-z0-9-]+)\.zendesk\.com/")
_TICKET = re.compile(r"/tickets/(\d+)/")


class ZendeskExport:
    """Implements `connectors.exported.Export`."""

    def __init__(self, shelf: Shelf, terms: Terms) -> None:
        self._shelf = shelf
        self._terms = terms
        self._options = replace(
            Options.read({"bot_author_ids": list(terms.bot_ids)}, prefix=terms.prefix),
            bot_email_patterns=(*BOT_EMAILS, *terms.bot_emails),
        )
        self._sought = Sought(terms)
        self._groups: dict[str, str] = {}
        self._brands: dict[str, str] = {}

    def take(self, value: object) -> None:
        """A ticket, or anything that belongs to tickets, or a page of them. Raises `NotUsable`."""
        data = record(value)
        if "ticket" in data:
            self._bundle(data)
        elif LISTS & {name for name, listed in data.items() if isinstance(listed, list)} and "status" not in data:
            self._page(data)
        else:
            self._one(data)

    def __len__(self) -> int:
        """How many tickets were taken."""
        return self._shelf.count("ticket")

    def conversations(self) -> Iterator[Conversation | LeftOut]:
        """Every ticket, in the order in which they first came."""
        for name, data in self._shelf.all("ticket"):
            yield self._conversation(name, data)

    @property
    def names(self) -> Names:
        """Brands, as the tickets of a full export have them inside."""
        return {Kind.BRAND: self._brands}

    @property
    def unmet(self) -> tuple[str, ...]:
        """Bot authors of the terms who wrote nothing in the conversations given so far."""
        return self._sought.unmet

    def _bundle(self, data: Record) -> None:
        """`{"ticket": {...}, "comments": [...], ...}`, as a script saves what it fetched of one ticket."""
        name = self._ticket({**record(data.get("ticket")), **_related(data)})
        self._page({key: value for key, value in data.items() if key not in ("comments", "audits")}, name)

    def _page(self, data: Record, ticket_id: str | None = None) -> None:
        """A page of the API. Comments and audits of one ticket name it in the page's own links only."""
        ticket_id = ticket_id or _named_in_links(data)
        for kind in LISTS:
            for item in records(data.get(kind)):
                if kind == "users":
                    self._user(item)
                elif kind == "groups":
                    self._group(item)
                elif kind in ("comments", "audits") and ticket_id is not None:
                    self._shelf.append(kind, ticket_id, [item])
                    self._learn_agents(item)
                else:
                    self._one(item)

    def _one(self, data: Record) -> None:
        """A single record, told by the members that only its kind has."""
        ticket_id = ident(data.get("ticket_id"))
        if "child_events" in data and ticket_id:
            self._audit(ticket_id, audit_of_event(data))
        elif "events" in data and ticket_id:
            self._audit(ticket_id, data)
        elif "author_id" in data and ticket_id:
            self._shelf.append("comments", ticket_id, [data])
            self._learn_agents(data)
        elif "status" in data and ("requester_id" in data or "requester" in data):
            self._ticket(data)
        elif text(data.get("role")) and ("email" in data or "active" in data):
            self._user(data)
        elif "domain_names" in data or "shared_tickets" in data:
            self._shelf.put("organization", ident(data.get("id")) or "", {"tags": list(words(data.get("tags")))})
        elif "/groups/" in text(data.get("url")):
            self._group(data)
        else:
            raise NotUsable("is no ticket, user, group, comment, audit or ticket event of Zendesk")

    def _ticket(self, data: Record) -> str:
        name = ident(data.get("id"))
        if name is None:
            raise NotUsable("a ticket without an id")
        for role in EMBEDDED:
            person = dict(record(data.get(role)))
            if role == "assignee" and person:
                person["role"] = text(person.get("role")) or "agent"
            self._user(person)
        self._group(record(data.get("group")))
        brand = record(data.get("brand"))
        if (number := ident(brand.get("id"))) and (called := text(brand.get("name"))):
            self._brands[number] = called
        if assignee := ident(data.get("assignee_id")):
            self._shelf.put("agent", assignee, True)
        related = _related(data)
        for comment in records(related.get("comments")):
            self._learn_agents(comment)
        for audit in records(related.get("audits")):
            self._learn_from_audit(audit)
        kept = self._shelf.get("ticket", name) or {}
        # The incremental export tells a ticket again whenever it changed, without its comments.
        self._shelf.put("ticket", name, {**_related(kept), **data})
        return name

    def _audit(self, ticket_id: str, data: Record) -> None:
        self._shelf.append("audits", ticket_id, [data])
        self._learn_from_audit(data)

    def _learn_from_audit(self, data: Record) -> None:
        for event in payloads.audit_events([data]):
            self._learn_agents({"author_id": event.author_id, **event.data})
            if event.data.get("field_name") == "assignee_id" and (name := ident(event.data.get("value"))):
                self._shelf.put("agent", name, True)

    def _learn_agents(self, comment: Record) -> None:
        """A customer cannot write an internal note."""
        if comment.get("public") is False and (name := ident(comment.get("author_id"))):
            self._shelf.put("agent", name, True)

    def _user(self, data: Record) -> None:
        if name := ident(data.get("id")):
            known = self._shelf.get("user", name) or {}
            self._shelf.put("user", name, {**known, **{key: value for key, value in data.items() if value}})

    def _group(self, data: Record) -> None:
        if name := ident(data.get("id")):
            self._groups[name] = text(data.get("name")) or name

    def _conversation(self, name: str, data: Record) -> Conversation | LeftOut:
        ticket = payloads.ticket(_with_ids(data))
        if ticket.status in GONE:
            return LeftOut(name, Why.DELETED)
        if merged_away(ticket):
            return LeftOut(name, Why.MERGED)
        audits = self._audits(name, data)
        users = self._users(audits, data, ticket)
        if self._options.prefix + IGNORE in self._tags(ticket, users):
            return LeftOut(name, Why.OPTED_OUT)
        log = data.get("conversation_log")
        material = Material(
            ticket=ticket,
            users=users,
            groups=self._groups,
            audits=tuple(audits),
            log=tuple(records(log)) if isinstance(log, list) else None,
        )
        reading = read_ticket(material, self._installation(data), self._options)
        self._sought.meet(reading.conversation, {user.id: user.email for user in users.values() if user.email})
        if not reading.conversation.messages:
            return LeftOut(name, Why.EMPTY)
        if not (reading.ended or self._terms.unended):
            return LeftOut(name, Why.OPEN)
        return reading.conversation

    def _audits(self, name: str, data: Record) -> list[Record]:
        """The ticket's audits; where they hold no comment, made of its comments and the times of its metrics."""
        audits = [*records(data.get("audits")), *self._shelf.parts("audits", name)]
        audits = _in_order({ident(audit.get("id")) or str(n): audit for n, audit in enumerate(audits)}.values())
        if any(event.kind in ("Comment", "ChatStartedEvent") for event in payloads.audit_events(audits)):
            return audits
        comments = [*records(data.get("comments")), *self._shelf.parts("comments", name)]
        return _in_order([*audits, *audits_of_comments(data, comments, told=bool(audits))])

    def _users(self, audits: list[Record], data: Record, ticket: payloads.Ticket) -> Mapping[str, User]:
        events = list(payloads.audit_events(audits))
        names = {event.author_id for event in events} | {ticket.requester_id, ident(data.get("assignee_id"))}
        names |= {ident(event.data.get("value")) for event in events if event.data.get("field_name") == "assignee_id"}
        found = {name: self._known(name, ticket.requester_id) for name in names if name}
        return {name: person for name, person in found.items() if person is not None}

    def _known(self, name: str, requester_id: str | None) -> User | None:
        known = payloads.user(self._shelf.get("user", name) or {})
        if known is not None and known.role:
            return known
        email = (known.email if known else None) or ""
        named = any(fnmatchcase(email.lower(), pattern) for pattern in self._terms.bot_emails)
        if name != requester_id and (named or self._shelf.get("agent", name)):
            return replace(known or User(name), role="agent")
        return known

    def _tags(self, ticket: payloads.Ticket, users: Mapping[str, User]) -> set[str]:
        requester = users.get(ticket.requester_id or "")
        tags = {*ticket.tags, *(requester.tags if requester else ())}
        for organization in {ticket.organization_id, requester.organization_id if requester else None} - {None}:
            tags.update(words(record(self._shelf.get("organization", organization or "")).get("tags")))
        return tags

    def _installation(self, data: Record) -> Installation:
        terms, found = self._terms, _ACCOUNT.match(text(data.get("url")))
        account = terms.account or (found[1] if found else "default")
        return Installation("", "zendesk", account, "", account_group=terms.account_group, prefix=terms.prefix)


def _related(data: Record) -> dict[str, object]:
    kept = ((name, data.get(name)) for name in ("comments", "audits", "conversation_log"))
    return {name: value for name, value in kept if isinstance(value, list)}


def _named_in_links(data: Record) -> str | None:
    links = (*record(data.get("links")).values(), data.get("next_page"), data.get("previous_page"), data.get("url"))
    return next((found[1] for link in links if (found := _TICKET.search(text(link)))), None)


def _with_ids(data: Record) -> Record:
    """The full export has people and groups inside the ticket, the API their ids."""
    kinds = ("requester", "assignee", "group", "brand", "organization")
    inside = {f"{kind}_id": record(data.get(kind)).get("id") for kind in kinds}
    return {**{name: value for name, value in inside.items() if value is not None}, **data}


def _in_order(audits: Iterable[Record]) -> list[Record]:
    return sorted(audits, key=lambda audit: text(audit.get("created_at")))
