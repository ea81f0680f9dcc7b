"""Identifiers and contact details: which one a clause asks for, and which ones a customer's message holds.

`asked_identifiers("could i get your order number?")` is `{Item(IDENTIFIER, "order")}`; "" is any reference.
"""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.values import Found, amounts, codes, dates, digits, emails, phones, plain, times

_SUFFIX = (
    r"(?:\s*-?\s*(?:numbers?|no\b\.?|num\b|nr\b\.?|nos\b|#|ids?\b|codes?\b|ref(?:erence)?s?\b(?:\s+(?"
    r":numbers?|no\b\.?|codes?|ids?))?|confirmation\b(?:\s+(?:number|code))?))"
)
_NOUNS: tuple[tuple[str, str], ...] = (
    ("purchase_order", r"(?:purchase order|\bp\.?o\.?)"),
    ("order", r"(?:(?:sales|web|online)\s+)?orders?"),
    ("invoice", r"(?:invoices?|bills?)"),
    ("customer", r"(?:customers?|clients?)"),
    ("account", r"accounts?"),
    ("tracking", r"(?:tracking|track\s*(?:&|and)\s*trace|parcels?|consignment|shipments?|airway ?bill|awb|package)"),
    ("ticket", r"(?:support )?(?:tickets?|cases?|incidents?|service request|enquiry|inquiry)"),
    ("serial", r"(?:serial|s/n\b|sn\b)"),
    ("booking", r"(?:bookings?|reservations?|confirmation|pnr|itinerary|e-?ticket)"),
    ("policy", r"polic(?:y|ies)"),
    ("claim", r"claims?"),
    ("imei", r"(?:imei|meid|eid|iccid)"),
    ("transaction", r"(?:transactions?|payments?|transfers?)"),
    ("contract", r"(?:contracts?|agreements?)"),
    ("licence", r"(?:licen[cs]es?(?: keys?)?|product keys?|activation)"),
    ("meter", r"(?:meter(?: readings?)?)"),
    ("membership", r"(?:memberships?|members?|loyalty(?: card)?|frequent[- ]flyer|rewards?)"),
    ("flight", r"flights?"),
    ("vehicle", r"(?:vin\b|registration|number ?plates?|license plates?|plates?)"),
    ("return", r"(?:returns?|rma)"),
    ("sku", r"(?:sku|articles?|items?|part)"),
    ("gift_card", r"(?:gift ?cards?|vouchers?)"),
    ("promo", r"(?:promo(?:tion)?(?:al)?|discounts?|coupons?)"),
    ("student", r"(?:student|employee|staff|patient|user)"),
)
_NAMED = tuple((role, re.compile(rf"\b{noun}(?:'s)?{_SUFFIX}", re.IGNORECASE)) for role, noun in _NOUNS)
_BARE = re.compile(
    r"\b(?:imei|serial|s/n|pnr|vin|licen[cs]e key|product key|activation (?:key"
    r"|code)|user ?name|login (?:name|id)|user ?id|meter reading|(?:the|your) key"
    r"|(?:licen[cs]e|number|registration) ?plate|iban|meter (?:read|show|say))\b"
)
_BARE_ROLES = (
    ("imei", "imei"),
    ("serial", "serial"),
    ("s/n", "serial"),
    ("pnr", "booking"),
    ("vin", "vehicle"),
    ("key", "licence"),
    ("activation", "licence"),
    ("meter", "meter"),
    ("iban", "iban"),
    ("plate", "vehicle"),
)
_WHICH = re.compile(
    r"\b(?:which|what) (order|invoice|account|booking|reservation|ticket|case|policy"
    r"|shipment|parcel|transaction|payment|contract|bill|claim|membership)s?\b(?!"
    r" (?:type|status|date|total|amount|method|confirmation|details|page|number"
    r"|settings|do you want to (?:open|create|cancel)))(?! (?:would|do|should|shall)"
    r" (?:you|i|we) (?:like|want|prefer|rather|check|use))"
)
_WHICH_ROLES = {
    "reservation": "booking",
    "case": "ticket",
    "shipment": "tracking",
    "parcel": "tracking",
    "payment": "transaction",
    "bill": "invoice",
}
_REFERENCE = re.compile(
    r"\b(?:reference|ref)\b\.?(?:\s*(?:number|no\b\.?|code|#|id))?|\b(?:what|the"
    r"|your|any|a) (?:number|id|code) (?:you were given|on (?:the|your)|from (?:the"
    r"|your))"
)
_DETAILS = re.compile(r"\b(order|booking|account|invoice|reservation|policy) (?:details?|info(?:rmation)?)\b")

