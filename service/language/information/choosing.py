"""What a question lets the customer choose: a category, a named thing, one of the options it lists, a title."""

from __future__ import annotations

import re

from service.language.information.items import Item, Kind
from service.language.information.values import word_set

_CATEGORY = re.compile(
    r"\b(?:what|which|any|a|the|some|certain|specific|particular|preferred|favou?rite"
    r"|of)?\s*(?:kinds?|types?|genres?|sorts?|categor(?:y|ies)|cuisines?|style"
    r"|class|speciali[sz]ation|specialty)\b(?:\s*(?:of|for)?\s+((?:[a-z-]+\s*){0,2}))?"
)
_CATEGORY_WORD = re.compile(
    r"\b(genre|cuisine|categor(?:y|ies)|class|special\w+|food|interest|mood|favou?rite|activity)\b"
)
_CHOICE = re.compile(
    r"\b(?:what|which|whats|what's)\s+(?:is |are |was )?(?:the |your |of your )?"
    r"(?:(?:specific|particular|certain|preferred|favou?rite|exact) )?((?:[a-z-]+\s+){0,2}?"
    r"[a-z-]+)\b|\b(?:particular|specific|certain|preferred|favou?rite|preferences? (?:about"
    r"|for|on|in|regarding)|prefer(?:ence)?(?: for| of)?|name of (?:the|your)|special)\s+([a-z-]+)"
    r"|\b([a-z-]{1,40})\s+(?:preference|in mind|names?|titles?)\b|\b(title|name)\b"
)
_OPTION = re.compile(
    r"(?<![a-z-])([a-z][a-z-]*(?:\s+[a-z-]+)?)(?:,[^?.]{0,200})?,?\s+or\s+(?:a |an |the |your |from"
    r" |to |maybe )?([a-z][a-z-]*(?:\s+[a-z-]+)?)"
)
_NOT_CHOICE = word_set(
    "date day time city area place location dates days times cities areas town"
    " would do should is are will can the your you kind type genre sort category"
    " amount number "
    "name length duration price hour one ones else it that this does did could"
    " shall have i we to for of a an like want destination origin cuisine budget"
    " may information details"
)
_NOT_OPTION = word_set("any other else something prefer specific there pick drop")
_SAME_NOUN = {
    "film": "movie",
    "cinema": "movie",
    "food": "restaurant",
    "cuisine": "restaurant",
    "eatery": "restaurant",
    "dining": "restaurant",
    "vehicle": "car",
    "show": "event",
    "concert": "event",
    "festival": "event",
    "musical": "event",
    "match": "event",
    "gig": "event",
    "dentist": "doctor",
    "therapist": "doctor",
    "physician": "doctor",
    "psychologist": "doctor",
    "psychiatrist": "doctor",
    "practitioner": "doctor",
    "game": "event",
    "activity": "event",
    "carrier": "airline",
    "song": "music",
    "track": "music",
    "place": "",
    "meal": "restaurant",
    "house": "apartment",
    "property": "apartment",
    "cab": "ride",
}


def fold(noun: str) -> str:
    """A noun in the singular, with plain synonyms folded."""
    singular = noun[:-3] + "y" if noun.endswith("ies") and noun != "movies" else noun.rstrip("s")
    return _SAME_NOUN.get(singular, singular)


_ANYTHING = re.compile(r"\b(?:any|some)(?:thing|one|body)\b(?: in)? (?:particular|specific|special|certain|mind)\b")
_ANY_OTHER = re.compile(r"\bor (?:is it |maybe )?(?:something else|anything else|(?:an|any )?other)\b")
_TITLE = re.compile(
    r"\b(?:what|which) (?:name|title)\b(?! of)|\b(?:title|name|call) (?:it|this|that|the"
    r" (?:event|appointment|meeting|entry))\b"
)


def choices(clause: str, *, typed: bool) -> set[Item]:
    """Categories, named things and options. `typed` says that the clause already asks for something else."""
    items: set[Item] = set()
    match = _CATEGORY.search(clause)
    if match:
        noun = (match.group(1) or "").split()
        items.add(Item(Kind.CATEGORY, fold(noun[0]) if noun and noun[0] not in _NOT_CHOICE else ""))
    elif _CATEGORY_WORD.search(clause):
        items.add(Item(Kind.CATEGORY))
    for match in _CHOICE.finditer(clause):
        words = [w for w in next(g for g in match.groups() if g).split() if w not in _NOT_CHOICE]
        if words and not typed:
            items.add(Item(Kind.CHOICE, fold(words[-1])))
    if _ANYTHING.search(clause) and not typed:
        items.add(Item(Kind.CHOICE))
    if _TITLE.search(clause):
        items.add(Item(Kind.CHOICE, "title"))
    if re.search(r"\bwho\b.*\b(?:fly|travel)\w* with\b", clause):
        items.add(Item(Kind.CHOICE, "airline"))
    option = _OPTION.search(clause)
    if option:
        offered = {w for g in option.groups() for w in g.split() if w not in _NOT_CHOICE and len(w) > 2}
        items |= {Item(Kind.OPTION, word) for word in offered - _NOT_OPTION}
        if _ANY_OTHER.search(clause):
            items.add(Item(Kind.CATEGORY))
    return items
