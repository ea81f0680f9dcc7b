"""The sandbox's endpoints for setting an account up: custom fields, triggers, webhooks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, request

from connectors.zendesk.sandbox.account import Account, Hook, Refused
from connectors.zendesk.sandbox.answers import NOT_FOUND, json_body, own_id, paged, the_account
from connectors.zendesk.sandbox.hooks import Hooks
from connectors.zendesk.sandbox.shapes import API, Record, stamp

admin = Blueprint("admin", __name__)
HOOKS = "zendesk-sandbox-hooks"


@admin.get(f"{API}/ticket_fields")
def _fields() -> Record:
    return paged("ticket_fields", list(the_account().fields.values()))


@admin.post(f"{API}/ticket_fields")
def _create_field() -> tuple[Record, int]:
    data = json_body().get("ticket_field", {})
    if not data.get("title") or not data.get("type"):
        raise Refused(422, {"error": "RecordInvalid", "description": "title and type are required"})
    return {"ticket_field": the_account().add_field(data)}, 201


@admin.get(f"{API}/triggers")
def _triggers() -> Record:
    return paged("triggers", list(the_account().triggers.values()))


@admin.post(f"{API}/triggers")
def _create_trigger() -> tuple[Record, int]:
    data = json_body().get("trigger", {})
    made = {"id": the_account().next_id(), "active": True, "default": False, "position": 1, "description": None, **data}
    made |= {"raw_title": made.get("title"), "url": f"{request.host_url}api/v2/triggers/{made['id']}.json"}
    the_account().triggers[made["id"]] = made
    return {"trigger": made}, 201


@admin.get(f"{API}/webhooks")
def _hooks() -> Record:
    return paged("webhooks", [hook.record for hook in the_account().hooks.values()])


@admin.post(f"{API}/webhooks")
def _create_hook() -> tuple[Record, int]:
    made = new_hook(the_account(), json_body().get("webhook", {}), created_by=own_id())
    return {"webhook": made.record}, 201


@admin.get(f"{API}/webhooks/<ident>/signing_secret")
def _secret(ident: str) -> Record:
    if ident not in the_account().hooks:
        raise Refused(404, NOT_FOUND)
    return {"signing_secret": {"secret": the_account().hooks[ident].secret, "algorithm": "SHA256"}}


@admin.post(f"{API}/webhooks/test")
def _test_hook() -> Record:
    """Send a test delivery of a webhook at once, and tell what its endpoint answered (as in a recorded exchange)."""
    hook = the_account().hooks.get(request.args.get("webhook_id", ""))
    if hook is None or hook.record["status"] != "active":
        raise Refused(404, NOT_FOUND)
    given = json_body().get("request", {})
    hooks: Hooks = current_app.extensions[HOOKS]
    status = hooks.test(str(hook.record["id"]), hook.record["endpoint"], hook.secret, str(given.get("payload", "{}")))
    return {"response": {"headers": [], "payload": "", **({} if status is None else {"status_code": status})}}


@admin.delete(f"{API}/webhooks/<ident>")
def _delete_hook(ident: str) -> tuple[str, int]:
    if the_account().hooks.pop(ident, None) is None:
        raise Refused(404, NOT_FOUND)
    return "", 204


def new_hook(account: Account, data: Mapping[str, Any], *, created_by: int, secret: str | None = None) -> Hook:
    """A webhook; one is connected to triggers or subscribed to events, never both. Raises `Refused`."""
    wanted = set(data.get("subscriptions", []))
    needed = {"name", "endpoint", "http_method", "request_format", "status"}
    if not needed <= set(data) or ("conditional_ticket_events" in wanted and len(wanted) > 1):
        raise Refused(400, {"errors": [{"code": "InvalidWebhook", "title": "the webhook is not valid"}]})
    ident = secrets.token_hex(13).upper()
    kept = {"created_at": stamp(account.clock()), "created_by": str(created_by)}
    hook = Hook({"id": ident, **data, **kept}, secret or secrets.token_urlsafe(32))
    account.hooks[ident] = hook
    return hook
