"""From what should stand on a ticket to the requests that put it there: pure, nothing is sent here.

Only our tags, our custom fields and a private note are ever written. There is no way here to answer a customer, or
to change status, assignee or priority.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.base import Reading
from connectors.http import ApiRequest
from connectors.zendesk.mapping import option_tag
from connectors.zendesk.options import Options
from service.writeback import FieldValue, Plan, Writable

PAGE = 100
"""Audits or search results a page: Zendesk's maximum for audits and its advice for search exports."""

UPDATE_MANY = "/api/v2/tickets/update_many"

NOTE_LIMIT = 60_000
"""Characters; Zendesk cuts a comment silently at 64 kB."""

# An invisible word joiner. Between braces it keeps Zendesk from rendering a placeholder, whether it looks for one
# before or after HTML is decoded; inside an address or a ticket number it keeps it from making a link of a quote.
# https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#bodies
_JOINER = "\u2060"
_PLACEHOLDER = re.compile(r"(?<=[{}])(?=[{}%])|(?<=%)(?=\})")
_LINK = re.compile(r"(?<=\w)(?=\.[^\W\d_]{2})|(?<=:)(?=//)|(?<=\w)(?=@\w)|(?<=#)(?=\d)")
_QUOTING = "- "


def show_ticket(ticket_id: str) -> ApiRequest:
    """The ticket with the people, organisations and groups that belong to it."""
    return ApiRequest("GET", f"/api/v2/tickets/{_segment(ticket_id)}", query={"include": "users,organizations,groups"})


def list_audits(ticket_id: str, cursor: str | None = None) -> ApiRequest:
    """One page of the ticket's audits with their authors."""
    return ApiRequest("GET", f"/api/v2/tickets/{_segment(ticket_id)}/audits", query=_page(cursor, "users,groups"))


def conversation_log(ticket_id: str, cursor: str | None = None) -> ApiRequest:
    """One page of the conversation log (early access)."""
    return ApiRequest("GET", f"/api/v2/tickets/{_segment(ticket_id)}/conversation_log", query=_page(cursor))


def survey_response(response_id: str) -> ApiRequest:
    """One submitted CSAT survey of the newer kind.

    https://developer.zendesk.com/api-reference/help_center/help-center-api/survey_responses/
    """
    return ApiRequest("GET", f"/api/v2/guide/survey_responses/{_segment(response_id)}")


def show_users(ids: list[str]) -> ApiRequest:
    """Up to 100 users."""
    return ApiRequest("GET", "/api/v2/users/show_many", query={"ids": ",".join(ids[:100])})


def show_organization(organization_id: str) -> ApiRequest:
    """One organisation."""
    return ApiRequest("GET", f"/api/v2/organizations/{_segment(organization_id)}")


def me() -> ApiRequest:
    """The user that the token belongs to."""
    return ApiRequest("GET", "/api/v2/users/me")


def solved_since(since: str, cursor: str | None = None) -> ApiRequest:
    """One page of the tickets solved at or after `since` (ISO 8601), closed ones among them."""
    query = {"query": f"status>=solved solved>={since}", "filter[type]": "ticket", **_page(cursor)}
    return ApiRequest("GET", "/api/v2/search/export", query=query)


EXPORTED = 1000
"""Records a page of an incremental export: Zendesk's maximum."""


def exported_tickets(start_time: int, cursor: str | None = None) -> ApiRequest:
    """One page of the tickets that changed at or after `start_time` (unix time), deleted ones among them.

    https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ ; side-loads:
    https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/
    """
    query = {"per_page": str(EXPORTED), "include": "users,groups,organizations,metric_sets"}
    query |= {"cursor": cursor} if cursor else {"start_time": str(start_time)}
    return ApiRequest("GET", "/api/v2/incremental/tickets/cursor", query=query)


def exported_events(start_time: int) -> ApiRequest:
    """One page of what happened to tickets at or after `start_time` (unix time), with the words of comments."""
    query = {"start_time": str(start_time), "per_page": str(EXPORTED), "include": "comment_events"}
    return ApiRequest("GET", "/api/v2/incremental/ticket_events", query=query)


def list_groups(cursor: str | None = None) -> ApiRequest:
    """One page of the groups."""
    return ApiRequest("GET", "/api/v2/groups", query=_page(cursor))


def list_brands(cursor: str | None = None) -> ApiRequest:
    """One page of the brands."""
    return ApiRequest("GET", "/api/v2/brands", query=_page(cursor))


def show_organizations(ids: list[str]) -> ApiRequest:
    """Up to 100 organisations."""
    return ApiRequest("GET", "/api/v2/organizations/show_many", query={"ids": ",".join(ids[:100])})


def tagged(tag: str, cursor: str | None = None) -> ApiRequest:
    """One page of the tickets that carry a tag, whatever their status."""
    return ApiRequest(
        "GET", "/api/v2/search/export", query={"query": f"tags:{tag}", "filter[type]": "ticket", **_page(cursor)}
    )


