"""The sandbox's endpoints for changing and removing what was set up: custom fields, triggers, webhooks."""

from __future__ import annotations

from flask import Blueprint

from connectors.zendesk.sandbox.account import Refused
from connectors.zendesk.sandbox.answers import NOT_FOUND, found_in, json_body, the_account
from connectors.zendesk.sandbox.shapes import API, Record

changing = Blueprint("changing", __name__)

READ_ONLY = ("id", "url", "type", "created_at", "updated_at", "removable")


@changing.put(f"{API}/ticket_fields/<int:ident>")
def _change_field(ident: int) -> Record:
    """A drop-down has afterwards exactly the options that were named."""
    field, given = found_in(the_account().fields, ident), json_body().get("ticket_field", {})
    if "custom_field_options" in given:
        account = the_account()
        options = [{"id": option.get("id") or account.next_id(), **option} for option in given["custom_field_options"]]
        given = {**given, "custom_field_options": options}
    field.update({key: value for key, value in given.items() if key not in READ_ONLY})
    return {"ticket_field": field}


@changing.delete(f"{API}/ticket_fields/<int:ident>")
def _delete_field(ident: int) -> tuple[str, int]:
    """The field's values go from all tickets, and with a drop-down's value its tag."""
    account = the_account()
    field = found_in(account.fields, ident)
    for ticket in account.tickets.values():
        values = {item["value"] for item in ticket["custom_fields"] if item["id"] == ident and item["value"]}
        ticket["custom_fields"][:] = [item for item in ticket["custom_fields"] if item["id"] != ident]
        if field["type"] == "tagger":
            ticket["tags"] = [tag for tag in ticket["tags"] if tag not in values]
    del account.fields[ident]
    return "", 204


@changing.put(f"{API}/triggers/<int:ident>")
def _change_trigger(ident: int) -> Record:
    """Conditions and actions are replaced as a whole."""
    trigger = found_in(the_account().triggers, ident)
    trigger.update(json_body().get("trigger", {}))
    return {"trigger": trigger}


@changing.delete(f"{API}/triggers/<int:ident>")
def _delete_trigger(ident: int) -> tuple[str, int]:
    found_in(the_account().triggers, ident)
    del the_account().triggers[ident]
    return "", 204


@changing.patch(f"{API}/webhooks/<ident>")
def _change_hook(ident: str) -> tuple[str, int]:
    """Everything but the mode."""
    hook = the_account().hooks.get(ident)
    if hook is None:
        raise Refused(404, NOT_FOUND)
    given = json_body().get("webhook", {})
    mode = "conditional_ticket_events"
    if "subscriptions" in given and (mode in given["subscriptions"]) != (mode in hook.record["subscriptions"]):
        raise Refused(400, {"errors": [{"code": "InvalidWebhook", "title": "the connection method cannot be changed"}]})
    hook.record.update(given)
    return "", 204
