"""Dates and sums of what happened: bought, began, charged, arrived, sent."""

from __future__ import annotations

import re

from service.language.information.items import Given, Item, Kind
from service.language.information.questions import asks_outcome
from service.language.information.replies import lacks
from service.language.information.values import MONTHS, amounts

_SUM = re.compile(
    r"\bhow much\b[^?]*\b(?:charge[ds]?|billed|debited|bill|invoice|transfer(?:red)?"
    r"|transaction|payment|paid|pay|refund(?:ed)?|taken|deducted|was it|is it)\b"
    r"|\b(?:what|which)\b(?: \w+'?\w*){0,4} (?:amount|sum|total)\b|\b(?:the|which|what|exact) (?:amount|sum)\b"
)
_SUM_GIVEN = re.compile(
    r"\b(?:transfer|payment|charge[ds]?|bill|refund|amount|sum|total|deposit|fee"
    r"|invoice|paid|pay|sent|received|debited|taken)\w*\b(?: \w+){0,2}? (\d+(?:\.\d{1,2})?)\b(?!"
    r" ?(?:times|days?|weeks?|months?|st|nd|rd|th|items?|years?))"
)
_DATE_EVENTS = (
    ("bought", r"\b(?:order(?:ed)?|purchas\w*|buy|bought|place[d]?|paid|sign(?:ed)? up|subscribe\w*)\b"),
    (
        "began",
        (
            r"\b(?:start(?:ed)?|begin|began|begun|first (?:notice|happen|see|appear|occur)\w*"
            r"|notic\w+|happen\w*|occur\w*|last (?:work|time)\w*|since when|stop(?:ped)?"
            r" working|how long (?:has|have|is))\b"
        ),
    ),
    ("charged", r"\b(?:charg\w*|billed|debit\w*|taken|deduct\w*|payment (?:go|went|leave|left))\b"),
    ("arrived", r"\b(?:arriv\w*|deliver\w*|receiv\w*|ship\w*)\b"),
    ("sent", r"\b(?:sent|send|return(?:ed)?|post(?:ed)?|drop(?:ped)? (?:it )?off)\b"),
)
_PAST_WHEN = re.compile(
    r"\b(?:when|what (?:date|day|time)|which (?:date|day)|on what (?:date|day)"
    r"|how long ago|since when|how long)\b[^?]*\b(?:did|was|were|has|have|is the"
    r"|it|happened|placed|started|begin)\b|\b(?:date|day) (?:of (?:the |your )?)?(?:purchase"
    r"|order|charge|delivery|transaction|payment)\b|\b(?:purchase|order|transaction"
    r"|payment|delivery) date\b"
)
_DATE_VALUE = re.compile(
    r"\b(?:(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d{1,2}|(?:last"
    r"|in|since|this|early|late|mid|end of|beginning of) (?:january|february|march"
    r"|april|may|june|july|august|september|october|november|december)|\d{1,2}(?:st"
    r"|nd|rd|th)?(?: of)? (?:jan|feb|march|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
    r"|\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?|\d{4}-\d{2}-\d{2}|(?:the )?\d{1,2}(?:st"
    r"|nd|rd|th)|yesterday|today|this (?:morning|afternoon|evening|week)|last (?:night"
    r"|week|month|\w+day)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:a|an|one"
    r"|two|three|four|five|six|\d+|a few|a couple of|couple of) (?:minutes?|hours?"
    r"|days?|weeks?|months?|years?)(?: ago| now)?)\b"
)


def asks_sum(clause: str) -> bool:
    """Does a clause (plain) ask for a sum of money it does not state?"""
    return bool(_SUM.search(clause)) and not amounts(clause)


def asked_dates(clause: str) -> set[Item]:
    """Dates of past events: bought, began, charged, arrived."""
    years = {Item(Kind.DATE, m.group(1)) for m in re.finditer(r"\b(?:what|which) (year|month)\b", clause)}
    if years:
        return years
    if not _PAST_WHEN.search(clause) or asks_outcome(clause) or _DATE_VALUE.search(clause):
        return set()
    return (
        {Item(Kind.DATE, name) for name, pattern in _DATE_EVENTS if re.search(pattern, clause)}
        if _is_past(clause)
        else set()
    )


def _is_past(clause: str) -> bool:
    return not re.search(r"\b(?:will|would you like|do you want|are you|should|can)\b", clause)


def given_sums(text: str, wanted: frozenset[Item]) -> list[Given]:
    """Sums of money in a customer's message (plain with digits)."""
    found = [Given(Item(Kind.AMOUNT), 0.95, sum_.value) for sum_ in amounts(text)]
    found += [Given(Item(Kind.AMOUNT), 0.8, match.group(1)) for match in _SUM_GIVEN.finditer(text)]
    found += [
        Given(Item(Kind.AMOUNT), 0.75, match.group()) for match in re.finditer(r"(?<![\d.])\d+[.,]\d\d(?![\d.])", text)
    ]
    if Item(Kind.AMOUNT) in wanted and re.search(r"\d", text):
        found.append(Given(Item(Kind.AMOUNT), 0.9))
    return found


def given_dates(text: str, wanted: frozenset[Item]) -> list[Given]:
    """Dates in a customer's message (plain), each with the event it is the date of where that is said."""
    found = []
    roles = [item.role for item in wanted if item.kind is Kind.DATE]
    for match in _DATE_VALUE.finditer(text):
        sentence = (
            re.split(r"[.?!;]\s", text[: match.start()])[-1][-70:]
            + " "
            + re.split(r"[.?!;,]\s", text[match.end() :])[0][:50]
        )
        named = [name for name, pattern in _DATE_EVENTS if re.search(pattern, sentence)]
        if re.search(r"\bsince\b[^,]*$|\bfor (?:the (?:past|last) )?$", text[: match.start()][-25:]):
            named.append("began")
        found += [
            Given(Item(Kind.DATE, name), 0.9 if name in roles or len(named) == 1 else 0.7, match.group())
            for name in dict.fromkeys([*named, *roles] or [""])
        ]
    found += [Given(Item(Kind.DATE, "year"), 0.9, m.group()) for m in re.finditer(r"\b(?:19|20)\d\d\b", text)]
    found += [
        Given(Item(Kind.DATE, "month"), 0.9, m.group()) for m in re.finditer(rf"\b(?:{'|'.join(MONTHS)})\b", text)
    ]
    if roles and not lacks(text) and not any(g.item.role in roles for g in found) and re.search(r"\d", text):
        found += [Given(Item(Kind.DATE, role), 0.8) for role in roles]
    return found
