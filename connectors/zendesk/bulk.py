"""Many tickets in one request: plans written in batches of 100, and background jobs read. HTTP through the client.

A ticket that can take everything goes into a *batch* update, each ticket with its own change and stamp; closed tickets
take tags only, and those with the same change go together into a *bulk* update.
https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-many-tickets
https://developer.zendesk.com/documentation/ticketing/managing-tickets/adding-tags-to-tickets-without-overwriting-existing-tags/
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.base import Reading
from connectors.errors import ConnectorError
from connectors.http import ApiRequest
from connectors.many import DONE, Batch, Outcome, Trouble
from connectors.zendesk import actions
from connectors.zendesk.client import CLOSED, ZendeskClient
from connectors.zendesk.payloads import Record, ident, record, records, text
from service.writeback import Plan, Writable

MOST = 100
"""Tickets in one request: Zendesk's maximum."""


class ZendeskWriter:
    """Implements `connectors.many.Writer`."""

    most = MOST

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    def write_many(self, changes: Sequence[tuple[Reading, Plan]]) -> Iterator[Batch]:
        """One request for the tickets that take everything, one for each different change of closed ones."""
        whole: list[dict[str, Any]] = []
        closed: defaultdict[str, list[str]] = defaultdict(list)
        idle: dict[str, Outcome] = {}
        for reading, plan in changes:
            request = actions.write(reading, plan, self._client.options)
            name = reading.conversation.id
            if request is None:
                nothing = reading.there.writable is Writable.NOTHING
                idle[name] = Outcome(Trouble.REFUSED, "only its AI agent can change it now") if nothing else DONE
            elif reading.there.writable is Writable.TAGS_ONLY:
                closed[json.dumps((request.json or {})["ticket"], sort_keys=True)].append(name)
            else:
                whole.append({"id": int(name), **(request.json or {})["ticket"]})
        if idle:
            yield Batch(tuple(idle), calls=0, outcomes=idle)
        if whole:
            request = ApiRequest("PUT", actions.UPDATE_MANY, json={"tickets": whole})
            yield self._sent(request, [str(ticket["id"]) for ticket in whole])
        for change, ids in closed.items():
            yield self._sent(same_change(ids, json.loads(change)), ids)

    def job(self, name: str, ids: Sequence[str]) -> Mapping[str, Outcome] | None:
        """What a background job did; `None` while it runs."""
        return look_at_job(self._client, name, ids)

    def _sent(self, request: ApiRequest, ids: Sequence[str]) -> Batch:
        return start_job(self._client, request, ids)


def same_change(ids: Sequence[str], change: Mapping[str, Any]) -> ApiRequest:
    """The same change of up to 100 tickets."""
    return ApiRequest("PUT", actions.UPDATE_MANY, json={"ticket": dict(change)}, query={"ids": ",".join(ids)})


def start_job(client: ZendeskClient, request: ApiRequest, ids: Sequence[str]) -> Batch:
    """Send a bulk or batch update; what became of the tickets is known once its job is done."""
    job = client.update_many(request)
    name = ident(job.get("id"))
    if name is None:
        raise ConnectorError("Zendesk took a bulk update but did not say its job's id; the tickets are looked at again")
    return Batch(tuple(ids), job=name)


def look_at_job(client: ZendeskClient, name: str, ids: Sequence[str]) -> Mapping[str, Outcome] | None:
    """Each ticket's outcome; `None` while the job is queued or working.

    Results vary in shape: a ticket is named by `id`, else by its `index`; one that is not named was done.
    https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
    """
    job = record(record(client.send(actions.show_job(name)).body).get("job_status"))
    status = text(job.get("status"))
    if status in ("failed", "killed"):
        return dict.fromkeys(ids, Outcome(Trouble.REFUSED, f"the bulk update {status}"))
    if status != "completed":
        return None
    outcomes = dict.fromkeys(ids, DONE)
    for result in records(job.get("results")):
        named = ident(result.get("id"))
        place = result.get("index")
        if named not in outcomes and isinstance(place, int) and 0 <= place < len(ids):
            named = ids[place]
        if named in outcomes and named is not None:
            outcomes[named] = _outcome(result)
    return outcomes


def _outcome(result: Record) -> Outcome:
    """One ticket's result. Nobody has recorded failures of every kind: they are told by words, under whatever key."""
    code = text(result.get("error"))
    if not code and result.get("success") is not False:
        return DONE
    said = f"{code} {json.dumps(result.get('details') or result.get('errors') or '')}".lower()
    if "conflict" in said or "safe update" in said:
        return Outcome(Trouble.CHANGED, "it changed since it was read")
    if CLOSED in said or "closedticket" in said:
        return Outcome(Trouble.CLOSED, "it is closed")
    if "notfound" in said.replace(" ", "") or "invalidrecord" in said:
        return Outcome(Trouble.GONE, "it is not there any more")
    return Outcome(Trouble.REFUSED, code[:100] or "Zendesk gave no reason")
