"""Identifiers: which one a clause asks for, and which ones a customer's message holds.

`asked_identifiers("could i get your order number?")` is `{Item(IDENTIFIER, "order")}`; "" is any reference, "~badge"
one of no common kind.
"""

from __future__ import annotations

import re
from functools import lru_cache

from service.language.information.contacts import addresses, asked_contacts, given_contacts, role_of
from service.language.information.identifier_nouns import NOUNS, SUFFIX, named_here, nearest_role
from service.language.information.items import Given, Item, Kind
from service.language.information.questions import clauses
from service.language.information.replies import lacks
from service.language.information.seeking import seeks
from service.language.information.values import (
    Found,
    amounts,
    codes,
    dates,
    digits,
    emails,
    overlaps,
    phones,
    plain,
    times,
    word_set,
)

_NAMED = tuple((role, re.compile(rf"\b{noun}(?:'s)?{SUFFIX}", re.IGNORECASE)) for role, noun in NOUNS)
_BARE = re.compile(
    r"\b(?:imei|serial|s/n|pnr|vin|licen[cs]e key|product key|activation (?:key"
    r"|code)|user ?name|login (?:name|id)|user ?id|meter reading|(?:the|your) key"
    r"|(?:licen[cs]e|number|registration) ?plate|iban|sku|reg\b|(?:vehicle|car|the|your) registration|^registration"
    r"|meter (?:read|show|say))\b"
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
    ("reg", "vehicle"),
    ("sku", "sku"),
)
_WHICH = re.compile(
    r"\b(?:which|what) (order|invoice|account|booking|reservation|ticket|case|policy"
    r"|shipment|parcel|transaction|payment|contract|bill|claim|membership|store|branch|shop|vehicle|complaint)s?\b(?!"
    r" (?:type|status|date|total|amount|method|confirmation|details|page|number"
    r"|settings|do you want to (?:open|create|cancel)))(?! (?:would|do|should|shall)"
    r" (?:you|i|we) (?:like|want|prefer|rather|check|use))"
)
_WHICH_ABOUT = re.compile(
    r"\b(?:which|what) ([a-z]{4,}) (?:is|are) (?:this|it|that|we|you) (?:\w+ ){0,2}(?:about|for|regarding"
    r"|concerning)\b"
)
_WHICH_ROLES = {
    "reservation": "booking",
    "case": "ticket",
    "shipment": "tracking",
    "parcel": "tracking",
    "payment": "transaction",
    "bill": "invoice",
    "branch": "store",
    "shop": "store",
    "complaint": "ticket",
}
_REFERENCE = re.compile(
    r"\b(?:reference|ref)\b\.?(?:\s*(?:number|no\b\.?|code|#|id))?|\b(?:what|the"
    r"|your|any|a) (?:number|id|code) (?:you were given|on (?:the|your)|from (?:the"
    r"|your))"
)
_DETAILS = re.compile(r"\b(order|booking|account|invoice|reservation|policy) (?:details?|info(?:rmation)?)\b")
_USERNAME = re.compile(
    r"\b(?:user ?name|user[- ]?id|login(?: name| id)?(?= do| are| is|\?| you)|screen"
    r" name|handle|gamer ?tag|nick ?name|in-game name|(?:player|gamer|character|profile|summoner) (?:name|id|tag)"
    r"|alias"
    r"|(?:what|which) login|psn|name (?:do|are) you (?:play|log in|sign in|go)|what do you (?:log|sign) in with"
    r"|(?:your|ur|the) login(?: (?:please|pls|again|to|so|for|and)\b|\W*$))\b"
)
_USER_IS = re.compile(
    r"\b(?i:(?:user ?name|user|user ?id|login|log ?in|handle|(?:gamer ?)?tag|nick(?:name)?|ign|psn|screen ?name"
    r"|player (?:name|id)"
    r"|alias)(?: is\b|'s\b| was\b|:| -| =)\s*|(?:user ?name|handle|gamer ?tag|ign|psn|player (?:name|id))\s+(?!is\b"
    r"|was\b)|(?:play"
    r"|log(?:ged)? in|sign(?:ed)? in|known|registered) as\s+|login\s+(?=\S*[\d_@.]\w))@?((?!(?:not|the|a|an|my|and"
    r"|or|for|on|in|is"
    r"|was|to|that|which|but|it|with|doesn't|does|has|wrong|invalid|page|screen)\b)\w[\w@.+-]{2,})"
)
_OBTAINS = re.compile(
    r"\b(?:(?:may|can|could|might|would) (?:i|we|you)|(?:i|we)(?:'ll|'d| will|"
    r" would| just| also| still| do)* (?:need|require|like)|tell|give|send|share"
    r"|provide|supply|quote|remind|let (?:me|us) know|what|whats|what's|which|under"
    r" what|whose|who|do you (?:have|know|happen|remember|recall)|mind|needed|required"
    r"|missing|where (?:should|do|can|shall|are) (?:we|i)(?: to)? (?:send|ship|deliver|post)\w*)\b"
    r"|\bplease\W*$|\bplease (?:just )?(?:confirm|verify|specify|state|type|enter"
    r" (?:it|them) here|reply|include|mention|note)\b|^(?:\W*(?:and|so|ok(?:ay)?"
    r"|thanks|thank you|also|sorry|last thing|first|hi|hello|sure|alright|great"
    r"|perfect)\b)*\W*(?!please (?:enter|use|try|check|click|type|go|keep|have"
    r"|open|press|insert|put|scan)\b)(?:(?:your|the|an?|any|ur)\s+)?[^\s?]+(?:\s+[^\s?]+){0,3}\s*\?*$"
)
_TURNED = re.compile(r"\b(?:numbers?|id|code|reference) (?:of|for) (?:the|your|this|that) (?:\w+ )?([a-z]+)")
_LETTERED = re.compile(
    r"\b(?i:(?:booking|reservation|confirmation|pnr|locator|reference|ref|code|itinerary)(?: (?:code|number|no\.?"
    r"|ref(?:erence)?))?)"
    r"(?i: is| was)?[\s:(#=]+(?=[A-Z]{5,8}\b)((?!PLEASE|URGENT|CANCEL|NUMBER|REFUND)[A-Z]{5,8})\b"
)
_OWN_REFERENCE = re.compile(r"\b([a-z]{4,}) ref(?:erence)?\b")
_NUMBER_ON = re.compile(
    r"\b(?:number|id|code) (?:on|from) (?:the|your) (?!(?:\w+ )?(?:confirmation|e-?mail|letter|receipt|card|label"
    r"|back|box|front"
    r"|top|bottom|document|paper|paperwork|form|page|screen|sticker|slip|note|message|text|packaging"
    r"|bill)\b)([a-z]{3,})"
)
_ANY_NUMBER = re.compile(r"\b([a-z]{3,})[- ](?:numbers?|no\b\.?|ids?\b|codes?\b|key\b)")
_NOT_NAMES = word_set(
    "phone mobile cell contact telephone landline best good correct right right"
    " wrong same the your this that any which what error fault status post zip"
    " postal mail email area country card pin security verification "
    "discount access qr bar model version is are was has have number code with"
    " have need give send quote take know unique relevant correct full right some other new"
    " from for and but not still got get since paid about than over under only"
    " just please one two time times today here there "
    "charged cost costs around nearly almost say says said show shows saying ordered"
    " order it's its digit digits last first four three calling whatsapp"
)
_CONFIRM_ONLY = re.compile(r"\b(?:confirm|verify|double[- ]?check|validate)\b")
_RECORDS = word_set("order invoice customer account ticket booking policy claim contract membership meter iban")
_OLD = re.compile(r"\b(?:old|previous|former)\b")
_NEW = re.compile(r"\b(?:other|another|second|different|new)\b")
_STATEMENT_CHECKED = re.compile(r"\b(?:confirm|verify|check) (?:to me )?(?:if|whether|that (?:the|your|you|it|this))\b")
_SENTENCE_END = re.compile(r"(?<=[.?!;])(?<!\bno\.)(?<!\bnr\.)(?<!\bref\.)(?<!\bacct\.)\s")
_AFTER_REFERENCE = re.compile(r"\bref(?:erence)?\b\W*(?:(?:is|was|no|number)\b\W*)?$")
_PREFIX = (
    ("purchase_order", r"po"),
    ("order", r"ord(?:er)?|so|wo|web"),
    ("invoice", r"inv(?:oice)?|bill"),
    ("customer", r"cust?|cus|cn|kd|client"),
    ("ticket", r"tkt|tck|tic(?:ket)?|case|inc|sr|req"),
    ("account", r"acc?t?|account"),
    ("tracking", r"trk|track|1z|jd|rm|dhl|ups|tba"),
    ("serial", r"sn|s/n|serial"),
    ("booking", r"bk|bkg|book|res|rsv|conf"),
    ("policy", r"pol|plc"),
    ("claim", r"clm|claim"),
    ("transaction", r"txn|tx|trx|pay|pi"),
    ("contract", r"con|ctr|ct"),
    ("return", r"rma|ret"),
    ("membership", r"mem|mbr|loy"),
)
_PREFIXED = tuple((role, re.compile(rf"(?:{prefix})[-_ #]?\d")) for role, prefix in _PREFIX)
NEAR = 200
"""Characters before a code in which it is told what the code is."""