_EMAIL = re.compile(r"\be-?mails?\b(?: ?(?:address|addy|id))?")
_EMAIL_SENT = re.compile(
    r"\b(?:receiv\w*|got|get|see|seen|find|check(?:ed|ing)?|open(?:ed)?|click\w*"
    r"|sent|confirmation|spam|junk|reply|replied|respond\w*|forward(?:ed)?|welcome"
    r"|reset|verification|activation) (?:\w+ ){0,4}e-?mails?\b|\be-?mails? (?:we"
    r"|i|you|that|from|with|to|was|has|have|didn't|arriv\w*|confirm\w*|notif\w*"
    r"|template|client|app|server|settings)\b(?! (?:use|used|signed|registered"
    r"|have|registred|normally|want|is|(?:\w+ )?(?:linked|on)))"
    r"|\b(?:by|via|through|an) e-?mail\b|\b(?:i'll|we'll|i can|we can|will|to|i"
    r" could) e-?mail (?:you|me|us|it|them|over|the)\b|\bsend (?:it|that|this|them"
    r"|you|the) .*\be-?mail"
)
_PHONE = re.compile(
    r"\b(?:tele)?(?:phone|mobile|cell|contact|callback|call[- ]?back|landline|daytime)(?:"
    r" ?phone)? ?(?:numbers?|no\b\.?)|\bnumber\b.{0,25}\b(?:reach|call|contact"
    r"|ring|text) (?:you|back|me)\b|\b(?:best|good) number\b|\b(?:what|which|your)"
    r" phone\b(?= (?:is|number|\?))"
)
_NAME = re.compile(
    r"\b(?:full|first|last|sur|family|given|complete|legal|correct|new|exact|right"
    r"|maiden)[- ]?names?\b|\b(?:your|the|customer'?s?|account holder'?s?|guest"
    r"|passenger|lead) names?\b|\bname(?:s)? (?:on|of|under|for|that|which|is|in"
    r" which)\b|\bwhat name\b|\bname please\b|^(?:and )?(?:the |your )?name\W*$"
    r"|\bwho am i (?:speaking|talking|chatting)|\bwhom? (?:do i have|am i)|\bmay"
    r" i (?:have|ask|know) (?:who|your name)|\bname and\b|\band (?:your )?(?:full"
    r" )?name\b"
)
_NOT_NAME = re.compile(
    r"\b(?:user|file|product|item|company|business|event|hotel|restaurant|movie"
    r"|domain|device|network|store|brand|app|plan|model|street|bank|agent|my|team"
    r"|screen|host|folder) ?names?\b|\bname of (?:the|that|this) (?:\w+ )?(?:product"
    r"|item|app|file|device|event|company|business|network|agent|person|colleague"
    r"|store|shop|hotel|restaurant|show|movie|airline|plan)"
)
_COMPANY = re.compile(
    r"\b(?:company|business|organi[sz]ation|employer|firm)(?:'s)? name\b|\bname"
    r" of (?:your|the) (?:company|business|organi[sz]ation)\b|\b(?:which|what)"
    r" (?:company|organi[sz]ation) (?:are|do)\b"
)
_ADDRESS = re.compile(
    r"(?<!e-mail )(?<!email )(?<!mail )(?<!ip )(?<!web )(?<!mac )(?<!website )\baddress(?:es)?\b(?!"
    r" (?:bar|book|that issue|this|your|the|it\b))"
)
_ADDRESS_SAID = re.compile(
    r"\b(?:your|the|which|what|an?|full|home|postal|mailing|delivery|shipping|billing"
    r"|current|street|correct|service|installation|property|company)\s+(?:\w+ ){0,2}address"
    r"|^(?:and )?address|\baddress (?:please|for|on)\b|\band address\b"
)
_POSTCODE = re.compile(r"\b(?:post ?codes?|zip(?: ?codes?)?|postal codes?|eircode)\b")
_USERNAME = re.compile(
    r"\b(?:user ?name|user[- ]?id|login(?: name| id)?(?= do| are| is|\?| you)|screen"
    r" name|handle|(?:what|which) login)\b"
)
_OBTAINS = re.compile(
    r"\b(?:(?:may|can|could|might|would) (?:i|we|you)|(?:i|we)(?:'ll|'d| will|"
    r" would| just| also| still| do)* (?:need|require|like)|tell|give|send|share"
    r"|provide|supply|quote|remind|let (?:me|us) know|what|whats|what's|which|under"
    r" what|whose|who|do you (?:have|know|happen|remember|recall)|mind|needed|required"
    r"|missing)\b"
    r"|\bplease\W*$|\bplease (?:just )?(?:confirm|verify|specify|state|type|enter"
    r" (?:it|them) here|reply|include|mention|note)\b|^(?:\W*(?:and|so|ok(?:ay)?"
    r"|thanks|thank you|also|sorry|last thing|first|hi|hello|sure|alright|great"
    r"|perfect)\b)*\W*(?!please (?:enter|use|try|check|click|type|go|keep|have"
    r"|open|press|insert|put|scan)\b)(?:(?:your|the|an?|any|ur)\b)?(?:\W*[\w/'-]+){1,4}\W*\?*$"
)
_TURNED = re.compile(r"\b(?:numbers?|id|code|reference) (?:of|for) (?:the|your|this|that) (?:\w+ )?([a-z]+)")
_ANY_NUMBER = re.compile(r"\b([a-z]{3,})[- ](?:numbers?|no\b\.?|ids?\b|codes?\b|key\b)")
_NOT_NAMES = frozenset(
    "phone mobile cell contact telephone landline best good correct right right wrong same the your this that any which what error fault status post zip postal area country card pin security verification "
    "discount access qr bar model version is are was has have number code with from for and but not still got get since paid about than over under only just please one two time times today here there "
    "charged cost costs around nearly almost say says said show shows saying ordered order it's its digit digits last first four three calling whatsapp".split()
)
_CONFIRM_ONLY = re.compile(r"\b(?:confirm|verify|double[- ]?check|validate)\b")
_ROLE_WORDS = (
    ("billing", r"billing|invoice|payment"),
    ("shipping", r"shipping|delivery|deliver|ship|mailing|send it to"),
    ("return", r"return"),
    ("old", r"old|previous|former|now|currently"),
    (
        "other",
        r"new|other|another|different|second|2nd|alternative|alternate|additional|backup"
        r"|secondary|updated|corrected|replacement|recipient'?s?|friend'?s?|colleague'?s?"
        r"|partner'?s?|wife'?s?|husband'?s?|sender'?s?|seller'?s?|next|her|his|grandm\w+'?s?"
        r"|mother'?s?|father'?s?|mum'?s?|dad'?s?",
    ),
)
_PREFIX = (
    ("purchase_order", r"po"), ("order", r"ord(?:er)?|so|wo|web"), ("invoice", r"inv(?:oice)?|bill"), ("customer", r"cust?|cus|cn|kd|client"), ("ticket", r"tkt|tck|tic(?:ket)?|case|inc|sr|req"),
    ("account", r"acc?t?|account"), ("tracking", r"trk|track|1z|jd|rm|dhl|ups|tba"), ("serial", r"sn|s/n|serial"), ("booking", r"bk|bkg|book|res|rsv|conf"), ("policy", r"pol|plc"), ("claim", r"clm|claim"),
    ("transaction", r"txn|tx|trx|pay|pi"), ("contract", r"con|ctr|ct"), ("return", r"rma|ret"), ("membership", r"mem|mbr|loy"),
)  # fmt: skip
_PREFIXED = tuple((role, re.compile(rf"(?:{prefix})[-_ #]?\d")) for role, prefix in _PREFIX)
_UK_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b")
_ZIP = re.compile(r"\b\d{5}(?:-\d{4})?\b")
_STREET = re.compile(
    r"\b\d+\s?[a-z]?,? (?:[\w'.-]+ ){0,3}?(?:street|st|road|rd|avenue|ave|lane"
    r"|ln|drive|dr|way|court|ct|close|place|pl|boulevard|blvd|square|sq|terrace"
    r"|crescent|row|hill|gardens?|grove|walk|mews|view|heights|parkway|highway"
    r"|strasse|str|route|rue|park|quay|circle)\b\.?|\b(?:address(?: is|:| =)|moved"
    r" to|live at|living at|delivered? to|deliver it to|send it to)\s*(?:the )?(?:flat"
    r" |apt |unit )?\d+\w*,? [a-z'-]+ [a-z'-]+|\b[\w-]+(?:stra(?:ss|ß)e|str\.|weg"
    r"|gasse|platz) \d+"
)
_MY_NAME = re.compile(
    r"\b(?i:my (?:full |last |first )?name(?:'s| is| was|:)|name(?: is|:| -)|(?:the"
    r" )?name on (?:it|the \w+) is|under(?: the name(?: of)?)?|registered (?:to"
    r"|under)|(?:i am|i'm|this is|it's|it is)(?= [A-Z][a-z]+ [A-Z]))\s+(?:mr\.?"
    r"|mrs\.?|ms\.?|dr\.?)?\s*(?P<name>[A-Z][\w'’-]+(?:\s+(?:de|van|von|der|la"
    r"|el|[A-Z][\w'’.-]*)){0,3})"
)
_NAME_PLAIN = re.compile(r"\bmy (?:full |last |first )?name(?:'s| is|:)\s+(?P<name>[a-z][\w'-]+(?: [a-z][\w'-]+)?)")
_SIGNED = re.compile(
    r"(?i:regards|thanks|thank you|cheers|best|sincerely|thx)[,!.]?\s*(?:-|–)?\s*(?P<name>[A-Z][a-z'’"
    r"-]+(?: [A-Z][\w'’-]+){0,2})\W*$|\b(?P<here>[A-Z][a-z]+(?: [A-Z][a-z]+)?)"
    r" here\b"
)
_LACKS = re.compile(
    r"\b(?:don'?t|do not|didn'?t|haven'?t|can'?t|cannot|couldn'?t|never|no idea"
    r"|not sure|without|lost|where (?:do|can|is|would)|no longer|unable)\b(?: \w+'?\w*){0,5}?"
    r" (?:have|got|find|know|remember|see|received?|get|locate|it|one|any|number"
    r"|what|my)\b|\b(?:what|which|where)(?:'s| is| are) (?:my|the|an?)\b|\bno (?:order"
    r"|account|invoice|reference|tracking|serial|booking)? ?(?:number|id)\b|\blost"
    r" (?:it|my|the)\b|\bdon'?t (?:have|know|remember) (?:it|that|one)\b"
)  # fmt: skip
_TECHNICAL = re.compile(
    r"(?:error|err|fault|code|status|http|exception|version|v|ver|windows|ios|android"
    r"|macos|iphone|ipad|galaxy|pixel|series|chrome|firefox|model|build|firmware"
    r"|usb|ps|xbox|step|option|level|gb|mb|room|flat|apartment|apt|page|line|office"
    r"|365)[\s#:-]*$"
)


