"""Customers who were merged or deleted in their helpdesk, and the conversations that are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.store import own_secrets
from service.store.history import OF_CONTACTS, keyed, keys_of, unkeyed
from service.store.models import ContactKey, Conversation
from service.store.secrets import SecretBox
from service.store.statements import insert
from service.store.upkeep_models import ChangedContact

HOPS = 10
"""Merges of merged contacts that are followed: a circle must not hold anybody up."""


def merged(session: Session, installation_id: str, contact_id: str, into_id: str, *, now: datetime) -> None:
    """A contact goes on as another one, whatever was known of it."""
    _keep(session, installation_id, contact_id, into_id, now)


def deleted(session: Session, installation_id: str, contact_id: str, *, now: datetime) -> None:
    """A contact is gone; one that is known to go on as another one is not."""
    if session.get(ChangedContact, (installation_id, contact_id)) is None:
        _keep(session, installation_id, contact_id, None, now)


def _keep(session: Session, installation_id: str, contact_id: str, into_id: str | None, now: datetime) -> None:
    new = insert(session, ChangedContact).values(
        installation_id=installation_id, contact_id=contact_id, into_id=into_id, at=now
    )
    unique = [ChangedContact.installation_id, ChangedContact.contact_id]
    session.execute(new.on_conflict_do_update(index_elements=unique, set_={"into_id": into_id, "at": now}))


def now_known_as(session: Session, installation_id: str, contact_id: str) -> str | None:
    """The id under which a contact goes on, mostly its own; `None` when it was deleted."""
    current = contact_id
    for _ in range(HOPS):
        row = session.get(ChangedContact, (installation_id, current))
        if row is None:
            return current
        if row.into_id is None:
            return None
        current = row.into_id
    return current


def conversations_of(session: Session, box: SecretBox, installation_id: str, key: str) -> Sequence[str]:
    """Ids of an installation's conversations under a customer's key. Raises `SecretsUnreadable`."""
    stored = keys_of(session, box, [key])
    statement = (
        select(ContactKey.conversation_id)
        .join(Conversation, Conversation.id == ContactKey.conversation_id)
        .where(ContactKey.key.in_(stored), Conversation.installation_id == installation_id)
        .order_by(ContactKey.conversation_id)
    )
    return session.scalars(statement).all()


def rename_key(session: Session, box: SecretBox, conversation_id: str, old: str, new: str, *, now: datetime) -> None:
    """Let a conversation be found under another key of its customer in the place of one. Raises `SecretsUnreadable`."""
    mine = ContactKey.conversation_id == conversation_id
    here = (mine, ContactKey.key.in_(keys_of(session, box, [old])))
    if session.scalar(select(ContactKey.key).where(mine, ContactKey.key.in_(keys_of(session, box, [new])))) is None:
        stored = keyed(own_secrets.made(session, box, OF_CONTACTS, now=now), unkeyed(new))
        session.execute(update(ContactKey).where(*here).values(key=stored))
    else:
        session.execute(delete(ContactKey).where(*here))
