"""What a question asks for, in the kinds that bookings, payments and appointments need: dates, places, counts, choices.

`asked("until when do you need the car?")` is `{Item(DATE, "end")}`. Reads plain text (see `values.plain`).
"""

from __future__ import annotations

import re

from service.language.information.choosing import choices
from service.language.information.items import Item, Kind
from service.language.information.questions import clauses, requests

END = re.compile(
    r"\b(?:until|till|til|through|thru|up ?to (?:which|what|when)|to which|to what"
    r"|return\w*|(?:go|come|coming|going|be|drive|fly|get|give|bring|head\w*|way"
    r"|them|it|car) (?:\w+ )?back|back|drop\w*(?: it| the \w+)?[- ]?off|end(?:s"
    r"|ing)?|check\w*[- ]?out|checkout|inbound|finish\w*|bring it back|hand\w*"
    r" over|expir\w+|keep|due)\b"
)
START = re.compile(
    r"\b(?:start\w*|begin\w*|from (?:what|which|when)|from|depart\w*|leav\w*|pick\w*"
    r"|check\w*[- ]?in|outbound|onward|initially|collect\w*|going|go|travel\w*"
    r"|arriv\w*|get (?:it|the)|need)\b"
)
_STRONG_START = re.compile(
    r"\b(?:start\w*|begin\w*|from|depart\w*|pick\w*|check\w*[- ]?in|outbound|onward|initially|arriv\w*|leave)\b"
)
_BOTH = re.compile(
    r"check\w*[- ]?in (?:and|&|or) (?:check\w*[- ]?)?out|(?:start\w*|pick\w*[-"
    r" ]?up|depart\w*|leav\w*|onward|outbound)\b.{0,25}\b(?:and|&|or)\b.{0,20}\b(?:end"
    r"|drop|return|back|inbound)|(?:what|which|the|your) (?:\w+ )?dates\b|from"
    r" when (?:to|until|till)"
)
_HOW_MANY = re.compile(
    r"\b(?:how many|numbers? of|no\.? of|amount of|quantity of|how much (?=tickets"
    r"|people|seats|rooms))\s*((?:[a-z-]+\s*){0,3})"
)
_DURATION = re.compile(
    r"\bhow long\b|\bduration\b|\blength of\b|\bhow many (?:\w+ )?(?:days?|nights?"
    r"|weeks?|months?|hours?)\b|\bnumber of (?:\w+ )?(?:days?|nights?|weeks?)\b"
)
_AMOUNT = re.compile(
    r"\bhow much\b(?! longer| time)|\b(?:what|which|the|your|an?) (?:\w+ ){0,2}(?:amount"
    r"|sum|total|budget|price)\b(?! of (?:tickets|people|seats|rooms|passengers))"
    r"|\bamount\b(?! of (?:tickets|people|seats|rooms|passengers))"
)
_PRICE_LEVEL = re.compile(r"\b(?:price range|cheap|expensive|moderate|inexpensive|affordable|luxur)\w*\b")
_TIME = re.compile(
    r"\b(?:what|which|at what|preferred|(?:a|the|your|specific|particular|exact"
    r"|departure|arrival|start|pick[- ]?up|appointment|reservation|event|leaving)"
    r" )\s*(?:\w+ ){0,2}(?:times?|hour)\b|\btimes?\b(?=[^.]*\?)|\bo'?clock\b|\bhow"
    r" (?:early|late|soon)\b|^(?:and )?(?:the )?time\b|\btime and\b|\band time\b"
)
_DATE = re.compile(
    r"\b(?:dates?|what (?:\w+ )?days?|which (?:\w+ )?days?|on what day|day of the"
    r" week|(?:on|for) (?:a|any) (?:particular|specific|certain) day)\b"
)
_WHEN = re.compile(
    r"^(?:\W*(?:ok(?:ay)?|sure|alright|great|perfect|certainly|of course|yes|and"
    r"|so|but|also|well|hi|hello|first|for|from|until|till|by|since|exactly|just"
    r"|now|got it|thanks|thank you|please|then|to|since)\b)*\W*when\b"
    r"|\bwhen(?:'s)?\b(?=\W*(?:do|does|did|would|will|are|is|was|were|should|shall"
    r"|can|could|exactly|to|and|what|where|what|how|i|we|for|your|$)\b|\W*$|\W*[?,]"
    r"| you(?:'d|'ll)? (?:want|need|plan|would|will|like|are|schedule|wish))"
    r"|\b(?:know|tell me|say|where|what|which|how|and|for|from|until|till|by|since)"
    r" (?:exactly )?when\b|\bschedule for\b"
)
_PLACE = re.compile(
    r"\bwhere(?:'s)?\b|\b(?:cit(?:y|ies)|town|locations?|area|areas|destinations?"
    r"|origin|district|region|neighbou?rhood|country|state|place|airport|station)\b"
)
_WHERE = re.compile(
    r"\bwhere\b|\b(?:what|which|whats|any|a|the|certain|your|specific|particular"
    r"|preferred|some|and) (?:\w+ )?(?:cit(?:y|ies)|town|locations?|areas?|destinations?"
    r"|origin|district|region|neighbou?rhood|country|state|place|airport|station)\b"
    r"|^\W*(?:cit(?:y|ies)|town|locations?|areas?|destinations?|place)\b"
)
_FROM = re.compile(
    r"\bfrom\b|\bdepart\w*\b|\bleav\w*\b|\borigin\w*\b|\bout of\b|\bstart\w*\b"
    r"|\bpick\w*\b|\btak(?:e|ing) off\b|\bbegin\w*\b|\bcollect\w*\b|\bset(?:ting)?"
    r" off\b|\bboard\w*\b|\bsource\b"
)
_TO = re.compile(
    r"\bto\s*(?=[?.,]|$|and|which|what|where)|\b(?:go|going|goes|gonna go|head\w*"
    r"|travel\w*|fly\w*|visit\w*|arriv\w*|destination|end up|ending|drop\w*|reach\w*"
    r"|mov(?:e|ing)|bound|land\w*|tak(?:e|ing) you|ride to|get to|be (?:going|headed"
    r"|visiting|travel\w*|flying))\b|\bto (?:which|what|where)\b|\bwhere to\b"
)
_PERSON = re.compile(
    r"\b(?:who|whom|whose|recipient|receiver|beneficiary|payee|(?:person|people)"
    r" (?:you|to)|to what contact|which contact)\b"
)
_PEOPLE = re.compile(
    r"^(?:ticket|passenger|seat|people|person|rider|guest|adult|travell?er|party"
    r"|member|individual|other|customer|of you|folk|friend|diner|pax)"
)
_COUNT_NOUNS = {
    "bed": "bedroom",
    "bedroom": "bedroom",
    "room": "room",
    "bath": "bath",
    "bathroom": "bath",
    "day": "dur",
    "night": "dur",
    "week": "dur",
}


