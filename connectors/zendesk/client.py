"""Zendesk's API for one installation: reading a ticket, writing our verdict, finding what ended. HTTP only."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

import requests

from connectors.base import Changes, Ended, Installation, Reading
from connectors.errors import Conflict, ConnectorError, CredentialsRefused, NotWritable, Rejected, RetryLater
from connectors.http import ApiRequest, ApiResponse, Http
from connectors.names import Names
from connectors.zendesk import actions, watching
from connectors.zendesk import names as naming
from connectors.zendesk.auth import BearerToken
from connectors.zendesk.limits import limits
from connectors.zendesk.mapping import read_ticket
from connectors.zendesk.options import Options
from connectors.zendesk.payloads import Record, User, ident, record, records, text
from connectors.zendesk.payloads import moment as at_of
from connectors.zendesk.reader import Reader
from service.writeback import Plan, Writable

log = logging.getLogger(__name__)

ACCOUNT = "api"
UPDATES = "tickets-update"
MANY = "tickets-update-many"
EXPORTS = "search-export"
INCREMENTAL = "incremental"

JOB_LOOKS = 3
"""How often a background job is looked at in one go; a slow one is looked at again by re-reading the ticket."""

JOB_WAIT = 10.0

# Nobody has recorded these answers; both phrases come from several independent clients and the help center.
CLOSED = "closed prevents ticket update"
READ_ONLY = ("read-only", "read only", "ai agent ticket")


@dataclass(slots=True)
class Known:
    """What has been learned of an account while the process runs."""

    no_log: bool = False
    no_surveys: bool = False
    agents: dict[str, tuple[float, User]] = field(default_factory=dict)
    groups: naming.RememberedGroups = field(default_factory=naming.RememberedGroups)


class ZendeskClient:
    """Implements `connectors.base.Client`. Kept for as long as the installation does not change; thread-safe."""

    def __init__(self, installation: Installation, http: Http, known: Known) -> None:
        """`http.session` gets our authentication; `known` outlives this client."""
        self.installation = installation
        self.options = Options.read(installation.options, prefix=installation.prefix)
        self._http = http
        self._known = known
        self._own_id: str | None = None
        self._auth = BearerToken(installation)
        http.session.auth = self._auth

    def read(self, conversation_id: str) -> Reading:
        """Two requests for a ticket with up to 100 updates; further pages, people and surveys only where needed."""
        reader = Reader(self.options, self.send, self._known)
        material = reader.read(conversation_id)
        return read_ticket(material, self.installation, self.options, calls=reader.calls)

    def write(self, reading: Reading, plan: Plan) -> int:
        """Make `plan` true with one request. Raises `Conflict`, and `NotWritable` for what only AI agents hold."""
        if not plan:
            return 0
        if reading.there.writable is Writable.NOTHING:
            raise NotWritable("the ticket is read-only while only an AI agent holds it")
        request = actions.write(reading, plan, self.options)
        if request is None:
            return 0
        if reading.there.writable is Writable.TAGS_ONLY:
            return self._write_closed(request)
        ticket_id = reading.conversation.id
        self._http.take(_one_ticket(ticket_id), self.options.per_ticket_rate)
        try:
            self.send(request, bucket=UPDATES, rate=self.options.ticket_update_rate, ticket_id=ticket_id)
        except Rejected as error:
            if not _says(error, CLOSED):
                _refused(error)
            return 1 + self._write_as_closed(reading, plan, error)
        return 1

    def ended_since(self, moment: datetime) -> Iterator[Ended]:
        """Tickets solved at or after `moment`, by exporting a search: an agent may do so, and unlike the incremental
        export it does not give back every ticket that we have only just written to. A ticket is found some minutes
        after it was solved, so a caller looks back a little further than its last call. The list does not tell when a
        ticket was solved, but when it last changed."""
        since = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        cursor: str | None = None
        while True:
            request = actions.solved_since(since, cursor)
            body = record(self.send(request, bucket=EXPORTS, rate=self.options.search_export_rate).body)
            for found in records(body.get("results")):
                if (name := ident(found.get("id"))) is not None:
                    yield Ended(name, at_of(found.get("updated_at")))
            cursor = next_cursor(body)
            if cursor is None:
                return

    def changed_since(self, moment: datetime, place: str = "") -> Changes:
        """A page of what went at or after `moment`: tickets, words, customers."""
        return watching.changes(self._exported, moment, place)

    def merged(self, contact_ids: Sequence[str]) -> Mapping[str, str]:
        """Of two users the one that is gone, with the one that is left; nothing unless that is clear.

        A merged user is no longer active; the reference does not say which of the two an event names.
        """
        if len(contact_ids) < 2:
            return {}
        people = records(record(self.send(actions.show_users(list(contact_ids))).body).get("users"))
        active = {name: data.get("active") is not False for data in people if (name := ident(data.get("id")))}
        left = [name for name in contact_ids if active.get(name, False)]
        return {name: left[0] for name in contact_ids if name != left[0]} if len(left) == 1 else {}

    def names(self, bots: Collection[str]) -> Names:
        """Brands, groups and those of `bots` that are surely bots."""
        return naming.names(lambda request: record(self.send(request).body), self.installation.id, bots, self.options)

    def ping(self) -> None:
        """Ask who we are: any good token may."""
        self.me()

    def _exported(self, request: ApiRequest) -> Record:
        """An incremental export counts against its own limit and the account's."""
        self._http.take(ACCOUNT, self.options.rate)
        return record(self.send(request, bucket=INCREMENTAL, rate=self.options.incremental_rate).body)

    def own_actor_ids(self) -> frozenset[str]:
        """The id of the user that the token belongs to; asked once."""
        if self._own_id is None:
            self._own_id = ident(self.me().get("id"))
        return frozenset(filter(None, (self._own_id,)))

    def me(self) -> Record:
        """The user that the token belongs to."""
        return record(record(self.send(actions.me()).body).get("user"))

    def update_many(self, request: ApiRequest) -> Record:
        """Start a bulk or batch update; its job. Counts against the limit of updates.

        `Throttled` when no more jobs are taken (30 may wait or run): bulk updates then pause, single ones do not.
        """
        self._http.take(UPDATES, self.options.ticket_update_rate)
        response = self.send(request, bucket=MANY, rate=self.options.ticket_update_rate)
        return record(record(response.body).get("job_status"))

    def is_refused(self) -> bool:
        """Whether Zendesk refuses the token that was used last; no other one is asked for."""
        try:
            self._http.send(actions.me(), bucket=ACCOUNT, rate=self.options.rate)
        except CredentialsRefused:
            return True
        return False

    def send(
        self, request: ApiRequest, *, bucket: str = ACCOUNT, rate: str = "", ticket_id: str | None = None
    ) -> ApiResponse:
        """Send one request under its limit, renewing a refused token once, and obey what the answer says of limits."""
        try:
            response = self._http.send(request, bucket=bucket, rate=rate or self.options.rate)
        except CredentialsRefused as error:
            refused = _response(error)
            if refused is None or not self._auth.renew(_authorization(refused)):
                raise
            response = self._http.send(request, bucket=bucket, rate=rate or self.options.rate)
        self._heed(response, ticket_id)
        return response

    def _heed(self, response: ApiResponse, ticket_id: str | None) -> None:
        for left in limits(response.headers):
            if left.remaining > 0:
                continue
            buckets: tuple[str, ...] = (left.endpoint,)
            if not left.endpoint:
                buckets = (ACCOUNT, UPDATES, EXPORTS)
            elif left.endpoint.startswith("per-ticket"):
                buckets = (_one_ticket(ticket_id or ""),)
            for bucket in buckets:
                self._http.pause(bucket, left.resets)
        if warning := response.headers.get("x-zendesk-api-warn"):
            # names keys and values' positions only; what was ignored would otherwise be lost without a sign
            log.warning("zendesk %s ignored part of a request: %s", self.installation.id, warning[:500])

    def _write_as_closed(self, reading: Reading, plan: Plan, closed: Rejected) -> int:
        """The ticket was closed after it was read: its tags can still be written."""
        request = actions.tags_of_closed(reading, plan, self.options)
        if request is None:
            raise NotWritable("the ticket is closed: only its tags can change, and they need not") from closed
        return self._write_closed(request)

    def _write_closed(self, request: ApiRequest) -> int:
        """Run the bulk update and see it done.

        A job that takes longer raises `RetryLater`: the caller then reads the ticket again, and a job that was done
        meanwhile leaves nothing to plan.
        """
        job = self.update_many(request)
        for looked in range(JOB_LOOKS + 1):
            if _finished(job):
                return 1 + looked
            if looked < JOB_LOOKS and (name := ident(job.get("id"))):
                job = record(record(self.send(actions.show_job(name)).body).get("job_status"))
        raise RetryLater("the bulk update of a closed ticket is still running", after=JOB_WAIT)


