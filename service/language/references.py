"""What a customer's text points at: an order, booking or ticket by number, an error by code, a sum of
money to the cent, an earlier contact.

English patterns. Numbers that belong to the customer and not to a matter (account, card, policy, phone) are no
references: the same person has them in every conversation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_KINDS = {
    "order": ("order", "purchase"),
    "booking": ("booking", "reservation", "confirmation"),
    "invoice": ("invoice", "bill", "receipt"),
    "ticket": ("ticket", "case", "incident"),
    "parcel": ("tracking", "parcel", "package", "shipment", "delivery"),
    "payment": ("transaction", "payment", "transfer"),
    "refund": ("refund", "return", "rma"),
    "claim": ("claim",),
    "flight": ("flight",),
    "reference": ("reference", "ref"),
}
MATTERS = {word: kind for kind, words in _KINDS.items() for word in words}
"""Words before a number, and the kind of matter it then names."""
AMOUNT = "amount"

_CODE = (
    r"(?P<code>(?=[A-Z-]*\d)(?=(?:-?[A-Z0-9]){4})[A-Z0-9]+(?:-[A-Z0-9]+)*)\b"
    r"(?!\s*(?:[.,]\d|%|(?:dollars?|bucks|euros?|pounds?|usd|eur|gbp)\b))"
)
_MATTER = re.compile(
    rf"\b(?P<word>{'|'.join(MATTERS)})s?\b(?:\s+(?:number|num|no|nr|id|code|reference|ref)\b\.?)?"
    rf"\s*(?:\b(?:is|was|with)\b\s*)?[:#(=-]*\s*#?\s*{_CODE}",
    re.IGNORECASE,
)
_HASHED = re.compile(rf"(?<!\w)#\s?{_CODE}", re.IGNORECASE)
_MORE = re.compile(rf"\s*(?:,|and|&|or|,\s*and)\s*#?{_CODE}", re.IGNORECASE)
_PREFIXED = re.compile(r"\b(?P<prefix>[A-Z]{2,5})-?\d{4,}\b")
_MIXED = re.compile(r"\b(?:[A-Z]-?\d{3,}|(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{5,12})\b")
_LETTERED = re.compile(r"[A-Z]{1,5}(?P<digits>\d{4,})")
_PREFIXES = {
    "ORD": "order",
    "PO": "order",
    "INV": "invoice",
    "BK": "booking",
    "RMA": "refund",
    "CASE": "ticket",
    "TRX": "payment",
}
_ERROR = re.compile(
    r"\b(?:error|err|code|exception|http|status)\b(?:\s+(?:code|number|message|no)\b\.?)?\s*(?:\b(?:is|was|says)\b\s*)?"
    r"[:#(=\"'-]*\s*(?P<code>[A-Z]{0,6}[-_]?\d{2,8}\b|[A-Z]+(?:_[A-Z0-9]+)+)",
    re.IGNORECASE,
)
_HEX = re.compile(r"\b0x[0-9a-f]{4,}\b", re.IGNORECASE)
_SYMBOL = re.compile(r"\b(?:ERR|E|EX)_[A-Z0-9_]{3,}\b")
_AMOUNT = re.compile(
    r"(?:[$\u00a3\u20ac]\s?|\b(?:usd|eur|gbp)\s?)(?P<before>\d{1,3}(?:,\d{3})+\.\d\d|\d+\.\d\d)\b"
    r"|\b(?P<after>\d{1,3}(?:,\d{3})+\.\d\d|\d+\.\d\d)\s?(?:[$\u00a3\u20ac]|(?:dollars?|euros?|pounds?|usd|eur|gbp)\b)",
    re.IGNORECASE,
)
_LONG = re.compile(r"#?\b(?=[A-Za-z-]{0,40}\d)(?=(?:-?[A-Za-z0-9]){4})[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b")
_DATE_LIKE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{2,4}|(?:19|20)\d\d")

EARLIER_CONTACT = re.compile(
    r"\bsame (?:issue|problem|question|error|request|story)\b|\bfollow(?:ing)?[- ]?up\b"
    r"|\bany (?:updates?|news|progress)\b|\bno ?(?:one|body) (?:\w+ )?(?:got|gotten|came|come) back\b"
    r"|\b(?:contacted|chatted|spoke|spoken|talked|wrote|written|called|messaged|reached out|e-?mailed)(?: \w+){0,2}?"
    r" (?:you|your|support|customer (?:service|care)|the (?:bot|chat ?bot|team)|one of you|about (?:this|it))\b"
    r"|\b(?:my|our|the|your) (?:earlier|previous|last|first|other) "
    r"(?:chat|conversation|ticket|message|e-?mail|call|request|case|reply|answer)\b"
    r"|\b(?:second|third|2nd|3rd|4th) time (?:\w+'?\w* ){0,3}(?:ask|contact|writ|call|messag|chat|report)\w*"
    r"|\b(?:like|as) (?:i|we) (?:\w+ )?(?:said|mentioned|wrote|reported|explained) (?:yesterday|earlier|before)\b"
    r"|\b(?:the|your) (?:bot|chat ?bot|agent|colleague|assistant) (?:told|said|promised|closed|ended|hung)\b",
    re.IGNORECASE,
)
"""The customer says that this was raised with the company before."""

STILL = re.compile(
    r"\bstill (?:not|no|nothing|waiting|haven'?t|hasn'?t|have not|has not|doesn'?t|does not|don'?t|do not|can'?t|cannot"
    r"|isn'?t|is not|won'?t|didn'?t|did not|getting|happening|broken|failing|stuck|missing|the same)\b"
    r"|\b(?:that|it|this|the (?:link|fix|article|code|steps?|solution)) (?:didn'?t|did not|hasn'?t|has not|doesn'?t) "
    r"(?:help|work|fix|solve)(?:ed)?\b",
    re.IGNORECASE,
)
"""The customer says that it has not been put right."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A number or code that names something.

    `kind` is a value of `MATTERS`, `error`, `amount` (a sum with cents that are not 00: round ones are many people's),
    or "" when nothing tells.
    """

    kind: str
    code: str


def references(text: str) -> frozenset[Reference]:
    """What the text names by number or code.

    >>> sorted((r.kind, r.code) for r in references("order no. 48213 fails with error E-504"))
    [('error', 'E504'), ('order', '48213')]
    """
    found: dict[str, str] = {}
    for match in (*_ERROR.finditer(text), *_HEX.finditer(text), *_SYMBOL.finditer(text)):
        found.setdefault(_bare(match.groupdict().get("code") or match[0]), "error")
    for match in _MATTER.finditer(text):
        for code in _listed(match, text):
            found.setdefault(_bare(code), MATTERS[match["word"].lower()])
    for match in _PREFIXED.finditer(text):
        found.setdefault(_bare(match[0]), _PREFIXES.get(match["prefix"], ""))
    for match in (*_HASHED.finditer(text), *_MIXED.finditer(text)):
        found.setdefault(_bare(match.groupdict().get("code") or match[0]), "")
    for match in _AMOUNT.finditer(text):
        amount = (match["before"] or match["after"]).replace(",", "")
        if not amount.endswith(".00"):
            found.setdefault(amount, AMOUNT)
    return frozenset(Reference(kind, code) for code, kind in found.items())


def shared(earlier: frozenset[Reference], later: frozenset[Reference]) -> frozenset[str]:
    """The codes that both sides name; one side may have said of what kind, the other not."""
    return frozenset(r.code for r in earlier) & frozenset(r.code for r in later)


def conflicting(earlier: frozenset[Reference], later: frozenset[Reference]) -> frozenset[str]:
    """The kinds of matter of which both sides name one, but never the same one. Errors and amounts do not conflict."""
    kinds = ({r.kind for r in earlier} & {r.kind for r in later}) - {"", "error", AMOUNT}
    if shared(earlier, later):
        return frozenset()
    return frozenset(kinds)


def without_codes(text: str) -> str:
    """`text` without long numbers and codes, which make any two texts that hold one look alike.

    >>> without_codes("Where is order #48213-B, it was 2 lamps?")
    'Where is order, it was 2 lamps?'
    """
    return re.sub(r"\s+([,.?!])", r"\1", " ".join(_LONG.sub(" ", text).split()))


def _listed(match: re.Match[str], text: str) -> list[str]:
    """The code of a match and those listed after it ("orders 4711 and 4712"), dates left out."""
    codes = [match["code"]]
    while (more := _MORE.match(text, match.end())) is not None:
        codes.append(more["code"])
        match = more
    return [code for code in codes if not _DATE_LIKE.fullmatch(code)]


def _bare(code: str) -> str:
    """A code without its punctuation, and without letters before four digits or more: ORD-48213 is order 48213."""
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    lettered = _LETTERED.fullmatch(plain)
    return lettered["digits"] if lettered else plain