def asked(text: str) -> frozenset[Item]:
    """The items that plain text asks for. Roles: date and time "start" or "end"; place "from", "to" or "in"."""
    items: set[Item] = set()
    pieces = clauses(text)
    asking = [piece for piece in pieces if requests(piece) and not _OFFER.search(piece)]
    for clause in asking or (pieces if len(text.split()) <= 8 else ()):
        items |= _in_clause(clause)
    if _PEOPLE_WITH.search(text):
        items.add(Item(Kind.COUNT, "people"))
    return frozenset(items)


_PEOPLE_WITH = re.compile(
    r"\b(?:with you|just you|alone|party size|group size|only you|just yourself"
    r"|accompany\w*|how many\s*\??$)\b|\bhow many (?:do|will|would|are|should|of"
    r" you)\b"
)


_OFFER = re.compile(
    r"\b(?:how|what) about (?!the|a |any|your|which|what|when|where|how|type|kind"
    r"|cit|time|date)|\b(?:how )?(?:do|does|would|will|is|are) (?:that|this|it"
    r"|these) (?:sound|work|okay|ok\b|fine|good|suit|be (?:ok|okay|fine|good))"
    r"|\bsounds? good\b|\bwork(?:s)? (?:for you|instead|out)\b|\b\d{1,2}(?::\d\d)?"
    r" ?[ap]\.?m\b"
)


def _in_clause(clause: str) -> set[Item]:
    items = _moments(clause) | _quantities(clause)
    place = _places(clause)
    if items and not _WHERE.search(clause):
        place = set()
    items |= place
    if _PERSON.search(clause) or (place and re.search(r"\bsend\w*|transfer\w*|money|funds?\b", clause)):
        items.add(Item(Kind.PERSON))
    items |= choices(clause, typed=bool(items))
    return items


def _moments(clause: str) -> set[Item]:
    """Dates, times and the open "when"."""
    items: set[Item] = set()
    roles = _moment_roles(clause)
    date, time = bool(_DATE.search(clause)), bool(_TIME.search(clause))
    if _DURATION.search(clause):
        items.add(Item(Kind.DURATION))
        date = False if not _DATE.search(clause.replace("days", "")) else date
    for role in roles:
        if date:
            items.add(Item(Kind.DATE, role))
        if time:
            items.add(Item(Kind.TIME, role))
        if not date and not time and _WHEN.search(clause):
            items.add(Item(Kind.WHEN, role))
    return items


def _moment_roles(clause: str) -> tuple[str, ...]:
    if _BOTH.search(clause):
        return ("start", "end")
    if END.search(clause):
        return ("start", "end") if _STRONG_START.search(clause) and _JOINED.search(clause) else ("end",)
    return ("start",)


_JOINED = re.compile(r"\b(?:and|or)\b|&|\bfrom\b.*\bto\b")


def _quantities(clause: str) -> set[Item]:
    items: set[Item] = set()
    for match in _HOW_MANY.finditer(clause):
        noun = _count_noun(match.group(1))
        if noun != "dur":
            items.add(Item(Kind.COUNT, noun))
    if _AMOUNT.search(clause) and not items:
        items.add(Item(Kind.AMOUNT))
    if _PRICE_LEVEL.search(clause):
        items.add(Item(Kind.PRICE_LEVEL))
    return items


def _count_noun(words: str) -> str:
    """The counted thing, with its synonyms folded: tickets, seats and guests are people."""
    for word in words.split():
        if _PEOPLE.search(word):
            return "people"
        singular = word.rstrip("s")
        if singular in _COUNT_NOUNS:
            return _COUNT_NOUNS[singular]
    first = words.split()
    if not first or first[0] in ("do", "will", "would", "are", "should", "of", "can"):
        return "people"
    return first[0].rstrip("s")


_MEANWHILE = re.compile(r"\b(?:when|after|before|once) (?:you|i|we)\b")


def _places(clause: str) -> set[Item]:
    if not _PLACE.search(clause):
        return set()
    # "where are you heading when you leave Paris": the second half says where the first one starts from.
    clause = _MEANWHILE.split(clause)[0] if _WHERE.search(_MEANWHILE.split(clause)[0]) else clause
    roles = []
    if _FROM.search(clause):
        roles.append("from")
    if _TO.search(clause):
        roles.append("to")
    if re.search(r"\b(?:pick\w*|collect\w*|get)\b", clause) and roles == ["to"]:
        roles = ["from"]
    if roles == ["from", "to"] and not re.search(r"\b(?:and|or|to|&)\b", clause):
        roles = ["from"]
    return {Item(Kind.PLACE, role) for role in roles or ["in"]}
