"""Verdicts of a card as chips of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from service.web.vocabulary import SCORES, Described, Verdict, verdict

SILENT = frozenset(
    {"not_needed", "preserved", "low", "medium", "pending", "not_returned", "escalated", "none", "unfit"}
)
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
    latest = [
        Chip(SCORES[name], verdict(name, said))
        for name, said in verdicts.items()
        if said and (name == "containment" or said not in SILENT)
    ]
    return [*latest, *_came_back(card)]


def _came_back(card: Mapping[str, Any]) -> Iterator[Chip]:
    """That an earlier episode was returned to: the card of the latest one does not say it in a verdict of its own."""
    details = card["scores"].get("repeat_contact", {}).get("details", {})
    for earlier in details.get("episodes") or ():
        if earlier["verdict"] == "returned" and earlier["episode"] < card["episode"]:
            known = verdict("repeat_contact", "returned")
            words = replace(known, label=f"{known.label} after episode {earlier['episode']}")
            yield Chip(SCORES["repeat_contact"], words)
