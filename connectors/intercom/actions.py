"""From what should be asked of Intercom to the requests that ask it: pure, nothing is sent here.

Only conversation attributes, tags and private notes are ever written; there is no way here to answer a customer, or
to change state, assignee or priority. Source: the OpenAPI file of version 2.15.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from connectors.http import ApiRequest
from service.writeback import FieldValue

PAGE = 150
"""Conversations per search page; Intercom's maximum."""

# An invisible word joiner inside a quoted address or placeholder keeps Intercom from turning it into a link or value.
_JOINER = "\u2060"
_LIVE = re.compile(r"(?<=\w)(?=\.[^\W\d_]{2})|(?<=:)(?=//)|(?<=\{)(?=\{)|(?<=\w)(?=@\w)")
_REASON = "- "


def retrieve(conversation_id: str) -> ApiRequest:
    """One conversation with its newest 500 parts, bodies as plain text."""
    return ApiRequest("GET", f"/conversations/{_segment(conversation_id)}", query={"display_as": "plaintext"})


def contact(contact_id: str) -> ApiRequest:
    """One contact, with the ids of up to ten tags and companies."""
    return ApiRequest("GET", f"/contacts/{_segment(contact_id)}")


def contact_tags(contact_id: str) -> ApiRequest:
    """All tags of a contact, with their names."""
    return ApiRequest("GET", f"/contacts/{_segment(contact_id)}/tags")


def contact_companies(contact_id: str) -> ApiRequest:
    """The companies of a contact, with their tags."""
    return ApiRequest("GET", f"/contacts/{_segment(contact_id)}/companies")


def me() -> ApiRequest:
    """The teammate that the token belongs to, and the workspace."""
    return ApiRequest("GET", "/me")


def admins() -> ApiRequest:
    """All teammates, bots among them."""
    return ApiRequest("GET", "/admins")


def teams() -> ApiRequest:
    """All team inboxes."""
    return ApiRequest("GET", "/teams")


def tags() -> ApiRequest:
    """All tags of the workspace."""
    return ApiRequest("GET", "/tags")


def create_tag(name: str) -> ApiRequest:
    """Create a tag, or find the one that has this name."""
    return ApiRequest("POST", "/tags", json={"name": name})


def delete_tag(tag_id: str) -> ApiRequest:
    """Delete a tag from the workspace; refused while a segment or rule uses it."""
    return ApiRequest("DELETE", f"/tags/{_segment(tag_id)}")


def tagged(tag_id: str, starting_after: str | None) -> ApiRequest:
    """One page of the conversations that carry a tag, whatever their state."""
    pagination: dict[str, object] = {"per_page": PAGE}
    if starting_after is not None:
        pagination["starting_after"] = starting_after
    query = {"field": "tag_ids", "operator": "=", "value": tag_id}
    return ApiRequest("POST", "/conversations/search", json={"query": query, "pagination": pagination})


def conversation_attributes() -> ApiRequest:
    """The conversation attributes that an admin has created (version 2.15 cannot create them over the API)."""
    return ApiRequest("GET", "/data_attributes", query={"model": "conversation"})


def closed_since(moment: datetime, starting_after: str | None) -> ApiRequest:
    """One page of the conversations last closed at or after `moment`; `starting_after` is the page's cursor."""
    pagination: dict[str, object] = {"per_page": PAGE}
    if starting_after is not None:
        pagination["starting_after"] = starting_after
    query = {"field": "statistics.last_close_at", "operator": ">", "value": int(moment.timestamp()) - 1}
    return ApiRequest("POST", "/conversations/search", json={"query": query, "pagination": pagination})


def closed_between(since: datetime, until: datetime, starting_after: str | None) -> ApiRequest:
    """One page of the conversations last closed at or after `since` and before `until`."""
    pagination: dict[str, object] = {"per_page": PAGE}
    if starting_after is not None:
        pagination["starting_after"] = starting_after
    field = "statistics.last_close_at"
    limits = [
        {"field": field, "operator": ">", "value": int(since.timestamp()) - 1},
        {"field": field, "operator": "<", "value": int(until.timestamp())},
    ]
    query = {"operator": "AND", "value": limits}
    return ApiRequest("POST", "/conversations/search", json={"query": query, "pagination": pagination})


def set_attributes(conversation_id: str, values: Mapping[str, str | int]) -> ApiRequest:
    """Write all attributes in one request. The answer is the conversation as it is then."""
    return ApiRequest(
        "PUT",
        f"/conversations/{_segment(conversation_id)}",
        json={"custom_attributes": dict(values)},
        query={"display_as": "plaintext"},
    )


def add_tag(conversation_id: str, tag_id: str, admin_id: str) -> ApiRequest:
    """Put one tag on a conversation, in our teammate's name."""
    path = f"/conversations/{_segment(conversation_id)}/tags"
    return ApiRequest("POST", path, json={"id": tag_id, "admin_id": admin_id})


def remove_tag(conversation_id: str, tag_id: str, admin_id: str) -> ApiRequest:
    """Take one tag off a conversation, in our teammate's name."""
    path = f"/conversations/{_segment(conversation_id)}/tags/{_segment(tag_id)}"
    return ApiRequest("DELETE", path, json={"admin_id": admin_id})


def post_note(conversation_id: str, text: str, admin_id: str) -> ApiRequest:
    """Post a private note. `message_type` is fixed: "comment" would be sent to the customer."""
    return ApiRequest(
        "POST",
        f"/conversations/{_segment(conversation_id)}/reply",
        json={"message_type": "note", "type": "admin", "admin_id": admin_id, "body": note_html(text)},
    )


def note_html(text: str) -> str:
    """A note as Intercom's HTML: a paragraph a line, and nothing that a customer wrote becomes markup or a link."""
    return "".join(f"<p>{html.escape(_still(line))}</p>" for line in text.splitlines() if line.strip())


def attribute_values(fields: Mapping[str, FieldValue], types: Mapping[str, str]) -> dict[str, str | int]:
    """Our fields as values that Intercom takes: whole numbers and strings only (no null, float or boolean).

    `types` are the attributes' types in the workspace. An emptied field is the empty string.
    """
    values: dict[str, str | int] = {}
    for name, value in fields.items():
        if value is None:
            values[name] = ""
        elif types.get(name) == "integer":
            values[name] = int(value)
        else:
            values[name] = value if types.get(name) is None else str(value)
    return values


def _still(line: str) -> str:
    """A reason line with its quotes made inert; our own lines (headline, our link, reference) stay as they are."""
    return _LIVE.sub(_JOINER, line) if line.startswith(_REASON) else line


def _segment(identifier: str) -> str:
    return quote(identifier, safe="")
