"""Keys of the JSON API. A key is shown once when it is made; its first part names it, of the whole a hash is kept.

A key holds 256 random bits, so a plain hash is enough: nobody can try them all.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.store.people_models import ApiKey, Scope

START = "dmk"
SEEN_EVERY = timedelta(minutes=1)


def make(
    session: Session,
    name: str,
    *,
    scopes: Iterable[Scope],
    installations: Iterable[str] | None = None,
    expires_at: datetime | None = None,
    by: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can see again. `installations`: ids it reaches; `None`: all."""
    prefix = f"{START}_{token_hex(5)}"
    key = f"{prefix}_{token_urlsafe(32)}"
    row = ApiKey(
        id=token_hex(8),
        name=name.strip()[:255],
        prefix=prefix,
        key_hash=_hashed(key),
        scopes=sorted(set(scopes)),
        installations=None if installations is None else sorted(set(installations)),
        created_by=by[:255],
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row, key


def find(session: Session, key: str, *, now: datetime) -> ApiKey | None:
    """The key that this text is, unless it expired or was revoked."""
    prefix, _, _ = key.partition("_")[2].partition("_")
    row = session.scalar(select(ApiKey).where(ApiKey.prefix == f"{START}_{prefix}"))
    if row is None or not hmac.compare_digest(row.key_hash, _hashed(key)):
        return None
    return row if works(row, now=now) else None


def works(row: ApiKey, *, now: datetime) -> bool:
    """Whether the key opens anything now."""
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)


def is_stale(row: ApiKey, *, now: datetime) -> bool:
    """Whether it is time to write down that the key was used: not with every request."""
    return row.used_at is None or row.used_at <= now - SEEN_EVERY


def used(session: Session, key_id: str, *, now: datetime) -> None:
    """The key is in use."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=now))


def get(session: Session, key_id: str) -> ApiKey | None:
    """The key with this id, whether it works or not."""
    return session.get(ApiKey, key_id)


def named(session: Session, prefix: str) -> ApiKey | None:
    """The key with this first part, whether it works or not."""
    return session.scalar(select(ApiKey).where(ApiKey.prefix == prefix))


def all_of(session: Session) -> Sequence[ApiKey]:
    """Every key that was ever made, the newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def revoke(row: ApiKey, *, now: datetime) -> None:
    """The key opens nothing any more, for good."""
    row.revoked_at = row.revoked_at or now


def _hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()
