"""The sandbox's endpoints by which an integration leaves: fields, triggers and tokens can be taken away again."""

from __future__ import annotations

from flask import Blueprint, request

from connectors.zendesk.sandbox.account import Refused
from connectors.zendesk.sandbox.answers import NOT_FOUND, paged, parts, the_account
from connectors.zendesk.sandbox.shapes import API, Record

leaving = Blueprint("leaving", __name__)


@leaving.delete(f"{API}/ticket_fields/<int:ident>")
def _delete_field(ident: int) -> tuple[str, int]:
    """With a field its values go, on closed tickets too; the tags that its options set stay on them."""
    account = the_account()
    if account.fields.pop(ident, None) is None:
        raise Refused(404, NOT_FOUND)
    for ticket in account.tickets.values():
        ticket["custom_fields"] = [item for item in ticket["custom_fields"] if item["id"] != ident]
        ticket["fields"] = ticket["custom_fields"]
    return "", 204


@leaving.delete(f"{API}/triggers/<int:ident>")
def _delete_trigger(ident: int) -> tuple[str, int]:
    if the_account().triggers.pop(ident, None) is None:
        raise Refused(404, NOT_FOUND)
    return "", 204


@leaving.get(f"{API}/oauth/tokens")
def _tokens() -> Record:
    access = parts()[1]
    return paged("tokens", [{"id": token_id(token), "client_id": 1} for token in access.tokens])


@leaving.delete(f"{API}/oauth/tokens/<name>")
def _revoke(name: str) -> tuple[str, int]:
    """By its id a token is revoked; by `current` it is not, though the answer says so (as developers report)."""
    access = parts()[1]
    own = request.headers["Authorization"].removeprefix("Bearer ").strip()
    if name != "current":
        found = next((token for token in access.tokens if str(token_id(token)) == name), None)
        if found is None:
            raise Refused(404, NOT_FOUND)
        del access.tokens[found]
    elif own not in access.tokens:
        raise Refused(404, NOT_FOUND)
    return "", 204


def token_id(token: str) -> int:
    """The id under which a token is listed."""
    return int(token[:10], 16)