_TECHNICAL = re.compile(
    r"(?:error|err|fault|code|status|http|exception|version|v|ver|windows|ios|android"
    r"|macos|iphone|ipad|galaxy|pixel|series|chrome|firefox|model|build|firmware"
    r"|usb|ps|xbox|step|option|level|gb|mb|room|flat|apartment|apt|page|line|office"
    r"|365)[\s#:-]*$"
)


def asked_identifiers(clause: str) -> set[Item]:
    """Identifiers and contact details that a requesting clause (plain) asks for; none whose value it states."""
    items: set[Item] = set()
    if (not _OBTAINS.search(clause) and not seeks(clause)) or _STATEMENT_CHECKED.search(clause):
        return items
    stated = bool([c for c in codes(clause) if not _TECHNICAL.search(clause[: c.start])])
    if not stated:
        items |= {Item(Kind.IDENTIFIER, role) for role in _identifier_roles(clause)}
    confirming = bool(_CONFIRM_ONLY.search(clause))
    return items | asked_contacts(clause, confirming=confirming)


def _role_called(word: str) -> str:
    """The role of a record that is called `word`; "~word" when it is none of the common ones."""
    return next((role for role, noun in NOUNS if re.fullmatch(noun, word)), f"~{word}")


def prompted_identifiers(text: str) -> frozenset[Item]:
    """Identifiers that a bot's prompt (plain) names, however it is put: "key in your account number"."""
    return frozenset(Item(Kind.IDENTIFIER, role) for clause in clauses(text) for role in _identifier_roles(clause))


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
    roles |= {_role_called(m.group(1)) for m in _WHICH_ABOUT.finditer(clause) if m.group(1) not in _NOT_NAMES}
    roles |= {
        {"reservation": "booking"}.get(m.group(1), m.group(1))
        for m in _DETAILS.finditer(clause)
        if re.search(r"\b(?:your|the)\b", clause)
    }
    turned = _TURNED.search(clause)
    if turned:
        called = _role_called(turned.group(1))
        roles |= {called} if called[0] != "~" or not roles else set()
    own = _OWN_REFERENCE.search(clause) or _NUMBER_ON.search(clause)
    if not roles and _REFERENCE.search(clause):
        roles.add(_role_called(own.group(1)) if own and own.group(1) not in _NOT_NAMES else "")
    if not roles:
        roles |= {f"~{m.group(1)}" for m in _ANY_NUMBER.finditer(clause) if m.group(1) not in _NOT_NAMES}
    mark = "old" if _OLD.search(clause) else "other" if role_of(clause).endswith("other") else ""
    return {f"{role}:{mark}" for role in roles} if mark else roles


