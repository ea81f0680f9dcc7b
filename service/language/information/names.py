"""Names of people in a customer's message: said, written under it, or given as an answer.

Roles: "first" for a first name alone, "last" for a family name alone, "" for a name that can be told whole.
"""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.replies import lacks
from service.language.information.values import plain, word_set

_TITLE = r"(?:(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof)\.? )"
_WORD = r"[A-Z\u00c0-\u00de](?:[a-z\u00df-\u00ff][\w'\u2019]*(?:[A-Z][a-z]+)?(?:-[A-Z][\w'\u2019]+)?|'[A-Z][a-z]+|\.)"
_NAME = rf"(?P<name>{_TITLE}?{_WORD}(?: (?:(?:de|van|von|der|den|la|el|al|bin|da|di) )*(?:{_WORD}|[A-Z]{{2,}}\b))"
_SAID = re.compile(
    r"\b(?i:my (?:full |last |first |sur)?name(?:'s| is| was|:)|(?:full )?name(?: is|:| -|\b)|(?:the"
    r" )?name on (?:it|the \w+) is|under(?: the name(?: of)?)?|in the name of|registered (?:to"
    r"|under)|(?:account|policy|card|ticket)[- ]?holder(?: is|:| =)?|(?:booked|ordered|placed|made|bought|reported)"
    r" (?:by|for)(?-i:(?= [A-Z]\S+ [A-Z]))|(?:i am|i'm|im|this is|it's|it is|is for)(?-i:(?= [A-Z][a-z]+ [A-Z])))\s+"
    + _NAME
    + "{0,3})"
)
_SAID_LOWER = re.compile(r"\bmy (?:full |last |first )?name(?:'s| is|:)\s+(?P<name>[a-z][\w'-]+(?: [a-z][\w'-]+)?)")
_OFF = (
    r"(?i:regards|thanks(?: again| in advance)?|thank you|cheers|best(?: wishes)?|sincerely|faithfully|yours|thx|ta"
    r"|greetings|rgds|br|gr\u00fc(?:\u00df|ss)en?)"
)
_SIGNED = re.compile(
    rf"(?:{_OFF}[,!.]*\s*(?:[-\u2013]+\s*)?|(?:^|\s)[-\u2013]+ ?){_NAME}{{0,3}})(?=[\s,.|]*(?:$|[\n,|(]))"
)
_HERE = re.compile(r"\b(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)?) here\b")
_TITLED = re.compile(rf"(?<![Dd]ear )(?<![Tt]o )(?<!with )(?<!from )(?<!by )(?=[DM]){_NAME}{{1,3}})")
_LINE = re.compile(rf"^\W*{_NAME}{{1,3}})\W*$")
_NOT_NAMES = word_set(
    "regards kind best many thanks thank you dear hello hi team support service customer sent from my yours good"
    " morning afternoon order invoice yes no please help hey again the this that we it not still will do new ltd gmbh"
    " inc llc group sorry checking waiting writing trying looking having getting calling locked unable"
)
_COMPANY = re.compile(
    r"&|\b(?:ltd|limited|gmbh|inc|llc|plc|corp|sons|brothers|bros|group|company|studios?|solutions)\b"
)
_UNDER = re.compile(r"(?i:under|in the name of|(?:my )?(?:last |sur)name)\b")
_YES_NO = re.compile(r"\W*(?:yes|yeah|no|nope|ok|okay|sure|thanks|hi|hello)(?: \w+)?\W*")


def given_names(text: str, raw: str, wanted: Item | None) -> list[Given]:
    """Names in a message (`text` plain, `raw` as written); `wanted` is the name asked for before it, if any."""
    straight = raw.replace("\u2019", "'").strip()
    found = [g for m in _SAID.finditer(straight) for g in _as_given(m.group("name"), 1.0, _UNDER.match(m.group()))]
    lower = _SAID_LOWER.search(text)
    if lower and not found:
        found.append(Given(Item(Kind.NAME), 0.95, lower.group("name")))
    if not found:
        found = _written_under(straight)
    words = text.split()
    short = 1 <= len(words) <= 12 and "?" not in text and not lacks(text)
    if wanted and short and not _YES_NO.fullmatch(text) and re.search(r"(?<!\w)[A-Za-z][a-z'-]+", raw):
        found.append(Given(_answered(wanted, text), 0.95))
    return found


def _answered(wanted: Item, text: str) -> Item:
    """What a short answer to the question for a name gives: one word alone is not the whole name."""
    if wanted.role not in ("", "last"):
        return wanted
    if _COMPANY.search(text):
        return Item(Kind.NAME, "company")
    letters = re.sub(r"^\W*(?:it'?s|i'?m|my name is|name is|this is|mr|mrs|ms|dr)\b\.?", "", text)
    alone = len(re.findall(r"[^\W\d]{2,}", letters)) == 1
    return Item(Kind.NAME, ("last" if wanted.role else "first") if alone else "")


def _written_under(straight: str) -> list[Given]:
    """A name signed under a message, in its first words ("Kofi here"), or on a line of its own at the end."""
    signed = _SIGNED.search(straight)
    if signed and (found := _as_given(signed.group("name"), 0.85)):
        return found
    here = _HERE.search(straight)
    if here and (found := _as_given(here.group("name"), 0.8)):
        return found
    lines = [line for line in straight.split("\n") if line.strip()]
    for line in lines[-4:]:
        alone = _LINE.match(line.strip())
        if alone and (found := _as_given(alone.group("name"), 0.75)):
            return found
    titled = next((m for m in _TITLED.finditer(straight) if re.match(_TITLE, m.group())), None)
    return _as_given(titled.group("name"), 0.75) if titled else []


def _as_given(name: str, weight: float, family: object = None) -> list[Given]:
    """The name as given; a single word is a first name, after a title or "under" (`family`) a family name."""
    words = [word for word in plain(name).split() if word.rstrip(".") not in ("mr", "mrs", "ms", "dr", "miss", "prof")]
    if "," in name or not words or any(word.strip(".,") in _NOT_NAMES for word in words):
        return []
    titled = bool(family or re.match(_TITLE, name))
    role = "" if len(words) > 1 else "last" if titled else "first"
    return [Given(Item(Kind.NAME, role), weight, " ".join(words))]
