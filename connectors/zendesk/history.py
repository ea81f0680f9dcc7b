"""Zendesk's past out of its incremental exports: first which tickets there are, then what happened to them, in order.

A ticket is whole when the events have come as far as its last change. What the events do not tell is read ticket by
ticket: chats whose transcript they leave out, ratings, and tickets that began before the asked time.
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import requests

from connectors.base import Reading
from connectors.errors import Rejected
from connectors.exported import LeftOut, Why
from connectors.history import Aside, Head, Page, Part, Scope, Whole, outcome
from connectors.http import ApiRequest, Http
from connectors.limiter import Share
from connectors.zendesk import actions, payloads
from connectors.zendesk.changes import is_rating, is_survey_answer
from connectors.zendesk.channels import is_messaging
from connectors.zendesk.chat import history as chat_history
from connectors.zendesk.client import ACCOUNT, ZendeskClient
from connectors.zendesk.comments import COMMENT_KINDS
from connectors.zendesk.exported_audits import audit_of_event
from connectors.zendesk.exported_heads import Listed
from connectors.zendesk.limits import limits
from connectors.zendesk.mapping import Material, read_ticket
from connectors.zendesk.payloads import AuditEvent, Record, Ticket, User, ident, moment, record, records, text
from connectors.zendesk.reader import IGNORE, Memory, Reader, authors

INCREMENTAL = "incremental"
AT_ONCE = 100
MOST_MET = 10_000
"""People remembered beside those whom the tickets bring along; mostly agents."""

CHANGED = "changed since it was listed"
NOISE = frozenset({"Notification", "NotificationWithCcs", "Cc", "FollowerChange", "External", "Push", "Tweet"})
"""Kinds of events that no conversation is made of; notifications repeat what was said."""


class ZendeskHistory:
    """Implements `connectors.history.History`."""

    def __init__(self, client: ZendeskClient, http: Http, share: Share, memory: Memory) -> None:
        """`client` sends through `http`, whose limiter is `share`."""
        self.calls = 0
        self._client = client
        self._http = http
        self._share = share
        self._memory = memory
        self._met: dict[str, User] = {}
        http.session.hooks["response"].append(self._heed)

    def page(self, scope: Scope, cursor: str) -> Page:
        """A page of tickets, or, once they are all listed, of events. Needs an admin's token."""
        place = json.loads(cursor) if cursor else {}
        if "events" in place:
            return self._events(int(place["events"]))
        return self._tickets(scope, place.get("tickets"))

    def read(self, scope: Scope, asides: Sequence[Aside]) -> Iterator[tuple[str, Whole | LeftOut]]:
        """The tickets as conversations; people that no record told of are fetched for all of them at once."""
        told = [(aside, _in_order(aside.parts)) for aside in asides]
        people = self._people(told)
        for aside, audits in told:
            name = aside.head.conversation_id
            yield name, outcome(name, partial(self._outcome, scope, aside.head, audits, people))

    def _tickets(self, scope: Scope, cursor: str | None) -> Page:
        start = int(scope.since.timestamp())
        body = self._export(actions.exported_tickets(start, cursor))
        listed = Listed(body)
        wanted, left_out = listed.wanted(scope)
        for names in _portions(listed.unknown_requesters(wanted)):
            listed.meet(records(self._get(actions.show_users(names)).get("users")))
        for names in _portions(listed.unknown_organizations(wanted)):
            listed.belong(records(self._get(actions.show_organizations(names)).get("organizations")))
        heads = [listed.head(ticket, self._client.options.prefix + IGNORE) for ticket in wanted]
        following = text(body.get("after_cursor"))
        last = body.get("end_of_stream") is True or not following or following == cursor
        return Page(
            cursor=json.dumps({"events": start} if last else {"tickets": following}),
            heads=tuple(head for head in heads if isinstance(head, Head)),
            left_out=(*left_out, *(head for head in heads if isinstance(head, LeftOut))),
            listed=last,
        )

    def _events(self, start: int) -> Page:
        body = self._export(actions.exported_events(start))
        parts = [_part(event) for event in records(body.get("ticket_events"))]
        end = body.get("end_time")
        # A page that ends in the second in which it began held all of that second.
        following = max(int(end), start + 1) if isinstance(end, int) else start
        last = body.get("end_of_stream") is True or following == start
        return Page(
            cursor=None if last else json.dumps({"events": following}),
            parts=tuple(part for part in parts if part is not None),
            whole_until=datetime.fromtimestamp(following, UTC),
            listed=True,
        )

    def _outcome(
        self, scope: Scope, head: Head, audits: Sequence[Record], people: Mapping[str, User]
    ) -> Whole | LeftOut:
        found = payloads.ticket(record(head.body.get("ticket")))
        events = list(payloads.audit_events(audits))
        single = CHANGED if head.outdated else _why_single(found, head.changed_at, events, scope)
        reading = self._reading(found, audits, {**people, **_users(head)}, single)
        if not reading.conversation.messages:
            return LeftOut(found.id, Why.EMPTY)
        if not reading.ended:
            return LeftOut(found.id, Why.OPEN)
        if not scope.holds(reading.conversation.ended_at):
            return LeftOut(found.id, Why.OUTSIDE)
        return Whole(reading, single)

    def _reading(self, found: Ticket, audits: Sequence[Record], users: Mapping[str, User], single: str) -> Reading:
        """Out of its events; or, with a reason to read it by itself, with one request for a ticket that is known."""
        options, installation = self._client.options, self._client.installation
        reader = Reader(options, self._client.send, self._memory)
        if single == CHANGED:
            material = reader.read(found.id)
        elif single:
            material = reader.rest(found, users)
        else:
            events = list(payloads.audit_events(audits))
            groups = self._memory.groups.of(self._get)
            material = Material(found, users, groups, tuple(audits), survey=reader.survey(events))
        return read_ticket(material, installation, options, calls=reader.calls)

    def _people(self, told: Sequence[tuple[Aside, Sequence[Record]]]) -> Mapping[str, User]:
        """Whoever wrote or was given a ticket and is in no head."""
        known = {name for aside, _ in told for name in _users(aside.head)}
        events = (list(payloads.audit_events(audits)) for _, audits in told)
        names = dict.fromkeys(name for each in events for name in authors(each) if name.isdecimal())
        missing = [name for name in names if name not in known and name not in self._met]
        for some in _portions(missing):
            found = records(self._get(actions.show_users(some)).get("users"))
            self._met.update({person.id: person for person in map(payloads.user, found) if person})
        everybody = dict(self._met)
        for aside, _ in told:
            everybody.update(_users(aside.head))
        if len(self._met) > MOST_MET:
            self._met.clear()
        return everybody

    def _export(self, request: ApiRequest) -> Record:
        """An incremental export counts against its own limit and the account's."""
        options = self._client.options
        self._http.take(ACCOUNT, options.rate)
        try:
            return record(self._client.send(request, bucket=INCREMENTAL, rate=options.incremental_rate).body)
        except Rejected as error:
            raise Rejected(f"{error}; incremental exports need the token of an admin") from error

    def _get(self, request: ApiRequest) -> Record:
        return record(self._client.send(request).body)

    def _heed(self, response: requests.Response, **_: object) -> None:
        """Count each answer, and leave what is left to others once it is theirs."""
        self.calls += 1
        for left in limits(response.headers):
            if not left.endpoint and left.total:
                for bucket in (ACCOUNT, INCREMENTAL):
                    name = f"{self._http.name}/{bucket}"
                    self._share.spare(name, left=left.remaining, total=left.total, resets=left.resets)


