"""Support frames put together: what an agent's message asks for, what an exchange gives, and how the two meet.

These kinds are not in public dialogue data; their rules are written by hand and measured on our own samples only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from service.language.information.identifiers import asked_identifiers, given_identifiers, lacks
from service.language.information.items import Given, Item, Kind
from service.language.information.questions import (
    asks_outcome,
    calls_unusable,
    checks_security,
    clauses,
    closes,
    requests,
)
from service.language.information.steps import asked_steps, given_steps, step_fit
from service.language.information.symptoms import asked_symptoms, asks_problem, given_symptoms, tells_problem
from service.language.information.values import MONTHS, amounts, digits, plain

_OFFER = re.compile(
    r"\b(?:would you like|do you want|shall|should|may|can|could|want) (?:me|us"
    r"|i|we)\b(?! (?:have|get|know|ask|please|take|grab|see|also|just|quickly|possibly"
    r"|trouble|bother|confirm)\b)|\bis it (?:ok|okay|alright|fine) if (?:i|we)\b"
    r"|\bdo you (?:still|also) (?:need|want)\b|\bwould you (?:like|prefer|rather)\b"
)
_STATEMENT = re.compile(
    r"\b(?:you(?:'ll| will| can| should| may| might)? (?:find|receive|get|see)"
    r"|thanks? (?:you )?for (?:your|the|sharing|providing|sending|confirming)|i"
    r" (?:can )?see (?:your|the|that)|i(?:'ve| have) (?:found|located|got|received"
    r"|noted|updated|changed))\b[^?]*$"
)
_REASON = re.compile(
    r"\b(?:why (?:do|did|are|would|you|exactly)|(?:the|your) reasons?|reason (?:for"
    r"|why|you))\b[^?.]*\b(?:cancel\w*|return\w*|leav\w*|clos\w*|refund|chang\w*"
    r"|exchange|send\w* back|switch\w*|delet\w*|unhappy|downgrad\w*|stop\w*)\b"
    r"|\breason for (?:the |your )?(?:return|cancel\w*|refund|exchange)\b|^(?:may"
    r"|can) i ask why\b|\bask why\b"
)
_BECAUSE = re.compile(r"\b(?:because|since|as|reason is|due to)\b \w+ \w+")
_SUM = re.compile(
    r"\bhow much\b[^?]*\b(?:charge[ds]?|billed|debited|bill|invoice|transfer(?:red)?|transaction|payment|paid|pay|refund(?:ed)?|taken|deducted|was it|is it)\b"
    r"|\b(?:what|which)\b(?: \w+'?\w*){0,4} (?:amount|sum|total)\b|\b(?:the|which|what|exact) (?:amount|sum)\b"
)
_SUM_GIVEN = re.compile(
    r"\b(?:transfer|payment|charge[ds]?|bill|refund|amount|sum|total|deposit|fee|invoice|paid|pay|sent|received|debited|taken)\w*\b(?: \w+){0,2}? (\d+(?:\.\d{1,2})?)\b(?! ?(?:times|days?|weeks?|months?|st|nd|rd|th|items?|years?))"
)
_DATE_EVENTS = (
    ("bought", r"\b(?:order(?:ed)?|purchas\w*|buy|bought|place[d]?|paid|sign(?:ed)? up|subscribe\w*)\b"),
    ("began",
        r"\b(?:start(?:ed)?|begin|began|begun|first (?:notice|happen|see|appear|occur)\w*"
        r"|notic\w+|happen\w*|occur\w*|last (?:work|time)\w*|since when|stop(?:ped)?"
        r" working|how long (?:has|have|is))\b"),
    ("charged", r"\b(?:charg\w*|billed|debit\w*|taken|deduct\w*|payment (?:go|went|leave|left))\b"),
    ("arrived", r"\b(?:arriv\w*|deliver\w*|receiv\w*|ship\w*)\b"),
    ("sent", r"\b(?:sent|send|return(?:ed)?|post(?:ed)?|drop(?:ped)? (?:it )?off)\b"),
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Asked:
    """An item an agent asks for, with the clause that asks it."""

    item: Item
    clause: str


@lru_cache(maxsize=4096)
def support_asked(raw: str) -> tuple[Asked, ...]:
    """The support items that a message asks for: none when it checks security, closes, offers or states."""
    text = plain(raw)
    found: dict[Item, str] = {}
    security = checks_security(text)
    for clause in clauses(text):
        if closes(clause) or _STATEMENT.search(clause) or not requests(clause):
            continue
        if offers(clause):
            continue
        items: set[Item] = set() if security else asked_identifiers(clause)
        items |= asked_symptoms(clause) | _asked_dates(clause)
        if _SUM.search(clause) and not amounts(clause):
            items.add(Item(Kind.AMOUNT))
        for item in items:
            found.setdefault(item, clause)
    for item in asked_steps(text):
        found.setdefault(item, text)
    if _REASON.search(text) and not security:
        found[Item(Kind.PROBLEM, "reason")] = text
    if asks_problem(text) and not found:
        found[Item(Kind.PROBLEM)] = text
    return tuple(Asked(item, clause) for item, clause in found.items())


def offers(clause: str) -> bool:
    """Does a clause (plain) offer or ask leave for something, rather than ask for information?"""
    return bool(_OFFER.search(clause)) and not re.search(r"\b(?:which|what)\b", clause)


def _asked_dates(clause: str) -> set[Item]:
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


def claims(raw: str) -> frozenset[str]:
    """The clauses (plain) that a support item is asked in; the matcher learned from bookings leaves them alone."""
    return frozenset(asked.clause for asked in support_asked(raw))


@lru_cache(maxsize=4096)
def support_given(bot: str, raw: str, attachments: tuple[str, ...] = ()) -> tuple[Given, ...]:
    """The support items that a customer's message gives in answer to `bot` ("" when it opens the conversation)."""
    wanted = frozenset(asked.item for asked in support_asked(bot)) if bot else frozenset()
    found = given_identifiers(raw, wanted) + given_symptoms(raw, attachments, wanted) + given_steps(bot, raw)
    found += _given_dates(plain(raw), wanted) + _given_sums(digits(plain(raw)), wanted)
    if Item(Kind.PROBLEM, "reason") in wanted and "?" not in raw and not lacks(plain(raw)):
        found.append(Given(Item(Kind.PROBLEM, "reason"), 0.95))
    elif _BECAUSE.search(plain(raw)):
        found.append(Given(Item(Kind.PROBLEM, "reason"), 0.6))
    problem = tells_problem(raw)
    if problem:
        found.append(Given(Item(Kind.PROBLEM), problem))
    return tuple(found)