def given_identifiers(raw: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """Identifiers and contact details in a customer's message; `wanted` is what the message before asked for."""
    text = digits(plain(raw))
    found = given_contacts(text, raw, wanted)
    taken = [*emails(text), *times(text), *amounts(text)]
    if any(gift.item.kind is Kind.PHONE for gift in found):
        taken += phones(text)
    taken += addresses(text)
    taken += [d for d in dates(text) if not d.value.startswith("day-")]
    asked_roles = [item.role for item in wanted if item.kind is Kind.IDENTIFIER]
    elsewhere = overlaps(text, taken)
    for code in codes(text):
        if elsewhere(code) or _technical(text[max(0, code.start - NEAR) : code.start], text):
            continue
        found += _identify(text, code, asked_roles, wanted)
    found += _usernames(text, raw, wanted) + _lettered(raw, wanted)
    return found


def _usernames(text: str, raw: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """User names: any short answer to the question for one, or what follows the word for it."""
    item = Item(Kind.IDENTIFIER, "username")
    if item in wanted and not lacks(text) and len(text.split()) <= 6 and "?" not in text:
        return [Given(item, 0.9)]
    named = _USER_IS.search(raw)
    return [Given(item, 1.0, plain(named.group(1).rstrip(".,;:!?)")))] if named else []


def _technical(before: str, text: str) -> bool:
    """Does a code that follows name a version, a fault or a page, rather than a record?"""
    match = _TECHNICAL.search(before)
    if not match or named_here(before):
        return False
    return not match.group().startswith("code") or not _spoken_of(text) or bool(re.search(r"\b(?:error|fault)\b", text))


def _lettered(raw: str, wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """Booking codes without a digit: capitals, beside the word for one or in answer to the question for one."""
    codes_only = re.fullmatch(r"\W*(?:(?i:it'?s|it is|code|sure|yes)\W+)*([A-Z]{5,8})\W*", raw)
    if codes_only and any(item.kind is Kind.IDENTIFIER for item in wanted):
        return [Given(item, 0.95, codes_only.group(1).lower()) for item in wanted if item.kind is Kind.IDENTIFIER]
    near = _LETTERED.search(raw)
    role = nearest_role(plain(raw[: near.start(1)])) if near else None
    return [Given(Item(Kind.IDENTIFIER, role or "booking"), 1.0, near.group(1).lower())] if near else []


def _sentence(before: str) -> str:
    """The sentence that text ends in; a full stop after what a number is called, or of an abbreviation, ends none."""
    named = before.rstrip(" .:")
    return _SENTENCE_END.split(named if named_here(named) else before)[-1]


def _identify(text: str, code: Found, asked_roles: list[str], wanted: frozenset[Item] | set[Item]) -> list[Given]:
    """What a code is, by the noun beside it, its prefix, or the question before."""
    before = _sentence(text[max(0, code.start - 60) : code.start])
    after = re.split(r"[.?!;,]", text[code.end : code.end + 40])[0]
    own = text[code.start : code.end]
    role = nearest_role(before)
    if role is None:
        role = next(
            (
                r
                for r, noun in NOUNS
                if re.match(rf"\s*(?:is|was|\(|=|-|as|for)\s*(?:my |the |our )?\(?{noun}\b", after)
            ),
            None,
        )
    if role is None:
        role = next((r for r, pattern in _PREFIXED if pattern.match(own)), None)
    if role is not None:
        near = before[-30:]
        suffix = ":old" if _OLD.search(near) else ":other" if _NEW.search(near) else ""
        result = [Given(Item(Kind.IDENTIFIER, role + suffix), 1.0, code.value)]
        return result + [
            Given(Item(Kind.IDENTIFIER, r), 0.9, code.value)
            for r in asked_roles
            if r not in (role, "") and nearest_role(before) is None
        ]
    if not asked_roles and (own.startswith("ref") or _AFTER_REFERENCE.search(before)):
        return [Given(Item(Kind.IDENTIFIER, ""), 1.0, code.value)]
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
    meant = _spoken_of(text)
    sure = 0.8 if len(code.value) >= 4 else 0.5
    if meant:
        return [Given(Item(Kind.IDENTIFIER, r), sure, code.value) for r in meant]
    return [Given(Item(Kind.IDENTIFIER, ""), 0.8 if len(code.value) >= 5 else 0.4, code.value)]


@lru_cache(maxsize=64)
def _spoken_of(text: str) -> tuple[str, ...]:
    """The kinds of records a message speaks of, when it is one or two: its code without a name is one of them."""
    roles = [role for role, noun in NOUNS if role in _RECORDS and re.search(rf"\b{noun}\b", text)]
    if re.search(r"\bordered\b", text) and "order" not in roles:
        roles.append("order")
    if re.search(r"\bbooked\b", text) and "booking" not in roles:
        roles.append("booking")
    return tuple(roles) if len(roles) <= 2 else ()
