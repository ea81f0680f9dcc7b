"""Text made fit for strangers: personal data replaced by what it is, the rest and its lines left as they were.

Stronger than `masking`, which keeps the beginning of a number so that an agent recognises it. Patterns and the places
where names stand, no model: a name or an address in free prose is not recognised. Dates and amounts of money stay, a
date of birth does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.language.masking import LINK, STREET
from service.language.personal_data import luhn, without_names

EMAIL, PHONE, CARD, IBAN, NUMBER, ADDRESS, NETWORK, BIRTH, WEB = (
    "(email)", "(phone)", "(card)", "(iban)", "(number)", "(address)", "(ip)", "(date of birth)", "(link)",
)  # fmt: skip

_AT = r"(?:@|\s?[(\[]\s?at\s?[)\]]\s?|\s(?-i:AT)\s)"
_EMAIL = re.compile(rf"[\w.+%-]+{_AT}[\w-]+(?:(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)[\w-]+)+", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
_SECRET = re.compile(
    r"(\b(?:password|passwort|passcode|pin|otp|one[- ]time code|verification code|security code|cvv|cvc)"
    r"\b(?:\s+(?:is|was|code))*\s*[:=]?\s*)(?!is\b|was\b)(?=\S*[\d!#$%&*_])\S{3,}",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"(\b(?:born|birthday|birth|dob)\b[^.!?\n\d]{0,25})(\d[\w./-]*(?: \w{3,9} \d{2,4})?)", re.IGNORECASE
)
_RUN = re.compile(r"(?<![\w@.,])[+#(]{0,2}(?=[\w#/()-]*\d)\w[\w#/()-]*(?:[ .]{1,2}\(?\d[\d()/-]*)*")
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
    safe = _IBAN.sub(_account, _EMAIL.sub(EMAIL, LINK.sub(WEB, text)))
    safe = _SECRET.sub(r"\1(secret)", without_names(safe, people))
    safe = _BIRTH.sub(rf"\1{BIRTH}", safe)
    safe = _POSTCODE.sub(ADDRESS, STREET.sub(ADDRESS, safe))
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
    if len(digits) < _FEWEST_WITH_LETTERS or _DATE.fullmatch(token) or _is_money(found):
        return found[0]
    bare = not any(character.isalpha() or character == "#" for character in token)
    if _NETWORK.fullmatch(token):
        kind = NETWORK
    elif bare and len(digits) in _CARD_LENGTHS and digits.isascii() and luhn(digits):
        kind = CARD
    elif bare and len(digits) in _PHONE_LENGTHS and (token[0] in "+(0" or not token.isalnum()):
        kind = PHONE
    elif len(digits) >= _FEWEST or not token.isalnum():
        kind = NUMBER
    else:
        return found[0]
    return kind + found[0][len(token) :]


def _is_money(found: re.Match[str]) -> bool:
    before, after = found.string[: found.start()], found.string[found.end() :]
    return bool(_MONEY_BEFORE.search(before[-8:]) or _MONEY_AFTER.search(after[:12]))
