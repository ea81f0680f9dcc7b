"""What a customer's message gives, read together with the bot message it answers.

A bare value takes its role from the question before it: "London" after "where do you leave from?" is a place "from".
"""

from __future__ import annotations

import re

from service.language.information.asking import END, asked
from service.language.information.items import Given, Item, Kind
from service.language.information.named import CAPITALISED, named
from service.language.information.values import Found, amounts, dates, digits, plain, times

_START_NEAR = re.compile(
    r"\b(?:from|start\w*|begin\w*|depart\w*|leav\w*|pick\w*|check\w*[- ]?in|on"
    r"|for|outbound|onward|going|arriv\w*|collect\w*|get (?:it|the))\b"
)
_YES_NO = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|no|nope|nah|ok(?:ay)?|sure|thanks|thank you|great"
    r"|fine|that'?s (?:fine|right|all|it)|sounds? good|correct|right)\b"
)
_DONT_CARE = re.compile(
    r"\b(?:don'?t (?:care|mind|know|have (?:a |any )?(?:\w+ )?preference|remember)"
    r"|doesn'?t matter|any(?:thing)?(?: (?:is|will|would be|one|of them))? (?:fine"
    r"|ok(?:ay)?|good|works?|do)|no preference|not sure|whatever|no idea|either)\b"
)
_PLACE_AFTER = re.compile(
    r"\b(from|out of|leaving|departing|depart|to|into|visit(?:ing)?|toward|in|at"
    r"|near|around|within|of|reach|for|is|be)\s+(?:the (?:city|area|town) of |the"
    r" |downtown |city of )?"
    r"((?!(?:the|a|an|my|me|it|this|that|there|here|be|book|get|find|go|see|town"
    r"|my|dr|mr|mrs|do|have|make|search|look|leave|leaving|return|returning|travel"
    r"|fly|buy|rent|reserve|help|know|check|pick|drop|send|transfer|eat|watch|visit"
    r"|stay|"
    r"attend|which|what|when|where|next|today|tomorrow|any|some|one|two|three|four"
    r"|five|all|only|both|around|about|morning|afternoon|evening|march|case|advance"
    r"|total|order|addition|general|use|take|set|schedule|plan|start|come|mind"
    r"|use|"
    r"purchase|your|our|his|her|their|them|him|us|you|people|dinner|lunch|breakfast"
    r"|now|then|later|on|for|in|at|to|from|until|till|cancel|add|play|listen|hear"
    r"|try|want|need|like|mostly|also|just|please|fine|good|ok)\b)[a-z][\w.'&-]*(?:,?"
    r" (?!(?:on|at|in|from|to|and|for|until|till|by|the|please|i|with|that|which"
    r"|will|is|are|as|this|next|today|tomorrow|around|or)\b)[a-z][\w.'&-]*){0,3})"
)
_STREET = re.compile(
    r"\b(from|at|to|toward|towards)\s+(\d{1,6}[a-z]?\s+(?:[\w'.-]+\s+){1,4}?(?:street|st|avenue|ave|road"
    r"|rd|drive|dr|lane|ln"
    r"|boulevard|blvd|court|ct|place|pl|way|square|terrace|parkway|highway|circle))\b"
)
_COUNT = re.compile(
    r"\b(\d{1,2}|(?:an?|single|couple of|only)(?! \d))\s+(?:\w+\s+){0,1}?(people|persons?"
    r"|passengers?|tickets?|seats?|riders?|guests?|adults?|bed ?rooms?|beds?|rooms?"
    r"|baths?|bathrooms?|bags?|stops?|of us|travell?ers?|members?|individuals?"
    r"|friends)\b"
)
_FOR_N = re.compile(
    r"\b(?:for|party of|group of|total of|table for|there (?:will be|are|'ll be)"
    r"|us|with|just|only|make it|need|buy|it'?s)\s+(\d{1,2})(?=\s*(?:$|[.,?!]|please"
    r"|at|on|in|to|and|for|from|people|of))"
)
_ALONE = re.compile(
    r"\b(?:just|only) (?:me|myself|one|1|for me)\b|\b(?:by )?myself\b|\balone\b"
    r"|\b(?:me|myself) and (?:my|a|1)\b|\bmy (?:wife|husband|friend|partner|girlfriend"
    r"|boyfriend|brother|sister|mom|dad|mother|father|son|daughter) and (?:me|i)\b"
)
_DURATION = re.compile(
    r"\b(?:\d{1,3}|a|an|couple of|few|whole)\s+(?:full )?(days?|nights?|weeks?|months?|hours?)\b(?! ago)"
)
_PRICE = re.compile(
    r"\b(?:cheap|expensive|moderate(?:ly)?|inexpensive|affordable|pricey|luxur\w+"
    r"|not too (?:costly|expensive)|reasonabl\w+ priced|intermediate|upscale|ultra"
    r" high-end)\b"
)
_QUESTION_ONLY = re.compile(r"\?\s*$")


