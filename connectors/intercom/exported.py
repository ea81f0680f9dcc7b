"""Intercom's conversations from a file: what its API gives, a conversation a line or in pages.

Read are conversation objects with their parts (`GET /conversations/{id}`), lists of them, and, to tell customers and
teams by more than an id, contacts, teams and tags of the same API. Intercom's own data exports (messages, reporting)
hold no words of a conversation and cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.exported import LeftOut, NotUsable, Sought, Terms, Why
from connectors.intercom import mapping
from connectors.intercom.authors import Bots
from connectors.intercom.parts import in_order, merged_away
from connectors.intercom.payloads import Contact, Conversation, Tag
from connectors.names import Names
from connectors.shelf import Shelf
from service import conversation as neutral

STREAMED = frozenset({"conversations", "data"})
"""Members of a list under which records stand."""

IGNORE = "ignore"
CONTACTS = frozenset({"contact", "user", "lead"})
PEOPLE = frozenset({"admin", "company", "segment"})
TIMES = ("created_at", "updated_at", "last_close_at")


class IntercomExport:
    """Implements `connectors.exported.Export`."""

    def __init__(self, shelf: Shelf, terms: Terms) -> None:
        self._shelf = shelf
        self._terms = terms
        self._bots = Bots.of({"bot_author_ids": terms.bot_ids, "bot_email_patterns": terms.bot_emails})
        self._sought = Sought(terms)
        self._teams: dict[str, str] = {}
        self._ignored: set[str] = set()

    def take(self, value: object) -> None:
        """A conversation, contact, team or tag, or a list of them. Raises `NotUsable`."""
        data = value if isinstance(value, Mapping) else {}
        listed = [data[name] for name in ("conversations", "contacts", "teams", "tags", "data", "admins")
                  if isinstance(data.get(name), list)]  # fmt: skip
        if listed and data.get("type") not in ("conversation", *CONTACTS, "team"):
            for items in listed:
                for item in items:
                    self._one(item if isinstance(item, Mapping) else {})
        else:
            self._one(data)

    def __len__(self) -> int:
        """How many conversations were taken."""
        return self._shelf.count("conversation")

    def conversations(self) -> Iterator[neutral.Conversation | LeftOut]:
        """Every conversation, in the order in which they first came."""
        for name, data in self._shelf.all("conversation"):
            yield self._conversation(name, data)

    @property
    def names(self) -> Names:
        """None: conversations have their teams' names, and name no brand."""
        return {}

    @property
    def unmet(self) -> tuple[str, ...]:
        """Bot authors of the terms who wrote nothing in the conversations given so far."""
        return self._sought.unmet

    def _one(self, data: Mapping[str, Any]) -> None:
        kind = data.get("type")
        name = Tag.model_validate(data).id
        if "conversation_parts" in data or kind == "conversation":
            if name is None:
                raise NotUsable("a conversation without an id")
            if not data.get("conversation_parts") and self._shelf.get("conversation", name):
                return  # Lists and searches give a conversation without its parts.
            self._shelf.put("conversation", name, _numbers(data))
        elif name is None:
            raise NotUsable("is no conversation, contact, team or tag of Intercom")
        elif kind in CONTACTS:
            self._shelf.put("contact", name, data)
        elif kind == "team":
            self._teams[name] = Tag.model_validate(data).name or name
        elif kind == "tag":
            if data.get("name") == self._terms.prefix + IGNORE:
                self._ignored.add(name)
        elif kind not in PEOPLE:
            raise NotUsable("is no conversation, contact, team or tag of Intercom")

    def _conversation(self, name: str, data: Mapping[str, Any]) -> neutral.Conversation | LeftOut:
        payload = Conversation.model_validate(data)
        if merged_away(payload):
            return LeftOut(name, Why.MERGED)
        contact = self._contact(payload)
        if self._opted_out(payload, contact):
            return LeftOut(name, Why.OPTED_OUT)
        found = mapping.conversation(
            payload,
            contact,
            bots=self._bots,
            account=self._terms.account or "default",
            account_group=self._terms.account_group,
            prefix=self._terms.prefix,
            teams=self._teams,
        )
        authors = (payload.source.author, *(part.author for part in in_order(payload)))
        self._sought.meet(found, {author.id: author.email for author in authors if author.id and author.email})
        if not found.messages or "conversation_parts" not in data:
            return LeftOut(name, Why.EMPTY)
        if payload.state != "closed" and not self._terms.unended:
            return LeftOut(name, Why.OPEN)
        return found

    def _contact(self, payload: Conversation) -> Contact | None:
        named = payload.contacts[0].id if payload.contacts else None
        data = self._shelf.get("contact", named) if named else None
        return Contact.model_validate(data) if data else None

    def _opted_out(self, payload: Conversation, contact: Contact | None) -> bool:
        """The ignore tag by its name on conversation and company, by its id on the contact."""
        if any(tag.name == self._terms.prefix + IGNORE for tag in (*payload.tags, *payload.company.tags)):
            return True
        return contact is not None and any(tag.id in self._ignored for tag in contact.tags.data)


def _numbers(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` as the API gives it: exporters also write parts as a bare list, and times in ISO 8601."""
    found = {name: _seconds(value) if name in TIMES else value for name, value in data.items()}
    parts = data.get("conversation_parts")
    inside = parts.get("conversation_parts") if isinstance(parts, Mapping) else parts
    if isinstance(inside, list):
        total = parts.get("total_count") if isinstance(parts, Mapping) else None
        found["conversation_parts"] = {"conversation_parts": list(_dated(inside)), "total_count": total}
    if isinstance(statistics := data.get("statistics"), Mapping):
        found["statistics"] = next(_dated([statistics]))
    return found


def _dated(items: Iterable[object]) -> Iterator[dict[str, Any]]:
    for item in items:
        if isinstance(item, Mapping):
            yield {name: _seconds(value) if name in TIMES else value for name, value in item.items()}


def _seconds(value: object) -> object:
    if not isinstance(value, str) or value.isdecimal():
        return value
    try:
        moment = datetime.fromisoformat(value.replace(" UTC", "+00:00"))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except ValueError:
        return value
