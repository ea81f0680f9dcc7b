"""satisfaction: what the customer said of the conversation in a survey, on one scale, the original kept."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from service.conversation import Rating
from service.scoring.ratings import BAD, GOOD, USUAL_SCALE, share_of_best
from service.scoring.score import Case, Evidence, Score, short


class Satisfaction(StrEnum):
    """How satisfied the customer says to be."""

    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"


ASSUMED = 0.6
"""Confidence in a number that came without its scale and was read as 1 to 5."""


def satisfaction(case: Case) -> Score:
    """The customer's rating on a scale of 1 to 5.

    Value: 1 + 4 s, where s is the rating from 0 (worst of its scale) to 1 (best); see `ratings.share_of_best`. Good or
    bad, and thumbs, are the ends of the scale. Verdicts: `satisfied` from s = 0.7 (4 of 5 stars, 7 of 10),
    `dissatisfied` up to s = 0.3 (2 of 5, 3 of 10), else `neutral`.

    `None` when nobody rated (missing stays missing: no text stands in for it), and when the scale is not known; the
    reason says which. details: `score` and `scale` as the helpdesk gave them, `scale_assumed` (a number without a scale
    was read as 1 to 5), `rated_at`. Evidence: the comment, where there is one. Source: `metrics.md` 12.

    >>> from service.conversation import Conversation
    >>> from service.scoring.score import History, Policy
    >>> rated = Conversation("1", (), rating=Rating("good", "good/bad", comment="Quick and kind"))
    >>> score = satisfaction(Case(rated, History(), Policy(), None))
    >>> score.verdict, score.value, score.evidence[0].quote
    ('satisfied', 5.0, 'Quick and kind')
    """
    rating = case.conversation.rating or Rating()
    share = share_of_best(rating)
    assumed = share is not None and rating.scale is None and not _says_itself(rating)
    details = MappingProxyType(
        {"score": rating.score, "scale": rating.scale, "scale_assumed": assumed, "rated_at": rating.at}
    )
    evidence = _comment(rating)
    if rating.score is None:
        return Score(None, reason="The customer gave no rating.", evidence=evidence, details=details)
    if share is None:
        scale = f"the scale {rating.scale!r}" if rating.scale else "no known scale"
        reason = f"The rating {short(str(rating.score), 20)!r} on {scale} cannot be read."
        return Score(None, confidence=0.0, reason=reason, evidence=evidence, details=details)
    said = f"{rating.score:g}" if isinstance(rating.score, float) else short(str(rating.score), 20)
    given = f"{said!r}" if _says_itself(rating) else f"{said} on the scale {rating.scale or USUAL_SCALE}"
    verdict = _verdict(share)
    return Score(
        verdict.value,
        value=round(1 + 4 * share, 2),
        confidence=ASSUMED if assumed else 1.0,
        reason=f"The customer rated the conversation {given}{', which is assumed' if assumed else ''}.",
        evidence=evidence or (Evidence(None, said, "the customer's rating"),),
        details=details,
    )


def _verdict(share: float) -> Satisfaction:
    if share >= GOOD:
        return Satisfaction.SATISFIED
    return Satisfaction.DISSATISFIED if share <= BAD else Satisfaction.NEUTRAL


def _says_itself(rating: Rating) -> bool:
    """Whether the rating is a word or a sign, which needs no scale."""
    return isinstance(rating.score, str) and not any(character.isdigit() for character in rating.score)


def _comment(rating: Rating) -> tuple[Evidence, ...]:
    """The customer's own words; no message holds them."""
    said = (rating.comment or "").strip()
    return (Evidence(None, short(said), "the customer's comment on the rating"),) if said else ()
