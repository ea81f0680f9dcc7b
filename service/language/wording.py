"""How much two texts say the same in words: content words by stem, and values that are rarely shared by chance.

Values are numbers, links, e-mail addresses, quoted labels and the steps of a menu path. Pure text, no model.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache

_LINK = re.compile(r"(?:https?://|www\.)[^\s)>\]]+|\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_QUOTED = re.compile(r"[\"\u201c\u201e*]{1,2}([^\"\u201c\u201d*\n]{2,40})[\"\u201d*]{1,2}")
_PATH = re.compile(r"([A-Z][\w&-]{0,40}(?: [A-Z&][\w-]{0,40}){0,2})\s*(?:>|\u2192|->|\u00bb)\s*(?=([A-Z][\w&-]*))")
_LEADING = re.compile(r"^(?:in|go to|under|open|via|at|from|head to|then|your|the|please) ")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[a-z]+|\d+(?:[.,]\d+)*")
_ENDING = re.compile(r"(?:ings?|ed|es|s|ly|er|ment|ation|e)$")
_NUMERALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SMALL_NUMBERS = {word: str(number) for number, word in enumerate(_NUMERALS, 1)}

_COMMON_WORDS = """
    a an the this that these those it its i im ive id ill me my mine we us our ours you your yours youre youll he
    she they them their is are was were be been being am do does did done doing dont doesnt didnt have has had
    having havent hasnt can could cant cannot couldnt will would wont wouldnt shall should may might must of in on
    at by for from to into with without about as and or but if then than so because while when where what which who
    whom whose why how there here up down out off over under again just only also too very really please pls plz
    thanks thank hi hello hey dear regards sorry ok okay yes no not nor any some all each every other more most much
    many few lot get got go going want need like know see let make take help need sure well now still already yet
    even back hope great day good morning afternoon evening best kind team support customer service question issue
    problem anything something everything else feel free happy glad contact us reach out reaching further assistance
    assist
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def stem(word: str) -> str:
    """A crude stem: common endings cut, so that "invoices" meets "invoice" and "charged" meets "charge"."""
    short = _ENDING.sub("", word) if len(word) > 4 else word
    return short if len(short) >= 3 else word


@lru_cache(maxsize=8192)
def content(text: str) -> frozenset[str]:
    """Stems of the words that carry content; numbers as digits."""
    plain = _LINK.sub(" ", text.lower().replace("\u2019", "'").replace("'", ""))
    words = (_SMALL_NUMBERS.get(word, word) for word in _WORD.findall(plain))
    return frozenset(stem(word) for word in words if word not in _COMMON and (len(word) > 1 or word.isdigit()))


def values(text: str) -> frozenset[str]:
    """Numbers, links, addresses, quoted labels and menu steps in `text`, in one spelling each."""
    links = {
        m.group().rstrip(".,;:!?").lower().removeprefix("https://").removeprefix("www.") for m in _LINK.finditer(text)
    }
    rest = _LINK.sub(" ", text)
    labels = {m.group(1).strip().lower() for m in _QUOTED.finditer(rest)}
    steps = {_LEADING.sub("", part.strip().lower()) for m in _PATH.finditer(rest) for part in m.groups()}
    numbers = {_plain_number(m.group()) for m in _NUMBER.finditer(rest)}
    numbers |= {
        _SMALL_NUMBERS[word] for word in _WORD.findall(rest.lower()) if word in _SMALL_NUMBERS and word != "one"
    }
    return frozenset(links | labels | steps | numbers)


def _plain_number(number: str) -> str:
    """Without a trailing ".00", and without the zeros of a clock's minutes."""
    return re.sub(r"[.,]0+$", "", number).lstrip("0") or "0"


def alike(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """Shared share of two sets, 0..1: the mean of Jaccard and of the share of the smaller set; 0 when one is empty."""
    if not one or not other:
        return 0.0
    shared = len(one & other)
    return (shared / len(one | other) + shared / min(len(one), len(other))) / 2
