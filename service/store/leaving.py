"""Leaving a helpdesk, in the store: stopping, what was ever written, dropping secrets, deleting all, coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from service.store.errand_models import Errand
from service.store.models import Conversation, Delivery, Installation
from service.store.people_models import AuditEntry
from service.store.secrets import SecretBox
from service.store.tables import METADATA
from service.writeback import FIELDS

AT_ONCE = 200
KEPT = frozenset({Errand.__tablename__, AuditEntry.__tablename__})
"""Tables that name an installation and outlive it: the receipt, and the log of who did what."""


class NotDisconnected(ValueError):
    """The installation cannot be connected again; the message says what to do first."""


def stop(session: Session, installation: Installation) -> None:
    """Nothing is read or written any more, and no webhook asks for anything; what was due is not."""
    installation.enabled = installation.writing = False
    session.flush()
    nothing = {"due_at": None, "write_due_at": None, "final_at": None}
    session.execute(update(Conversation).where(Conversation.installation_id == installation.id).values(nothing))


def being_worked_on(session: Session, installation_id: str, *, now: datetime) -> bool:
    """Whether a worker may still be writing to one of its conversations."""
    held = (Conversation.installation_id == installation_id, Conversation.write_lease_until > now)
    return session.scalar(select(Conversation.id).where(*held).limit(1)) is not None


def written(session: Session, installation_id: str, *, after: str, limit: int = AT_ONCE) -> Sequence[tuple[str, str]]:
    """The next conversations beyond `after` (by our id) that were ever written to: our ids and the helpdesk's."""
    wanted = (
        Conversation.installation_id == installation_id, Conversation.written_at.is_not(None), Conversation.id > after,
    )  # fmt: skip
    statement = select(Conversation.id, Conversation.external_id).where(*wanted)
    return [(row[0], row[1]) for row in session.execute(statement.order_by(Conversation.id).limit(limit))]


def nothing_written(session: Session, installation: Installation, external_ids: Sequence[str]) -> None:
    """Nothing of ours stands on these any more."""
    which = (Conversation.installation_id == installation.id, Conversation.external_id.in_(external_ids))
    session.execute(update(Conversation).where(*which).values(there=None, written_at=None, write_state="off"))


def counts(session: Session, installation_id: str) -> dict[str, int]:
    """How much is stored of an installation, by table: the receipt of deleting it."""
    found: dict[str, int] = {}
    for table in METADATA.sorted_tables:
        condition = _belongs(table, installation_id)
        if condition is None or table.name in KEPT or table.name == Installation.__tablename__:
            continue
        number = session.scalar(select(func.count()).select_from(table).where(condition)) or 0
        if number:
            found[table.name] = number
    return found


def _belongs(table: Table, installation_id: str) -> Any:
    """The condition for rows of an installation; `None` for tables that know none."""
    if "installation_id" in table.c:
        return table.c.installation_id == installation_id
    if "conversation_id" in table.c:
        own = select(Conversation.id).where(Conversation.installation_id == installation_id)
        return table.c.conversation_id.in_(own)
    return None


def delete_some(session: Session, installation_id: str, *, limit: int = AT_ONCE) -> bool:
    """Delete some of what is stored, and at last the installation itself; whether something is left."""
    for table in (Conversation, Delivery):
        some = select(table.id).where(table.installation_id == installation_id).limit(limit)
        ids = list(session.scalars(some))
        if ids:
            session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
            return True
    session.execute(delete(Installation).where(Installation.id == installation_id))
    return False


def disconnect(installation: Installation, box: SecretBox, *, now: datetime, unmade: bool) -> None:
    """Drop the secrets, keep scores and figures. `unmade`: our fields are gone, so their ids mean nothing any more."""
    installation.enabled = installation.writing = False
    installation.secrets = box.lock({})
    installation.actor_ids = None
    installation.disconnected_at = now
    if unmade:
        installation.options = {name: value for name, value in installation.options.items() if name not in FIELDS}


def reconnect(installation: Installation, box: SecretBox, *, needed: Mapping[str, str]) -> None:
    """Ask the helpdesk again from now on; what ended meanwhile is found by the next poll. Writing stays off.

    `needed` are the secrets that must be given first, with what they are called. Raises `NotDisconnected`.
    """
    if installation.disconnected_at is None:
        raise NotDisconnected("it is connected")
    given = box.unlock(installation.secrets)
    missing = [title for name, title in needed.items() if not given.get(name)]
    if missing:
        first = f"deskmark installations credentials {installation.id}, or on the page Change"
        raise NotDisconnected(f"its credentials were dropped; give them first ({first}): {', '.join(missing)}")
    installation.disconnected_at, installation.enabled = None, True
