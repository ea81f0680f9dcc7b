"""Customer text made safe to quote: typed personal data masked, links and markup taken out.

Patterns only, no model: they cover what is typed in a recognisable form (e-mail, phone, card, account and order
numbers, passwords and keys, links, "my name is ..."). A name in free prose is recognised only by a finder that is
handed in; quotes are kept short for that.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from service.language.known_names import NOBODY, NameFinder, hide_found
from service.language.personal_data import hide_names
from service.language.plain import plain
from service.language.typed_data import EMAIL, LINK, hide

DOMAIN = re.compile(
    r"\b(?:[\w-]{1,63}\.){1,8}(?:com|org|net|io|co|app|dev|info|biz|xyz|ru|de|uk|link|site|shop|top)\b", re.IGNORECASE
)
NUMBER = re.compile(r"(?<![\w*])(?=[A-Z0-9+(#-]{0,64}\d)[A-Z0-9+(#][A-Z0-9()#-]*(?:[ .-]\(?\d[\d()-]*)*", re.IGNORECASE)
MARKUP = str.maketrans(dict.fromkeys("<>[]{}|`*_~\\", " "))
WORDS: Final = MappingProxyType(
    {
        "iban": "(iban)", "secret": "(secret)", "birth": "(date of birth)", "address": "(address)",
        "network": "(ip)", "login": "(login)",
    }
)  # fmt: skip
_STARS = "\ue000"
"""Stands for three stars until markup was removed: a character of no script."""

SHOWN_DIGITS = 4


def mask(text: str, names: NameFinder = NOBODY) -> str:
    """`text` on one line with typed personal data masked and everything that could become a link or markup removed.

    `names` finds names in free prose as well.

    >>> mask("I'm at jo@example.com, order ORD-48213, see https://evil.example/x {{ticket.id}}")
    "I'm at j***@***, order ORD-48***, see (link) ticket.id"
    """
    safe = hide(plain(text).replace(_STARS, " "), _shown)
    safe = hide_names(safe, _initial)
    safe = hide_found(safe, names, _initial)
    safe = DOMAIN.sub("(link)", LINK.sub("(link)", safe))
    safe = " ".join(safe.translate(MARKUP).split())
    return NUMBER.sub(_masked_number, safe).replace(_STARS, "***")


def _initial(name: str) -> str:
    return f"{name[0]}{_STARS}"


def _shown(kind: str, value: str) -> str:
    return f"{value[0]}{_STARS}@{_STARS}" if kind == EMAIL else WORDS[kind]


def _masked_number(found: re.Match[str]) -> str:
    """Numbers of five digits and more keep their beginning; short ones (dates, amounts, counts) stay."""
    token = found[0]
    digits = sum(character.isdigit() for character in token)
    if digits < SHOWN_DIGITS + 1:
        return token
    hidden = max(3, digits - SHOWN_DIGITS)
    kept: list[str] = []
    left = digits - hidden
    for character in token:
        if character.isdigit():
            if left == 0:
                break
            left -= 1
        kept.append(character)
    return "".join(kept).rstrip(" -.(") + "***" + token[len(token.rstrip(" .-")) :]
