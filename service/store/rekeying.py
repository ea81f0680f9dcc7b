"""Customers' keys that an older version stored without a key of our own, hashed once more with it: no name is needed.

Older versions look for their own hashes only, so this is work of the beat, which is restarted last, and not of the
migration. What an older version stored beside the new one is judged once more, as neither saw all of the other's.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from service.store import own_secrets, work
from service.store.history import OF_CONTACTS, UNKEYED, keyed
from service.store.models import ContactKey, Conversation, State
from service.store.secrets import SecretBox
from service.store.tables import METADATA
from service.store.work import SCORING

AT_ONCE = 500
_TABLE = METADATA.tables[ContactKey.__tablename__]


class Rekeyed(NamedTuple):
    """How many keys were mended, and the conversations that are to be scored for it."""

    keys: int
    again: list[str]


def rekey(session: Session, box: SecretBox, *, now: datetime, at_once: int = AT_ONCE) -> Rekeyed:
    """Mend some keys; none are left once it finds none. Raises `SecretsUnreadable`."""
    old = func.length(ContactKey.key) == UNKEYED
    ids = list(session.scalars(select(ContactKey.conversation_id).where(old).limit(at_once)))
    if not ids:
        return Rekeyed(0, [])
    began = own_secrets.made_at(session, OF_CONTACTS)
    secret = own_secrets.made(session, box, OF_CONTACTS, now=now)
    work.lock(session, ids)  # As everybody does who replaces keys.
    rows = session.execute(select(ContactKey.conversation_id, ContactKey.key).where(old, _of(ids))).all()
    mend = (
        update(_TABLE)
        .where(_TABLE.c.conversation_id == bindparam("row_id"), _TABLE.c.key == bindparam("old"))
        .values(key=bindparam("new"))
    )
    mended = [{"row_id": row_id, "old": plain, "new": keyed(secret, plain)} for row_id, plain in rows]
    if mended:
        session.connection().execute(mend, mended)
    late = [] if began is None else _read_since(session, ids, began)
    return Rekeyed(len(mended), [row_id for row_id in late if work.ask(session, SCORING, row_id, at=now)])


def _of(ids: list[str]) -> ColumnElement[bool]:
    return ContactKey.conversation_id.in_(ids)


def _read_since(session: Session, ids: list[str], began: datetime) -> list[str]:
    """Scored ones that an older version read while a newer one was there already; they count as news to others."""
    late = (Conversation.id.in_(ids), Conversation.read_at >= began, Conversation.state == State.SCORED)
    found = session.scalars(select(Conversation.id).where(*late).order_by(Conversation.id)).all()
    session.execute(update(Conversation).where(Conversation.id.in_(found)).values(news=True))
    return list(found)
