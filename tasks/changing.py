"""What went away in a helpdesk, told by a webhook or found in its lists: conversations, words, customers.

A deleted customer's texts are dropped at once. Then their conversations are read again: a customer who was merged
into another one looks deleted too, and their history goes on under the other one's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import structlog
from sqlalchemy.orm import Session

from connectors.base import CONTACT, Change, Signal
from service.conversation import Contact, Conversation
from service.document import from_document, to_document
from service.scoring.customer import MatchedBy, customer_keys
from service.store import backfills, contacts, conversations, cursors, forgetting, models, work
from service.store.models import Installation, State
from service.store.work import SCORING
from tasks.runtime import Runtime

PLACE = "changes"
MERGE, DELETE = "merge ", "delete "
EVERY = timedelta(minutes=20)
"""How often the lists are read: what a lost webhook would have told is known within this and one look more."""
OVERLAP = timedelta(minutes=10)
AT_ONCE = 100
log = structlog.get_logger(__name__)


def look(runtime: Runtime, row: Installation, still_ours: Callable[[], bool]) -> int:
    """Read the helpdesk's lists of what went away, when it is time; how many changes concerned us.

    Each page is remembered, so that a list longer than the helpdesk's limits allow is read in portions.
    """
    _follow_merges(runtime, row)
    now, found = runtime.clock(), 0
    with runtime.database.read() as session:
        known = cursors.get(session, row.id, PLACE)
    state: dict[str, Any] = (
        {"since": row.created_at.isoformat(), "place": None} if known is None else json.loads(known[0])
    )
    if state["place"] is None:
        if known is not None and now - known[1] < EVERY:
            return 0
        state = {"since": state["since"], "began": now.isoformat(), "place": ""}
    while state["place"] is not None and still_ours():
        since = datetime.fromisoformat(state["since"]) - OVERLAP
        page = runtime.client(row).changed_since(since, state["place"])
        found += sum(apply(runtime, row, change) for change in page.found)
        done = page.place is None
        state = {"since": state["began"], "place": None} if done else {**state, "place": page.place}
        with runtime.database.begin() as session:
            cursors.put(session, row.id, PLACE, json.dumps(state), now=now)
    if found:
        log.info("changes_found", installation=row.id, found=found)
    return found


def apply(runtime: Runtime, row: Installation, change: Change) -> bool:
    """Do what a change asks for; whether it concerns anything that is kept."""
    if change.signal is Signal.CONTACT_DELETED:
        return contact_deleted(runtime, row, change.id) > 0
    now = runtime.clock()
    row_id = conversations.conversation_id(row.connector, row.account, change.id)
    with runtime.database.begin() as session:
        backfills.outdate(session, row.id, change.id)
        known = session.get(models.Conversation, row_id)
        if known is None or not concerns(known, change.signal):
            return False
        redacted(session, known, change.signal, now)
        conversations.announce(session, row, change.id, at=now, now=now)
    runtime.queue.score([row_id])
    return True


def concerns(known: models.Conversation, signal: Signal) -> bool:
    """Whether there is anything to be done: what went already, and what holds no text, is left alone."""
    if known.state in (State.GONE, State.MERGED, State.OPTED_OUT, State.ERASED):
        return False
    return signal is not Signal.REDACTED or known.read_at is not None


def redacted(session: Session, known: models.Conversation, signal: Signal, now: datetime) -> None:
    """Words were taken out of a conversation that goes on: what was kept of it goes at once, and not when it ends."""
    if signal is Signal.REDACTED and known.state != State.SCORED:
        forgetting.drop_texts(session, known.id, now=now, keep_history=True)


def contact_deleted(runtime: Runtime, row: Installation, contact_id: str) -> int:
    """A customer was deleted: the texts of their conversations go; how many conversations these are."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        contacts.deleted(session, row.id, contact_id, now=now)
        ids = contacts.conversations_of(session, runtime.secrets, row.id, contact_key(row, contact_id))
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        with runtime.database.begin() as session:
            work.lock(session, some)
            for row_id in some:
                forgetting.drop_texts(session, row_id, now=now)
                conversations.read_again(session, row_id, at=now)
        runtime.queue.score(some)
    return len(ids)


def told_of_contacts(
    session: Session, installation_id: str, signal: Signal, contact_ids: Sequence[str], *, now: datetime
) -> None:
    """A webhook told of merged or deleted contacts: kept until `settle_deleted` and `look` have seen to it."""
    ids = ",".join(contact_ids)
    begin = MERGE if signal is Signal.CONTACT_MERGED else DELETE
    name = begin + blake2b(ids.encode(), digest_size=8).hexdigest()
    cursors.put(session, installation_id, name, ids, now=now)


def settle_deleted(runtime: Runtime, row: Installation) -> None:
    """Drop what is kept of customers whose deletion a webhook told. No helpdesk is asked for it."""
    with runtime.database.read() as session:
        told = cursors.named(session, row.id, DELETE)
    for name, ids in told.items():
        for contact_id in ids.split(","):
            contact_deleted(runtime, row, contact_id)
        with runtime.database.begin() as session:
            cursors.drop(session, row.id, name)


def _follow_merges(runtime: Runtime, row: Installation) -> None:
    with runtime.database.read() as session:
        told = cursors.named(session, row.id, MERGE)
    for name, ids in told.items():
        for loser, winner in runtime.client(row).merged(ids.split(",")).items():
            follow(runtime, row, loser, winner)
        with runtime.database.begin() as session:
            cursors.drop(session, row.id, name)


def follow(runtime: Runtime, row: Installation, loser: str, winner: str) -> int:
    """One customer's history goes on as another's: documents and keys, and everything near is judged again."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        contacts.merged(session, row.id, loser, winner, now=now)
        ids = contacts.conversations_of(session, runtime.secrets, row.id, contact_key(row, loser))
    old, new = contact_key(row, loser), contact_key(row, winner)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        with runtime.database.begin() as session:
            work.lock(session, some)
            for row_id in some:
                contacts.rename_key(session, runtime.secrets, row_id, old, new, now=now)
                _rename(session, row_id, winner)
                work.ask(session, SCORING, row_id, at=now, only=State.SCORED)
        runtime.queue.score(some)
    log.info("contact_merged", installation=row.id, conversations=len(ids))
    return len(ids)


def _rename(session: Session, row_id: str, winner: str) -> None:
    """Let a stored document name the customer's new id; the customer's other conversations are to be judged by it."""
    known = conversations.get(session, row_id)
    if known is None or known.document is None:
        return
    stored = from_document(known.document)
    known.document = to_document(replace(stored, contact=replace(stored.contact, id=winner)))
    known.news = True


def under_its_name(session: Session, installation_id: str, conversation: Conversation) -> Conversation | None:
    """The conversation under the name by which its customer goes on after a merge; `None` of one who was deleted."""
    contact = conversation.contact
    if contact.id is None:
        return conversation
    name = contacts.now_known_as(session, installation_id, contact.id)
    return None if name is None else replace(conversation, contact=replace(contact, id=name))


def contact_key(row: Installation, contact_id: str) -> str:
    """The key by which a helpdesk's own id of a customer finds their conversations."""
    somebody = Conversation(
        id="", messages=(), contact=Contact(id=contact_id), helpdesk=row.connector, account=row.account
    )
    return next(key for key in customer_keys(somebody) if key.startswith(f"{MatchedBy.CONTACT}:"))


def contacts_of(about: str) -> tuple[str, ...]:
    """The contacts that a delivery speaks of."""
    return tuple(filter(None, about.removeprefix(CONTACT).split(",")))
