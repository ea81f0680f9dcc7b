"""Contact details: which one a clause asks for, and which ones a customer's message holds.

Roles keep apart billing and shipping addresses, and another one ("other") from the one on file.
"""

from __future__ import annotations

import re

from service.language.information.identifier_nouns import nearest_role
from service.language.information.items import Given, Item, Kind
from service.language.information.names import given_names
from service.language.information.replies import lacks
from service.language.information.values import Found, emails, overlaps, phones, times

_EMAIL = re.compile(r"\be[- ]?mails?\b(?: ?(?:address|addy|id))?|\bmail (?:address|id)\b")
_EMAIL_SENT = re.compile(
    r"\b(?:receiv\w*|(?:got|get)(?! (?:your|ur|an)\b)(?! the e-?mail (?:address )?(?:to hand|handy|there|you|for|on))"
    r"|see|seen|find|check(?:ed|ing)?|open(?:ed)?|click\w*"
    r"|sent|confirmation|spam|junk|(?:reply|respond)(?! with)|replied|responded|forward(?:ed)?|welcome"
    r"|reset|verification|activation) (?:\w+ ){0,4}e-?mails?\b|\be-?mails? (?:we"
    r"|i|you|that|from|with|to|was|has|have|didn't|arriv\w*|confirm\w*|notif\w*"
    r"|template|client|app|server|settings)\b(?!(?:'re|'ve| are| were)? (?:use|used|signed|registered"
    r"|have|registred|normally|want|is|(?:\w+ )?(?:linked|on)))"
    r"|\b(?:by|via|through|(?<!get )(?<!have )(?<!need )(?<!there )an) e-?mail\b|\b(?:i'll|we'll|i can|we can|will"
    r"|to|i"
    r" could) e-?mail (?:you|me|us|it|them|over|the)\b|\bsend (?:it|that|this|them"
    r"|you|the) .*\be-?mail"
)
_PHONE = re.compile(
    r"\b(?:tele)?(?:phone|mobile|cell|contact|callback|call[- ]?back|landline|daytime)(?:"
    r" ?phone)? ?(?:numbers?|no\b\.?)|\bnumber\b.{0,25}\b(?:reach|call|contact"
    r"|ring|text) (?:you|back|me)\b|\b(?:best|good) number\b|\b(?:what|which|your)"
    r" phone\b(?= (?:is|number|\?))|\b(?:telephone|(?:your|ur|a|the) (?:mobile|cell))\b(?= ?(?:\?|$|[.,]|please|pls"
    r"|again"
    r"|to hand|handy|there|over|and i|so i|first|for|in|would|is))|\b(?:reach|call|contact|ring"
    r"|get hold of) you (?:by|on|over"
    r") (?:the )?(?:phone|telephone|mobile)\b|\bnumber (?:should|can|may|could|do|shall"
    r"|would) (?:\w+ ){1,3}?(?:ring|call|reach"
    r"|contact|text|phone|try|dial)\b|\bnumber (?:\w+ ){1,4}(?:moved|ported|transferred|swapped)\b"
    r"|\bnumbers? (?:are|do|did|were) you (?:\w+ ){0,3}(?:on|from|at)\b"
    r"|\bnumber (?:i|we|they|he|she|the \w+) (?:should|can|could|may|need to"
    r"|is to) (?:dial|call|ring|text|use|try|phone|reach)|\bnumber (?:for you|are you on)\b"
)
_NAME = re.compile(
    r"\b(?:full|first|last|sur|family|given|complete|legal|correct|new|exact|right"
    r"|maiden)[- ]?names?\b|\b(?:your|the|customer'?s?|account holder'?s?|guest"
    r"|passenger|lead|ur|a) names?\b|\bname(?:s)? (?:on|of|under|for|that|which|is|in"
    r" which)\b|\bwhat name\b|\bname please\b|^(?:\w+,? )?(?:and )?(?:the |your )?name\W*(?:please|pls)?\W*$"
    r"|\bwho(?:'s| is) (?:this|that|there|calling|writing)\b|^(?:and )?you are\W*$|\bwhat (?:should|can|may|do"
    r"|shall) i call you"
    r"|\b(?:with )?whom? am i (?:chatting|talking|speaking)|\b(?:under )?wh(?:at|ich) name\b"
    r"|\bwho am i (?:speaking|talking|chatting)|\bwhom? (?:do i have|am i)|\bmay"
    r" i (?:have|ask|know) (?:who|your name)|\bname and\b|\band (?:your )?(?:full"
    r" )?name\b"
)
_LAST_NAME = re.compile(r"\b(?:sur|last |family |full |first and last |whole |complete )[- ]?names?\b")
_NOT_NAME = re.compile(
    r"\b(?:user|file|product|item|company|business|event|hotel|restaurant|movie"
    r"|domain|device|network|store|brand|app|plan|model|street|bank|agent|my|team"
    r"|screen|host|folder) ?names?\b|\bnames? of (?:the|that|this|your|his|her) (?!(?:\w+ )?(?:account|policy|card"
    r"|booking|order|reservation|contract|holder"
    r"|customer|patient|passenger|guest|subscriber|owner|person who (?:booked|ordered|placed))\b)\w"
    r"|\bname of (?:the|that|this) (?:\w+ )?(?:product"
    r"|item|app|file|device|event|company|business|network|agent|person|colleague"
    r"|store|shop|hotel|restaurant|show|movie|airline|plan)"
)
_COMPANY = re.compile(
    r"\b(?:company|business|organi[sz]ation|employer|firm)(?:'s)? name\b|\bname"
    r" of (?:your|the) (?:company|business|organi[sz]ation)\b|\b(?:which|what)"
    r" (?:company|organi[sz]ation) (?:are|do)\b"
)
_UNLESS_SAME = re.compile(
    r"\bif (?:that|it|this|they)(?:'s|'re| is| are)? (?:any |a )?(?:different|not the same|other)\b"
)
_TO_FIND = re.compile(
    r"\bfor me\b|\bso (?:that )?(?:i|we)\b|\bto (?:pull|look|find|locate|bring|get)\b|\byou (?:used?|ordered|signed"
    r"|registered)\b"
    r"|\b(?:registered|linked|again)\b"
)
_ADDRESS = re.compile(
    r"(?<!e-mail )(?<!email )(?<!mail )(?<!ip )(?<!web )(?<!mac )(?<!website )\baddress(?:es)?\b"
    r"(?! (?:bar|book|that issue))(?:(?<=the address)|(?<=your address)|(?<=what address)|(?! (?:this|your|the"
    r"|it\b)))"
)
_ADDRESS_SAID = re.compile(
    r"\b(?:your|the|which|what|an?|full|home|postal|mailing|delivery|shipping|billing"
    r"|current|street|correct|service|installation|property|company)\s+(?:\w+ ){0,2}address"
    r"|^(?:and )?address|\baddress (?:please|for|on)\b|\band address\b"
)
_WHERE_TO = re.compile(
    r"\bwhere (?:should|do|can|shall|are|would you like) (?:we|i|us|the driver|the courier) (?:to )?(?:send(?:ing)?"
    r"|ship(?:ping)?"
    r"|deliver(?:ing)?|post(?:ing)?)\b(?!.*\b(?:refund|money|payment|code|link|confirmation|invoice|copy|label"
    r"|e-?mail)\b)"
)
_POSTCODE = re.compile(r"\b(?:post ?codes?|zip(?: ?codes?)?|postal codes?|eircode)\b")
_ROLE_WORDS = (
    ("billing", r"billing|invoice|payment"),
    ("shipping", r"shipping|delivery|deliver|ship|mailing|send it to"),
    ("return", r"return"),
    ("old", r"old|previous|former|now|currently"),
    (
        "other",
        (
            r"new|other|another|different|meantime|meanwhile|second|2nd|alternative|alternate|additional|backup"
            r"|secondary|updated|corrected|replacement|recipient'?s?|friend'?s|colleague'?s"
            r"|partner'?s|wife'?s|husband'?s|sender'?s|seller'?s|next|her|his|grandm\w+'?s?"
            r"|mother'?s?|father'?s?|mum'?s?|dad'?s?"
        ),
    ),
)
_UK_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b")
_ZIP = re.compile(r"\b\d{5}(?:-\d{4})?\b")
_STREET = re.compile(
    r"\b\d+\s?[a-z]?,? (?:[\w'.-]+ ){0,3}?(?:street|st|road|rd|avenue|ave|lane"
    r"|ln|drive|dr|way|court|ct|close|place|pl|boulevard|blvd|square|sq|terrace"
    r"|crescent|row|hill|gardens?|grove|walk|mews|view|heights|parkway|highway"
    r"|strasse|str|route|rue|park|quay|circle)\b\.?|\b(?:address(?: is|:| =)|moved"
    r" to|live at|living at|delivered? to|deliver it to|send it to)\s*(?:the )?(?:flat"
    r" |apt |unit )?\d+\w*,? [a-z'-]+ [a-z'-]+|\b[\w-]{1,60}(?:stra(?:ss|ß)e|str\.|weg"
    r"|gasse|platz) \d+"
)


