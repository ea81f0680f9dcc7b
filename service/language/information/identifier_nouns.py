"""What identifiers are called, and which name stands next to a code."""

from __future__ import annotations

import re

SUFFIX = (
    r"(?:\s*-?\s*(?:numbers?|no\b\.?|num\b|nr\b\.?|nos\b|#|ids?\b|codes?\b|ref(?:erence)?s?\b(?:\s+(?"
    r":numbers?|no\b\.?|codes?|ids?))?|confirmation\b(?:\s+(?:number|code))?))"
)
NOUNS: tuple[tuple[str, str], ...] = (
    ("purchase_order", r"(?:purchase order|\bp\.?o\.?)"),
    ("order", r"(?:(?:sales|web|online)\s+)?orders?"),
    ("invoice", r"(?:invoices?|bills?)"),
    ("customer", r"(?:customers?|clients?)"),
    ("iban", r"(?:iban|bank accounts?)"),
    ("account", r"(?:accounts?|acct|a/c)"),
    (
        "tracking",
        (
            r"(?:tracking|track\s*(?:&|and)\s*trace|parcels?|consignment|shipments?|airway ?bill|awb|package"
            r"|(?:ups|dhl|dpd|fedex|usps|evri|hermes|gls|tnt|courier|carrier)\b)"
        ),
    ),
    ("ticket", r"(?:support )?(?:tickets?|cases?|incidents?|service request|enquiry|inquiry|complaints?)"),
    ("serial", r"(?:serial|s/n\b|sn\b)"),
    ("booking", r"(?:bookings?|reservations?|confirmation|pnr|itinerary|e-?ticket)"),
    ("policy", r"(?:polic(?:y|ies)|insurance)"),
    ("claim", r"claims?"),
    ("imei", r"(?:imei|meid|eid|iccid)"),
    ("transaction", r"(?:transactions?|payments?|transfers?)"),
    ("contract", r"(?:contracts?|agreements?)"),
    ("licence", r"(?:licen[cs]es?(?: keys?)?|product keys?|activation)"),
    ("meter", r"(?:meter(?: readings?)?)"),
    ("membership", r"(?:memberships?|members?|loyalty(?: card)?|frequent[- ]flyer|rewards?)"),
    ("flight", r"flights?"),
    ("vehicle", r"(?:vin\b|registration|reg\b|number ?plates?|licen[cs]e plates?|plates?)"),
    ("return", r"(?:returns?|rma)"),
    ("sku", r"(?:sku|articles?|items?|part|product)"),
    ("store", r"(?:stores?|branch(?:es)?|shops?|outlets?)"),
    ("gift_card", r"(?:gift ?cards?|vouchers?)"),
    ("promo", r"(?:promo(?:tion)?(?:al)?|discounts?|coupons?)"),
    ("student", r"(?:student|employee|staff|patient|user|payroll|personnel)"),
)
_APART = re.compile(r"\b(?:and|but|since|on|at|in|from|paid|ago)\b")
_SAYS = re.compile(r"^\s(?:that|which)? ?(?:i|we|you)\b.*\b(?:is|was|says)\W*$")
_NAMED_HERE = re.compile(rf"\b(?:{'|'.join(noun for _, noun in NOUNS)}){SUFFIX}(?: is| was)?[\s:#=-]*$")


def named_here(before: str) -> bool:
    """Does text end with what an identifier is called, so that a code must follow ("confirmation code: ")?"""
    return bool(_NAMED_HERE.search(before))


def nearest_role(before: str) -> str | None:
    """The role of the identifier noun closest before a code, if it stands near enough to name it."""
    best: tuple[int, int, str] | None = None
    for rank, (role, noun) in enumerate(NOUNS):
        for match in re.finditer(rf"\b{noun}{SUFFIX}?\b", before):
            between = before[match.end() :]
            reach = 5 if _SAYS.search(between) else 3
            if len(between.split()) <= reach and not _APART.search(between):
                key = (match.end(), -rank, role)
                best = max(best, key) if best else key
    return best[2] if best else None
