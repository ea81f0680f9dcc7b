"""What all of the sandbox's endpoints share: the account behind them, bodies, pages, related records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request

from connectors.zendesk.sandbox.access import Access
from connectors.zendesk.sandbox.account import Account, Refused
from connectors.zendesk.sandbox.shapes import Record

EXTENSION = "zendesk-sandbox"
NOT_FOUND = {"error": "RecordNotFound", "description": "Not found"}


@dataclass(slots=True)
class Features:
    """What differs between accounts: `conversation_log` is early access.

    `refused` are endings of paths that the account's token may not reach, with whatever scope.
    """

    conversation_log: bool = False
    refused: set[str] = field(default_factory=set)


def parts() -> tuple[Account, Access, Features]:
    """What the application was made with."""
    found: tuple[Account, Access, Features] = current_app.extensions[EXTENSION]
    return found


def the_account() -> Account:
    """The account that is asked."""
    return parts()[0]


def own_id() -> int:
    """The user that the token belongs to."""
    return parts()[1].own_id


def json_body() -> Record:
    """The request's JSON object. Raises `Refused`."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused(400, {"error": "InvalidJSON", "description": "The body is not a JSON object"})
    return body


def found_in(known: Mapping[Any, Record], ident: Any) -> Record:
    """One record. Raises `Refused` with 404."""
    if ident not in known:
        raise Refused(404, NOT_FOUND)
    return known[ident]


def sideloads(people: Iterable[Any], groups: Iterable[Any], organizations: Iterable[Any]) -> Record:
    """Related records that `include` asks for."""
    account = the_account()
    known = {"users": (account.users, people), "groups": (account.groups, groups)}
    known["organizations"] = (account.organizations, organizations)
    asked = [name for name in request.args.get("include", "").split(",") if name in known]
    return {name: _related(*known[name]) for name in asked}


def _related(known: Mapping[int, Record], names: Iterable[Any]) -> list[Record]:
    ids = dict.fromkeys(int(name) for name in names if name is not None)
    return [known[ident] for ident in ids if ident in known]


def paged(key: str, items: list[Record]) -> Record:
    """One page: by cursor when `page[size]` is given, else the classic way with a count."""
    size = request.args.get("page[size]", type=int)
    if size is None:
        return {key: items, "count": len(items), "next_page": None, "previous_page": None}
    start = request.args.get("page[after]", 0, type=int)
    page, more = items[start : start + size], len(items) > start + size
    after = str(start + size)
    query = urlencode({**request.args, "page[after]": after})
    following = f"{request.base_url}?{query}" if more else None
    return {
        key: page,
        "meta": {"has_more": more, "after_cursor": after, "before_cursor": str(start)},
        "links": {"next": following, "prev": None},
    }
