"""What goes away in the sandbox: conversations deleted and merged, words redacted, contacts merged and deleted; and
what version 2.16 lists of it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

from flask import Blueprint, current_app, request

from connectors.intercom.sandbox import shapes
from connectors.intercom.sandbox.api import refuse
from connectors.intercom.sandbox.hooks import Hooks
from connectors.intercom.sandbox.workspace import Record, Workspace

routes = Blueprint("intercom-departing", __name__)
SINCE = "2.16"


def _departed() -> Workspace:
    if request.headers.get("Intercom-Version") != SINCE:
        refuse(400, "intercom_version_invalid", "Requested resource is not available in current API version.")
    workspace: Workspace = current_app.config["WORKSPACE"]
    return workspace


@routes.get("/conversations/deleted")
def _deleted() -> Record:
    gone = sorted(_departed().deleted.items(), key=lambda item: item[1], reverse=True)
    size, number = request.args.get("per_page", 20, type=int), request.args.get("page", 1, type=int)
    some = gone[(number - 1) * size : number * size]
    found = [{"type": "conversation", "id": name, "metrics_retained": True, "deleted_at": at} for name, at in some]
    pages = {"type": "pages", "page": number, "per_page": size, "total_pages": -(-len(gone) // size)}
    return {"type": "conversations.list", "total_count": len(gone), "pages": pages, "conversations": found}


@routes.get("/contacts/<contact_id>/merge_history")
def _history(contact_id: str) -> Record:
    workspace = _departed()
    if contact_id not in workspace.contacts:
        refuse(404, "not_found", "Contact not found")
    found = [
        {"type": "merge_history", "source_contact_id": loser, "source_contact_role": "lead", "merged_at": 1}
        for loser, winner in workspace.merged.items()
        if winner == contact_id
    ]
    return {"type": "list", "data": found, "has_more": False, "next_cursor": None}


class Departing:
    """The acts; a part of `Sandbox`."""

    workspace: Workspace
    hooks: Hooks
    _lock: RLock
    _record: Callable[[str], Record]
    _emit: Callable[..., None]

    def redact(self, conversation_id: str, part_id: str) -> None:
        """An agent deletes a message (the first one where no part has this id): its text is replaced, it is marked."""
        with self._lock:
            record = self._record(conversation_id)
            known = next((part for part in record["parts"] if part["id"] == part_id), None)
            part = record["source"] if known is None else known
            part.update(body="<p><i>This message was deleted</i></p>", redacted=True)
            self._emit("conversation_part.redacted", record, known)

    def delete(self, conversation_id: str) -> None:
        """A conversation is deleted; the notification carries its id only."""
        with self._lock:
            record = self.workspace.conversations.pop(conversation_id)
            self.workspace.deleted[conversation_id] = self.workspace.now()
            self._tell("conversation.deleted", {"type": "conversation", "id": record["id"]})

    def merge(self, conversation_id: str, into: str) -> None:
        """A conversation is merged into another one: it is closed, and both tell so by a part."""
        with self._lock:
            gone, left = self._record(conversation_id), self._record(into)
            operator = self.workspace.author(self.workspace.operator)
            self.workspace.add_part(left, "merged_primary_conversation", operator)
            self.workspace.set_state(gone, "closed", at=self.workspace.now())
            self.workspace.add_part(gone, "merged_secondary_conversation", operator)
            self._emit("conversation.admin.closed", gone, gone["parts"][-1])

    def merge_customers(self, loser: str, winner: str) -> None:
        """A lead becomes one with a user: the topic names only the user."""
        with self._lock:
            self.workspace.contacts.pop(loser)
            self.workspace.merged[loser] = winner
            for record in self.workspace.conversations.values():
                for contact in record["contacts"]["contacts"]:
                    contact["id"] = winner if contact["id"] == loser else contact["id"]
            self._tell("contact.merged", shapes.contact(self.workspace.contacts[winner]))

    def delete_customer(self, contact_id: str) -> None:
        """A contact is deleted for good; their conversations stay."""
        with self._lock:
            self.workspace.contacts.pop(contact_id)
            self._tell("contact.deleted", {"type": "contact", "id": contact_id})

    def customer(self, conversation_id: str) -> str:
        """The contact of a conversation."""
        return str(self._record(conversation_id)["contacts"]["contacts"][0]["id"])

    def _tell(self, topic: str, item: dict[str, Any]) -> None:
        self.hooks.send(shapes.notification(self.workspace, topic, item))
