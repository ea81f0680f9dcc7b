"""Text made fit for strangers: personal data replaced by what it is, the rest and its lines left as they were.

Stronger than `masking`, which keeps the beginning of a number so that an agent recognises it. Patterns and the places
where names stand, no model: an address in free prose is not recognised, and a name there only by a finder that is
handed in. Dates and amounts of money stay, a date of birth does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from service.language.known_names import NOBODY, NameFinder, hide_found
from service.language.personal_data import NAME, luhn, without_names
from service.language.typed_data import LINK, hide

PHONE, CARD, NUMBER, NETWORK, WEB = "(phone)", "(card)", "(number)", "(ip)", "(link)"
WORDS: Final = MappingProxyType(
    {
        "email": "(email)", "iban": "(iban)", "secret": "(secret)", "birth": "(date of birth)",
        "address": "(address)", "network": NETWORK, "login": "(login)",
    }
)  # fmt: skip
"""What stands in place of each kind of `typed_data`."""

_INITIAL = re.compile(r"\b[A-Z]\. ?[A-Z][a-z]{2,}\b")
_CALLED_SO = re.compile(
    r"\b(?:ref|reference|order|booking|confirmation|invoice|ticket|case|account|customer|policy|contract|id|no|nr|number)"
    r"(?: (?:no|nr|number|id|code))?(?: is)?[.:]? ?#?$",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<![\w@.,])[+#(]{0,2}(?=[\w#/()-]{0,99}\d)\w[\w#/()-]*(?:[ .]{1,2}\(?\d[\d()/-]*)*")
_DATE = re.compile(
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}(?:T\d.*)?|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})"
    r"|(?:19|20)\d\d(?:[-/](?:\d{2}|(?:19|20)\d\d))?"
)
_NETWORK = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_MONEY_BEFORE = re.compile(r"(?:[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|Rs))\s?(?:\d{1,3}['\u2019.,]){0,3}$", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"^(?:[.,]\d{2})?\s?(?:[$€£¥₹]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b)", re.IGNORECASE)
_VERSION = re.compile(
    r"v?[1-9]?\d{1,2}(?:\.\d{1,4}){1,3}(?:[a-z]\d{0,3})?(?:-?(?:rc|beta|alpha|b)[.\d]{0,4})?|\d{1,4}\.\d{1,2}"
    r"|(?:0|[1-9]\d?)\.\d{1,10}",
    re.IGNORECASE,
)
_TECHNICAL = re.compile(
    r"0x[0-9a-f]{1,16}|#(?=[0-9]*[a-f])[0-9a-f]{6}|(?:ISO|RFC|EN|DIN|IEC|UTF)-?[\d-]{1,9}", re.IGNORECASE
)
_TECHNICAL_BEFORE = re.compile(
    r"\b(?:ISO|RFC|EN|DIN|IEC|UTF|SQLSTATE|(?:error|status|exit)(?: code)?|fehler(?:code)?|version|build"
    r"|chapter|page)\s?$",
    re.IGNORECASE,
)
_MOST_TECHNICAL = 6
_CALLED = re.compile(
    r"[+(0].*|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|1[ .-]\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|\d{5} \d{5}"
    r"|\d{2,3}(?: \d{2,3}){2,4}"
)
"""How telephone numbers are written; three, two and four digits are a social security number of the United States."""
_SOCIAL = re.compile(r"\d{3}[ -]\d{2}[ -]\d{4}")
_CARD_LENGTHS = range(13, 20)
_PHONE_LENGTHS = range(7, 16)
_FEWEST = 5
_FEWEST_WITH_LETTERS = 4


def redact(text: str, people: Iterable[str] = (), names: NameFinder = NOBODY) -> str:
    """`text` with personal data replaced by its kind; `people` are names that are known, matched in any case.

    `names` finds names in free prose as well.

    >>> redact("Hi Kofi, I'm jo@example.com, order ORD-4821 of 2026-01-22 for $24000.\\nCall +44 20 7946 0018")
    "Hi (name), I'm (email), order (number) of 2026-01-22 for $24000.\\nCall (phone)"
    """
    safe = hide(LINK.sub(WEB, text), lambda kind, _: WORDS[kind])
    safe = hide_found(without_names(safe, people), names, lambda _: NAME)
    safe = _INITIAL.sub(NAME, safe)
    return _RUN.sub(_run, safe)


def _run(found: re.Match[str]) -> str:
    """What a run of letters and digits is: kept when it is short, a date or an amount."""
    token = found[0].rstrip(" .-/(#")
    digits = "".join(character for character in token if character.isdigit())
    if len(digits) < _FEWEST_WITH_LETTERS or _is_date(token) or _is_money(found):
        return found[0]
    if not _is_network(token) and (_is_version(token) or _is_technical(token, digits, found)):
        return found[0]
    bare = not any(character.isalpha() or character == "#" for character in token)
    if _is_network(token):
        kind = NETWORK
    elif bare and len(digits) in _CARD_LENGTHS and digits.isascii() and luhn(digits):
        kind = CARD
    elif bare and len(digits) in _PHONE_LENGTHS and _CALLED.fullmatch(token) and not _SOCIAL.fullmatch(token):
        kind = PHONE
    elif len(digits) >= _FEWEST or not token.isalnum() or _CALLED_SO.search(_before(found)):
        kind = NUMBER
    else:
        return found[0]
    return kind + found[0][len(token) :]


def _is_network(token: str) -> bool:
    """Whether it is an address of IPv4, with numbers that can be one."""
    return bool(_NETWORK.fullmatch(token)) and all(int(part) <= _MOST_OF_A_BYTE for part in token.split("."))


_MOST_OF_A_BYTE = 255


def _is_version(token: str) -> bool:
    """Whether it is written like a version or a decimal number, and not like a telephone number with dots."""
    return bool(_VERSION.fullmatch(token)) and not _CALLED.fullmatch(token)


def _is_technical(token: str, digits: str, found: re.Match[str]) -> bool:
    """An error code, a colour, the number of a standard."""
    short = len(digits) <= _MOST_TECHNICAL
    return bool(_TECHNICAL.fullmatch(token) or (short and _TECHNICAL_BEFORE.search(_before(found))))


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
