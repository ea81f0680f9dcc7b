"""What was found about one question."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.language.information.exchange import Exchange
from service.language.information.items import Item
from service.language.information.values import plain

_CHANGED = re.compile(
    r"\b(?:i|we)(?:'ve| have)(?: just| now| already| gone ahead and)* (?:re-?set"
    r"|released|unlocked|activated|enabled|fixed|changed|updated|refreshed|re-?sent"
    r"|cleared|removed|added|restored|corrected|re-?started|pushed|adjusted|extended"
    r"|replaced|switched|sent|deactivated|re-?issued|re-?provisioned|made)\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one question: probability that it re-asks, the item, and the exchange that answered it."""

    probability: float
    item: Item | None = None
    exchange: Exchange | None = None


NOTHING = Finding(0.02)


def changes_something(text: str) -> bool:
    """Does the agent say that something was changed just now, so that a step is worth taking again?"""
    return bool(_CHANGED.search(plain(text)))
