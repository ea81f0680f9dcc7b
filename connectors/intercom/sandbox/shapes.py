"""The sandbox's records as response and webhook bodies, in the shape of the official examples."""

from __future__ import annotations

import uuid
from typing import Any

from connectors.email_text import html_text
from connectors.intercom.sandbox.workspace import Record, Workspace

NEWEST = 500
"""Parts that Intercom returns at most: the newest ones."""


def conversation(record: Record, *, plain: bool = False) -> Record:
    """GET /conversations/{id}: at most the newest 500 parts, while `total_count` counts all."""
    parts = [_body(part, plain=plain) for part in record["parts"][-NEWEST:]]
    return _with_parts(record, parts, total=len(record["parts"]), plain=plain)


def listed(record: Record) -> Record:
    """A conversation in a list or search: without its parts."""
    return {key: value for key, value in record.items() if key != "parts"}


def notified(record: Record, part: Record | None) -> Record:
    """The item of a notification: plain text, and only the newest part, which is all that `total_count` counts."""
    parts = [] if part is None else [_body(part, plain=True)]
    return _with_parts(record, parts, total=len(parts), plain=True)


def notification(workspace: Workspace, topic: str, item: Record) -> Record:
    """The envelope of a webhook."""
    now = workspace.now()
    return {
        "type": "notification_event",
        "app_id": workspace.app_id,
        "data": {"type": "notification_event_data", "item": item},
        "links": {},
        "id": f"notif_{uuid.uuid4()}",
        "topic": topic,
        "delivery_status": "pending",
        "delivery_attempts": 1,
        "delivered_at": 0,
        "first_sent_at": now,
        "created_at": now,
        "self": None,
    }


def contact(record: Record) -> Record:
    """GET /contacts/{id}: tags and companies are bare references, ten at most."""
    own = {key: value for key, value in record.items() if not key.endswith("_ids")}
    path = f"/contacts/{record['id']}"
    return own | {
        "avatar": None,
        "owner_id": None,
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": False,
        "custom_attributes": {},
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "social_profiles": {"type": "list", "data": []},
        "tags": _references("tag", record["tag_ids"], path + "/tags"),
        "companies": _references("company", record["company_ids"], path + "/companies"),
        "notes": _references("note", [], path + "/notes"),
    }


def me(workspace: Workspace) -> Record:
    """GET /me."""
    own = workspace.own
    return {key: own[key] for key in ("type", "id", "email", "name", "has_inbox_seat")} | {
        "email_verified": True,
        "app": {
            "type": "app",
            "id_code": workspace.app_id,
            "name": "Sandbox",
            "created_at": workspace.now(),
            "secure": workspace.identity_verification,
            "identity_verification": workspace.identity_verification,
            "timezone": "UTC",
            "region": workspace.region,
        },
        "avatar": {"type": "avatar", "image_url": None},
    }


def attributes(workspace: Workspace) -> Record:
    """GET /data_attributes?model=conversation."""
    rows = [
        {
            "type": "data_attribute",
            "id": position,
            "name": name,
            "full_name": f"custom_attributes.{name}",
            "label": name,
            "description": "",
            "data_type": attribute.data_type,
            "api_writable": True,
            "ui_writable": True,
            "messenger_writable": False,
            "custom": True,
            "archived": False,
            "model": "conversation",
            **({"options": list(attribute.options)} if attribute.options else {}),
        }
        for position, (name, attribute) in enumerate(workspace.attributes.items(), 1)
    ]
    return {"type": "list", "data": rows}


def error(code: str, message: str) -> Record:
    """An `error.list` with one error."""
    return {"type": "error.list", "request_id": str(uuid.uuid4()), "errors": [{"code": code, "message": message}]}


def _with_parts(record: Record, parts: list[Record], *, total: int, plain: bool) -> Record:
    shown = listed(record)
    shown["source"] = _body(record["source"], plain=plain)
    shown["conversation_parts"] = {
        "type": "conversation_part.list",
        "conversation_parts": parts,
        "total_count": total,
    }
    return shown


def _body(message: Record, *, plain: bool) -> Record:
    body: Any = message["body"]
    return message | {"body": html_text(body)} if plain and body else message


def _references(kind: str, ids: list[str], path: str) -> Record:
    data = [{"type": kind, "id": number, "url": f"{path}/{number}"} for number in ids[:10]]
    return {"type": "list", "data": data, "url": path, "total_count": len(ids), "has_more": len(ids) > 10}
