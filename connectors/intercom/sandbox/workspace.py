"""The sandbox's memory: one Intercom workspace whose records have the shape of the official examples.

Everything that changes a conversation goes through here, adds the part that Intercom would add, and tells `emit` the
topics that Intercom would fire. No HTTP and no core types.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
Emit = Callable[[str, Record, Record | None], None]

OUTCOMES = ("confirmed", "likely", "unclear", "unresolved", "abandoned", "returned")
OWN_ADMIN = "814860"
FIRST_CONVERSATION = 215_468_000_000
NOBODY: Record = {"type": "nobody_admin", "id": None}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A conversation attribute that an admin created: `string`, `integer`, `date`, or a string with `options`."""

    data_type: str
    options: tuple[str, ...] = ()


OUR_ATTRIBUTES: Mapping[str, Attribute] = {
    "dm_resolution": Attribute("integer"),
    "dm_effort": Attribute("integer"),
    "dm_outcome": Attribute("string", OUTCOMES),
    "dm_definitions": Attribute("string"),
    "dm_scored_at": Attribute("string"),
}


@dataclass
class Workspace:
    """One workspace. `emit(topic, conversation, part)` is called after every change; `clock` gives aware times."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    emit: Emit = lambda topic, conversation, part: None  # noqa: ARG005
    app_id: str = "dmk5andb"
    region: str = "US"
    identity_verification: bool = True
    attributes: dict[str, Attribute] = field(default_factory=lambda: dict(OUR_ATTRIBUTES))
    admins: dict[str, Record] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, Record] = field(default_factory=dict)
    companies: dict[str, Record] = field(default_factory=dict)
    conversations: dict[str, Record] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    _ids: int = 0

    def __post_init__(self) -> None:
        self.operator = self._person("admin", "814859", "Fin", f"operator+{self.app_id}@intercom.io", seat=False)
        self.own = self._person("admin", OWN_ADMIN, "Deskmark", "deskmark@example.com", seat=True)

    def now(self) -> int:
        """The sandbox's time in unix seconds."""
        return int(self.clock().timestamp())

    def next_id(self) -> int:
        """A number that no record has yet."""
        self._ids += 1
        return self._ids

    def admin(self, name: str) -> Record:
        """The teammate of this name, hired when there is none."""
        found = next((a for a in self.admins.values() if a["name"] == name), None)
        return found or self._person(
            "admin", str(900_000 + self.next_id()), name, f"{_slug(name)}@example.com", seat=True
        )

    def team(self, name: str) -> str:
        """The id of the team of this name, formed when there is none."""
        found = next((number for number, known in self.teams.items() if known == name), None)
        if found is None:
            found = str(5_000_000 + self.next_id())
            self.teams[found] = name
        return found

    def tag(self, name: str) -> str:
        """The id of the workspace's tag of this name, created when there is none."""
        found = next((number for number, known in self.tags.items() if known == name), None)
        if found is None:
            found = str(7_000_000 + self.next_id())
            self.tags[found] = name
        return found

    def contact(self, contact_id: str | None, *, email: str | None, external_id: str | None, user: bool) -> Record:
        """The contact with this id, created when it is new."""
        number = contact_id or f"{0x6762F0D01BB69F9F2193 + self.next_id():024x}"
        if number not in self.contacts:
            self.contacts[number] = {
                "type": "contact",
                "id": number,
                "workspace_id": self.app_id,
                "external_id": external_id,
                "role": "user" if user else "lead",
                "email": email,
                "phone": None,
                "name": None if email is None else email.split("@", maxsplit=1)[0],
                "created_at": self.now(),
                "updated_at": self.now(),
                "tag_ids": [],
                "company_ids": [],
            }
        return self.contacts[number]

    def company(self, name: str, *, tags: Sequence[str] = ()) -> str:
        """A new company; its id."""
        number = f"{0x6762F0A61BB69F9F2193 + self.next_id():024x}"
        labels = [{"type": "tag", "id": self.tag(tag), "name": tag} for tag in tags]
        self.companies[number] = {
            "type": "company",
            "company_id": _slug(name),
            "id": number,
            "app_id": self.app_id,
            "name": name,
            "created_at": self.now(),
            "updated_at": self.now(),
            "tags": {"type": "tag.list", "tags": labels},
            "segments": {"type": "segment.list", "segments": []},
            "plan": {},
            "custom_attributes": {},
        }
        return number

    def open_conversation(self, contact: Record, source: Record, *, at: int) -> Record:
        """A new conversation that begins with `source`."""
        number = str(FIRST_CONVERSATION + self.next_id())
        conversation = {
            "type": "conversation",
            "id": number,
            "created_at": at,
            "updated_at": at,
            "waiting_since": None,
            "snoozed_until": None,
            "source": source,
            "contacts": {
                "type": "contact.list",
                "contacts": [{"type": "contact", "id": contact["id"], "external_id": contact["external_id"]}],
            },
            "first_contact_reply": None,
            "admin_assignee_id": None,
            "team_assignee_id": None,
            "open": True,
            "state": "open",
            "read": False,
            "tags": {"type": "tag.list", "tags": []},
            "priority": "not_priority",
            "sla_applied": None,
            "statistics": {"type": "conversation_statistics", "last_close_at": None, "count_reopens": 0},
            "conversation_rating": None,
            "teammates": None,
            "title": None,
            "custom_attributes": {},
            "topics": {},
            "ticket": None,
            "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
            "ai_agent": None,
            "ai_agent_participated": False,
            "parts": [],
        }
        self.conversations[number] = conversation
        by_customer = source["author"]["type"] in ("user", "lead")
        self.emit(
            "conversation.user.created" if by_customer else "conversation.admin.single.created", conversation, None
        )
        return conversation

    def add_part(
        self,
        conversation: Record,
        part_type: str,
        author: Record,
        *,
        at: int | None = None,
        topics: Sequence[str] = (),
        **more: Any,
    ) -> Record:
        """Append a part and fire `topics`. `more` overrides the keys of the official shape."""
        moment = self.now() if at is None else at
        part = {
            "type": "conversation_part",
            "id": str(24_000_000_000 + self.next_id()),
            "part_type": part_type,
            "body": None,
            "created_at": moment,
            "updated_at": moment,
            "notified_at": moment,
            "assigned_to": None,
            "author": author,
            "attachments": [],
            "external_id": None,
            "redacted": False,
            "metadata": {},
            "email_message_metadata": None,
            "state": conversation["state"],
            "tags": [],
            "event_details": None,
            "app_package_code": None,
            **more,
        }
        conversation["parts"].append(part)
        conversation["updated_at"] = max(conversation["updated_at"], moment)
        for topic in topics:
            self.emit(topic, conversation, part)
        return part

    def set_state(self, conversation: Record, state: str, *, at: int) -> None:
        """Open or close; the statistics follow."""
        if state == "closed":
            conversation["statistics"]["last_close_at"] = at
        elif conversation["state"] == "closed":
            conversation["statistics"]["count_reopens"] += 1
        conversation["state"], conversation["open"] = state, state != "closed"

    def put_tag(self, conversation: Record, tag_id: str, admin_id: str) -> Record:
        """Put a tag on a conversation; putting it twice changes nothing. No topic is fired for it."""
        tag = self.tag_record(tag_id, admin_id)
        there = conversation["tags"]["tags"]
        if not any(known["id"] == tag_id for known in there):
            there.append(tag)
            conversation["updated_at"] = self.now()
        return tag

    def take_tag(self, conversation: Record, tag_id: str) -> Record | None:
        """Take a tag off a conversation; `None` when it is not on it."""
        there: list[Record] = conversation["tags"]["tags"]
        tag = next((known for known in there if known["id"] == tag_id), None)
        if tag is not None:
            there.remove(tag)
            conversation["updated_at"] = self.now()
        return tag

    def tag_record(self, tag_id: str, admin_id: str) -> Record:
        """A tag as it stands on a conversation."""
        by = {"type": "admin", "id": admin_id}
        return {"type": "tag", "id": tag_id, "name": self.tags[tag_id], "applied_at": self.now(), "applied_by": by}

    def author(self, admin: Record) -> Record:
        """A teammate as the author of a part."""
        kind = "bot" if admin is self.operator else "admin"
        return {
            "type": kind,
            **{key: admin[key] for key in ("id", "name", "email")},
            "from_ai_agent": False,
            "is_ai_answer": False,
        }

    def bot_author(self, *, fin: bool) -> Record:
        """Fin, or a workflow bot, as the author of a part: both are the operator."""
        return {**self.author(self.operator), "from_ai_agent": fin, "is_ai_answer": fin}

    def contact_author(self, contact: Record) -> Record:
        """A contact as the author of a part."""
        return {
            "type": contact["role"],
            "id": contact["id"],
            "name": contact["name"],
            "email": contact["email"],
            "from_ai_agent": False,
            "is_ai_answer": False,
        }

    def _person(self, kind: str, number: str, name: str, email: str, *, seat: bool) -> Record:
        self.admins[number] = {
            "type": kind,
            "id": number,
            "name": name,
            "email": email,
            "away_mode_enabled": False,
            "away_mode_reassign": False,
            "has_inbox_seat": seat,
            "team_ids": [],
        }
        return self.admins[number]


def markup(text: str) -> str:
    """Plain text as the HTML that Intercom keeps."""
    return f"<p>{html.escape(text, quote=False).replace(chr(10), '<br>')}</p>"


def _slug(name: str) -> str:
    return "-".join(name.lower().split())
