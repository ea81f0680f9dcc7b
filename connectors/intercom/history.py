"""Intercom's past: which conversations were closed on each day, and then each of them by itself.

A search gives no text, so each conversation is read; that is what Intercom has. A search lists what changed last
first, so a list moves while it is read: each day is listed to its end before anything of it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import requests

from connectors.exported import LeftOut, Why
from connectors.history import Aside, Head, Page, Scope, Whole, outcome
from connectors.http import Http, wait
from connectors.intercom import actions
from connectors.intercom.client import IntercomClient
from connectors.intercom.payloads import ConversationPage
from connectors.intercom.transport import BUCKET
from connectors.limiter import Share

SLICE = timedelta(days=1)


class IntercomHistory:
    """Implements `connectors.history.History`."""

    def __init__(self, client: IntercomClient, http: Http, share: Share) -> None:
        """`client` sends through `http`, whose limiter is `share`."""
        self.calls = 0
        self._client = client
        self._http = http
        self._share = share
        http.session.hooks["response"].append(self._heed)

    def page(self, scope: Scope, cursor: str) -> Page:
        """A page of one day's list."""
        place = json.loads(cursor) if cursor else {}
        begin = datetime.fromtimestamp(place.get("day", scope.since.timestamp()), UTC)
        end = min(begin + SLICE, scope.until)
        answer = self._client.send(actions.closed_between(begin, end, place.get("after"))).body
        page = ConversationPage.model_validate(answer)
        heads = tuple(Head(found.id, begin) for found in page.conversations if found.id is not None)
        following = page.pages.starting_after
        if following is not None and following != place.get("after") and heads:
            cursor = json.dumps({"day": begin.timestamp(), "after": following})
            return Page(cursor, heads, whole_until=begin)
        last = end >= scope.until
        return Page(None if last else json.dumps({"day": end.timestamp()}), heads, whole_until=end, listed=last)

    def read(self, scope: Scope, asides: Sequence[Aside]) -> Iterator[tuple[str, Whole | LeftOut]]:
        """The conversations, each with a request of its own and one for its contact."""
        for aside in asides:
            name = aside.head.conversation_id
            yield name, outcome(name, partial(self._outcome, scope, name))

    def _outcome(self, scope: Scope, name: str) -> Whole | LeftOut:
        reading = self._client.read(name)
        if not reading.conversation.messages:
            return LeftOut(name, Why.EMPTY)
        if not reading.ended:
            return LeftOut(name, Why.OPEN)
        if not scope.holds(reading.conversation.ended_at):
            return LeftOut(name, Why.OUTSIDE)
        return Whole(reading, "Intercom lists no text")

    def _heed(self, response: requests.Response, **_: object) -> None:
        """Count each answer, and leave what is left to others once it is theirs."""
        self.calls += 1
        left, total = (response.headers.get(f"X-RateLimit-{name}", "").strip() for name in ("Remaining", "Limit"))
        if left.isdecimal() and total.isdecimal():
            resets = wait({"X-RateLimit-Reset": response.headers.get("X-RateLimit-Reset", "")})
            self._share.spare(f"{self._http.name}/{BUCKET}", left=int(left), total=int(total), resets=resets)