def given(bot: str, customer: str) -> list[Given]:
    """The items that `customer` gives in answer to `bot` (raw texts); the same item may be given more than once."""
    text = digits(plain(customer))
    wanted = asked(plain(bot)) if bot else frozenset()
    found = _moments(text, wanted) + _quantities(text, wanted) + _places(text, wanted, customer) + named(text, customer)
    return found + _short_answers(text, wanted)


def _moments(text: str, wanted: frozenset[Item]) -> list[Given]:
    clocks = times(text)
    days = [d for d in dates(text) if not any(t.start < d.end and d.start < t.end for t in clocks)]
    result = []
    for kind, values in ((Kind.DATE, days), (Kind.TIME, clocks)):
        roles = {item.role for item in wanted if item.kind in (kind, Kind.WHEN)}
        for position, value in enumerate(values):
            role, sure = _moment_role(text, value, position, roles)
            result.append(Given(Item(kind, role), 1.0, value.value))
            if not sure:
                result.append(Given(Item(kind, "start" if role == "end" else "end"), 0.4, value.value))
    return result + [Given(Item(Kind.DURATION), 1.0, match.group()) for match in _DURATION.finditer(text)]


def _moment_role(text: str, value: Found, position: int, roles: set[str]) -> tuple[str, bool]:
    """Start or end, and whether that is sure: by the nearest word before the value, after it, or what was asked."""
    before = text[max(0, value.start - 60) : value.start]
    before = re.split(r"[.?!;]\s", before)[-1]
    end = max((m.start() for m in END.finditer(before)), default=-1)
    start = max((m.start() for m in _START_NEAR.finditer(before) if m.group() not in ("on", "for")), default=-1)
    if re.search(r"\b(?:to|-|through|thru)\s*(?:the\s*)?$", before) and position:
        return "end", True
    if end > start or (end >= 0 and before[end:].startswith(("return", "drop", "check"))):
        return "end", True
    if start >= 0:
        return "start", True
    after = re.split(r"[.?!;,]", text[value.end : value.end + 40])[0]
    if re.match(
        r"\s*(?:is|as|for|will be|would be)?\s*(?:the |my |when i )?(?:return\w*|drop\w*|check\w*[- ]?out|end)", after
    ):
        return "end", True
    if roles == {"end"}:
        return "end", True
    return "start", bool(roles)


