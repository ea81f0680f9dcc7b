"""Taking everything of ours off a Zendesk account: tags and fields of tickets, webhook, trigger, fields, token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import ConnectorError, CredentialsRefused, NotFound, Rejected
from connectors.http import ApiRequest
from connectors.many import Batch, Found, Outcome, Told, told
from connectors.zendesk import actions, bulk, install
from connectors.zendesk.client import EXPORTS, ZendeskClient, next_cursor
from connectors.zendesk.payloads import Record, ident, record, records
from service.writeback import OWN_KEYS

TOKENS = "/api/v2/oauth/tokens"
OWN_TOKEN = f"{TOKENS}/current"
"""https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/"""


class ZendeskRemover:
    """Implements `connectors.many.Remover`."""

    most = bulk.MOST

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._tags = [client.options.prefix + key for key in OWN_KEYS]

    def marked(self, place: Mapping[str, Any] | None) -> Found:
        """Tickets found by one tag after the other: several tags in one query are not the same everywhere.

        A cursor is good for an hour; one that ran out starts its tag anew.
        https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#export-search-results
        """
        number = int((place or {}).get("tag", 0))
        cursor = (place or {}).get("cursor")
        try:
            body = self._export(actions.tagged(self._tags[number], cursor))
        except (Rejected, NotFound):
            if cursor is None:
                raise
            body = self._export(actions.tagged(self._tags[number], None))
        ids = tuple(filter(None, (ident(found.get("id")) for found in records(body.get("results")))))
        following = next_cursor(body)
        if following is not None:
            return Found(ids, {"tag": number, "cursor": following})
        return Found(ids, {"tag": number + 1} if number + 1 < len(self._tags) else None)

    def clear(self, ids: Sequence[str], *, tags_only: bool = False) -> Batch:
        """One bulk update with the same change for all: no ticket has to be read."""
        change: dict[str, Any] = {"remove_tags": self._tags}
        if not tags_only and self._client.options.field_ids:
            fields = self._client.options.field_ids.values()
            change["custom_fields"] = [{"id": number, "value": ""} for number in fields]
        return bulk.start_job(self._client, bulk.same_change(ids, change), ids)

    def job(self, name: str, ids: Sequence[str]) -> Mapping[str, Outcome] | None:
        """What a background job did; `None` while it runs."""
        return bulk.look_at_job(self._client, name, ids)

    def unmake(self, webhook_address: str) -> tuple[Told, ...]:
        """The trigger, the webhook and the ticket fields; with a field its values go, on closed tickets too."""
        return told(install.unmake(self._client, webhook_address))

    def revoke(self) -> tuple[Told, ...]:
        """Revoke every token of our OAuth client by its id, our own last, then see whether that one is refused: the
        short way by `current` was reported to answer 204 and revoke nothing. With the client's secret new ones can be
        had until an admin deletes the client, which no token may do for itself."""
        advice = Told(False, "Delete Deskmark's OAuth client in Admin Center > Apps and integrations > APIs > OAuth.")
        try:
            token = record(record(self._client.send(ApiRequest("GET", OWN_TOKEN)).body).get("token"))
            name = ident(token.get("id")) or "current"
            for other in (*self._tokens_beside(name, ident(token.get("client_id"))), name):
                self._client.send(ApiRequest("DELETE", f"{TOKENS}/{other}"))
        except CredentialsRefused:
            return (Told(True, "The access token is not accepted any more."), advice)
        except ConnectorError as error:
            return (Told(False, f"The access token could not be revoked ({error})."), advice)
        refused = self._client.is_refused()
        word = (
            "The access token is revoked." if refused else "Zendesk still accepts the access token after revoking it."
        )
        return (Told(refused, word), advice)

    def _tokens_beside(self, own: str, client_id: str | None) -> list[str]:
        """Ids of the other tokens of our OAuth client: each worker has asked for one. Only admins may list them."""
        if client_id is None:
            return []
        try:
            listed = self._client.send(ApiRequest("GET", TOKENS, query={"client_id": client_id, "page[size]": "100"}))
        except Rejected:
            return []
        names = (ident(token.get("id")) for token in records(record(listed.body).get("tokens")))
        return [name for name in names if name is not None and name != own]

    def _export(self, request: ApiRequest) -> Record:
        rate = self._client.options.search_export_rate
        return record(self._client.send(request, bucket=EXPORTS, rate=rate).body)
