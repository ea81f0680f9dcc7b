"""JSON bodies in the shape of Zendesk's official examples, so that clients written by others can read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
API = "/api/v2"


def stamp(at: datetime) -> str:
    """A time as Zendesk writes it: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def via(channel: str, *, rel: str | None = None, origin: Mapping[str, Any] | None = None) -> Record:
    """A via object."""
    return {"channel": channel, "source": {"from": dict(origin or {}), "to": {}, "rel": rel}}


def user(base: str, ident: int, role: str, **known: Any) -> Record:
    """A user; agents and customers have the same keys."""
    now = known.pop("at", None) or "2025-01-01T00:00:00Z"
    return {
        "id": ident,
        "url": f"{base}{API}/users/{ident}.json",
        "name": f"{role} {ident}",
        "email": None,
        "created_at": now,
        "updated_at": now,
        "time_zone": "Etc/UTC",
        "iana_time_zone": "Etc/UTC",
        "phone": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": role,
        "verified": False,
        "external_id": None,
        "tags": [],
        "active": True,
        "shared": False,
        "suspended": False,
        "default_group_id": None,
        "user_fields": {},
    } | known


def group(base: str, ident: int, name: str) -> Record:
    """A group of agents."""
    return {
        "id": ident,
        "url": f"{base}{API}/groups/{ident}.json",
        "name": name,
        "deleted": False,
        "is_public": True,
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    }


MAIN_BRAND = 1
"""The id of the brand that an account begins with."""


def brand(base: str, ident: int, name: str) -> Record:
    """A brand."""
    subdomain = "".join(word for word in name.lower() if word.isalnum())
    return {
        "id": ident,
        "url": f"{base}{API}/brands/{ident}.json",
        "name": name,
        "subdomain": subdomain,
        "brand_url": f"https://{subdomain}.example",
        "active": True,
        "default": ident == MAIN_BRAND,
        "is_deleted": False,
        "has_help_center": True,
        "help_center_state": "enabled",
        "ticket_form_ids": [],
        "signature_template": "{{agent.signature}}",
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    }


def organization(base: str, ident: int, name: str, tags: list[str]) -> Record:
    """An organisation."""
    return {
        "id": ident,
        "url": f"{base}{API}/organizations/{ident}.json",
        "name": name,
        "tags": tags,
        "external_id": None,
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
        "organization_fields": {},
    }


def ticket(base: str, ident: int, *, requester_id: int, subject: str, through: Record, at: str) -> Record:
    """A new ticket."""
    return {
        "url": f"{base}{API}/tickets/{ident}.json",
        "id": ident,
        "external_id": None,
        "via": through,
        "created_at": at,
        "updated_at": at,
        "type": None,
        "subject": subject,
        "raw_subject": subject,
        "description": subject,
        "priority": None,
        "status": "new",
        "recipient": None,
        "requester_id": requester_id,
        "submitter_id": requester_id,
        "assignee_id": None,
        "organization_id": None,
        "group_id": None,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": [],
        "custom_fields": [],
        "fields": [],
        "satisfaction_rating": {"score": "unoffered"},
        "sharing_agreement_ids": [],
        "followup_ids": [],
        "brand_id": MAIN_BRAND,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }


def ticket_field(base: str, ident: int, data: Mapping[str, Any]) -> Record:
    """A custom ticket field as created."""
    title = str(data["title"])
    options = [
        {"id": ident * 100 + position, "name": option["name"], "raw_name": option["name"], "value": option["value"]}
        for position, option in enumerate(data.get("custom_field_options", []))
    ]
    return {
        "url": f"{base}{API}/ticket_fields/{ident}.json",
        "id": ident,
        "type": data["type"],
        "title": title,
        "raw_title": title,
        "description": data.get("description", title),
        "agent_description": data.get("agent_description"),
        "position": 9999,
        "active": True,
        "required": False,
        "tag": data.get("tag"),
        "removable": True,
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    } | ({"custom_field_options": options} if data["type"] == "tagger" else {})


def job(base: str, ident: str, total: int) -> Record:
    """A background job that was just queued."""
    return {
        "id": ident,
        "url": f"{base}{API}/job_statuses/{ident}.json",
        "total": total,
        "progress": None,
        "status": "queued",
        "message": None,
        "results": None,
    }


def invalid(key: str, description: str) -> Record:
    """A 422 body."""
    details = {key: [{"description": description}]}
    return {"error": "RecordInvalid", "description": "Record validation errors", "details": details}


def unix(at: str) -> int:
    """A stamp in unix seconds."""
    return int(datetime.fromisoformat(at).timestamp())


def user_envelope(
    account_id: int, name: str, known: Mapping[str, Any], change: Record, *, ident: str, at: str
) -> Record:
    """An event subscription's body about a user."""
    return {
        "account_id": account_id,
        "detail": {
            "created_at": known["created_at"],
            "email": known["email"],
            "external_id": known["external_id"] or "",
            "default_group_id": "0",
            "id": str(known["id"]),
            "organization_id": str(known["organization_id"] or 0),
            "role": known["role"],
            "updated_at": known["updated_at"],
        },
        "event": change,
        "id": ident,
        "subject": f"zen:user:{known['id']}",
        "time": at,
        "type": f"zen:event-type:user.{name}",
        "zendesk_event_version": "2022-06-20",
    }


def envelope(account_id: int, name: str, ticket: Mapping[str, Any], change: Record, *, ident: str, at: str) -> Record:
    """An event subscription's body; `ticket` also holds `actor_id`. Statuses are upper case here, ids are text."""
    keys = ("actor_id", "assignee_id", "brand_id", "group_id", "organization_id", "requester_id", "submitter_id", "id")
    names = {key: None if ticket.get(key) is None else str(ticket[key]) for key in keys}
    return {
        "account_id": account_id,
        "detail": {
            **names,
            "created_at": ticket["created_at"],
            "custom_status": None,
            "description": ticket["description"],
            "external_id": None,
            "form_id": None,
            "is_public": True,
            "priority": (ticket.get("priority") or "").upper() or None,
            "status": str(ticket["status"]).upper(),
            "subject": ticket["subject"],
            "tags": list(ticket["tags"]),
            "type": None,
            "updated_at": ticket["updated_at"],
            "via": {"channel": ticket["via"]["channel"]},
        },
        "event": {**change, "meta": {"sequence": {"id": ident, "position": 1}}},
        "id": ident,
        "subject": f"zen:ticket:{ticket['id']}",
        "time": at,
        "type": f"zen:event-type:ticket.{name}",
        "zendesk_event_version": "2022-11-06",
    }
