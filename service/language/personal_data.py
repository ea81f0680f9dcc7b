"""People and secrets in a text: taken out, and what is still personal told, by patterns of its own.

Names are told by where they stand: after
a greeting, in a signature, after "my name is", or because the helpdesk knows them. One in free prose is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum

from service.language.typed_data import SAID_OPENLY, TOKEN

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


_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0106\u010c\u0141\u015a\u0160\u0179\u017b\u017d"
_CAPITALISED = (
    rf"[{_UPPER}][\w'\u2019-]+(?: (?:van |von |de |der |den |da |al |el |dos |di )?[{_UPPER}][\w'\u2019-]+){{0,2}}"
)
_TITLE = (
    r"(?:mr|mrs|ms|miss|dr|prof|herr|frau|monsieur|madame|mme|se\u00f1or|se\u00f1ora|sr|sra|signor|signora|meneer"
    r"|mevrouw|dhr|mevr|pan|pani)\.?"
)
_GREETED = re.compile(
    rf"(?P<lead>(?:^|[.!?\n][^\S\n]*)(?:hi|hello|hey|dear|hiya|thanks|thank you|sorry|welcome|good (?:morning|afternoon"
    rf"|evening)|hallo|liebe[r]?|guten (?:tag|morgen|abend)|sehr geehrte[r]?|bonjour|salut|ch\u00e8re?|hola|estimad[oa]"
    rf"|querid[oa]|ciao|gentile|beste|geachte|hej|k\u00e4ra|ol\u00e1|prezad[oa]),? (?:{_TITLE} )?)"
    rf"(?P<name>(?-i:{_CAPITALISED}))(?=\s*(?:[,.!?;:]|\n|$|-|\u2013))",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    rf"(?P<lead>\b(?:(?:kind|best|warm|many)? ?(?:regards|wishes|greetings)|sincerely|cheers|thanks|thank you"
    rf"|yours(?: truly)?|mit freundlichen gr\u00fc\u00dfen|(?:viele|liebe|beste|sch\u00f6ne) gr\u00fc\u00dfe"
    rf"|(?:mfg|lg)(?=,?\n)|gru\u00df|cordialement|bien \u00e0 vous"
    rf"|amicalement|(?:un )?saludos?|atentamente|cordiali saluti|saluti"
    rf"|(?:met )?vriendelijke groet(?:en)?|groet(?:en|jes)?|(?:med )?v\u00e4nliga h\u00e4lsningar|mvh|atenciosamente"
    rf"|cumprimentos|pozdrawiam|z powa\u017caniem)[,.!]?[ \n]+)(?P<name>(?-i:{_CAPITALISED}))(?=\s*+(?:[.!]\s*+)?$)",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"(?P<lead>\b(?:my (?:full |first |last |sur)?name(?: is|'s|:)?|i am called|call me|on behalf of"
    rf"|in the name of|registered (?:to|under)|account holder(?: is|:)?|ich hei(?:\u00dfe|sse)|mein name ist"
    rf"|je m['\u2019]appelle|mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome \u00e8|mijn naam is|ik heet"
    rf"|jag heter|mitt namn \u00e4r|meu nome \u00e9|me chamo|nazywam si\u0119) )(?P<name>(?-i:{_CAPITALISED}))",
    re.IGNORECASE,
)
_SAID_SHORTLY = re.compile(
    rf"(?P<lead>\b(?:this is|i'm|i\u2019m|i am) )(?P<name>(?-i:{_CAPITALISED}))"
    rf"(?= (?:from|again|here|and|with|writing|calling)\b|\s*(?:[,.!?;:(]|\n|$|-|\u2013))",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"(?P<lead>\b{_TITLE} )(?P<name>(?-i:{_CAPITALISED}))", re.IGNORECASE)
_NAMES = (_INTRODUCED, _SAID_SHORTLY, _TITLED, _GREETED, _SIGNED)

NO_NAMES = frozenset(
    """
    team support service customer care all there everyone sir madam folks both again thank thanks yes no ok okay please
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december english german french spanish italian dutch premium plus pro basic the
    mr mrs ms miss dr prof herr frau damen herren zusammen alle
    sorry great happy unhappy sad angry urgent unacceptable ridiculous terrible awful important correct wrong true new
    old back german english american british french spanish italian dutch polish swedish portuguese european confused
    frustrated disappointed ready done fine good bad mad guys everybody hi hello dear well not just very so really
    support-team kundenservice kundendienst
    android iphone ios windows mac chrome safari firefox
    """.split()
)
"""Words that begin with a capital where names stand, and are none."""

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
    plain = SAID_OPENLY.sub(rf"\1{SECRET}", TOKEN.sub(SECRET, text))
    plain = hide_names(plain, lambda _: NAME)
    for person in sorted({p for p in people if len(p) > 1}, key=len, reverse=True):
        plain = re.sub(rf"\b{re.escape(person)}\b", NAME, plain, flags=re.IGNORECASE)
    return plain


def hide_names(text: str, shown: Callable[[str], str]) -> str:
    """`text` with the names that stand where names stand replaced by what `shown` says of each."""

    def named(found: re.Match[str]) -> str:
        return found["lead"] + shown(found["name"]) if _is_name(found) else found[0]

    for pattern in _NAMES:
        text = pattern.sub(named, text)
    return text


def names_in(text: str) -> frozenset[str]:
    """The names of people that stand in `text` where names stand.

    >>> sorted(names_in("Hi Kofi, my name is Petra Blaha"))
    ['Kofi', 'Petra Blaha']
    """
    found = (match for pattern in _NAMES for match in pattern.finditer(text))
    return frozenset(match["name"] for match in found if _is_name(match))


def personal_data(text: str) -> frozenset[Personal]:
    """The kinds of personal data that `text` (masked or not) still shows.

    >>> sorted(personal_data("my card is 4111 1111 1111 1111, call +44 20 7946 0018"))
    [<Personal.CARD: 'card'>, <Personal.PHONE: 'phone'>]
    """
    found = {kind for kind, pattern in _TYPED.items() if pattern.search(text)}
    if SAID_OPENLY.search(text):
        found.add(Personal.SECRET)
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        found.add(Personal.CARD if 13 <= len(digits) <= 19 and luhn(digits) else Personal.PHONE)
    if any(_is_name(match) for pattern in _NAMES for match in pattern.finditer(text)):
        found.add(Personal.NAME)
    return frozenset(found)


_TYPED = {
    Personal.EMAIL: _EMAIL,
    Personal.IBAN: _IBAN,
    Personal.SECRET: TOKEN,
    Personal.ADDRESS: _ADDRESS,
    Personal.BIRTH_DATE: _BIRTH,
}


def _is_name(found: re.Match[str]) -> bool:
    return found["name"].split()[0].lower() not in NO_NAMES


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
