"""Containment: did the bot keep the conversation, and was the customer helped, did they give up, or come back?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Conversation, Feedback, Role, handoff_position
from service.language.statements import NEGATIVE, Outcome
from service.scoring.endings import CERTAIN, Ending, read_ending
from service.scoring.score import Case, Evidence, Score


class Containment(StrEnum):
    """How a conversation ended."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    UNCLEAR = "unclear"
    UNRESOLVED = "unresolved"
    ABANDONED = "abandoned"
    RETURNED = "returned"
    ESCALATED = "escalated"
    HUMAN_ONLY = "human_only"


LEVEL: Mapping[Containment, tuple[float, float]] = MappingProxyType(
    {
        Containment.CONFIRMED: (2.5, 0.1),
        Containment.LIKELY: (0.5, 0.25),
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

DEMANDS = frozenset({"customer_request", "frustration", "loop", "tool_failure"})
"""Reasons of a missed escalation that an "ok, thanks" at the end does not take back."""

SIMPLE_ENOUGH = -1.0
"""Least simplicity of a bot's part whose unproven word is believed; see `complexity.simplicity`."""

_REASON = re.compile(
    r"\b(?:because|since|due to|policy|policies|only|unless|without|until|already|eligible|allowed|(?:non-?)?refundable"
    r"|covered|terms|rules?|before|after|must|once|requires?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Decision:
    """A class with what decided it."""

    verdict: Containment | None
    basis: str
    reason: str
    confidence: float = 0.9
    evidence: tuple[Evidence, ...] = field(default=())


def containment(case: Case) -> Score:
    """Whether the bot kept the conversation (quantity) and what became of the customer (quality), as one class.

    Definition. `human_only`: a human answered and no bot took part before. `escalated`: the bot handed off, or a human
    answered after it; `details.abandoned_in_queue` says that no human did. All others were contained and the first
    that holds decides:

    1. `returned`: the customer came back with the same issue (`repeat_contact`).
    2. `abandoned`: the customer gave up, or left while the bot needed something of them.
    3. `confirmed`: an outside witness says so and none says otherwise: the customer states that it works, a good
       rating, helpful feedback on the last answer, or a completed action reported by the helpdesk. Thanks, a friendly
       close and the bot's own words are no witness.
    4. `unresolved`: the customer says that it did not help, a bad rating, unhelpful feedback, a failed action, a human
       was needed and none came (`escalation`), or the bot's last word is a failure, no answer or the same answer again.
    5. `likely`: the bot answered or did what was wanted, nothing speaks against it, and it had few values to get right
       (`complexity.simplicity`). A refusal with a reason that the customer accepts is such an answer.
    6. `unclear`: everything else.

    Value: probability that the issue was truly resolved = logistic(level + slope * simplicity), from `LEVEL` and
    `BY_BASIS`, not calibrated to the account; `None` when the conversation was not contained. The bot's claim never
    raises it: on the one public set with verified outcomes claims made the truth less likely. What the bot claims in
    the end is kept apart, in `details.claimed` (success, failure, none) with its probability; `details.basis` names
    what decided.

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
    decision = outside or _contained(case, ending)
    value = None
    if outside is None and decision.verdict is not None:
        level, slope = LEVEL[decision.verdict]
        if decision.verdict is not Containment.CONFIRMED:
            level, slope = BY_BASIS.get(decision.basis, (level, slope))
        value = 1 / (1 + math.exp(-(level + slope * ending.simple)))
    return Score(
        verdict=decision.verdict.value if decision.verdict is not None else None,
        value=value,
        confidence=decision.confidence,
        reason=decision.reason,
        evidence=decision.evidence,
        details={
            "claimed": ending.claim.verdict,
            "claimed_probability": round(ending.claim.probability, 4),
            "basis": decision.basis,
            "contained": outside is None,
            "abandoned_in_queue": decision.basis == "abandoned_in_queue",
            "simplicity": round(ending.simple, 3),
        },
    )


def _not_contained(conversation: Conversation) -> _Decision | None:
    """The class of a conversation that the bot did not keep, `None` when it did."""
    bots, agents = conversation.by(Role.BOT), conversation.by(Role.AGENT)
    if not bots and not agents:
        return _Decision(None, "nobody_answered", "Neither a bot nor a human answered.")
    handed = handoff_position(conversation)
    if handed is None:
        if agents:
            return _Decision(Containment.HUMAN_ONLY, "human_only", "Only humans answered.", 1.0)
        return None
    after = conversation.public[handed:]
    answer = next((m for m in after if m.role is Role.AGENT), None)
    if answer is not None:
        shown = (Evidence.of(answer, "first human answer"),)
        return _Decision(Containment.ESCALATED, "handed_off", "A human took over from the bot.", 1.0, shown)
    last = next((m for m in reversed(conversation.public) if m.role is Role.CUSTOMER), None)
    left = (Evidence.of(last, "the customer's last message; no human answered"),) if last else ()
    reason = "The bot handed off and no human answered."
    return _Decision(Containment.ESCALATED, "abandoned_in_queue", reason, 1.0, left)


def _contained(case: Case, ending: Ending) -> _Decision:
    """The class of a conversation that stayed with the bot."""
    returned = case.so_far.get("repeat_contact")
    if returned is not None and returned.verdict == "returned":
        reason = "The customer came back with the same issue."
        return _Decision(Containment.RETURNED, "returned", reason, returned.confidence, returned.evidence)
    for rule in (_abandoned, _witnessed):
        decision = rule(ending)
        if decision is not None:
            return decision
    missed = case.so_far.get("escalation")
    if missed is not None and missed.verdict == "missed" and not _went_along(ending, missed):
        reason = "The customer needed a human and none came."
        return _Decision(Containment.UNRESOLVED, "missed_escalation", reason, 0.8, missed.evidence)
    return _by_the_bots_word(ending)


def _went_along(ending: Ending, missed: Score) -> bool:
    """Whether the customer accepted that the bot does not do it, although a human might have."""
    return ending.accepted and missed.details.get("reason") not in DEMANDS


def _abandoned(ending: Ending) -> _Decision | None:
    """The customer gave up, or left while the bot waited for them."""
    said, act, closing = ending.last_word, ending.act, ending.closing
    last = said.outcome if said is not None and ending.after else None
    if said is not None and said.outcome is Outcome.GIVES_UP:
        shown = (Evidence.of(said.message, "the customer gives up"),)
        return _Decision(Containment.ABANDONED, "gave_up", "The customer gave up.", 0.9, shown)
    if act is None or closing is None or ending.rating or ending.action:
        return None
    waiting = Evidence.of(closing, "the bot's last word")
    open_request = act.asks >= CERTAIN > max(act.success, act.no_answer) and act.asks > act.useful
    if open_request and ending.silent:
        return _Decision(Containment.ABANDONED, "left", "The customer left while the bot waited.", 0.75, (waiting,))
    postponed = last is Outcome.DEFERS and act.success < CERTAIN
    if said is not None and (postponed or (open_request and last is Outcome.TRIES)):
        both = (waiting, Evidence.of(said.message, "the customer puts it off"))
        return _Decision(Containment.ABANDONED, "put_off", "The customer put it off and left.", 0.7, both)
    return None


def _witnessed(ending: Ending) -> _Decision | None:
    """What the customer, a rating, a thumb or the helpdesk says; `unclear` when they disagree."""
    good: list[tuple[str, Evidence | None]] = []
    bad: list[tuple[str, Evidence | None]] = []
    said = ending.last_word
    if said is not None and said.outcome is Outcome.WORKS:
        good.append(("customer_says_works", Evidence.of(said.message, "the customer says that it works")))
    if said is not None and said.outcome in NEGATIVE and (ending.after or ending.repeating):
        bad.append(("customer_says_not_helped", Evidence.of(said.message, "the customer says that it did not help")))
    if ending.feedback is not None:
        helpful = ending.feedback.feedback is Feedback.HELPFUL
        shown = Evidence.of(ending.feedback, "rated helpful" if helpful else "rated unhelpful")
        (good if helpful else bad).append(("feedback", shown))
    for name, sign in (("rating", ending.rating), ("action", ending.action)):
        if sign:
            (good if sign > 0 else bad).append((name, None))
    if not good and not bad:
        return None
    evidence = tuple(shown for _, shown in (*good, *bad) if shown is not None)
    if good and bad:
        reason = "What speaks for a resolution and what speaks against it contradict each other."
        return _Decision(Containment.UNCLEAR, "contradiction", reason, 0.6, evidence)
    verdict, basis = (Containment.CONFIRMED, good[0][0]) if good else (Containment.UNRESOLVED, bad[0][0])
    return _Decision(verdict, basis, _WITNESS[basis, bool(good)], 0.9, evidence)


_WITNESS = {
    ("customer_says_works", True): "The customer says that it works.",
    ("customer_says_not_helped", False): "The customer says that it did not help.",
    ("feedback", True): "The customer marked the answer as helpful.",
    ("feedback", False): "The customer marked the answer as not helpful.",
    ("rating", True): "The customer gave a good rating.",
    ("rating", False): "The customer gave a bad rating.",
    ("action", True): "The helpdesk reports the action as completed.",
    ("action", False): "The helpdesk reports the action as failed.",
}


def _by_the_bots_word(ending: Ending) -> _Decision:
    """Nobody but the bot says how it went."""
    act, closing, said = ending.act, ending.closing, ending.last_word
    if act is None or closing is None:
        return _Decision(Containment.UNCLEAR, "nothing_done", "The bot did nothing that could have helped.", 0.6)
    if act.failure >= CERTAIN > act.success:
        shown = (Evidence.of(closing, "the bot says that it could not be done"),)
        went_along = ending.accepted and (said is None or not ending.after)
        reasoned = act.useful >= CERTAIN or _REASON.search(closing.text)
        if not (went_along and reasoned):
            return _Decision(Containment.UNRESOLVED, "bot_failed", "The bot could not do it.", 0.75, shown)
        if ending.simple >= SIMPLE_ENOUGH:
            reason = "The bot refused with a reason and the customer accepted it."
            return _Decision(Containment.LIKELY, "reasoned_refusal_accepted", reason, 0.6, shown)
    if act.no_answer >= CERTAIN > act.useful:
        shown = (Evidence.of(closing, "the bot has no answer"),)
        return _Decision(Containment.UNRESOLVED, "no_answer", "The bot had no answer.", 0.8, shown)
    if ending.repeating and not ending.accepted:
        shown = (Evidence.of(closing, "the bot gives the same answer again"),)
        return _Decision(Containment.UNRESOLVED, "same_answer", "The bot gave the same answer again.", 0.7, shown)
    return _believed(ending)


def _believed(ending: Ending) -> _Decision:
    """Whether an answer that nobody confirmed or contradicted is believed."""
    act, closing, said = ending.act, ending.closing, ending.last_word
    assert act is not None
    assert closing is not None
    shown = (Evidence.of(closing, "the bot's last answer"),)
    if ending.unanswered is not None:
        left = (Evidence.of(ending.unanswered, "the bot did not answer this"),)
        return _Decision(Containment.UNCLEAR, "unanswered", "The customer's last message got no answer.", 0.6, left)
    if max(act.useful, act.success) < CERTAIN:
        return _Decision(Containment.UNCLEAR, "no_outcome", "Nothing says how it ended.", 0.6, shown)
    if said is not None and ending.after and said.outcome is Outcome.TRIES:
        later = (*shown, Evidence.of(said.message, "the customer will try it"))
        return _Decision(Containment.UNCLEAR, "still_to_try", "The customer had yet to try the answer.", 0.6, later)
    if said is not None and said.outcome in NEGATIVE and not ending.accepted:
        return _Decision(Containment.UNCLEAR, "after_trouble", "The last answer came after others failed.", 0.6, shown)
    if ending.simple < SIMPLE_ENOUGH:
        reason = "The bot had many values to get right and nobody confirmed them."
        return _Decision(Containment.UNCLEAR, "many_values", reason, 0.6, shown)
    confidence = 0.7 if ending.accepted else 0.6
    reason = "The bot answered and nothing speaks against it."
    return _Decision(Containment.LIKELY, "answered", reason, confidence, shown)
