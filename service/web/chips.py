"""Verdicts of a card as chips of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.web.vocabulary import SCORES, Described, Verdict, verdict

SILENT = frozenset({"not_needed", "preserved", "low", "medium", "pending", "not_returned", "escalated"})
"""Verdicts that need no chip in a list beside the outcome: they say that all is well, or what the outcome says."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One verdict in a list."""

    score: Described
    words: Verdict


def chips(card: Mapping[str, Any] | None) -> list[Chip]:
    """What a card says, the outcome first; nothing of a conversation that is not scored."""
    if card is None:
        return []
    verdicts = {name: card["scores"].get(name, {}).get("verdict") for name in SCORES}
    return [
        Chip(SCORES[name], verdict(name, said))
        for name, said in verdicts.items()
        if said and (name == "containment" or said not in SILENT)
    ]
