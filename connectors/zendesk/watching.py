"""What Zendesk lists of tickets and customers that went away: for webhooks that never came. One request a page.

First the tickets that changed (deleted, scrubbed, merged away), then what happened to tickets (redactions), then the
users that changed (deleted, or merged into another one). All three are incremental exports, which need an admin's
token; an agent's may list deleted tickets only.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from connectors.base import Change, Changes, Signal
from connectors.errors import NotFound, Rejected
from connectors.http import ApiRequest
from connectors.zendesk.payloads import Record, ident, moment, record, records, text, ticket
from connectors.zendesk.reader import merged_away

log = logging.getLogger(__name__)

PAGE = 1000
DELETED_PAGES = 10
"""Pages of deleted tickets that an agent's token may list in a minute."""
GONE = frozenset({"deleted", "scrubbed"})
TICKETS, DELETED, EVENTS, USERS = "tickets", "deleted", "events", "users"
NEXT = {TICKETS: EVENTS, DELETED: EVENTS, EVENTS: USERS, USERS: None}

Send = Callable[[ApiRequest], Record]


class Place(NamedTuple):
    """Where the reading has come: which list, and its cursor (a time for events, a number of pages for deleted)."""

    part: str = TICKETS
    cursor: str = ""

    @classmethod
    def read(cls, words: str) -> Place:
        """The place as `Changes.place` holds it; the beginning when it is empty or not ours."""
        part, _, cursor = words.partition(":")
        return cls(part, cursor) if part in NEXT else cls()

    def __str__(self) -> str:
        return f"{self.part}:{self.cursor}"


def changes(send: Send, since: datetime, words: str) -> Changes:
    """One page of what went at or after `since`. A list that the token may not read is left out, once it refused."""
    place = Place.read(words)
    try:
        body = send(_request(place, since))
    except (Rejected, NotFound) as error:
        log.info("zendesk does not list %s: %s", place.part, error)
        following = Place(DELETED) if place.part == TICKETS else _after(place)
        return Changes((), None if following is None else str(following))
    following = _next(place, body, since)
    return Changes(tuple(_found(place, body, since)), None if following is None else str(following))


def _request(place: Place, since: datetime) -> ApiRequest:
    start = str(int(since.timestamp()))
    if place.part == DELETED:
        query = {"page[size]": "100", **({"page[after]": place.cursor.partition("/")[2]} if place.cursor else {})}
        return ApiRequest("GET", "/api/v2/deleted_tickets", query=query)
    if place.part == EVENTS:
        return ApiRequest("GET", "/api/v2/incremental/ticket_events", query={"start_time": place.cursor or start})
    query = {"per_page": str(PAGE), **({"cursor": place.cursor} if place.cursor else {"start_time": start})}
    return ApiRequest("GET", f"/api/v2/incremental/{place.part}/cursor", query=query)


def _next(place: Place, body: Record, since: datetime) -> Place | None:
    if place.part == DELETED:
        seen = int(place.cursor.partition("/")[0] or 0) + 1
        meta = record(body.get("meta"))
        more = meta.get("has_more") is True and seen < DELETED_PAGES
        return Place(DELETED, f"{seen}/{text(meta.get('after_cursor'))}") if more else _after(place)
    if place.part == EVENTS:
        start, end = int(place.cursor or since.timestamp()), body.get("end_time")
        if body.get("end_of_stream") is True or not isinstance(end, int):
            return _after(place)
        # A page that ends in the second in which it began held all of that second.
        return Place(EVENTS, str(max(end, start + 1)))
    cursor = text(body.get("after_cursor"))
    ended = body.get("end_of_stream") is True or not cursor or cursor == place.cursor
    return _after(place) if ended else Place(place.part, cursor)


def _after(place: Place) -> Place | None:
    following = NEXT[place.part]
    return None if following is None else Place(following)


def _found(place: Place, body: Record, since: datetime) -> Iterator[Change]:
    if place.part == TICKETS:
        yield from _tickets(body)
    elif place.part == DELETED:
        for data in records(body.get("deleted_tickets")):
            at, name = moment(data.get("deleted_at")), ident(data.get("id"))
            if name is not None and (at is None or at >= since):
                yield Change(Signal.DELETED, name)
    elif place.part == EVENTS:
        for data in records(body.get("ticket_events")):
            kinds = (text(child.get("event_type")).lower() for child in records(data.get("child_events")))
            name = ident(data.get("ticket_id"))
            if name is not None and any("redact" in kind for kind in kinds):
                yield Change(Signal.REDACTED, name)
    else:
        for data in records(body.get("users")):
            # Deleted, or merged into another one: then its tickets name the other one when they are read again.
            if data.get("active") is False and (name := ident(data.get("id"))) is not None:
                yield Change(Signal.CONTACT_DELETED, name)


def _tickets(body: Record) -> Iterator[Change]:
    for data in records(body.get("tickets")):
        found = ticket(data)
        if found.status in GONE:
            yield Change(Signal.DELETED, found.id)
        elif merged_away(found):
            yield Change(Signal.ENDED, found.id)
