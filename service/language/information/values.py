"""Values in text, normalised: numbers, clock times, dates, codes, e-mail addresses, phone numbers.

Two spellings of the same value give the same string, so that "ORD 48 213" meets "ord-48213" and "a quarter past five
in the evening" meets "5:15 pm". Nothing here knows conversations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass


def word_list(text: str) -> list[str]:
    """The words of a list written as one text."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(text.split())


_UNITS = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen"
    " fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = {
    word: 10 * place for place, word in enumerate(word_list("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_SMALL = {word: number for number, word in enumerate(_UNITS)} | _TENS
_ORDINALS = {
    word: number
    for number, word in enumerate(
        word_list(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh"
            " twelfth thirteenth fourteenth fifteenth "
            "sixteenth seventeenth eighteenth nineteenth twentieth"
        ),
        1,
    )
}
_NUMBER_RUN = re.compile(
    rf"\b(?:{'|'.join([*_SMALL, 'hundred', 'thousand'])})(?:(?:\s+|-|\s+and\s+)(?:"
    rf"{'|'.join([*_SMALL, 'hundred', 'thousand'])}))*\b"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")

MONTHS = word_list("january february march april may june july august september october november december")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
WEEKDAYS = word_list("monday tuesday wednesday thursday friday saturday sunday")
_WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)}|mon|tues?|wed|thurs?|fri|sat|sun)"
_ORDINAL = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{'|'.join(word for word in _ORDINALS if word != 'second')})"