def _why_single(found: Ticket, changed_at: datetime, events: Sequence[AuditEvent], scope: Scope) -> str:
    """Why the events alone do not tell a ticket; empty when they do."""
    if any(event.at is not None and event.at > changed_at for event in events):
        return CHANGED
    if found.created_at is None or found.created_at < scope.since:
        return "began before the asked time"
    if is_messaging(found) and not any(True for _ in chat_history(events)):
        return "chat"
    rated = is_rating(found.satisfaction.get("score"))
    if rated and not any(event.kind == "SatisfactionRating" or is_survey_answer(event) for event in events):
        return "rating"
    if not any(event.kind in COMMENT_KINDS for event in events) and not is_messaging(found):
        return "without words in the export"
    return ""


def _users(head: Head) -> dict[str, User]:
    found = (payloads.user(data) for data in records(head.body.get("users")))
    return {person.id: person for person in found if person is not None}


def _part(event: Record) -> Part | None:
    """A ticket event as the audit that it speaks of, without what nobody reads."""
    ticket_id, name = ident(event.get("ticket_id")), ident(event.get("id"))
    audit = audit_of_event(event)
    kept = [_lean(data) for data in records(audit.get("events")) if text(data.get("type")) not in NOISE]
    if ticket_id is None or name is None or not kept:
        return None
    return Part(ticket_id, name, {**audit, "events": kept})


def _lean(data: Record) -> Record:
    """A comment without its text in other forms; an internal one may be a note of ours, which is told by either."""
    if not text(data.get("body")) or data.get("public") is False:
        return data
    return {key: value for key, value in data.items() if key not in ("html_body", "plain_body")}


def _in_order(parts: Sequence[Record]) -> list[Record]:
    """By time, and what happened in the same second by the number it was given."""
    beginning = datetime.min.replace(tzinfo=UTC)
    return sorted(parts, key=lambda audit: (moment(audit.get("created_at")) or beginning, int(audit.get("id") or 0)))


def _portions(names: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), AT_ONCE):
        yield list(names[start : start + AT_ONCE])
