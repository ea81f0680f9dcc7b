"""Who was erased and is not to come back: keyed hashes of identities, compared with what is read.

Without the key (`service.store.own_secrets`) nobody can go back from a hash to a person, nor try addresses out.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.conversation import Conversation
from service.scoring.customer import customer_keys
from service.store import own_secrets
from service.store.privacy_models import Suppression
from service.store.secrets import SecretBox
from service.store.statements import insert

EVERYWHERE = "*"
NAME = "suppression"
_AT_ONCE = 500
_NUMBER = re.compile(r"\+?\(?\d(?:[ ()./-]{0,3}\d){6,17}")
_TOLD_BY = 9
"""The last digits of a telephone number by which it is recognised, with a country's prefix or without."""
_FEWEST_DIGITS = 7


class IdentityKind(StrEnum):
    """By what a person can be named."""

    EMAIL = "email"
    CONTACT = "contact"
    PHONE = "phone"


class NoIdentity(ValueError):
    """What was given names nobody; the message says what is needed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as an admin names one. `value` is in the form in which it is compared."""

    kind: IdentityKind
    value: str

    @classmethod
    def of(cls, kind: IdentityKind, given: str) -> Identity:
        """The identity that was typed. Raises `NoIdentity`.

        >>> Identity.of(IdentityKind.PHONE, "+44 (20) 7946-0018").value
        '079460018'
        """
        given = given.strip()
        if kind is IdentityKind.EMAIL:
            if "@" not in given or len(given.split()) != 1:
                raise NoIdentity("that is no e-mail address")
            return cls(kind, given.casefold())
        if kind is IdentityKind.PHONE:
            number = _told_by(given)
            if number is None:
                raise NoIdentity(f"a telephone number has {_FEWEST_DIGITS} digits at least")
            return cls(kind, number)
        if not given:
            raise NoIdentity("the helpdesk's id of the contact is empty")
        return cls(kind, given)

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def key(session: Session, box: SecretBox, *, now: datetime) -> bytes:
    """The key of all hashes; made when it is first needed."""
    return own_secrets.made(session, box, NAME, now=now)


def hashed(key: bytes, scope: str, name: str) -> bytes:
    """The hash of an identity (or of another name of a conversation) within a scope: an installation, or everywhere."""
    return hmac.new(key, json.dumps([scope, name]).encode(), sha256).digest()


def suppress(session: Session, key: bytes, scopes: Collection[str], names: Iterable[str], *, erasure_id: int) -> int:
    """Keep nothing that comes with one of these names; how many hashes are kept."""
    rows = [
        {"key": each, "erasure_id": erasure_id}
        for each in sorted({hashed(key, scope, name) for scope in scopes or (EVERYWHERE,) for name in names})
    ]
    for start in range(0, len(rows), _AT_ONCE):
        statement = insert(session, Suppression).values(rows[start : start + _AT_ONCE])
        session.execute(statement.on_conflict_do_nothing(index_elements=[Suppression.key]))
    return len(rows)


def any_at_all(session: Session) -> bool:
    """Whether anybody was ever erased for good: mostly nobody was, and nothing has to be hashed."""
    return session.scalar(select(Suppression.key).limit(1)) is not None


def is_suppressed(session: Session, box: SecretBox, installation_id: str, names: Iterable[str]) -> bool:
    """Whether one of these names is of somebody who was erased, everywhere or from this installation."""
    if not any_at_all(session):
        return False
    known = own_secrets.known(session, box, NAME)
    assert known is not None, "whoever was suppressed was hashed with it"
    asked = [hashed(known, scope, name) for name in names for scope in (EVERYWHERE, installation_id)]
    return any(
        session.scalar(select(Suppression.key).where(Suppression.key.in_(asked[start : start + _AT_ONCE])).limit(1))
        for start in range(0, len(asked), _AT_ONCE)
    )


def lift(session: Session, erasure_ids: Collection[int]) -> int:
    """Forget who was not to come back under these receipts; how many hashes there were."""
    gone: Any = session.execute(delete(Suppression).where(Suppression.erasure_id.in_(erasure_ids)))
    return int(gone.rowcount)


def row_name(row_id: str) -> str:
    """The name of a stored conversation among the suppressed ones."""
    return f"conversation:{row_id}"


def trusted_names(conversation: Conversation) -> frozenset[str]:
    """Names of the customer that nobody else can have typed: ids of the helpdesk, and a verified address."""
    return customer_keys(conversation)


def names_of(conversation: Conversation) -> frozenset[str]:
    """Every name under which the conversation's customer may have been erased; numbers are those they wrote."""
    found = set(trusted_names(conversation))
    contact = conversation.contact
    if contact.id:
        found.add(str(Identity(IdentityKind.CONTACT, contact.id)))
    if contact.email:
        found.add(str(Identity(IdentityKind.EMAIL, contact.email.strip().casefold())))
    texts = (message.text for message in conversation.messages if message.role == "customer")
    found.update(str(Identity(IdentityKind.PHONE, number)) for text in texts for number in numbers_in(text))
    return frozenset(found)


def numbers_in(text: str) -> Iterator[str]:
    """The telephone numbers of a text, by their last digits."""
    for found in _NUMBER.finditer(text):
        number = _told_by(found[0])
        if number is not None:
            yield number


def _told_by(text: str) -> str | None:
    digits = re.sub(r"[^0-9]", "", text)
    return digits[-_TOLD_BY:] if len(digits) >= _FEWEST_DIGITS else None
