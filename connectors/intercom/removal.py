"""Taking everything of ours off an Intercom workspace: tags and attributes of conversations, and the tags' names.

Intercom changes one conversation at a time, and has no way over the API to remove a note, a conversation attribute, a
webhook or its own access token: what is left to do by hand is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from connectors.errors import ConnectorError, NotFound, Rejected, RetryLater
from connectors.intercom import actions, install
from connectors.intercom.client import IntercomClient
from connectors.intercom.payloads import Conversation, ConversationPage
from connectors.intercom.transport import status_of
from connectors.many import DONE, Batch, Found, Outcome, Told, Trouble, told
from service.writeback import FIELDS, OWN_KEYS

UNINSTALL = (
    "Uninstall Deskmark's app in Intercom's Developer Hub (Your workspaces > Uninstall app): this revokes the access "
    "token and ends the webhooks; Intercom lets no app do it over its API."
)
"""https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/installing-uninstalling-apps"""


class IntercomRemover:
    """Implements `connectors.many.Remover`."""

    most = 1

    def __init__(self, client: IntercomClient, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self._names = frozenset(prefix + key for key in OWN_KEYS)

    def marked(self, place: Mapping[str, Any] | None) -> Found:
        """Conversations found by one tag after the other; only tags that the workspace has are looked for."""
        tags = self._own_tags()
        number, cursor = int((place or {}).get("tag", 0)), (place or {}).get("cursor")
        if number >= len(tags):
            return Found((), None)
        request = actions.tagged(tags[number][1], cursor)
        page = ConversationPage.model_validate(self._client.send(request).body)
        ids = tuple(found.id for found in page.conversations if found.id is not None)
        if page.pages.starting_after is not None:
            return Found(ids, {"tag": number, "cursor": page.pages.starting_after})
        return Found(ids, {"tag": number + 1} if number + 1 < len(tags) else None)

    def clear(self, ids: Sequence[str], *, tags_only: bool = False) -> Batch:
        """Each conversation by itself: it is read, then only what is there is taken off."""
        before = self._client.calls()
        outcomes = {name: self._clear(name, tags_only=tags_only) for name in ids}
        return Batch(tuple(ids), calls=self._client.calls() - before, outcomes=outcomes)

    def job(self, name: str, ids: Sequence[str]) -> Mapping[str, Outcome] | None:
        """Intercom has no background jobs for this."""
        del name
        return dict.fromkeys(ids, DONE)

    def unmake(self, webhook_address: str) -> tuple[Told, ...]:
        """The tags' names and, where the API lets us, the attributes. The webhook belongs to the app."""
        by_hand = f"Remove the webhook to {webhook_address} in the Developer Hub, unless you uninstall the app."
        return (*told(install.unmake(self._client, prefix=self._prefix)), Told(False, by_hand))

    def revoke(self) -> tuple[Told, ...]:
        """Nothing can be done from here."""
        return (Told(False, UNINSTALL),)

    def _own_tags(self) -> list[tuple[str, str]]:
        """Our tags that the workspace has, with their ids; in an order that stays the same."""
        return sorted((name, number) for name, number in self._client.workspace.tags().items() if name in self._names)

    def _clear(self, name: str, *, tags_only: bool) -> Outcome:
        try:
            there = Conversation.model_validate(self._client.send(actions.retrieve(name)).body)
            for tag in there.tags:
                if tag.name not in self._names or tag.id is None:
                    continue
                with suppress(NotFound):  # It was read a moment ago: what is not there is the tag.
                    self._client.send(actions.remove_tag(name, tag.id, self._client.admin_id()))
            set_now = [field for field in FIELDS if there.custom_attributes.get(field) not in (None, "")]
            if set_now and not tags_only:
                self._empty(name, set_now)
        except RetryLater:
            raise
        except NotFound:
            return Outcome(Trouble.GONE, "it is not there any more")
        except ConnectorError as error:
            return Outcome(Trouble.REFUSED, str(error)[:200])
        return DONE

    def _empty(self, name: str, fields: Sequence[str]) -> None:
        """All at once; where Intercom takes no empty number, one by one, so that only that one is left."""
        try:
            self._client.send(actions.set_attributes(name, dict.fromkeys(fields, "")))
        except Rejected as error:
            if status_of(error) != 400 or len(fields) == 1:
                raise
            refused: Rejected | None = None
            for field in fields:
                try:
                    self._client.send(actions.set_attributes(name, {field: ""}))
                except Rejected as one:
                    refused = one
            if refused is not None:
                raise refused from error
