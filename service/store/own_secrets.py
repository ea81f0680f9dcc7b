"""Secrets that Deskmark makes for itself, the keys of hashes: stored encrypted, made once, remembered by each process.

They outlive a change of the encryption key. Without them nobody can try out who is behind a stored hash.
"""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from service.store.privacy_models import OwnSecret
from service.store.secrets import SecretBox
from service.store.statements import insert

_KEY = "key"
_JUST_MADE = "deskmark_own_secrets"
_remembered: WeakKeyDictionary[Engine | Connection, dict[str, bytes]] = WeakKeyDictionary()
"""By the engine they were read with. A restored database has others: nothing runs while one is restored."""


def made(session: Session, box: SecretBox, name: str, *, now: datetime) -> bytes:
    """The secret of this name; made when it is first needed. Raises `SecretsUnreadable`."""
    found = known(session, box, name)
    if found is not None:
        return found
    # What this transaction makes may yet be rolled back, or somebody else's may have come first.
    session.info.setdefault(_JUST_MADE, set()).add(name)
    fresh = insert(session, OwnSecret).values(name=name, locked=box.lock({_KEY: token_urlsafe(32)}), created_at=now)
    session.execute(fresh.on_conflict_do_nothing(index_elements=[OwnSecret.name]))
    found = known(session, box, name)
    assert found is not None, "it was just stored, by us or by somebody else"
    return found


def known(session: Session, box: SecretBox, name: str) -> bytes | None:
    """The secret of this name; `None` when none was made yet. Raises `SecretsUnreadable`."""
    remembered = _remembered.setdefault(session.get_bind(), {})
    if name in remembered:
        return remembered[name]
    locked = session.scalar(select(OwnSecret.locked).where(OwnSecret.name == name))
    if locked is None:
        return None
    found = box.unlock(locked)[_KEY].encode()
    if name not in session.info.get(_JUST_MADE, ()):
        remembered[name] = found
    return found


def made_at(session: Session, name: str) -> datetime | None:
    """When the secret of this name was made; `None` when it was not."""
    return session.scalar(select(OwnSecret.created_at).where(OwnSecret.name == name))
