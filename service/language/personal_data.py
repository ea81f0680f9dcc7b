"""People and secrets in a text: taken out, and what is still personal told, by patterns of its own.

Names are told by where they stand: after
a greeting, in a signature, after "my name is", or because the helpdesk knows them. One in free prose is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

NAME = "(name)"
SECRET = "(secret)"  # noqa: S105 - what stands in place of one.


class Personal(StrEnum):
    """Kinds of personal data that a text may still hold."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    SECRET = "secret"  # noqa: S105 - a kind, not a secret.
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    NAME = "name"


_CAPITALISED = r"[A-Z][\w'\u2019-]+(?: (?:van |von |de |der |den |da |al |el )?[A-Z][\w'\u2019-]+){0,2}"
_GREETED = re.compile(
    rf"(?P<lead>(?:^|[.!?\n][^\S\n]*)(?:hi|hello|hey|dear|hiya|thanks|thank you|sorry|welcome|good (?:morning|afternoon"
    rf"|evening)),? (?:mr\.? |mrs\.? |ms\.? |dr\.? )?)(?P<name>(?-i:{_CAPITALISED}))"
    rf"(?=\s*(?:[,.!?;:]|\n|$|-|\u2013))",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    rf"(?P<lead>\b(?:(?:kind|best|warm|many)? ?(?:regards|wishes|greetings)|sincerely|cheers|thanks|thank you"
    rf"|yours(?: truly)?)[,.!]?[ \n]+)(?P<name>(?-i:{_CAPITALISED}))(?=\s*+(?:[.!]\s*+)?$)",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"(?P<lead>\b(?:my (?:full |first |last |sur)?name(?: is|'s|:)?|i am called|call me|this is|i'm|i am|on behalf of"
    rf"|in the name of|registered (?:to|under)|account holder(?: is|:)?) )(?P<name>(?-i:{_CAPITALISED}))",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"(?P<lead>\b(?:mr|mrs|ms|miss|dr|prof)\.? )(?P<name>(?-i:{_CAPITALISED}))", re.IGNORECASE)
_NAMES = (_INTRODUCED, _TITLED, _GREETED, _SIGNED)

_NO_NAMES = frozenset(
    """
    team support service customer care all there everyone sir madam folks both again thank thanks yes no ok okay please
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december english german french spanish italian dutch premium plus pro basic the
    mr mrs ms miss dr prof
    android iphone ios windows mac chrome safari firefox
    """.split()
)
_TOKEN = re.compile(
    r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA|eyJ)[\w-]{8,}|\b(?=[\w-]{0,99}\d)(?=[\w-]{0,99}[A-Za-z])[\w-]{20,}\b"
    r"|(?<=password is )\S+|(?<=password: )\S+|(?<=pin is )\S+|(?<=passcode is )\S+",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.|\s?\(dot\)\s?)[A-Za-z]{2,}")
_DIGITS = re.compile(r"(?:\+|\b)\d(?:[ ()./-]{0,2}\d){6,}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_ADDRESS = re.compile(
    r"\b\d{1,5}[a-z]?,? (?:[A-Z][\w'-]+ ){1,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|court|square"
    r"|place)\b|\b[A-Z][a-z]+(?:stra\u00dfe|strasse|straat|weg|gatan)\s\d{1,4}\b",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"\b(?:born|birth|birthday|dob)\b[^.!?]{0,25}\d", re.IGNORECASE)


def without_names(text: str, people: Iterable[str] = ()) -> str:
    """`text` with names and secrets replaced and everything else as it was."""
    plain = _TOKEN.sub(SECRET, text)
    for pattern in _NAMES:
        plain = pattern.sub(_named, plain)
    for person in sorted({p for p in people if len(p) > 1}, key=len, reverse=True):
        plain = re.sub(rf"\b{re.escape(person)}\b", NAME, plain, flags=re.IGNORECASE)
    return plain


def names_in(text: str) -> frozenset[str]:
    """The names of people that stand in `text` where names stand.

    >>> sorted(names_in("Hi Kofi, my name is Petra Blaha"))
    ['Kofi', 'Petra Blaha']
    """
    found = (match for pattern in _NAMES for match in pattern.finditer(text))
    return frozenset(match["name"] for match in found if _is_name(match))


def _named(found: re.Match[str]) -> str:
    words = found["name"].split()
    return found[0] if words[0].lower() in _NO_NAMES else found["lead"] + NAME


def personal_data(text: str) -> frozenset[Personal]:
    """The kinds of personal data that `text` (masked or not) still shows.

    >>> sorted(personal_data("my card is 4111 1111 1111 1111, call +44 20 7946 0018"))
    [<Personal.CARD: 'card'>, <Personal.PHONE: 'phone'>]
    """
    found = {kind for kind, pattern in _TYPED.items() if pattern.search(text)}
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        found.add(Personal.CARD if 13 <= len(digits) <= 19 and luhn(digits) else Personal.PHONE)
    if any(_is_name(match) for pattern in _NAMES for match in pattern.finditer(text)):
        found.add(Personal.NAME)
    return frozenset(found)


_TYPED = {
    Personal.EMAIL: _EMAIL,
    Personal.IBAN: _IBAN,
    Personal.SECRET: _TOKEN,
    Personal.ADDRESS: _ADDRESS,
    Personal.BIRTH_DATE: _BIRTH,
}


def _is_name(found: re.Match[str]) -> bool:
    return found["name"].split()[0].lower() not in _NO_NAMES


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