def next_cursor(body: Record) -> str | None:
    """Where the next page starts; `None` on the last one."""
    meta = record(body.get("meta"))
    return ident(meta.get("after_cursor")) if meta.get("has_more") is True else None


def _finished(job: Record) -> bool:
    """Whether a job is done; raises when it failed for our ticket. Results vary in shape: failures are looked for."""
    status = text(job.get("status"))
    if status in ("failed", "killed"):
        raise NotWritable(f"the bulk update of a closed ticket {status}")
    if status != "completed":
        return False
    for result in records(job.get("results")):
        if result.get("error") or result.get("success") is False:
            reason = text(result.get("error")) or "it gave no reason"
            raise (
                Conflict(reason)
                if "conflict" in reason.lower()
                else NotWritable(f"closed ticket not updated: {reason}")
            )
    return True


def _one_ticket(ticket_id: str) -> str:
    return f"ticket/{ticket_id}"


def _response(error: ConnectorError) -> requests.Response | None:
    cause = error.__cause__
    return cause.response if isinstance(cause, requests.HTTPError) else None


def _authorization(response: requests.Response) -> str:
    return str(response.request.headers.get("Authorization", ""))


def _says(error: ConnectorError, *phrases: str) -> bool:
    """Whether a refusal's body holds one of `phrases`, under whatever key."""
    response = _response(error)
    return response is not None and any(phrase in response.text.lower() for phrase in phrases)


def _refused(error: Rejected) -> NoReturn:
    response = _response(error)
    if response is not None and response.status_code in (403, 422) and _says(error, *READ_ONLY):
        raise NotWritable("the ticket is read-only while only an AI agent holds it") from error
    raise error