_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\.?\s+(?:the\s+)?(?P<day>\d{{1,2}}(?!\d|:)|{_ORDINAL})(?:st"
    rf"|nd|rd|th)?(?:,?\s+(?:of\s+)?\d{{4}})?"
    rf"|(?P<day2>\d{{1,2}}|{_ORDINAL})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month2>{_MONTH})\b(?:,?\s+\d{{4}})?"
    rf"|(?P<day3>{_ORDINAL})(?:\s+of\s+(?:this|the|next|last)\s+month)?"
    r"|(?P<iso>\d{4}-\d{2}-\d{2})|(?P<slash>(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]"
    r"|[12]\d|3[01])(?:[/.]\d{2,4})?)(?![\d./-])"
    rf"|(?P<week>(?:(?:this|next|last|coming|past)\s+)?{_WEEKDAY})\b(?:\s+(?:this|next|last)\s+week)?"
    r"|(?P<relative>(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|today"
    r"|tonight|tomorrow|yesterday|last\s+night|this\s+(?:morning|afternoon|evening"
    r"|week|weekend)"
    r"|(?:next|last)\s+(?:week(?:end)?|month|year)|(?:a|an|\d+|few|couple\s+of)\s+(?:hours?"
    r"|days?|weeks?|months?|years?)\s+ago))\b"
)
_PART = r"(?:morning|afternoon|evening|night)"
_TIME = re.compile(
    rf"\b(?:(?P<part>{_PART})\s+(?P<h1>\d{{1,2}})(?::(?P<m1>\d{{2}}))?"
    rf"|(?P<fraction>quarter|half)\s+(?P<way>past|to|after|before|till)\s+(?P<h2>\d{{1,2}})(?:\s*o\W?c"
    rf"lock)?(?:\s+(?:in\s+the|at)\s+(?P<part2>{_PART}))?"
    rf"|(?P<h3>\d{{1,2}})[:.h](?P<m3>[0-5]\d)(?!\d)\s*(?P<ap3>[ap]\.?\s?m\b\.?)?(?:\s+(?:in\s+the"
    rf"|at)\s+(?P<part3>{_PART}))?"
    rf"|(?P<h4>\d{{1,2}})\s*(?P<ap4>[ap]\.?\s?m\b\.?)"
    rf"|(?P<h5>\d{{1,2}})\s*o\W?clock(?:\s+(?:in\s+the|at)\s+(?P<part5>{_PART}))?"
    rf"|(?P<h6>\d{{1,2}})\s+(?:in\s+the|at)\s+(?P<part6>{_PART})"
    r"|(?P<named>noon|midday|midnight))"
)
_EMAIL = re.compile(r"\b[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+\b", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w-])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{2,6}(?:[\s.-]\d{2,8}){1,4}(?![\w-])"
    r"|(?<![\w-])\+?\d{9,14}(?![\w-])|(?<![\w-])(?:\+|00)\d{1,3}(?:[\s.-]?\d{1,8}){2,6}(?![\w-])"
)
_PREFIXES = r"(?:ord|order|inv|cust?|cn|tkt|case|inc|acc|acct|trk|sn|bk|pol|clm|txn|rma|po|ref|id)"
_CODE = re.compile(
    rf"(?<![\w@.])(?:#\s?)?(?:{_PREFIXES}[-_/ #:]{{1,2}}|[A-Za-z]{{1,6}}[-_/#]{{0,2}})?\d[\dA-Za-z]*(?"
    rf":[-_/. ]\d[\dA-Za-z]*|[-_/][A-Za-z]+\d*)*(?![\w@])"
    r"|(?<![\w@])(?=[a-zA-Z]*\d)(?=\w*[a-zA-Z])[A-Za-z0-9]{5,20}(?![\w@])",
    re.IGNORECASE,
)
_CALLED = re.compile(rf"^{_PREFIXES}[\s:#]+")
"""The word a code is called by, set apart from it: "ref 2024/SF/0193"."""
_MIXED = re.compile(r"^(?=.{5,}$)\d+[a-z]{2,}\d")
"""A code that begins with a digit: "7xplq2", unlike "10min"."""
_AMOUNT = re.compile(
    r"(?:[$€£]|(?:usd|eur|gbp|chf)\s)\s?(\d+(?:\.\d{1,2})?)|\b(\d+(?:\.\d{1,2})?)\s?(?:dollars?"
    r"|bucks?|euros?|pounds?|quid|usd|eur|gbp|chf|cents?|€|£)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A value found in text, with its place (`start`, `end` index the text as it was passed)."""

    value: str
    start: int
    end: int


def plain(text: str) -> str:
    """`text` in lower case with straight quotes and single spaces; the shape all patterns of this package read."""
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return " ".join(text.lower().split())


def digits(text: str) -> str:
    """`text` (already plain) with number words as digits: "two hundred and five" becomes "205", "1,200" "1200"."""
    return _THOUSANDS.sub("", _NUMBER_RUN.sub(_spell, text))


def _spell(match: re.Match[str]) -> str:
    """The number that a run of number words names; two numbers side by side stay two."""
    numbers: list[int] = []
    total, current, last = 0, 0, 1000
    for word in re.split(r"[\s-]+", match.group()):
        if word == "and":
            continue
        if word in ("hundred", "thousand"):
            scale = 100 if word == "hundred" else 1000
            current = max(current, 1) * scale
            if scale == 1000:
                total, current = total + current, 0
            last = scale
            continue
        size = _SMALL[word]
        fits = (last >= 100) or (20 <= last < 100 and size < 10 and size > 0)
        if (current or total) and not fits:
            numbers.append(total + current)
            total, current = 0, 0
        current += size
        last = size
    numbers.append(total + current)
    return " ".join(str(number) for number in numbers)


def dates(text: str) -> list[Found]:
    """The dates in plain text with digits. A day of a month is "day-6" or "3-6"; the rest keeps its words."""
    found = []
    for match in _DATE.finditer(text):
        parts = match.groupdict()
        day = parts["day"] or parts["day2"] or parts["day3"]
        if day:
            month = parts["month"] or parts["month2"]
            value = f"{_month(month)}-{_day(day)}" if month else f"day-{_day(day)}"
        elif parts["week"]:
            value = "weekday-" + re.sub(r"^.* ", "", parts["week"])[:3]
        else:
            value = re.sub(r"^the ", "", match.group())
        found.append(Found(value, match.start(), match.end()))
    return found


def _day(word: str) -> int:
    return _ORDINALS.get(word) or int(re.sub(r"\D", "", word) or 0)


def _month(word: str) -> int:
    return next(number for number, name in enumerate(MONTHS, 1) if name.startswith(word[:3]))


def times(text: str) -> list[Found]:
    """The clock times in plain text with digits, each as "17:15"; without am, pm or part of day the hour as said."""
    found = []
    for match in _TIME.finditer(text):
        value = _clock(match.groupdict())
        if value:
            found.append(Found(value, match.start(), match.end()))
    return found


def _clock(parts: dict[str, str | None]) -> str:
    """The time of day that a time match names, or "" when it is none."""
    if parts["named"]:
        return "00:00" if parts["named"] == "midnight" else "12:00"
    hour = int(next(parts[name] or 0 for name in ("h1", "h2", "h3", "h4", "h5", "h6") if parts[name]))
    minute = int(parts["m1"] or parts["m3"] or 0)
    if hour > 24:
        return ""
    if parts["fraction"]:
        minute = 30 if parts["fraction"] == "half" else 15
        if parts["way"] in ("to", "before", "till"):
            hour, minute = hour - 1, 60 - minute
    half = (parts["ap3"] or parts["ap4"] or " ")[0]
    part = parts["part"] or parts["part2"] or parts["part3"] or parts["part5"] or parts["part6"]
    late = half == "p" or part in ("afternoon", "evening") or (part == "night" and hour > 4)
    if late and hour < 12:
        hour += 12
    if (half == "a" or part == "morning") and hour == 12:
        hour = 0
    return f"{hour % 24:02d}:{minute:02d}"


def emails(text: str) -> list[Found]:
    """The e-mail addresses in a text, in lower case."""
    return [
        Found(re.sub(r"\s?(?:\(at\)|\[at\])\s?|\s?@\s?", "@", m.group().lower()), m.start(), m.end())
        for m in _EMAIL.finditer(text)
    ]


def overlaps(text: str, found: Iterable[Found]) -> Callable[[Found], bool]:
    """A test whether something found in `text` shares a character with one of `found`."""
    taken = bytearray(len(text))
    for value in found:
        taken[value.start : value.end] = b"\x01" * (value.end - value.start)
    return lambda value: any(taken[value.start : value.end])


def phones(text: str) -> list[Found]:
    """What looks like a phone number (9 to 15 digits, or grouped 7 and more), as its last nine digits."""
    found = []
    for match in _PHONE.finditer(text):
        number = re.sub(r"\D", "", match.group())
        if 7 <= len(number) <= 15:
            found.append(Found(number[-9:], match.start(), match.end()))
    return found


def codes(text: str) -> list[Found]:
    """What looks like an identifier: a token with digits, perhaps with a prefix; the value has no separators.

    One- and two-digit bare numbers are left out: they count things, they do not name them.
    """
    found = []
    for match in _CODE.finditer(text):
        value = re.sub(r"[^0-9a-z]", "", _CALLED.sub("", match.group().lower()))
        if sum(c.isdigit() for c in value) >= 3 or (
            len(value) >= 3 and (value[0].isalpha() or _MIXED.search(value)) and "#" not in match.group()
        ):
            found.append(Found(_unprefixed(value), match.start(), match.end()))
    return found


def _unprefixed(code: str) -> str:
    """A code without a word that only names it: "order 48213" and "48213" are the same, "A48213" is not."""
    return re.sub(rf"^{_PREFIXES}(?=\d{{3,}}$)", "", code)


def amounts(text: str) -> list[Found]:
    """Sums of money in plain text with digits, as the bare number."""
    return [Found(f"{float(m.group(1) or m.group(2)):g}", m.start(), m.end()) for m in _AMOUNT.finditer(text)]
