"""Containment: did the bot keep the conversation, and was the customer helped, did they give up, or come back?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from service.conversation import Conversation, Role, handoff_position
from service.scoring.endings import Ending, read_ending
from service.scoring.outcomes import Containment, Decision, class_of
from service.scoring.score import Case, Evidence, Score

LEVEL: Mapping[Containment, tuple[float, float]] = MappingProxyType(
    {
        Containment.CONFIRMED: (2.5, 0.1),
        Containment.LIKELY: (0.15, 0.25),
        Containment.UNCLEAR: (-0.6, 0.25),
        Containment.ABANDONED: (-1.0, 0.15),
        Containment.UNRESOLVED: (-1.0, 0.2),
        Containment.RETURNED: (-3.5, 0.0),
    }
)
"""By class: log odds of a true resolution, and how much a simple bot's part adds. Set by judgement, not fitted."""

BY_BASIS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "gave_up": (-2.0, 0.1),
        "customer_says_not_helped": (-2.0, 0.1),
        "feedback": (-2.0, 0.1),
        "rating": (-2.0, 0.1),
        "nothing_done": (-1.2, 0.1),
        "unanswered": (-1.0, 0.1),
    }
)
"""The same for classes other than `confirmed` where what decided says more than the class: the customer's own words
leave no guess. A refusal, on the other hand, can be the right answer to a customer who does not like it."""


def containment(case: Case) -> Score:
    """Whether the bot kept the conversation (quantity) and what became of the customer (quality), as one class.

    Definition. `human_only`: a human answered and no bot took part before. `escalated`: the bot handed off, or a human
    answered after it; `details.abandoned_in_queue` says that no human did. All others were contained; what became of
    them is read from the ending by the rules of `outcomes.class_of`.

    Value: probability that the issue was truly resolved (`_truly_resolved`); `None` when the conversation was not
    contained. What the bot claims in the end is kept apart, in `details.claimed` (success, failure, none) with its
    probability; `details.basis` names what decided.

    Verdict `None` when neither a bot nor a human answered. Source: `metrics.md` 4.

    >>> from service.conversation import Author, Message
    >>> from service.scoring.score import History, Policy
    >>> said = [
    ...     (Role.CUSTOMER, "My app won't start"),
    ...     (Role.BOT, "Update it to version 5."),
    ...     (Role.CUSTOMER, "It works now!"),
    ... ]
    >>> messages = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(said))
    >>> containment(Case(Conversation("1", messages), History(), Policy(), None)).verdict
    'confirmed'
    """
    ending = read_ending(case.conversation)
    outside = _not_contained(case.conversation)
    decision = outside or class_of(case, ending)
    return Score(
        verdict=decision.verdict.value if decision.verdict is not None else None,
        value=_truly_resolved(decision, ending.simple),
        confidence=decision.confidence,
        reason=decision.reason,
        evidence=decision.evidence,
        details=_details(ending, decision, contained=outside is None),
    )


def _truly_resolved(decision: Decision, simplicity: float) -> float | None:
    """Probability that the issue was resolved: logistic(level + slope * simplicity); `None` when not contained.

    Level and slope are those of what decided (`BY_BASIS`), else of the class (`LEVEL`); not calibrated to the account.
    The bot's claim never raises it: on the one public set with verified outcomes claims made the truth less likely.
    """
    if decision.verdict is None or decision.verdict not in LEVEL:
        return None
    level, slope = LEVEL[decision.verdict]
    if decision.verdict is not Containment.CONFIRMED:
        level, slope = BY_BASIS.get(decision.basis, (level, slope))
    return 1 / (1 + math.exp(-(level + slope * simplicity)))


def _details(ending: Ending, decision: Decision, *, contained: bool) -> Mapping[str, object]:
    return MappingProxyType(
        {
            "claimed": ending.claim.verdict,
            "claimed_probability": round(ending.claim.probability, 4),
            "basis": decision.basis,
            "contained": contained,
            "abandoned_in_queue": decision.basis == "abandoned_in_queue",
            "simplicity": round(ending.simple, 3),
        }
    )


def _not_contained(conversation: Conversation) -> Decision | None:
    """The class of a conversation that the bot did not keep, `None` when it did."""
    bots, agents = conversation.by(Role.BOT), conversation.by(Role.AGENT)
    if not bots and not agents:
        return Decision(None, "nobody_answered", "Neither a bot nor a human answered.")
    handed = handoff_position(conversation)
    if handed is None:
        if agents:
            return Decision(Containment.HUMAN_ONLY, "human_only", "Only humans answered.", 1.0)
        return None
    after = conversation.public[handed:]
    answer = next((m for m in after if m.role is Role.AGENT), None)
    if answer is not None:
        shown = (Evidence.of(answer, "first human answer"),)
        return Decision(Containment.ESCALATED, "handed_off", "A human took over from the bot.", 1.0, shown)
    last = next((m for m in reversed(conversation.public) if m.role is Role.CUSTOMER), None)
    left = (Evidence.of(last, "the customer's last message; no human answered"),) if last else ()
    reason = "The bot handed off and no human answered."
    return Decision(Containment.ESCALATED, "abandoned_in_queue", reason, 1.0, left)