def _given_sums(text: str, wanted: frozenset[Item]) -> list[Given]:
    found = [Given(Item(Kind.AMOUNT), 0.95, sum_.value) for sum_ in amounts(text)]
    found += [Given(Item(Kind.AMOUNT), 0.8, match.group(1)) for match in _SUM_GIVEN.finditer(text)]
    found += [Given(Item(Kind.AMOUNT), 0.75, match.group()) for match in re.finditer(r"(?<![\d.])\d+[.,]\d\d(?![\d.])", text)]
    if Item(Kind.AMOUNT) in wanted and re.search(r"\d", text):
        found.append(Given(Item(Kind.AMOUNT), 0.9))
    return found


def _given_dates(text: str, wanted: frozenset[Item]) -> list[Given]:
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
        for name in dict.fromkeys([*named, *roles] or [""]):
            found.append(Given(Item(Kind.DATE, name), 0.9 if name in roles or len(named) == 1 else 0.7, match.group()))
    found += [Given(Item(Kind.DATE, "year"), 0.9, m.group()) for m in re.finditer(r"\b(?:19|20)\d\d\b", text)]
    found += [
        Given(Item(Kind.DATE, "month"), 0.9, m.group()) for m in re.finditer(rf"\b(?:{'|'.join(MONTHS)})\b", text)
    ]
    if roles and not lacks(text) and not found and re.search(r"\d", text):
        found += [Given(Item(Kind.DATE, role), 0.8) for role in roles]
    return found


