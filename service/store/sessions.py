"""Browsers that are signed in. The browser holds a random id, the database its hash: removing the row signs it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from service.store.people_models import Person, WebSession

SEEN_EVERY = timedelta(minutes=1)
AWAITING_CODE_FOR = timedelta(minutes=10)
"""How long the second step may take after the password."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session and its person; `None`: whoever came by a link of the command line."""

    session: WebSession
    person: Person | None


def begin(
    session: Session,
    person: Person | None,
    *,
    now: datetime,
    lasts: timedelta,
    browser: str = "",
    awaiting_code: bool = False,
) -> str:
    """A new session that ends after `lasts` at the latest; the id to give to the browser. Sweeps those that ended."""
    session.execute(delete(WebSession).where(WebSession.expires_at <= now))
    token = token_urlsafe(32)
    session.add(
        WebSession(
            id_hash=_hashed(token),
            person_id=person.id if person else None,
            awaiting_code=awaiting_code,
            browser=browser[:255],
            created_at=now,
            seen_at=now,
            expires_at=now + (AWAITING_CODE_FOR if awaiting_code else lasts),
        )
    )
    if person is not None and not awaiting_code:
        person.last_sign_in_at = now
    return token


def find(session: Session, token: str, *, now: datetime, idle: timedelta) -> SignedIn | None:
    """The session that a browser names, unless it ended, was left alone for `idle`, or its person is disabled."""
    statement = (
        select(WebSession, Person)
        .outerjoin(Person, Person.id == WebSession.person_id)
        .where(
            WebSession.id_hash == _hashed(token),
            WebSession.expires_at > now,
            WebSession.seen_at > now - idle,
            # A person who is not there any more is not somebody who came by a link: that one has no person at all.
            or_(WebSession.person_id.is_(None), and_(Person.id.is_not(None), Person.disabled_at.is_(None))),
        )
    )
    found = session.execute(statement).one_or_none()
    return SignedIn(found[0], found[1]) if found else None


def is_stale(known: SignedIn, *, now: datetime) -> bool:
    """Whether it is time to write down that the session was seen: not with every request."""
    return known.session.seen_at <= now - SEEN_EVERY


def seen(session: Session, token: str, *, now: datetime) -> None:
    """The session is in use."""
    session.execute(update(WebSession).where(WebSession.id_hash == _hashed(token)).values(seen_at=now))


def end(session: Session, token: str) -> None:
    """Sign this browser out, and whoever copied its cookie."""
    session.execute(delete(WebSession).where(WebSession.id_hash == _hashed(token)))


def end_named(session: Session, person_id: str, name: str) -> bool:
    """Sign out one of a person's browsers by the name that `name_of` gives it; `False`: there is none."""
    statement = delete(WebSession).where(
        WebSession.person_id == person_id, WebSession.id_hash.startswith(name, autoescape=True)
    )
    return session.execute(statement.returning(WebSession.id_hash)).first() is not None


def end_all(session: Session, person_id: str) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(WebSession).where(WebSession.person_id == person_id))


def end_links(session: Session) -> int:
    """Sign out everybody who came by a sign-in link of the command line; how many browsers that were."""
    statement = delete(WebSession).where(WebSession.person_id.is_(None))
    return len(session.execute(statement.returning(WebSession.id_hash)).all())


def of_person(session: Session, person_id: str, *, now: datetime, idle: timedelta) -> Sequence[WebSession]:
    """A person's browsers that are signed in, the one in use last first."""
    statement = select(WebSession).where(
        WebSession.person_id == person_id,
        WebSession.expires_at > now,
        WebSession.seen_at > now - idle,
        WebSession.awaiting_code.is_(False),
    )
    return session.scalars(statement.order_by(WebSession.seen_at.desc(), WebSession.created_at.desc())).all()


def name_of(row: WebSession) -> str:
    """A name of a session for a form; nobody signs in with it."""
    return row.id_hash[:32]


def is_of(row: WebSession, token: str) -> bool:
    """Whether this is the session that the browser names."""
    return row.id_hash == _hashed(token)


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