def lacks(text: str) -> bool:
    """Does a customer (plain text) say that they do not have, know or find what was asked?"""
    return bool(_LACKS.search(text))


def role_of(text: str) -> str:
    """Which one of several of its kind: "billing", "shipping:other" (a new one), "other"; "" when not said."""
    roles = [role for role, pattern in _ROLE_WORDS if re.search(rf"\b(?:{pattern})\b", text)]
    base = next((role for role in roles if role not in ("other", "old")), "")
    if "other" in roles or "old" in roles:
        return f"{base}:other" if base else "other"
    return base


def asked_identifiers(clause: str) -> set[Item]:
    """Identifiers and contact details that a requesting clause (plain) asks for, leaving out any whose value it states."""
    items: set[Item] = set()
    if not _OBTAINS.search(clause):
        return items
    stated = bool([c for c in codes(clause) if not _TECHNICAL.search(clause[: c.start])])
    if not stated:
        items |= {Item(Kind.IDENTIFIER, role) for role in _identifier_roles(clause)}
    confirming = bool(_CONFIRM_ONLY.search(clause))
    if not confirming:
        items |= _asked_contact(clause)
    return items


def _identifier_roles(clause: str) -> set[str]:
    roles = {role for role, pattern in _NAMED if pattern.search(clause)}
    if "purchase_order" in roles and "order" in roles and not re.search(r"(?<!purchase )\border\b", clause):
        roles.discard("order")
    bare = _BARE.search(clause)
    if bare:
        roles |= {role for word, role in _BARE_ROLES if word in bare.group()}
    if _USERNAME.search(clause) and not re.search(r"\blogin (?:page|screen|issue|problem|details)", clause):
        roles = (roles - {"student"}) | {"username"}
    roles |= {_WHICH_ROLES.get(m.group(1), m.group(1)) for m in _WHICH.finditer(clause)}
    roles |= {
        {"reservation": "booking"}.get(m.group(1), m.group(1))
        for m in _DETAILS.finditer(clause)
        if re.search(r"\b(?:your|the)\b", clause)
    }
    turned = _TURNED.search(clause)
    if turned:
        roles |= {role for role, noun in _NOUNS if re.fullmatch(noun, turned.group(1))}
    if not roles and _REFERENCE.search(clause):
        roles.add("")
    if not roles:
        roles |= {f"~{m.group(1)}" for m in _ANY_NUMBER.finditer(clause) if m.group(1) not in _NOT_NAMES}
    if role_of(clause).endswith("other"):
        return {f"{role}:other" for role in roles}
    return roles