def show_job(job_id: str) -> ApiRequest:
    """The state of a background job."""
    return ApiRequest("GET", f"/api/v2/job_statuses/{_segment(job_id)}")


def write(reading: Reading, plan: Plan, options: Options) -> ApiRequest | None:
    """The one request that makes `plan` true, or `None` when nothing of it can or need be sent."""
    if reading.there.writable is Writable.NOTHING or not plan:
        return None
    if reading.there.writable is Writable.TAGS_ONLY:
        return tags_of_closed(reading, plan, options)
    ticket: dict[str, Any] = {}
    outcome_set = "dm_outcome" in plan.fields and "dm_outcome" in options.field_ids
    tags = merged_tags(reading.there.tags, plan, options, outcome_set=outcome_set)
    if tags != reading.there.tags:
        ticket["tags"] = list(tags)
    fields = _custom_fields(plan.fields, options)
    if fields:
        ticket["custom_fields"] = fields
    if plan.note is not None:
        ticket["comment"] = {"html_body": note_html(plan.note.text), "public": False}
    if not ticket:
        return None
    if reading.there.version:
        # Zendesk refuses with 409 when somebody changed the ticket since it was read.
        ticket |= {"safe_update": True, "updated_stamp": reading.there.version}
    return ApiRequest("PUT", f"/api/v2/tickets/{_segment(reading.conversation.id)}", json={"ticket": ticket})


def tags_of_closed(reading: Reading, plan: Plan, options: Options) -> ApiRequest | None:
    """Tags of a closed ticket: the bulk update is the only way in.

    https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/
    """
    add = [tag for tag in plan.add_tags if tag.startswith(options.prefix)]
    final = merged_tags(reading.there.tags, plan, options, outcome_set=False)
    remove = [tag for tag in reading.there.tags if tag not in final]
    change: dict[str, Any] = {}
    if add:
        change["additional_tags"] = add
    if remove:
        change["remove_tags"] = remove
    if not change:
        return None
    query = {"ids": reading.conversation.id}
    return ApiRequest("PUT", UPDATE_MANY, json={"ticket": change}, query=query)


def merged_tags(there: tuple[str, ...], plan: Plan, options: Options, *, outcome_set: bool) -> tuple[str, ...]:
    """All tags the ticket shall have: others' untouched and in their order, ours with one value a key.

    A drop-down's value is a tag as well, and the two must say the same: with `outcome_set` the outcome's tag follows
    the field.
    """
    prefix = options.prefix
    gone = {tag for tag in plan.remove_tags if tag.startswith(prefix)}
    added = [tag for tag in plan.add_tags if tag.startswith(prefix)]
    if outcome_set:
        wanted = option_tag(plan.fields["dm_outcome"], prefix)
        key = f"{prefix}resolution__"
        added = [tag for tag in added if not tag.startswith(key)]
        added += [wanted] if wanted else []
        gone |= {tag for tag in there if tag.startswith(key) and tag != wanted}
    for tag in added:
        key = _key(tag, prefix)
        gone |= {other for other in there if key and other.startswith(key) and other != tag}
    kept = [tag for tag in there if tag not in gone]
    return tuple(dict.fromkeys([*kept, *added]))


def note_html(text: str) -> str:
    """A note as HTML in which nothing but our own words can act: no markup, placeholder, or quoted link."""
    lines = (_line(line) for line in text[:NOTE_LIMIT].split("\n"))
    return "<p>" + "<br>".join(lines) + "</p>"


def _line(line: str) -> str:
    inert = _PLACEHOLDER.sub(_JOINER, line)
    if line.startswith(_QUOTING):
        inert = _LINK.sub(_JOINER, inert)
    return html.escape(inert)


def _key(tag: str, prefix: str) -> str:
    """The part of one of our tags that may stand only once; empty for a tag without a value."""
    key, separator, _ = tag.removeprefix(prefix).partition("__")
    return f"{prefix}{key}__" if separator else ""


def _custom_fields(fields: Mapping[str, FieldValue], options: Options) -> list[dict[str, Any]]:
    """Values as text: what the specification gives for every kind of field; an empty text clears one."""
    written: list[dict[str, Any]] = []
    for name, value in fields.items():
        if name in options.field_ids:
            shown = option_tag(value, options.prefix) if name == "dm_outcome" else "" if value is None else str(value)
            written.append({"id": options.field_ids[name], "value": shown})
    return written


def _page(cursor: str | None, include: str | None = None) -> dict[str, str]:
    query = {"page[size]": str(PAGE)}
    if include:
        query["include"] = include
    if cursor:
        query["page[after]"] = cursor
    return query


def _segment(name: str) -> str:
    return quote(name, safe="")
