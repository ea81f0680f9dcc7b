"""What goes away in the sandbox: tickets merged and deleted, words redacted, users merged and deleted; and the lists
that tell of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from threading import RLock
from typing import Any

from flask import Blueprint, request

from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.account import Account, Refused
from connectors.zendesk.sandbox.answers import own_id, paged, the_account
from connectors.zendesk.sandbox.hooks import Hooks
from connectors.zendesk.sandbox.shapes import API, Record, stamp, via
from connectors.zendesk.sandbox.updates import play

MERGED = "closed_by_merge"
departures = Blueprint("zendesk-departures", __name__)


@departures.get(f"{API}/deleted_tickets")
def _deleted_tickets() -> Record:
    gone = [ticket for ticket in the_account().tickets.values() if ticket["status"] == "deleted"]
    return paged(
        "deleted_tickets",
        [
            {
                "id": ticket["id"],
                "subject": ticket["subject"],
                "actor": {"id": 1, "name": "Agent"},
                "deleted_at": ticket["updated_at"],
                "previous_state": "solved",
            }
            for ticket in gone
        ],
    )


@departures.get(f"{API}/incremental/users/cursor")
def _users() -> Record:
    """Users by when they last changed; one page is enough here."""
    if the_account().users[own_id()]["role"] != "admin":
        raise Refused(403, {"error": "Forbidden", "description": "You do not have access to this page"})
    since = request.args.get("start_time", 0, type=int)
    found = [user for user in the_account().users.values() if shapes.unix(user["updated_at"]) >= since]
    return {"users": found, "after_cursor": None, "after_url": None, "end_of_stream": True}


class Departing:
    """The acts; a part of `Sandbox`."""

    account: Account
    hooks: Hooks
    account_id: int
    _lock: RLock
    _ticket: Callable[[str], Record]
    _emit: Callable[..., None]

    def merge(self, conversation_id: str, into: str) -> None:
        """A ticket is merged into another one: closed, tagged by Zendesk, its words a comment there."""
        with self._lock:
            ticket, target = self._ticket(conversation_id), self._ticket(into)
            through = via("web", rel="merge", origin={"ticket_id": ticket["id"]})
            words = f"Request #{ticket['id']} was closed and merged into this request."
            play(self.account, target, {"comment": {"body": words, "public": False}}, None, through=through)
            words = f"This request was closed and merged into request #{target['id']}."
            change = {"status": "closed", "additional_tags": [MERGED], "comment": {"body": words, "public": False}}
            play(self.account, ticket, change, None, through=through)
            self._emit("merged", ticket, None, {"target_ticket_id": str(target["id"])}, ticket["updated_at"])

    def redact(self, conversation_id: str, words: str) -> None:
        """An agent has words taken out of a ticket's comments and chats: a block character stands for each letter."""
        with self._lock:
            ticket = self._ticket(conversation_id)
            blocks = "▇" * len(words)
            for known in (self.account.audits, self.account.logs):
                known[ticket["id"]] = _without(known[ticket["id"]], words, blocks)
            redaction = {"type": "CommentRedactionEvent", "comment_id": 1}
            ticket["updated_at"] = stamp(self.account.clock())
            self.account.add_audit(ticket, [redaction], None, self.account.clock(), via("web"))
            self._emit("comment_redacted", ticket, None, {"comment": {"id": "1"}}, ticket["updated_at"])

    def merge_customers(self, loser: str, winner: str) -> None:
        """One user's tickets and name go to another one; the first is no longer active."""
        with self._lock:
            gone, left = self.account.users[int(loser)], self.account.users[int(winner)]
            for ticket in self.account.tickets.values():
                if ticket["requester_id"] == gone["id"]:
                    ticket["requester_id"] = left["id"]
            self._deactivate(gone)
            self._tell("merged", left, {"user": {"id": str(gone["id"])}})

    def delete_customer(self, user: str) -> None:
        """A user is deleted; their tickets stay and still name them."""
        with self._lock:
            gone = self.account.users[int(user)]
            self._deactivate(gone)
            self._tell("active_changed", gone, {"current": False, "previous": True})

    def customer(self, conversation_id: str) -> str:
        """The requester of a ticket."""
        return str(self._ticket(conversation_id)["requester_id"])

    def _deactivate(self, user: Record) -> None:
        user |= {"active": False, "updated_at": stamp(self.account.clock())}

    def _tell(self, name: str, user: Record, change: dict[str, Any]) -> None:
        for ident, hook in self.account.hooks.items():
            if f"zen:event-type:user.{name}" in hook.record["subscriptions"]:
                body = shapes.user_envelope(
                    self.account_id, name, user, change, ident=secrets.token_hex(16), at=stamp(self.account.clock())
                )
                self.hooks.send(ident, hook.record["endpoint"], hook.secret, body)


def _without(value: Any, words: str, blocks: str) -> Any:
    """A record in whose texts `words` are blocked out."""
    if isinstance(value, dict):
        return {key: _without(inner, words, blocks) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, words, blocks) for inner in value]
    return value.replace(words, blocks) if isinstance(value, str) else value
