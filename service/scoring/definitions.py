"""The versions of the definitions: which scores each one knows. What each one means is in docs/definitions.md.

A version is raised when a verdict comes to *mean* something else, never when the same meaning is only read better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.scoring.score import DEFINITIONS, Score


@dataclass(frozen=True, slots=True)
class Definitions:
    """One version. A score that is not in `scores` has the verdict `None` under it."""

    version: str
    scores: frozenset[str]


class UnknownDefinitions(ValueError):
    """No such version; the message names those there are."""


_FIRST = frozenset({"repeat_contact", "context_repeat", "effort", "escalation", "containment"})
_SECOND = _FIRST | {
    "answer_relevance",
    "intent",
    "resolution_confidence",
    "handoff_time",
    "knowledge_gap",
    "training_example",
    "satisfaction",
}

VERSIONS: Mapping[str, Definitions] = MappingProxyType(
    {each.version: each for each in (Definitions("1", _FIRST), Definitions(DEFINITIONS, _SECOND))}
)
"""Every version, oldest first; the last one is what new conversations are scored under."""

VERDICTS: Mapping[str, tuple[str, ...] | None] = MappingProxyType(
    {
        "repeat_contact": ("pending", "returned", "not_returned"),
        "context_repeat": ("repeated", "preserved", "unclear"),
        "effort": ("low", "medium", "high"),
        "escalation": ("warranted", "avoidable", "missed", "not_needed", "unclear"),
        "satisfaction": ("satisfied", "neutral", "dissatisfied"),
        "containment": (
            "confirmed", "likely", "unclear", "unresolved", "abandoned", "returned", "escalated", "human_only",
        ),
        "handoff_time": ("answered", "abandoned_in_queue", "open"),
        "answer_relevance": ("relevant", "mixed", "irrelevant"),
        "intent": None,
        "resolution_confidence": ("high", "medium", "low"),
        "knowledge_gap": ("gap", "none"),
        "training_example": ("fit", "unfit"),
    }
)  # fmt: skip
"""What each score may say; `None`: any name, as the account's own catalog has them."""

_RELIED_ON: Mapping[str, Mapping[str, object]] = {"answer_relevance": {"answers": ()}, "intent": {"novelty": None}}
"""Keys of `details` that readers of a scorecard may rely on, also where the score is not defined."""


def definitions(version: str) -> Definitions:
    """The version of this name. Raises `UnknownDefinitions`.

    >>> sorted(definitions("2").scores - definitions("1").scores)[0]
    'answer_relevance'
    """
    known = VERSIONS.get(version)
    if known is None:
        raise UnknownDefinitions(f"there are no definitions {version!r}; known are {', '.join(VERSIONS)}")
    return known


def age(version: str) -> tuple[int, str]:
    """What versions are ordered by, the oldest first; also those that this release does not know.

    >>> sorted(["10", "9"], key=age)
    ['9', '10']
    """
    return len(version), version


def not_defined(name: str, version: str) -> Score:
    """The score `name` under a version that does not know it."""
    details = MappingProxyType(dict(_RELIED_ON.get(name, {})))
    return Score(verdict=None, reason=f"Not part of definitions {version}.", details=details)
