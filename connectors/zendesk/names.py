"""Names of an account's brands, groups and bots, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from time import monotonic

from connectors.errors import NotFound, Rejected
from connectors.http import ApiRequest
from connectors.names import Kind, Names, allowed
from connectors.zendesk import actions
from connectors.zendesk.authors import USER_ROLES
from connectors.zendesk.options import ANSWER_BOT_ID, Options
from connectors.zendesk.payloads import Record, ident, record, records, text, user
from service.conversation import Role

OWN_BOT = "Zendesk AI agent"
"""The bot that Zendesk itself brings has an id but no user record."""

MOST_PAGES = 50
LIFETIME = 900.0
"""Seconds that the list of groups is good for."""

USERS_AT_ONCE = 100

Get = Callable[[ApiRequest], Record]


def names(get: Get, installation_id: str, ids: Collection[str], options: Options) -> Names:
    """What may be read of the three; `ids` are those under which bots were seen to write."""
    asks = {Kind.BRAND: lambda: brands(get), Kind.GROUP: lambda: groups(get), Kind.BOT: lambda: bots(get, ids, options)}
    return allowed(asks, installation_id)


def brands(get: Get) -> Mapping[str, str]:
    """All brands that the token's user may see: an admin all of them, an agent perhaps only the agent's own."""
    return _listed(get, actions.list_brands, "brands")


def groups(get: Get) -> Mapping[str, str]:
    """All groups."""
    return _listed(get, actions.list_groups, "groups")


def bots(get: Get, ids: Collection[str], options: Options) -> Mapping[str, str]:
    """Those of `ids` whom the options call bots.

    Zendesk's own bot speaks in chats under the id of an agent: such an id stays one, for its name is a person's.
    """
    asked = sorted(name for name in {*ids, *options.bot_author_ids} if name.isdecimal())
    found = {ANSWER_BOT_ID: OWN_BOT}
    for start in range(0, len(asked), USERS_AT_ONCE):
        for data in records(get(actions.show_users(asked[start : start + USERS_AT_ONCE])).get("users")):
            known, name = user(data), text(data.get("name"))
            if known is None or not name:
                continue
            agent = USER_ROLES.get(known.role) is Role.AGENT
            marked = options.is_bot_email(known.email) or not options.bot_tags.isdisjoint(known.tags)
            if known.id in options.bot_author_ids or (agent and marked):
                found[known.id] = name
    return found


class RememberedGroups:
    """The account's groups, asked anew once `LIFETIME` has passed. Thread-safe: asking twice does no harm."""

    def __init__(self) -> None:
        self._kept: tuple[float, Mapping[str, str]] = (0.0, {})

    def of(self, get: Get) -> Mapping[str, str]:
        """Names by id; none while the token may not read them."""
        until, known = self._kept
        if until < monotonic():
            try:
                known = groups(get)
            except (NotFound, Rejected):
                known = {}
            self._kept = (monotonic() + LIFETIME, known)
        return known


def _listed(get: Get, page: Callable[[str | None], ApiRequest], key: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        body = get(page(cursor))
        for data in records(body.get(key)):
            if (number := ident(data.get("id"))) is not None and (name := text(data.get("name"))):
                found[number] = name
        meta = record(body.get("meta"))
        cursor = ident(meta.get("after_cursor")) if meta.get("has_more") is True else None
        if cursor is None:
            break
    return found
