"""Finding everything that is stored of one person, from what an admin names to all they wrote on every helpdesk.

What is found by something that anybody can have typed, such as an address nobody verified, is the person's too, but is
not followed any further. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from service.conversation import Conversation
from service.document import from_document
from service.store import installations, mentions, models, suppression
from service.store.database import Database
from service.store.history import keys_of
from service.store.mentions import Mention
from service.store.models import ContactKey, Delivery
from service.store.secrets import SecretBox
from service.store.suppression import Identity, IdentityKind, NoIdentity

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Request:
    """Who is to be erased, from which installations (none: all), by whom, and whether they may come back."""

    identity: Identity
    by: str
    scope: tuple[str, ...] = ()
    may_come_back: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a person: ids of their conversations, the names that lead to more, and mentions elsewhere."""

    rows: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    mentions: tuple[Mention, ...] = ()
    accounts: tuple[str, ...] = ()
    """Ids of the installations the conversations are of."""


@dataclass(slots=True)
class _Search:
    """A search on its way: what was found, and the hashed keys that were not followed yet."""

    stored_as: Callable[[Iterable[str]], list[bytes]]
    rows: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    keys: set[bytes] = field(default_factory=set)

    def take(self, row: models.Conversation, conversation: Conversation, *, trusted: bool) -> None:
        """A conversation is the person's. What it was found by is followed only where nobody else can have typed it."""
        self.rows[row.id] = row.installation_id
        if trusted:
            self.names |= suppression.trusted_names(conversation)
            self.keys |= set(self.stored_as(suppression.trusted_names(conversation)))


def check(session: Session, request: Request) -> None:
    """Raises `NoIdentity` where a contact's id could be somebody else's on another helpdesk."""
    several = len(request.scope) > 1 or (not request.scope and len(installations.all_of(session)) > 1)
    if request.identity.kind is IdentityKind.CONTACT and several:
        raise NoIdentity(
            "the id of a contact is one helpdesk's own, and somebody else's on another: name the helpdesk, and erase "
            "the person elsewhere by e-mail"
        )


def find(database: Database, box: SecretBox, request: Request) -> Found:
    """Everything there is of the person. Reads every stored conversation of the scope once.

    Raises `SecretsUnreadable`.
    """
    with database.read() as session:
        search = _Search(partial(keys_of, session, box))
        for row, conversation in _stored(session, request.scope):
            trusted = _is_of(request.identity, conversation)
            if trusted is not None:
                search.take(row, conversation, trusted=trusted)
        _follow(session, search, request.scope)
        elsewhere = () if request.scope else tuple(mentions.find(session, request.identity))
    # What stands in the person's own conversations goes as a whole.
    return Found(
        rows=tuple(sorted(search.rows)),
        names=frozenset({*search.names, str(request.identity)}),
        mentions=tuple(m for m in elsewhere if not (m.table == "conversation" and m.key[0] in search.rows)),
        accounts=tuple(sorted(set(search.rows.values()))),
    )


def counted(session: Session, found: Found) -> dict[str, int]:
    """How much of what there is, by kind: what a receipt says."""
    of_them = models.Conversation.id.in_(found.rows)
    with_text = select(func.count()).where(of_them, models.Conversation.document.is_not(None))
    keys = select(func.count()).where(ContactKey.conversation_id.in_(found.rows))
    return {
        "conversations": len(found.rows),
        "texts": session.scalar(with_text) or 0,
        "history_keys": session.scalar(keys) or 0,
        "webhooks": session.scalar(select(func.count()).where(deliveries_of(found))) or 0,
        "mentions": len(found.mentions),
        "helpdesks": len(found.accounts),
    }


def _stored(session: Session, scope: Collection[str]) -> Iterator[tuple[models.Conversation, Conversation]]:
    statement = select(models.Conversation).where(models.Conversation.document.is_not(None))
    if scope:
        statement = statement.where(models.Conversation.installation_id.in_(scope))
    statement = statement.options(undefer(models.Conversation.document)).execution_options(yield_per=AT_ONCE)
    for row in session.scalars(statement):
        assert row.document is not None, "asked for"
        yield row, from_document(row.document)
        session.expunge(row)


def _is_of(identity: Identity, conversation: Conversation) -> bool | None:
    """Whether the conversation is the person's: `True` surely so, `False` by what anybody can type, `None`: not."""
    contact = conversation.contact
    if identity.kind is IdentityKind.CONTACT:
        return True if identity.value in (contact.id, contact.external_id) else None
    if identity.kind is IdentityKind.EMAIL:
        mine = (contact.email or "").strip().casefold() == identity.value
        return contact.email_verified if mine else None
    return False if str(identity) in suppression.names_of(conversation) else None


def _follow(session: Session, search: _Search, scope: Collection[str]) -> None:
    """Every other conversation that shares a key with one of the person's, also on another helpdesk."""
    followed: set[bytes] = set()
    while fresh := search.keys - followed:
        followed |= fresh
        for row in _sharing(session, sorted(fresh), scope):
            if row.id in search.rows:
                continue
            search.rows[row.id] = row.installation_id
            if row.document is not None:
                search.take(row, from_document(row.document), trusted=True)
            else:
                kept = select(ContactKey.key).where(ContactKey.conversation_id == row.id)
                search.keys |= set(session.scalars(kept))


def _sharing(session: Session, keys: Sequence[bytes], scope: Collection[str]) -> Sequence[models.Conversation]:
    ids: set[str] = set()
    for start in range(0, len(keys), AT_ONCE):
        some = ContactKey.key.in_(keys[start : start + AT_ONCE])
        ids.update(session.scalars(select(ContactKey.conversation_id).where(some)))
    statement = select(models.Conversation).where(models.Conversation.id.in_(ids))
    if scope:
        statement = statement.where(models.Conversation.installation_id.in_(scope))
    return session.scalars(statement.options(undefer(models.Conversation.document))).all()


def deliveries_of(found: Found) -> Any:
    """The condition under which a webhook was of one of the conversations."""
    theirs = select(models.Conversation.installation_id, models.Conversation.external_id).where(
        models.Conversation.id.in_(found.rows),
        models.Conversation.installation_id == Delivery.installation_id,
        models.Conversation.external_id == Delivery.external_id,
    )
    return theirs.exists()