def _quantities(text: str, wanted: frozenset[Item]) -> list[Given]:
    result = [Given(Item(Kind.AMOUNT), 1.0, found.value) for found in amounts(text)]
    for match in _COUNT.finditer(text):
        noun = match.group(2).replace(" ", "").rstrip("s")
        role = {
            "bedroom": "bedroom",
            "bed": "bedroom",
            "bathroom": "bath",
            "bath": "bath",
            "room": "room",
            "bag": "bag",
            "stop": "stop",
        }.get(noun, "people")
        sure = 0.5 if match.group(1) in ("a", "an") else 1.0
        result.append(Given(Item(Kind.COUNT, role), sure, match.group(1)))
    result += [Given(Item(Kind.COUNT, "people"), 0.7, match.group(1)) for match in _FOR_N.finditer(text)]
    if _ALONE.search(text):
        result.append(Given(Item(Kind.COUNT, "people"), 0.9))
    counts = [item for item in wanted if item.kind is Kind.COUNT]
    bare = re.search(
        r"(?:^|\b(?:for|is|want|need|just|only|make it|about|be)\s+)(\d{1,2})\b(?!\s*(?:am"
        r"|pm|:|st|nd|rd|th|days?|nights?))",
        text,
    )
    if counts and bare:
        result += [Given(item, 0.9, bare.group(1)) for item in counts]
    if _PRICE.search(text):
        result.append(Given(Item(Kind.PRICE_LEVEL), 1.0))
    if Item(Kind.AMOUNT) in wanted and re.search(r"\b\d{2,}\b", text):
        result.append(Given(Item(Kind.AMOUNT), 0.9))
    return result


def _places(text: str, wanted: frozenset[Item], raw: str) -> list[Given]:
    result = []
    stated = set()
    role_wanted = any(item.kind is Kind.PLACE for item in wanted)
    for match in _PLACE_AFTER.finditer(text):
        word, name = match.group(1), match.group(2)
        if dates(name) or times(name) or re.match(r"\d", name):
            continue
        capital = bool(re.search(rf"\b{re.escape(name.split()[0])}\b", raw) is None)
        role = {
            "from": "from",
            "out of": "from",
            "leaving": "from",
            "departing": "from",
            "depart": "from",
            "to": "to",
            "into": "to",
            "visit": "to",
            "visiting": "to",
            "toward": "to",
            "reach": "to",
        }.get(word, "in")
        weight = (0.9 if role != "in" else 0.8) if capital else 0.4
        if word in ("of", "for", "is", "be"):
            weight = 0.6 if role_wanted else 0.2
        if role == "from" and re.match(r"\s*(?:my|savings|checking)", name):
            continue
        stated.add(role)
        result.append(Given(Item(Kind.PLACE, role), weight, name))
    for match in _STREET.finditer(text):
        role = "from" if match.group(1) in ("from", "at") else "to"
        stated.add(role)
        result.append(Given(Item(Kind.PLACE, role), 0.9, match.group(2)))
    places = [item for item in wanted if item.kind is Kind.PLACE]
    name = CAPITALISED.search(raw) or re.match(r"\W*[A-Z][\w'.-]+(?:\s[A-Z][\w'.-]+)*\W*$", raw)
    has_name = bool(name) or bool(stated) or len(text.split()) <= 4
    if places and has_name and not _YES_NO.fullmatch(text) and not _QUESTION_ONLY.search(text):
        for item in places:
            opposite = {"from": "to", "to": "from"}.get(item.role)
            weight = 0.35 if opposite in stated and item.role not in stated else 1.0
            result.append(Given(item, weight * (0.6 if _DONT_CARE.search(text) else 1.0)))
    return result


def _short_answers(text: str, wanted: frozenset[Item]) -> list[Given]:
    """Items asked before and answered with a phrase whose kind cannot be read off it."""
    words = text.split()
    if not words or _QUESTION_ONLY.search(text) or (_YES_NO.match(text) and len(words) < 4):
        return []
    weight = 0.3 if _DONT_CARE.search(text) else 1.0
    result = []
    for item in wanted:
        if item.kind in (Kind.CATEGORY, Kind.CHOICE, Kind.PERSON, Kind.PRICE_LEVEL):
            result.append(Given(item, weight * (0.9 if len(words) < 25 else 0.7)))
        elif item.kind is Kind.OPTION and re.search(rf"\b{re.escape(item.role.rstrip('s'))}", text):
            result.append(Given(item, 1.0, item.role))
        elif item.kind is Kind.DURATION and re.search(r"\b\d{1,2}\b", text) and len(words) < 8:
            result.append(Given(item, 0.8))
    return result
