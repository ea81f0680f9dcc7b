"""The second step of a sign-in: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

A code works once: the time step of the last one is kept, and only later ones are taken.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.store.people_models import Person, RecoveryCode
from service.store.secrets import SecretBox

ISSUER = "Deskmark"
CODES = 10
STEPS_ASIDE = 1
"""Codes of so many steps (30 s) before and after now are taken: clocks differ (RFC 6238, section 5.2)."""

OFFERED_FOR = timedelta(minutes=15)
_NAME, _PAGE, _UNTIL = "totp", "page", "until"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an authenticator app is to take in. `page` is known to the page that shows it, and to nobody else."""

    totp: pyotp.TOTP
    page: str


def offer(person: Person, box: SecretBox, *, now: datetime) -> Offer:
    """A new secret, to be confirmed within `OFFERED_FOR`; one that was offered before is worth nothing any more."""
    made = Offer(pyotp.TOTP(pyotp.random_base32()), token_urlsafe(16))
    until = (now + OFFERED_FOR).isoformat()
    person.totp_offered = box.lock({_NAME: made.totp.secret, _PAGE: made.page, _UNTIL: until})
    return made


def offered(person: Person, page: str, box: SecretBox, *, now: datetime) -> Offer | None:
    """What was offered on this page; `None` when it was too long ago, or something else was offered since.

    So a secret is not shown again to whoever finds the browser: they have not got the page.
    """
    if person.totp_offered is None:
        return None
    kept = box.unlock(person.totp_offered)
    # Of a version that showed what was offered to everybody who came, nothing is kept.
    fits = hmac.compare_digest(kept.get(_PAGE, "").encode(), page.encode()) and bool(page)
    if not fits or now > datetime.fromisoformat(kept[_UNTIL]):
        return None
    return Offer(pyotp.TOTP(kept[_NAME]), page)


def address(totp: pyotp.TOTP, person: Person) -> str:
    """The otpauth:// address that goes into the QR code. Holds the secret."""
    return totp.provisioning_uri(name=person.email, issuer_name=ISSUER)


def confirm(session: Session, person: Person, shown: Offer, code: str, box: SecretBox, *, now: datetime) -> bool:
    """Ask for codes from now on, when `code` shows that the app took the offered secret in."""
    step = _step_of(shown.totp, code, now)
    if step is None:
        return False
    person.totp_secret, person.totp_offered, person.totp_step = box.lock({_NAME: shown.totp.secret}), None, step
    session.flush()
    return True


def check(session: Session, person: Person, code: str, box: SecretBox, *, now: datetime) -> bool:
    """Whether `code` is one of the app's that was not used before, or a recovery code. It never is again."""
    if person.totp_secret is None:
        return False
    step = _step_of(_totp(person.totp_secret, box), code, now)
    return _use_step(session, person, step) if step is not None else _use_recovery_code(session, person, code)


def new_recovery_codes(session: Session, person: Person) -> tuple[str, ...]:
    """Fresh codes of 80 random bits each, to be shown once; earlier ones work no more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = tuple("-".join(re.findall("....", b32encode(token_bytes(10)).decode().lower())) for _ in range(CODES))
    session.add_all(RecoveryCode(person_id=person.id, code_hash=_hashed(code)) for code in codes)
    return codes


def recovery_codes_left(session: Session, person: Person) -> int:
    """How many recovery codes were not used yet."""
    statement = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person.id)
    return session.scalar(statement) or 0


def _totp(locked: bytes, box: SecretBox) -> pyotp.TOTP:
    return pyotp.TOTP(box.unlock(locked)[_NAME])


def _step_of(totp: pyotp.TOTP, code: str, now: datetime) -> int | None:
    """The time step that the code is of. Looks at all of them, whichever fits."""
    given, found = re.sub(r"\s", "", code).encode(), None
    current = totp.timecode(now)
    for step in range(current - STEPS_ASIDE, current + STEPS_ASIDE + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            found = step
    return found


def _use_step(session: Session, person: Person, step: int) -> bool:
    """One statement, so that of two sign-ins with the same code at once one is refused."""
    earlier = or_(Person.totp_step.is_(None), Person.totp_step < step)
    statement = update(Person).where(Person.id == person.id, earlier).values(totp_step=step)
    return session.execute(statement.returning(Person.id)).scalar() is not None


def _use_recovery_code(session: Session, person: Person, code: str) -> bool:
    statement = delete(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.code_hash == _hashed(code))
    return session.execute(statement.returning(RecoveryCode.code_hash)).scalar() is not None


def _hashed(code: str) -> str:
    return sha256(re.sub(r"[\s-]", "", code).lower().encode()).hexdigest()
