"""Fetches everything of one ticket, in the order that honours an opt-out before any content is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from types import MappingProxyType
from typing import Protocol

from connectors.errors import Merged, NotFound, OptedOut, Rejected, RetryLater
from connectors.http import ApiRequest, ApiResponse
from connectors.zendesk import actions
from connectors.zendesk.changes import is_survey_answer
from connectors.zendesk.channels import is_messaging
from connectors.zendesk.chat import history
from connectors.zendesk.comments import COMMENT_KINDS
from connectors.zendesk.mapping import Material
from connectors.zendesk.names import RememberedGroups
from connectors.zendesk.options import Options
from connectors.zendesk.payloads import (
    EMPTY,
    AuditEvent,
    Record,
    Ticket,
    User,
    audit_events,
    ident,
    record,
    records,
    text,
    ticket,
    user,
    words,
)

REMEMBERED = 900.0
"""Seconds for which an agent's record is good: those who write in chats do not come along with a ticket's audits."""

MOST_PAGES = 60
"""Pages of audits: more than the 5,000 comments that a ticket can hold; a longer ticket is marked truncated."""

IGNORE = "ignore"

MERGED = "closed_by_merge"
"""The tag that Zendesk itself puts on a ticket that was merged into another one."""


class Memory(Protocol):
    """What has been learned of the account: features that it refused."""

    no_log: bool
    no_surveys: bool
    agents: dict[str, tuple[float, User]]
    groups: RememberedGroups


def merged_away(found: Ticket) -> bool:
    """Whether the ticket was closed because it was merged into another one.

    Which tag says so is told by several independent reports, not by the reference. A follow-up inherits its ticket's
    tags, and is none.
    """
    return found.status == "closed" and MERGED in found.tags and found.followup_of is None


class Reader:
    """Reads one ticket; `calls` counts the requests it took."""

    def __init__(self, options: Options, send: Callable[[ApiRequest], ApiResponse], memory: Memory) -> None:
        self.calls = 0
        self._options = options
        self._send = send
        self._memory = memory
        self._users: dict[str, User] = {}
        self._groups: dict[str, str] = {}

    def read(self, ticket_id: str) -> Material:
        """Raises `OptedOut` before content is read, `NotFound` for a deleted ticket, `Merged` for a merged one."""
        found, body = self._shown(ticket_id)
        self._learn(body)
        self._check_opt_out(found, body)
        try:
            return self.rest(found)
        except NotFound as error:
            # What is stored of a ticket that is gone is dropped: so it is asked whether the ticket itself is.
            self._shown(ticket_id)
            raise RetryLater(f"the ticket is there, but a part of it is not: {error}") from error

    def _shown(self, ticket_id: str) -> tuple[Ticket, Record]:
        """The ticket and what came along with it. Raises `NotFound` for a deleted one, `Merged` for a merged one."""
        body = self._get(actions.show_ticket(ticket_id))
        found = ticket(record(body.get("ticket")))
        if found.status in ("deleted", "scrubbed"):
            raise NotFound("the ticket is deleted")
        if merged_away(found):
            raise Merged("the ticket was merged into another one")
        return found, body

    def rest(self, found: Ticket, people: Mapping[str, User] = MappingProxyType({})) -> Material:
        """Everything else of a ticket that is known and has not opted out; `people` are those known already."""
        self._users.update(people)
        audits, truncated = self._pages(lambda cursor: actions.list_audits(found.id, cursor), "audits")
        events = list(audit_events(audits))
        self._fetch_users(authors(events))
        return Material(
            ticket=found,
            users=self._users,
            groups=self._named_groups(found, events),
            audits=tuple(audits),
            log=self._log(found, events),
            survey=self.survey(events),
            truncated=truncated,
        )

    def _named_groups(self, found: Ticket, events: Sequence[AuditEvent]) -> Mapping[str, str]:
        """The groups that came along; all of them where another one is named: an agent's own, or one of long ago."""
        agents = (self._users.get(name) for name in authors(events))
        own = (person.group_id for person in agents if person is not None and person.group_id is not None)
        if {*groups_named(found, events), *own} <= self._groups.keys():
            return self._groups
        return {**self._memory.groups.of(self._get), **self._groups}

    def _get(self, request: ApiRequest) -> Record:
        self.calls += 1
        return record(self._send(request).body)

    def _learn(self, body: Record) -> None:
        """Remember the people and groups that came along."""
        for person in filter(None, (user(data) for data in records(body.get("users")))):
            self._users[person.id] = person
            if person.role in ("agent", "admin"):
                self._memory.agents[person.id] = (monotonic() + REMEMBERED, person)
        for data in records(body.get("groups")):
            if (name := ident(data.get("id"))) is not None:
                self._groups[name] = text(data.get("name")) or name

    def _check_opt_out(self, found: Ticket, body: Record) -> None:
        """The ignore tag on the ticket, its requester or its organisation."""
        if found.requester_id:
            self._fetch_users([found.requester_id])
        requester = self._users.get(found.requester_id or "")
        tags = {*found.tags, *(requester.tags if requester else ())}
        organisations = {ident(data.get("id")): data for data in records(body.get("organizations"))}
        for name in {found.organization_id, requester.organization_id if requester else None} - {None}:
            data = organisations.get(name)
            if data is None and name is not None:
                data = self._organization(name)
            tags.update(words((data or EMPTY).get("tags")))
        if self._options.prefix + IGNORE in tags:
            raise OptedOut("the ticket, its requester or its organisation carries the ignore tag")

    def _organization(self, name: str) -> Record:
        try:
            return record(self._get(actions.show_organization(name)).get("organization"))
        except NotFound:
            return EMPTY

    def _fetch_users(self, names: Sequence[str]) -> None:
        """The users among `names` that did not come along."""
        for name in names:
            until, known = self._memory.agents.get(name, (0.0, None))
            if known is not None and until > monotonic():
                self._users.setdefault(name, known)
        missing = [name for name in dict.fromkeys(names) if name.isdecimal() and name not in self._users]
        for start in range(0, len(missing), 100):
            self._learn(self._get(actions.show_users(missing[start : start + 100])))

    def _pages(self, page: Callable[[str | None], ApiRequest], key: str) -> tuple[list[Record], bool]:
        """All pages, and whether there would have been more. Archived tickets' audits come as one page."""
        found: list[Record] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            body = self._get(page(cursor))
            self._learn(body)
            found.extend(records(body.get(key)))
            meta = record(body.get("meta"))
            cursor = ident(meta.get("after_cursor")) if meta.get("has_more") is True else None
            if cursor is None:
                return found, ident(body.get("next_page")) is not None
        return found, True

    def _log(self, found: Ticket, events: Sequence[AuditEvent]) -> tuple[Record, ...] | None:
        """The conversation log, where the account has it and it tells more than the audits."""
        if self._options.conversation_log == "never" or self._memory.no_log or not is_messaging(found):
            return None
        if self._options.conversation_log == "auto" and any(True for _ in history(events)):
            return None
        try:
            entries, _ = self._pages(lambda cursor: actions.conversation_log(found.id, cursor), "events")
        except (NotFound, Rejected):
            self._memory.no_log = True
            return None
        return tuple(entries)

    def survey(self, events: Sequence[AuditEvent]) -> Record:
        """The answers of a submitted survey, fetched where its event names them only by id."""
        event = next((e for e in reversed(events) if is_survey_answer(e)), None)
        if event is None or self._memory.no_surveys or isinstance(event.data.get("answers"), list):
            return EMPTY
        name = ident(event.data.get("survey_response_id")) or ident(event.data.get("response_id"))
        if name is None:
            return EMPTY
        try:
            return self._get(actions.survey_response(name))
        except NotFound:
            return EMPTY
        except Rejected:
            self._memory.no_surveys = True
            return EMPTY


def authors(events: Sequence[AuditEvent]) -> list[str]:
    """Everybody whose record says whether they are a customer, an agent or a bot."""
    named = [e.author_id for e in events if e.kind in COMMENT_KINDS]
    actors = ((ident(entry.get("actor_id")) or "").rpartition(":")[2] for _, _, entry in history(events))
    assignees = (ident(e.data.get("value")) for e in events if text(e.data.get("field_name")) == "assignee_id")
    return [name for name in (*named, *actors, *assignees) if name]


def groups_named(found: Ticket, events: Sequence[AuditEvent]) -> Iterator[str]:
    """The ticket's own group, and those that it was moved between."""
    if found.group_id:
        yield found.group_id
    for event in events:
        if event.data.get("field_name") == "group_id":
            values = (ident(event.data.get("value")), ident(event.data.get("previous_value")))
            yield from (name for name in values if name)
