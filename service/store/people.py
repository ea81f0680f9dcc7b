"""People: who there is, what each may see, and the links with which they choose a password.

Whoever changes what somebody may do here need not think of sessions: they are looked at anew with every request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.store import passwords, sessions
from service.store.people_models import PasswordLink, Person, RecoveryCode, Role

LINK_VALID = timedelta(hours=24)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")


class NotAccepted(ValueError):
    """What was said of a person cannot be used; the message says why."""


def address(email: str) -> str:
    """An e-mail address as it is kept: without space around it, in small letters. Raises `NotAccepted`."""
    kept = email.strip().casefold()
    if len(kept) > 255 or not kept.isprintable() or not _ADDRESS.fullmatch(kept):
        raise NotAccepted(f"{email!r} is no e-mail address")
    return kept


def add(
    session: Session,
    email: str,
    *,
    role: Role,
    name: str = "",
    installations: Iterable[str] | None = None,
    now: datetime,
) -> Person:
    """A new person, who can sign in once a password is chosen. Raises `NotAccepted`."""
    kept = address(email)
    if named(session, kept) is not None:
        raise NotAccepted(f"there is somebody with the address {kept} already")
    row = Person(
        id=token_hex(8),
        email=kept,
        name=name.strip()[:255],
        role=role,
        installations=_access(role, installations),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, person_id: str) -> Person | None:
    """The person with this id."""
    return session.get(Person, person_id)


def named(session: Session, email: str) -> Person | None:
    """The person with this e-mail address."""
    return session.scalar(select(Person).where(Person.email == email.strip().casefold()))


def all_of(session: Session) -> Sequence[Person]:
    """Everybody, by e-mail address."""
    return session.scalars(select(Person).order_by(Person.email)).all()


def lock_admins(session: Session) -> frozenset[str]:
    """Ids of the admins who may sign in, their rows locked: whoever takes rights away meanwhile waits, and then sees
    who is left."""
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.disabled_at.is_(None))
    return frozenset(session.scalars(admins.order_by(Person.id).with_for_update()))


def change(person: Person, *, name: str, role: Role, installations: Iterable[str] | None) -> None:
    """Say anew what a person is and sees; it holds from the person's next request on. Raises `NotAccepted`."""
    person.name, person.role, person.installations = name.strip()[:255], role, _access(role, installations)


def _access(role: Role, installations: Iterable[str] | None) -> list[str] | None:
    if installations is None:
        return None
    if role is Role.ADMIN:  # An admin changes people, and so could take the rest as well.
        raise NotAccepted("an admin sees every helpdesk; choose another role to name some")
    return sorted(set(installations))


def disable(session: Session, person: Person, *, now: datetime) -> None:
    """Nobody signs in as this person any more, and whoever is signed in is not."""
    person.disabled_at = person.disabled_at or now
    session.execute(delete(PasswordLink).where(PasswordLink.person_id == person.id))
    sessions.end_all(session, person.id)


def enable(person: Person) -> None:
    """Undo `disable`. Sessions stay ended."""
    person.disabled_at = None


def password_link(session: Session, person: Person, *, now: datetime, valid: timedelta = LINK_VALID) -> str:
    """A token with which the person chooses a password once; earlier ones work no more."""
    session.execute(delete(PasswordLink).where(PasswordLink.person_id == person.id))
    token = token_urlsafe(24)
    session.add(PasswordLink(token_hash=_hashed(token), person_id=person.id, created_at=now, expires_at=now + valid))
    return token


def link_owner(session: Session, token: str, *, now: datetime) -> Person | None:
    """Who may choose a password with this token now."""
    statement = (
        select(Person)
        .join(PasswordLink, PasswordLink.person_id == Person.id)
        .where(PasswordLink.token_hash == _hashed(token), PasswordLink.expires_at > now, Person.disabled_at.is_(None))
    )
    return session.scalar(statement)


def use_link(session: Session, token: str) -> bool:
    """Take the token away; `False` when somebody else just did."""
    statement = delete(PasswordLink).where(PasswordLink.token_hash == _hashed(token))
    return session.execute(statement.returning(PasswordLink.token_hash)).scalar() is not None


def set_password(session: Session, person: Person, password: str) -> None:
    """Keep a password and end every session of the person; no link to choose another one works any more.

    Raises `NotAccepted`.
    """
    if why := passwords.fault(password, person.email):
        raise NotAccepted(f"The password {why}")
    person.password_hash = passwords.hashed(password)
    session.execute(delete(PasswordLink).where(PasswordLink.person_id == person.id))
    sessions.end_all(session, person.id)


def without_second_step(session: Session, person: Person) -> None:
    """Sign-in asks for the password only: for whoever lost the phone and the recovery codes."""
    person.totp_secret = person.totp_offered = person.totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def arrived(session: Session, *, subject: str, email: str, name: str, role: Role | None, now: datetime) -> Person:
    """Who comes from an OpenID Connect provider that names them `subject` and vouches for `email`.

    They are known again by the subject; the first time by the address, when nobody has it from the provider yet.
    Somebody new gets `role`. Raises `NotAccepted` when there is none for new people, or the person is disabled.
    """
    row = session.scalar(select(Person).where(Person.subject == subject))
    if row is None:
        row = named(session, email)
        if row is None and role is None:
            raise NotAccepted(f"Nobody added {email} here")
        row = row or add(session, email, role=role or Role.VIEWER, name=name, now=now)
        if row.subject is not None:
            raise NotAccepted(f"{email} belongs to another account of your organisation")
    if row.disabled_at is not None:
        raise NotAccepted(f"{email} is disabled here")
    row.subject = subject
    return row


def anybody(session: Session) -> bool:
    """Whether there is a person at all."""
    return session.scalar(select(Person.id).limit(1)) is not None


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
