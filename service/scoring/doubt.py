"""Doubt: why a person should look at a scorecard first. Pure; what a verdict means is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from service.scoring.corrected import NOT_TO_JUDGE, is_disputed
from service.scoring.score import Score, Scorecard


class Why(StrEnum):
    """Why a verdict is doubted."""

    UNSURE = "unsure"
    CONTRADICTION = "contradiction"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to look: which score, why, how much (0..1, more is looked at first), and one plain sentence."""

    score: str
    why: Why
    weight: float
    says: str


CONTRADICTIONS = (
    ("containment", "returned", "repeat_contact", "not_returned", "One verdict says returned, another does not."),
    ("containment", "confirmed", "escalation", "missed", "Solved for sure, and yet a human was needed and never came."),
    ("containment", "likely", "escalation", "missed", "Likely solved, and yet a human was needed and never came."),
    ("containment", "confirmed", "answer_relevance", "irrelevant", "Solved for sure with answers beside the question."),
    ("containment", "confirmed", "satisfaction", "dissatisfied", "Solved for sure, and the customer is dissatisfied."),
    ("containment", "unresolved", "satisfaction", "satisfied", "Not solved, and the customer is satisfied."),
    ("containment", "confirmed", "knowledge_gap", "gap", "Solved for sure, and yet the bot lacked knowledge."),
    ("effort", "low", "satisfaction", "dissatisfied", "Little effort, and the customer is dissatisfied."),
)
"""Verdicts that can hardly both be right: (score, verdict, score, verdict, what is odd)."""

CONTRADICTS, DISPUTES = 0.75, 1.0

WRITTEN = frozenset({"containment", "escalation", "context_repeat", "effort", "repeat_contact", "knowledge_gap"})
"""Scores whose verdicts stand on the ticket."""

NOT_DOUBTED = NOT_TO_JUDGE | {"resolution_confidence"}
"""Of an estimate of the bot's confidence Deskmark is never sure, and that calls for nobody."""


def doubts(card: Scorecard, *, review_confidence: float) -> tuple[Doubt, ...]:
    """Why a person should look at the card, the gravest first; nothing when all is plain.

    - disputed (weight 1): reviewers contradict each other;
    - contradiction (0.75): two scores that can hardly both be right;
    - unsure: a verdict with a confidence under `review_confidence`; weight = half of how far it is below, relative to
      the threshold, so 0.5 at no confidence at all; half of that where the verdict is not written onto the ticket.

    >>> card = Scorecard("zendesk", "acme", "1", 1, {"effort": Score("low", confidence=0.3)})
    >>> [(doubt.why.value, doubt.weight) for doubt in doubts(card, review_confidence=0.6)]
    [('unsure', 0.25)]
    """
    found = [*_disputed(card), *_contradictions(card), *_unsure(card, review_confidence)]
    return tuple(sorted(found, key=lambda doubt: (-doubt.weight, doubt.score)))


def risk(found: tuple[Doubt, ...]) -> float | None:
    """One number to order by: the gravest doubt, and a little for each further one; `None` when there is none."""
    if not found:
        return None
    return round(found[0].weight + 0.01 * min(9, len(found) - 1), 4)


def _disputed(card: Scorecard) -> Iterator[Doubt]:
    for name, score in card.scores.items():
        if is_disputed(score):
            yield Doubt(name, Why.DISPUTED, DISPUTES, "Reviewers contradict each other.")


def _contradictions(card: Scorecard) -> Iterator[Doubt]:
    for one, said, other, also, says in CONTRADICTIONS:
        if _verdict(card, one) == said and _verdict(card, other) == also:
            yield Doubt(one, Why.CONTRADICTION, CONTRADICTS, says)


def _unsure(card: Scorecard, threshold: float) -> Iterator[Doubt]:
    for name, score in card.scores.items():
        judged = score.verdict is not None and name not in NOT_DOUBTED
        if judged and score.confidence < threshold and not _says_so_itself(score):
            weight = round((0.5 if name in WRITTEN else 0.25) * (threshold - score.confidence) / threshold, 4)
            says = f"Deskmark is only {score.confidence:.0%} sure of its verdict."
            yield Doubt(name, Why.UNSURE, weight, says)


def _says_so_itself(score: Score) -> bool:
    """A verdict that says that nothing can be said, in a language that is not read: nobody doubts that."""
    return "language" in score.details and score.verdict == "unclear"


def _verdict(card: Scorecard, name: str) -> str | None:
    score = card.scores.get(name)
    return score.verdict if score is not None else None
