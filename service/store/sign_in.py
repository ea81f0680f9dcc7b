"""Links that sign in once."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from service.store.models import SignInLink


def new_token(session: Session, *, now: datetime, valid: timedelta = timedelta(hours=1)) -> str:
    """A token that signs in once within `valid`. It is not stored, only its hash is."""
    token = token_urlsafe(24)
    session.add(SignInLink(token_hash=_hashed(token), created_at=now, expires_at=now + valid))
    return token


def use(session: Session, token: str, *, now: datetime) -> bool:
    """Whether the token signs in now; it never will again."""
    statement = (
        update(SignInLink)
        .where(SignInLink.token_hash == _hashed(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.token_hash)
    )
    return session.execute(statement).scalar() is not None


def drop_unused(session: Session) -> None:
    """Links that were not used yet sign nobody in any more."""
    session.execute(delete(SignInLink).where(SignInLink.used_at.is_(None)))


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
