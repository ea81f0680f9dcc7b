"""Text made fit for strangers: personal data replaced by what it is, the rest and its lines left as they were.

Stronger than `masking`, which keeps the beginning of a number so that an agent recognises it. Patterns and the places
where names stand, no model: a name or an address in free prose is not recognised. Dates and amounts of money stay, a
date of birth does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.language.masking import LINK, STREET
from service.language.personal_data import NAME, luhn, without_names

EMAIL, PHONE, CARD, IBAN, NUMBER, ADDRESS, NETWORK, BIRTH, WEB = (
    "(email)", "(phone)", "(card)", "(iban)", "(number)", "(address)", "(ip)", "(date of birth)", "(link)",
)  # fmt: skip

_AT = r"(?:@|\s?[(\[]\s?at\s?[)\]]\s?|\s(?-i:AT)\s)"
_LOCAL = r"(?:(?<![\w.+%-])[\w.+%-]+|[\w.+%-]{1,64})"
_SPACED_EMAIL = re.compile(rf"{_LOCAL} ?@ ?[\w-]+(?: \. [\w-]+)+")
_EMAIL = re.compile(rf"{_LOCAL}{_AT}[\w-]+(?:(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)[\w-]+)+", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
_STREET_ABROAD = re.compile(
    r"\b[A-Z\u00c4\u00d6\u00dc][\w-]{0,60}(?:stra\u00dfe|strasse|str\.|weg|gasse|platz|allee|straat|laan|gatan|v\u00e4gen)"
    r" \d{1,4}[a-z]?\b|\b(?:rue|via|calle|avenida|piazza|plaza) (?:[\w'\u2019-]+,? ){1,4}\d{1,4}\b"
    r"|\b\d{1,4}(?: bis)?,? (?:rue|avenue|boulevard) (?:(?:de|du|des|la|le|les) ){0,2}[\w'\u2019-]+",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"\b[A-Z]\. ?[A-Z][a-z]{2,}\b")
_LOGIN = re.compile(r"(\b(?:log[- ]?in|user[- ]?name|user id)\b(?: is)?:? )(?=\w*\d)[\w.-]+", re.IGNORECASE)
_NETWORK_6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_CALLED_SO = re.compile(
    r"\b(?:ref|reference|order|booking|confirmation|invoice|ticket|case|account|customer|policy|contract|id|no|nr|number)"
    r"(?: (?:no|nr|number|id|code))?(?: is)?[.:]? ?#?$",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(\b(?:password|passwort|passcode|pin|otp|one[- ]time code|verification code|security code|cvv|cvc)"
    r"\b(?:'s|\s+(?:is|was|code))*\s*+(?:[:=]\s*+)?)(?!is\b|was\b)(?=\S{0,99}[\d!#$%&*_])\S{3,}",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"(\b(?:born|birthday|birth|dob)\b[^.!?\n\d]{0,25})(\d[\w./-]*(?: \w{3,9} \d{2,4})?)", re.IGNORECASE
)
_RUN = re.compile(r"(?<![\w@.,])[+#(]{0,2}(?=[\w#/()-]{0,99}\d)\w[\w#/()-]*(?:[ .]{1,2}\(?\d[\d()/-]*)*")
_DATE = re.compile(
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}(?:T\d.*)?|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})"
    r"|(?:19|20)\d\d(?:[-/](?:\d{2}|(?:19|20)\d\d))?"
)
_NETWORK = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_MONEY_BEFORE = re.compile(r"(?:[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|Rs))\s?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"^(?:[.,]\d{2})?\s?(?:[$€£¥₹]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b)", re.IGNORECASE)
_CARD_LENGTHS = range(13, 20)
_PHONE_LENGTHS = range(7, 16)
_FEWEST = 5
_FEWEST_WITH_LETTERS = 4


def redact(text: str, people: Iterable[str] = ()) -> str:
    """`text` with personal data replaced by its kind; `people` are names that are known, matched in any case.

    >>> redact("Hi Kofi, I'm jo@example.com, order ORD-4821 of 2026-01-22 for $24000.\\nCall +44 20 7946 0018")
    "Hi (name), I'm (email), order (number) of 2026-01-22 for $24000.\\nCall (phone)"
    """
    safe = _NETWORK_6.sub(NETWORK, _EMAIL.sub(EMAIL, _SPACED_EMAIL.sub(EMAIL, LINK.sub(WEB, text))))
    safe = _IBAN.sub(_account, safe)
    safe = _SECRET.sub(r"\1(secret)", _INITIAL.sub(NAME, without_names(safe, people)))
    safe = _LOGIN.sub(r"\1(login)", safe)
    safe = _BIRTH.sub(rf"\1{BIRTH}", safe)
    safe = _POSTCODE.sub(ADDRESS, _STREET_ABROAD.sub(ADDRESS, STREET.sub(ADDRESS, safe)))
    return _RUN.sub(_run, safe)


def _account(found: re.Match[str]) -> str:
    """An IBAN by its check digits (ISO 7064, mod 97-10); anything else is looked at as a number."""
    plain = found[0].replace(" ", "").upper()
    digits = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return IBAN if int(digits) % 97 == 1 else found[0]


def _run(found: re.Match[str]) -> str:
    """What a run of letters and digits is: kept when it is short, a date or an amount."""
    token = found[0].rstrip(" .-/(#")
    digits = "".join(character for character in token if character.isdigit())
    if len(digits) < _FEWEST_WITH_LETTERS or _is_date(token) or _is_money(found):
        return found[0]
    bare = not any(character.isalpha() or character == "#" for character in token)
    if _NETWORK.fullmatch(token):
        kind = NETWORK
    elif bare and len(digits) in _CARD_LENGTHS and digits.isascii() and luhn(digits):
        kind = CARD
    elif bare and len(digits) in _PHONE_LENGTHS and (token[0] in "+(0" or not token.isalnum()):
        kind = PHONE
    elif len(digits) >= _FEWEST or not token.isalnum() or _CALLED_SO.search(_before(found)):
        kind = NUMBER
    else:
        return found[0]
    return kind + found[0][len(token) :]


def _is_date(token: str) -> bool:
    """Whether it is written like a date and could be one: 20-00-00 is none."""
    if _DATE.fullmatch(token) is None:
        return False
    parts = [int(part) for part in re.split(r"[-/.T]", token)[:3] if part.isdecimal()]
    if len(parts) < _DATE_PARTS:
        return True
    days = parts[1:] if parts[0] > _MOST_DAYS else parts[:2]
    return all(1 <= part <= _MOST_DAYS for part in days) and min(days) <= _MOST_MONTHS


_DATE_PARTS, _MOST_DAYS, _MOST_MONTHS = 3, 31, 12


def _is_money(found: re.Match[str]) -> bool:
    after = found.string[found.end() : found.end() + _NEAR]
    return bool(_MONEY_BEFORE.search(_before(found)) or _MONEY_AFTER.search(after))


def _before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - _NEAR) : found.start()]


_NEAR = 40
"""Characters around a number that tell what it is."""
