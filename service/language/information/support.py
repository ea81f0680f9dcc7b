"""Support frames put together: what an agent's message asks for and what an exchange gives.

These kinds are not in public dialogue data; their rules are written by hand and measured on our own samples only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from service.language.information.equipment import asked_equipment, given_equipment
from service.language.information.errors import asked_error, asked_media, given_error, given_media
from service.language.information.events import asked_dates, asks_sum, given_dates, given_sums
from service.language.information.identifiers import asked_identifiers, given_identifiers, prompted_identifiers
from service.language.information.items import Given, Item, Kind
from service.language.information.problem import asks_problem, asks_reason, gives_reason, tells_problem
from service.language.information.questions import checks_security, clauses, closes, requests
from service.language.information.seeking import seeks
from service.language.information.steps import asked_steps
from service.language.information.steps_done import given_steps
from service.language.information.values import digits, plain

_OFFER = re.compile(
    r"\b(?:would you like|do you want|shall|should|may|can|could|want) (?:me|us"
    r"|i|we)\b(?! (?:have|get|know|ask|please|take|grab|see|also|just|quickly|possibly"
    r"|trouble|bother|confirm|start with|begin with|grab)\b)|\bis it (?:ok|okay|alright|fine) if (?:i|we)\b"
    r"|\bdo you (?:still|also) (?:need|want)\b|\bwould you (?:like|prefer|rather)\b"
)
_STATEMENT = re.compile(
    r"\b(?:you(?:'ll| will| can| should| may| might)? (?:find|receive|get|see)"
    r"|thanks? (?:you )?for (?:your|the|sharing|providing|sending|confirming)|i"
    r" (?:can )?see (?:your|the|that)|i(?:'ve| have) (?:found|located|got|received"
    r"|noted|updated|changed))\b[^?]*$"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An item an agent asks for, with the clause that asks it."""

    item: Item
    clause: str


@lru_cache(maxsize=1024)
def support_asked(raw: str) -> tuple[Asked, ...]:
    """The support items that a message asks for: none when it checks security, closes, offers or states."""
    text = plain(raw)
    found: dict[Item, str] = {}
    security = checks_security(text)
    for clause in clauses(text):
        sought = seeks(clause)
        if (closes(clause) and not sought) or _STATEMENT.search(clause) or not (sought or requests(clause)):
            continue
        if offers(clause):
            continue
        items: set[Item] = set() if security else asked_identifiers(clause)
        items |= asked_media(clause) or (asked_error(clause) | asked_equipment(clause))
        items |= asked_dates(clause)
        if asks_sum(clause):
            items.add(Item(Kind.AMOUNT))
        for item in items:
            found.setdefault(item, clause)
    for item in asked_steps(text):
        found.setdefault(item, text)
    if asks_reason(text) and not security:
        found[Item(Kind.PROBLEM, "reason")] = text
    if asks_problem(text) and not found:
        found[Item(Kind.PROBLEM)] = text
    return tuple(Asked(item, clause) for item, clause in found.items())


def offers(clause: str) -> bool:
    """Does a clause (plain) offer or ask leave for something, rather than ask for information?"""
    return bool(_OFFER.search(clause)) and not re.search(r"\b(?:which|what|where)\b", clause)


_SHARED_KINDS = frozenset({Kind.NAME, Kind.AMOUNT, Kind.DATE})
"""Kinds that bookings know as well: both readers may judge them."""


def claims(raw: str) -> frozenset[str]:
    """The clauses (plain) that a support item is asked in; the learned matcher leaves them alone.

    Not those whose kind bookings know as well, and no steps in free words: almost any question could be one of them.
    """
    return frozenset(
        asked.clause
        for asked in support_asked(raw)
        if asked.item.kind not in _SHARED_KINDS
        and not (asked.item.kind is Kind.STEP and asked.item.role[:1] in ("=", "~"))
    )


@lru_cache(maxsize=1024)
def support_given(bot: str, raw: str, attachments: tuple[str, ...] = ()) -> tuple[Given, ...]:
    """The support items that a customer's message gives in answer to `bot` ("" when it opens the conversation)."""
    wanted = frozenset(asked.item for asked in support_asked(bot)) if bot else frozenset()
    text = plain(raw)
    if bot and not wanted and len(text.split()) <= 8:
        wanted = prompted_identifiers(plain(bot))
    found = [*given_identifiers(raw, wanted), *given_error(text, wanted), *given_media(text, attachments, wanted)]
    found += given_equipment(text, wanted) + given_steps(bot, raw)
    found += given_dates(text, wanted) + given_sums(digits(text), wanted)
    reason = gives_reason(raw, Item(Kind.PROBLEM, "reason") in wanted)
    if reason:
        found.append(Given(Item(Kind.PROBLEM, "reason"), reason))
    problem = tells_problem(raw)
    if problem:
        found.append(Given(Item(Kind.PROBLEM), problem))
    return tuple(found)