_PURPOSE = re.compile(r"\b(?:so (?:that )?(?:i|we)|in order to|before (?:i|we)|and (?:i|we)(?:'ll| will| can))\b.*$")
"""What the agent wants it for: a replacement to be sent is no other number."""


def role_of(text: str) -> str:
    """Which one of several of its kind: "billing", "shipping:other" (a new one), "other"; "" when not said."""
    text = _PURPOSE.sub("", text)
    roles = [role for role, pattern in _ROLE_WORDS if re.search(rf"\b(?:{pattern})\b", text)]
    base = next((role for role in roles if role not in ("other", "old")), "")
    if "other" in roles or "old" in roles:
        return f"{base}:other" if base else "other"
    return base


def asked_contacts(clause: str, *, confirming: bool = False) -> set[Item]:
    """Contact details that a requesting clause (plain) asks for, leaving out any whose value it states.

    Asked to be confirmed (`confirming`), they check who is writing, but for an e-mail or a number to find a record by.
    """
    items: set[Item] = set()
    if _UNLESS_SAME.search(clause):
        return items
    role = role_of(clause)
    loose = "other" if role.endswith("other") else ""
    if _EMAIL.search(clause) and not _EMAIL_SENT.search(clause) and not emails(clause):
        items.add(Item(Kind.EMAIL, loose))
    if _PHONE.search(clause) and not phones(clause):
        reaching = re.search(r"\b(?:reach|call|contact|ring|text) you\b", clause)
        items.add(Item(Kind.PHONE, loose or ("contact" if reaching else "")))
    if confirming:
        return items if _TO_FIND.search(clause) else set()
    if _COMPANY.search(clause):
        items.add(Item(Kind.NAME, "company"))
    elif _NAME.search(clause) and not _NOT_NAME.search(clause) and "username" not in clause:
        items.add(Item(Kind.NAME, loose or ("last" if _LAST_NAME.search(clause) else "")))
    if _ADDRESS.search(clause) and _ADDRESS_SAID.search(clause) and not _STREET.search(clause):
        items.add(Item(Kind.ADDRESS, role))
    if _WHERE_TO.search(clause):
        items.add(Item(Kind.ADDRESS, "shipping"))
    if _POSTCODE.search(clause):
        items.add(Item(Kind.POSTCODE, role))
    return items


