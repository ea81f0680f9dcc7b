"""Passwords: which are accepted, how they are kept, and whether one fits. Kept as argon2id, in the library's format."""

from __future__ import annotations

import unicodedata
from functools import cache
from secrets import token_urlsafe
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 200
FEWEST_CHARACTERS = 5
"""A password of fewer different characters is a pattern."""

COMMONEST = frozenset(
    """
    password1234 password12345 password123456 passwordpassword passw0rd1234 p@ssword1234 p@ssw0rd1234 p@ssw0rd12345
    1234567890ab 123456789012 1234567890123 0123456789012 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc qwertyuiop12
    qwertyuiop123    qwertyuiop[] qwertyqwerty qwerty123456 qwerty1234567 qwertyuiopas asdfghjklqwe abcd12345678
    abcdefghijkl abc123456789
    administrator administrator1 adminadmin12 adminadminadmin admin1234567 admin123456789 welcome12345 welcome123456
    letmeinletmein letmein12345 iloveyou1234 iloveyouiloveyou changeme1234 changemechangeme changeme12345 secret123456
    superman1234 football1234 baseball1234 sunshine1234 princess1234 trustno1trustno1 monkey123456 dragon123456
    correcthorsebatterystaple deskmarkdeskmark deskmark1234 deskmark12345 support12345 supportsupport zendesk12345
    intercom1234 company12345 summer2024!! summer2025!! summer2026!! winter2024!! winter2025!! winter2026!!
    """.split()
)
"""The commonest passwords that are long enough: what a guesser tries first in the few tries that there are."""

_HASHER = PasswordHasher()
"""argon2id with the library's parameters, which are the low-memory ones of RFC 9106: 64 MiB, 3 passes, 4 lanes."""

_AT_ONCE = BoundedSemaphore(2)
"""So many at once in one process: many sign-ins at once may wait, but they do not take all the memory."""


def fault(password: str, email: str) -> str | None:
    """Why this password of this person is not accepted, to be read after "The password"; `None`: it is."""
    plain = password.strip().casefold()
    if len(password) < SHORTEST:
        return f"needs at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"may have at most {LONGEST} characters"
    if email.casefold() in plain or plain == email.partition("@")[0].casefold():
        return "must not be your e-mail address"
    if plain in COMMONEST or len(set(plain)) < FEWEST_CHARACTERS:
        return "is one of those that are tried first"
    return None


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _HASHER.hash(_plain(password))


def fits(kept: str | None, password: str) -> bool:
    """Whether this is the password of which `kept` was kept. `None` costs the same work and fits never, so that nobody
    learns from the time whether there is such a person."""
    with _AT_ONCE:
        try:
            _HASHER.verify(kept or _nobody(), _plain(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was kept with other parameters than today's and should be kept anew."""
    return _HASHER.check_needs_rehash(kept)


def _plain(password: str) -> str:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    return _HASHER.hash(token_urlsafe(32))
