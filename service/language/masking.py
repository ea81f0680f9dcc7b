"""Customer text made safe to quote: typed personal data masked, links and markup taken out.

Patterns only, no model: they cover what is typed in a recognisable form (e-mail, phone, card, account and order
numbers, links, "my name is ..."). A name or address in free prose is not recognised; quotes are kept short for that.
"""

from __future__ import annotations

import re

EMAIL = re.compile(r"\b([A-Za-z0-9])[\w.+-]{0,64}@[\w-]+(?:\.[\w-]+)+")
LINK = re.compile(r"\b(?:https?://|www\.)\S+|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,63}/\S*", re.IGNORECASE)
DOMAIN = re.compile(
    r"\b(?:[\w-]{1,63}\.){1,8}(?:com|org|net|io|co|app|dev|info|biz|xyz|ru|de|uk|link|site|shop|top)\b", re.IGNORECASE
)
NAME = re.compile(
    r"\b((?i:(?:my|the|full|last|first) name(?:'s| is|:)?|i am called|this is))\s+([A-Z][\w'-]+(?: [A-Z][\w'-]+)*)"
)
NUMBER = re.compile(r"(?<![\w*])(?=[A-Z0-9+(#-]{0,64}\d)[A-Z0-9+(#][A-Z0-9()#-]*(?:[ .-]\d[\d()-]*)*", re.IGNORECASE)
STREET = re.compile(
    r"\b\d{1,5}[a-z]? (?:[A-Z][\w'-]+ ){1,3}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|court|ct|square|place)\b",
    re.IGNORECASE,
)
MARKUP = str.maketrans(dict.fromkeys("<>[]{}|`*_~\\", " "))

SHOWN_DIGITS = 4


def mask(text: str) -> str:
    """`text` on one line with typed personal data masked and everything that could become a link or markup removed.

    >>> mask("I'm at jo@example.com, order ORD-48213, see https://evil.example/x {{ticket.id}}")
    "I'm at j***@***, order ORD-48***, see (link) ticket.id"
    """
    safe = " ".join(text.translate(MARKUP).split())
    safe = EMAIL.sub(r"\1***@***", safe)
    safe = DOMAIN.sub("(link)", LINK.sub("(link)", safe))
    safe = STREET.sub("(address)", safe)
    safe = NAME.sub(lambda found: f"{found[1]} {found[2][0]}***", safe)
    return NUMBER.sub(_masked_number, safe)


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
