"""Days of conversations with known outcomes: what the overview and the outcomes have to say of them is counted here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from service.figures.fact import Fact

FIRST = date(2026, 1, 1)

TEN = ("confirmed", "confirmed", "confirmed", "likely", "unclear", "unresolved", "abandoned", "returned", "escalated",
       "escalated")  # fmt: skip
"""What becomes of ten conversations of the bot; an eleventh has none."""

STARS = {"confirmed": 5.0, "likely": 4.0, "unresolved": 2.0, "abandoned": 2.0, "escalated": 4.0}


def days(number: int, *, better_from: int | None = None, first: date = FIRST) -> Iterator[Fact]:
    """So many days of eleven conversations; from the day `better_from` on, failed ones end confirmed."""
    for day in range(number):
        kinds = [*TEN, "human_only"]
        if better_from is not None and day >= better_from:
            kinds = ["confirmed" if kind in ("unresolved", "abandoned", "returned") else kind for kind in kinds]
        for place, kind in enumerate(kinds):
            yield _fact(f"{day}-{place}", kind, first + timedelta(days=day), place)


def _fact(number: str, kind: str, day: date, place: int) -> Fact:
    escalated, bot = kind == "escalated", kind != "human_only"
    back = "returned" if kind == "returned" else "not_returned"
    return Fact(
        helpdesk="zendesk", account="acme", conversation=number, episode=1, definitions="2", day=day.isoformat(),
        bot_took_part=bot, handed_off=escalated, containment=kind, brand=("north", "south")[place % 2],
        channel=("email", "web")[place % 2], intent=("refund", "login")[place % 2], effort="low" if bot else None,
        effort_value=4.0 + place % 3 if bot else None, satisfaction_value=STARS.get(kind),
        repeat=back, repeat_72h=back, repeat_7d=back, agent_messages=2 if escalated or not bot else 0,
        escalation=(("warranted", "avoidable")[place % 2] if escalated else "not_needed") if bot else None,
        trigger="bot" if escalated else None, relevance="relevant" if bot else None,
    )  # fmt: skip
