"""Personal data that is typed in a form of its own: addresses of e-mail and streets, accounts, secrets, dates of birth.

Shared by what makes texts fit for strangers (`redaction`) and what makes quotes fit for notes (`masking`). Keywords are
in the eleven languages that support is mostly written in; what has neither a form nor a keyword is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

Shown = Callable[[str, str], str]
"""What stands in place of a value: of its kind and the value itself."""

EMAIL, IBAN, SECRET, BIRTH, ADDRESS, NETWORK, LOGIN = "email", "iban", "secret", "birth", "address", "network", "login"

LINK: Final = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,63}/\S*", re.IGNORECASE
)
_LOCAL = r"(?:(?<![\w.+%'\u2019-])[\w.+%'\u2019-]+|[\w.+%-]{1,64})"
_AT = r"(?:@|\s?[(\[]\s?at\s?[)\]]\s?|\s(?-i:AT)\s)"
_EMAIL = re.compile(rf"{_LOCAL}{_AT}[\w-]+(?:(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)[\w-]+)+", re.IGNORECASE)
_SPACED_EMAIL = re.compile(rf"{_LOCAL} ?@ ?[\w-]+(?: \. [\w-]+)+")
_NETWORK_6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.IGNORECASE)

_STREET = re.compile(
    r"\b\d{1,5}[a-z]?,? (?:[A-Z][\w'\u2019-]+ ){1,3}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|court|ct|square|place)\b",
    re.IGNORECASE,
)
_STREET_ABROAD = re.compile(
    r"\b[^\W\d_][\w-]{0,60}(?:stra\u00dfe|strasse|str\.|weg|gasse|platz|allee|straat|laan|gracht|gatan|v\u00e4gen)"
    r" \d{1,4}[a-z]?\b"
    r"|\b(?:rue|via|viale|calle|avenida|avenue|boulevard|piazza|plaza|rua|rua da|ul\.|ulica|al\.) "
    r"(?:[\w'\u2019-]+,? ){1,4}\d{1,4}[a-z]?\b"
    r"|\b\d{1,4}(?: bis)?,? (?:rue|avenue|boulevard) (?:(?:de|du|des|la|le|les) ){0,2}[\w'\u2019-]+"
    r"|\b(?-i:(?:Am|An der|An den|Im|Auf dem|Zum|Zur) (?:[A-Z\u00c4\u00d6\u00dc][\w-]+ ){1,3})\d{1,4}[a-z]?\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")

TOKEN = re.compile(
    r"\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}"
    r"|\b(?:sk|pk|rk|ghp|gho|ghs|npm|glpat|xox[abpr]|AKIA|ASIA|AIza)[_-]?[\w-]{8,}"
    r"|\bSG\.[\w-]{8,}\.[\w-]{8,}"
    r"|\b(?=[\w-]{0,99}\d)(?=[\w-]{0,99}[A-Za-z])[\w-]{20,}\b",
    re.IGNORECASE,
)
SAID_OPENLY = re.compile(r"((?:password|pin|passcode)(?: is|:) )(\S+)", re.IGNORECASE)
_SAID_BEFORE = (
    r"passwords?|passcode|passwort|kennwort|pwd?|mot de passe|contrase\u00f1a|palavra-passe|senha|wachtwoord"
    r"|l\u00f6senord|has\u0142o|pin|otp|one[- ]time code|verification code|security code|cvv|cvc"
)
_SECRET = re.compile(
    rf"(\b(?:{_SAID_BEFORE})\b(?:'s|\s+(?:is|was|to|code|ist|war|lautet|est|es|\u00e8|\u00e9|\u00e4r))*\s*+(?:[:=]\s*+)?)"
    r"(?!is\b|was\b|to\b)(?=\S{0,99}[\d!#$%&*_])(\S{3,})",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(\b(?:log[- ]?in|user[- ]?name|user id)\b(?: is)?:? )((?=\w*\d)[\w.-]+)", re.IGNORECASE)

_MONTH = r"[^\W\d_]{3,9}\.?"
_DAY = (
    rf"\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|\d{{1,2}}(?:st|nd|rd|th|\.|er)?(?: of| de)? {_MONTH}(?:,| de)? \d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d[\w./-]*"
)
_BORN = (
    r"born|birthday|birth|dob|geboren|geburtsdatum|geburtstag|n\u00e9e?|naissance|nacimiento|nacid[oa]|nascita|nat[oa]"
    r"|geboortedatum|f\u00f6dd|f\u00f6delsedatum|urodzenia|urodzon[ya]|nascimento"
)
_BIRTH = re.compile(rf"(\b(?:{_BORN})\b[^.!?\n\d]{{0,25}}?)({_DAY})", re.IGNORECASE)
_BIRTH_BEFORE = re.compile(rf"(\bam )({_DAY})(?= geboren\b)", re.IGNORECASE)


def _after_a_word(kind: str, shown: Shown, found: re.Match[str]) -> str:
    return found[1] + shown(kind, found[2])


def hide(text: str, shown: Shown) -> str:
    """`text` with everything typed replaced by what `shown` says; numbers, links and names are left to others.

    >>> hide("jo@example.com, born 3.5.1990", lambda kind, value: f"<{kind}>")
    '<email>, born <birth>'
    """
    for pattern in (_SPACED_EMAIL, _EMAIL):
        text = pattern.sub(lambda found: shown(EMAIL, found[0]), text)
    text = _NETWORK_6.sub(lambda found: shown(NETWORK, found[0]) if _is_network(found[0]) else found[0], text)
    text = _IBAN.sub(lambda found: _account(found[0], shown), text)
    text = TOKEN.sub(lambda found: shown(SECRET, found[0]), text)
    for kind, pattern in _AFTER_A_WORD:
        text = pattern.sub(partial(_after_a_word, kind, shown), text)
    for pattern in (_STREET, _STREET_ABROAD, _POSTCODE):
        text = pattern.sub(lambda found: shown(ADDRESS, found[0]), text)
    return text


_AFTER_A_WORD: Final = (
    (SECRET, SAID_OPENLY), (SECRET, _SECRET), (LOGIN, _LOGIN), (BIRTH, _BIRTH), (BIRTH, _BIRTH_BEFORE),
)  # fmt: skip


def _is_network(text: str) -> bool:
    """An address of IPv6, not a time or a ratio: it is long, or has letters, or leaves groups out."""
    return "::" in text or text.count(":") == _COLONS or any(c.isalpha() for c in text)


_COLONS = 7


def _account(text: str, shown: Shown) -> str:
    """An IBAN by its check digits (ISO 7064, mod 97-10), with what follows it left as it is."""
    for end in sorted({len(text), *(place for place, c in enumerate(text) if c == " ")}, reverse=True):
        plain = text[:end].replace(" ", "").upper()
        if len(plain) >= _SHORTEST_IBAN and is_iban(plain):
            return shown(IBAN, text[:end]) + text[end:]
    return text


_SHORTEST_IBAN = 15


def is_iban(plain: str) -> bool:
    """Whether the check digits of an account number without spaces are right.

    >>> is_iban("DE89370400440532013000"), is_iban("DE89370400440532013001")
    (True, False)
    """
    digits = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return int(digits) % 97 == 1