def unusable(raw: str, item: Item) -> bool:
    """Does the message ask for `item` because what was given could not be used?"""
    text = plain(raw)
    if not calls_unusable(text):
        return False
    if item.kind in (Kind.STEP, Kind.PROBLEM, Kind.PRODUCT, Kind.SOFTWARE, Kind.DATE):
        return False
    for sentence in re.split(r"(?<=[.?!;])\s+", text):
        if not calls_unusable(sentence) or (
            re.match(r"(?:and |so |which|what|when|where|who|how)", sentence) and sentence.endswith("?")
        ):
            continue
        nouns = _nouns_in(sentence)
        if not nouns or item.kind in nouns or (item.kind is Kind.IDENTIFIER and item.role.split(":")[0] in nouns):
            return True
    return False


def _nouns_in(sentence: str) -> set[str]:
    """The kinds of identifiers that a sentence names."""
    named = {"email": Kind.EMAIL, "e-mail": Kind.EMAIL, "phone": Kind.PHONE, "address": Kind.ADDRESS, "screenshot": Kind.MEDIA, "photo": Kind.MEDIA, "picture": Kind.MEDIA, "image": Kind.MEDIA, "attachment": Kind.MEDIA, "file": Kind.MEDIA, "name": Kind.NAME, "postcode": Kind.POSTCODE}  # fmt: skip
    roles = (
        "order",
        "account",
        "invoice",
        "tracking",
        "ticket",
        "serial",
        "booking",
        "policy",
        "claim",
        "imei",
        "customer",
    )
    return {str(kind) for word, kind in named.items() if re.search(rf"\b{word}s?\b", sentence)} | {
        r for r in roles if re.search(rf"\b{r}s?\b(?! (?:was|is|shows))", sentence)
    }


def support_fit(item: Item, gift: Given) -> float:
    """How well a gift answers an asked support item, 0..1."""
    if item.kind is not gift.item.kind:
        return 0.0
    mine, theirs = item.role, gift.item.role
    return gift.weight * _FITS.get(item.kind, _exact)(mine, theirs)


def _exact(mine: str, theirs: str) -> float:
    return 1.0 if mine == theirs else 0.0


def _identifier(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    if mine.endswith(":other") or theirs.endswith(":other"):
        return 0.0
    if not theirs:
        return 0.7
    if not mine:
        return 0.85 if theirs in ("ticket", "booking", "claim", "order") else 0.5
    near = {
        frozenset({"account", "customer"}): 0.6,
        frozenset({"account", "membership"}): 0.4,
        frozenset({"customer", "membership"}): 0.5,
        frozenset({"order", "booking"}): 0.3,
        frozenset({"sku", "serial"}): 0.0,
    }
    return near.get(frozenset({mine, theirs}), 0.0)


def _contact(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    (base, fresh), (other_base, other_fresh) = _split(mine), _split(theirs)
    fits = 1.0 if base == other_base else 0.8 if not base or not other_base else 0.0
    if fresh == other_fresh:
        return fits
    return fits * (0.2 if fresh else 0.6)


def _split(role: str) -> tuple[str, bool]:
    """The role without its mark for "another one", and whether it had it."""
    if role == "other":
        return "", True
    return role.partition(":")[0], role.endswith(":other")


def _error(mine: str, theirs: str) -> float:
    table = {
        ("", "code"): 1.0,
        ("", "text"): 1.0,
        ("", "none"): 0.7,
        ("any", "code"): 1.0,
        ("any", "text"): 1.0,
        ("any", "none"): 0.95,
        ("code", "text"): 0.3,
        ("text", "code"): 0.7,
        ("text", "none"): 0.6,
        ("code", "none"): 0.7,
    }
    return table.get((mine, theirs), _exact(mine, theirs))


def _date(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 1.0
    return (0.75 if mine == "began" else 0.4) if not theirs else 0.0


def _device(mine: str, theirs: str) -> float:
    return 1.0 if mine == theirs or (not mine and theirs == "model") else 0.5


_FITS = {
    Kind.IDENTIFIER: _identifier,
    Kind.EMAIL: _contact,
    Kind.PHONE: _contact,
    Kind.NAME: _contact,
    Kind.ADDRESS: _contact,
    Kind.POSTCODE: _contact,
    Kind.ERROR: _error,
    Kind.DEVICE: _device,
    Kind.STEP: step_fit,
    Kind.DATE: _date,
}
