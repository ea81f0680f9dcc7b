"""What a customer names: people to send something to, categories before their noun, things by their capitals."""

from __future__ import annotations

import re

from service.language.information.choosing import fold
from service.language.information.items import Given, Item, Kind
from service.language.information.values import plain

_SEND_TO = re.compile(
    r"\b(?:to|for|account of|recipient is|named|called|name is|it'?s)\s+(?:my (?:\w+),? )?(?:mr\.?"
    r" |mrs\.? |ms\.? |dr\.? )?(?!(?:my|the|a|an|me|i|be|it|checking|savings?|make"
    r"|check|transfer|send|do|get|find|see|book|buy|go|know|search|another|his"
    r"|her|their|someone|some)\b)([a-z][\w'-]+)"
)
_PROFESSION = re.compile(r"\b\w+(?:ologist|iatrist|ician|therapist)s?\b")
CAPITALISED = re.compile(
    r"(?:(?<![.?!]\s)(?<!^)\b[A-Z][\w'&.-]*|\b(?!I\b)[A-Z][\w'&.-]*(?=\s+(?!I\b)[A-Z0-9]))"
    r"(?:\s+(?:(?:of|the|and|&|de|in|at|vs\.?|for|a)\s+){0,2}[A-Z0-9(][\w'&.)-]*)*"
)
"""A name: capitalised words with the small words between them; at the start of a sentence only two of them are one."""
_CATEGORY_NOUN = (
    r"(?:food|cuisine|restaurants?|places?|movies?|films?|music|songs?|events?"
    r"|concerts?|games?|shows?|cars?|vehicles?|account|class|tickets?|therapists?"
    r"|doctors?|apartments?|flights?|genre)"
)
_CATEGORY = re.compile(
    rf"\b((?!(?:a|an|the|some|any|my|for|of|to|good|nice|other|new|find|rental|online"
    rf"|this|that|what|more|different|one|few|\d+)\b)[a-z-]{{1,40}})\s+(?:rental |online )?(?={_CATEGORY_NOUN}\b)"
)
_WHAT_IS_DONE = {
    "see": ("event", "movie"),
    "seeing": ("event", "movie"),
    "attend": ("event",),
    "attending": ("event",),
    "watch": ("movie",),
    "watching": ("movie",),
    "play": ("song", "movie"),
    "hear": ("song",),
    "stay": ("hotel",),
    "staying": ("hotel",),
    "eat": ("restaurant",),
    "dine": ("restaurant",),
    "fly": ("airline",),
    "flying": ("airline",),
}
"""What a named thing is by what the customer does with it: who stays at it names a hotel."""
_DONE_TO = re.compile(rf"\b({'|'.join(_WHAT_IS_DONE)})(?: (?:at|on|to|with|the|a|by)){{0,2}}\W*$")
_TITLED = re.compile(r"\b(?:titled|entitled|called|named|name(?:d)? (?:is|it|as)|title (?:is|as)|call it)\W*$")

NEARBY = 60
"""Characters around a name in which the words beside it stand."""


def named(text: str, raw: str) -> list[Given]:
    """People to send to, categories before their noun, and capitalised names."""
    result = []
    if re.search(r"\b(?:send|sent|transfer|pay|give|money|recipient|request|wire)\w*\b", text):
        result += [Given(Item(Kind.PERSON), 0.9, m.group(1)) for m in _SEND_TO.finditer(text)]
    for match in _CATEGORY.finditer(text):
        noun = re.match(r"\w+", text[match.end() :])
        result.append(Given(Item(Kind.CATEGORY, fold(noun.group()) if noun else ""), 0.7, match.group(1)))
        result.append(Given(Item(Kind.OPTION, match.group(1)), 0.9, match.group(1)))
    result += [Given(Item(Kind.CATEGORY, "doctor"), 0.8, m.group()) for m in _PROFESSION.finditer(text)]
    for match in CAPITALISED.finditer(raw):
        if not re.fullmatch(
            r"I(?:'\w+)?|[A-Z]?[a-z]*(?:day|March)|(?:January|February|April|June|July"
            r"|August|September|October|November|December).*",
            match.group(),
        ):
            name = plain(match.group())
            result.append(Given(Item(Kind.CHOICE), 0.5, name))
            before = plain(raw[max(0, match.start() - NEARBY) : match.start()])
            near = {
                *re.findall(r"\w{3,}", name),
                *re.findall(r"^\W*(\w{3,})", plain(raw[match.end() : match.end() + NEARBY])),
                *re.findall(r"(\w{3,})(?: (?:called|named|of|to|for|at|is|the|by))?\W*$", before),
            }
            if name.startswith("dr."):
                near.add("doctor")
            near |= {noun for verb in _DONE_TO.findall(before) for noun in _WHAT_IS_DONE[verb]}
            if _TITLED.search(before):
                near.add("title")
            result += [Given(Item(Kind.CHOICE, fold(word)), 0.9, name) for word in sorted(near)]
    return result