def addresses(text: str) -> list[Found]:
    """Where plain text holds a street address or a postcode."""
    return [Found(m.group(), m.start(), m.end()) for pattern in (_STREET, _UK_POSTCODE) for m in pattern.finditer(text)]


def given_contacts(text: str, raw: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """Contact details in a customer's message (`text` plain with digits, `raw` as written)."""
    found = [Given(Item(Kind.EMAIL, _near_role(text, e)), 1.0, e.value) for e in emails(text)]
    wants = {item.kind: item for item in wanted}
    elsewhere = overlaps(text, (*emails(text), *times(text)))
    for phone in phones(text):
        before = text[max(0, phone.start - 40) : phone.start]
        if elsewhere(phone):
            continue
        spoken = re.search(
            r"\b(?:phone|mobile|cell|call|ring|reach|text|tel|contact|landline|whatsapp|number is|number:)\b[^.?!]*$",
            before,
        )
        after = re.match(r"\s*(?:is|=|\(|-)+ ?(?:my |the |our )?(?:phone|mobile|cell|landline|tel)", text[phone.end :])
        if (
            spoken
            or after
            or Kind.PHONE in wants
            or text[phone.start] in "+("
            or (text[phone.start] == "0" and len(phone.value) == 9 and Kind.IDENTIFIER not in wants)
        ) and not (nearest_role(before) and (not spoken or "number" in spoken.group()[:7])):
            found.append(Given(Item(Kind.PHONE, _near_role(text, phone)), 1.0, phone.value))
    for street in _STREET.finditer(text):
        place = Found("", street.start(), street.end())
        asked_role = wants[Kind.ADDRESS].role if Kind.ADDRESS in wants else ""
        found.append(Given(Item(Kind.ADDRESS, _near_role(text, place) or asked_role), 1.0, street.group()))
    code = _UK_POSTCODE.search(text) or (
        _ZIP.search(text) if Kind.POSTCODE in wants or _POSTCODE.search(text) or _STREET.search(text) else None
    )
    if code:
        found.append(Given(Item(Kind.POSTCODE), 1.0, code.group().replace(" ", "")))
    return found + given_names(text, raw, wants.get(Kind.NAME)) + _answered_address(text, wants, found)


def _near_role(text: str, value: Found) -> str:
    """The role said shortly before a value ("my billing address is ...")."""
    before = re.split(r"[.?!;]\s", text[max(0, value.start - 40) : value.start])[-1]
    return role_of(before)


def _answered_address(text: str, wants: dict[Kind, Item], found: list[Given]) -> list[Given]:
    """An address given as the answer to the question for it, in a form that no pattern knows."""
    if (
        Kind.ADDRESS in wants
        and not lacks(text)
        and len(text.split()) >= 3
        and re.search(r"\d", text)
        and not any(g.item.kind is Kind.ADDRESS for g in found)
    ):
        return [Given(wants[Kind.ADDRESS], 0.9)]
    return []