def _asked_contact(clause: str) -> set[Item]:
    items: set[Item] = set()
    role = role_of(clause)
    loose = "other" if role.endswith("other") else ""
    if _EMAIL.search(clause) and not _EMAIL_SENT.search(clause) and not emails(clause):
        items.add(Item(Kind.EMAIL, loose))
    if _PHONE.search(clause) and not phones(clause):
        reaching = re.search(r"\b(?:reach|call|contact|ring|text) you\b", clause)
        items.add(Item(Kind.PHONE, loose or ("contact" if reaching else "")))
    if _COMPANY.search(clause):
        items.add(Item(Kind.NAME, "company"))
    elif _NAME.search(clause) and not _NOT_NAME.search(clause) and "username" not in clause:
        items.add(Item(Kind.NAME, loose))
    if _ADDRESS.search(clause) and _ADDRESS_SAID.search(clause) and not _STREET.search(clause):
        items.add(Item(Kind.ADDRESS, role))
    if _POSTCODE.search(clause):
        items.add(Item(Kind.POSTCODE, role))
    return items


def given_identifiers(raw: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """Identifiers and contact details that a customer's message holds; `wanted` is what the message before asked for."""
    text = digits(plain(raw))
    found = _given_contact(text, raw, wanted)
    taken = [*emails(text), *times(text), *amounts(text)]
    if any(gift.item.kind is Kind.PHONE for gift in found):
        taken += phones(text)
    taken += [Found("", m.start(), m.end()) for pattern in (_STREET, _UK_POSTCODE) for m in pattern.finditer(text)]
    taken += [d for d in dates(text) if not d.value.startswith("day-")]
    asked_roles = [item.role for item in wanted if item.kind is Kind.IDENTIFIER]
    for code in codes(text):
        if any(code.start < t.end and t.start < code.end for t in taken) or _TECHNICAL.search(text[: code.start]):
            continue
        found += _identify(text, code, asked_roles, wanted)
    if Item(Kind.IDENTIFIER, "username") in wanted and not lacks(text) and len(text.split()) <= 6 and "?" not in text:
        found.append(Given(Item(Kind.IDENTIFIER, "username"), 0.9))
    named = re.search(r"\b(?:user ?name|login)(?: is|:| -)\s*(\S+)", text)
    if named:
        found.append(Given(Item(Kind.IDENTIFIER, "username"), 1.0, named.group(1)))
    return found


def _identify(text: str, code: Found, asked_roles: list[str], wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """What a code is, by the noun beside it, its prefix, or the question before."""
    before = re.split(r"(?<=[.?!;])\s", text[max(0, code.start - 60) : code.start])[-1]
    after = re.split(r"[.?!;,]", text[code.end : code.end + 40])[0]
    own = text[code.start : code.end]
    role = _nearest_role(before)
    if role is None:
        role = next(
            (
                r
                for r, noun in _NOUNS
                if re.match(rf"\s*(?:is|was|\(|=|-|as|for)\s*(?:my |the |our )?\(?{noun}\b", after)
            ),
            None,
        )
    if role is None:
        role = next((r for r, pattern in _PREFIXED if pattern.match(own)), None)
    if role is not None:
        suffix = ":other" if re.search(r"\b(?:other|another|second|different|new|old|previous)\b", before[-30:]) else ""
        result = [Given(Item(Kind.IDENTIFIER, role + suffix), 1.0, code.value)]
        return result + [
            Given(Item(Kind.IDENTIFIER, r), 0.9, code.value)
            for r in asked_roles
            if r not in (role, "") and _nearest_role(before) is None
        ]
    own_word = re.search(r"([a-z]{3,})(?:[- ](?:numbers?|no\.?|ids?|codes?|key))?(?: is| was|:)?\s*#?$", before)
    if own_word and own_word.group(1) not in _NOT_NAMES and not asked_roles:
        return [
            Given(Item(Kind.IDENTIFIER, f"~{own_word.group(1)}"), 1.0, code.value),
            Given(Item(Kind.IDENTIFIER, ""), 0.7 if len(code.value) >= 5 else 0.3, code.value),
        ]
    if asked_roles:
        return [Given(Item(Kind.IDENTIFIER, r), 1.0 if len(asked_roles) == 1 else 0.8, code.value) for r in asked_roles]
    if any(item.kind in (Kind.PHONE, Kind.POSTCODE, Kind.ADDRESS) for item in wanted):
        return []
    return [Given(Item(Kind.IDENTIFIER, ""), 0.8 if len(code.value) >= 5 else 0.4, code.value)]


def _nearest_role(before: str) -> str | None:
    """The role of the identifier noun closest before a code, if it stands near enough to name it."""
    best: tuple[int, int, str] | None = None
    for rank, (role, noun) in enumerate(_NOUNS):
        for match in re.finditer(rf"\b{noun}{_SUFFIX}?\b", before):
            between = before[match.end() :]
            if len(between.split()) <= 3 and not re.search(r"\b(?:and|but|since|on|at|in|from|paid|ago)\b", between):
                key = (match.end(), -rank, role)
                best = max(best, key) if best else key
    return best[2] if best else None


def _given_contact(text: str, raw: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    found = [Given(Item(Kind.EMAIL, _near_role(text, e)), 1.0, e.value) for e in emails(text)]
    wants = {item.kind: item for item in wanted}
    for phone in phones(text):
        before = text[max(0, phone.start - 40) : phone.start]
        if any(phone.start < e.end and e.start < phone.end for e in (*emails(text), *times(text))):
            continue
        spoken = re.search(
            r"\b(?:phone|mobile|cell|call|ring|reach|text|tel|contact|landline|whatsapp|number is|number:)\b[^.?!]*$",
            before,
        )
        if (spoken or Kind.PHONE in wants or text[phone.start] in "+(" or (text[phone.start] == "0" and len(phone.value) == 9 and Kind.IDENTIFIER not in wants)) and not (_nearest_role(before) and not spoken):
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
    return found + _given_names(text, raw, wants)


def _near_role(text: str, value: Found) -> str:
    """The role said shortly before a value ("my billing address is ...")."""
    before = re.split(r"[.?!;]\s", text[max(0, value.start - 40) : value.start])[-1]
    return role_of(before)


def _given_names(text: str, raw: str, wants: dict[Kind, Item]) -> list[Given]:
    straight = raw.replace("\u2019", "'")
    match = _MY_NAME.search(straight)
    found = [Given(Item(Kind.NAME), 1.0, plain(match.group("name")))] if match else []
    lower = _NAME_PLAIN.search(text)
    if lower and not match:
        found.append(Given(Item(Kind.NAME), 0.95, lower.group("name")))
    signed = _SIGNED.search(straight)
    if signed and not found:
        found.append(Given(Item(Kind.NAME), 0.7, plain(signed.group("name") or signed.group("here"))))
    words = text.split()
    short = 1 <= len(words) <= 12 and "?" not in text and not lacks(text)
    yes_no = re.fullmatch(r"\W*(?:yes|yeah|no|nope|ok|okay|sure|thanks|hi|hello)(?: \w+)?\W*", text)
    if Kind.NAME in wants and short and not yes_no and re.search(r"(?<!\w)[A-Za-z][a-z'-]+", raw):
        found.append(Given(wants[Kind.NAME], 0.95))
    if (
        Kind.ADDRESS in wants
        and not lacks(text)
        and len(words) >= 3
        and re.search(r"\d", text)
        and not any(g.item.kind is Kind.ADDRESS for g in found)
    ):
        found.append(Given(wants[Kind.ADDRESS], 0.9))
    return found
