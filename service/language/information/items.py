"""The vocabulary of information: what a support conversation asks for and gives, as typed items.

Nothing here reads text. A role narrows a kind ("date" of the "end", "address" for "billing"); "" means not stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of information a person can be asked for."""

    DATE = "date"
    TIME = "time"
    WHEN = "when"
    DURATION = "duration"
    PLACE = "place"
    PERSON = "person"
    COUNT = "count"
    AMOUNT = "amount"
    PRICE_LEVEL = "price_level"
    CATEGORY = "category"
    CHOICE = "choice"
    OPTION = "option"
    IDENTIFIER = "identifier"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"
    POSTCODE = "postcode"
    PRODUCT = "product"
    DEVICE = "device"
    SOFTWARE = "software"
    ERROR = "error"
    MEDIA = "media"
    STEP = "step"
    PROBLEM = "problem"


"""Kinds that public task-oriented dialogues hold, so that a matcher could be learned for them."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One thing that is asked for or given: `Item(Kind.DATE, "end")`, `Item(Kind.IDENTIFIER, "order")`."""

    kind: Kind
    role: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An item a customer gave: how surely (0..1), and its normalised value where there is one."""

    item: Item
    weight: float
    value: str = ""
