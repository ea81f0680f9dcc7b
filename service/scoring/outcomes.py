"""What became of a customer who stayed with the bot: one class out of the facts of the ending, rule by rule."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from service.conversation import Feedback, Message
from service.language.acts import BotAct
from service.language.statements import NEGATIVE, Outcome
from service.scoring.endings import CERTAIN, Ending
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


DEMANDS = frozenset({"customer_request", "frustration", "loop", "tool_failure"})
"""Reasons of a missed escalation that an "ok, thanks" at the end does not take back."""

SIMPLE_ENOUGH = -1.0
"""Least simplicity of a bot's part whose unproven word is believed; see `complexity.simplicity`."""

MANY_VALUES = "The bot had many values to get right and nobody confirmed them."

_REASON = re.compile(
    r"\b(?:because|since|due to|policy|policies|only|unless|without|until|already|eligible|allowed|(?:non-?)?refundable"
    r"|covered|terms|rules?|before|after|must|once|requires?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A class with what decided it."""

    verdict: Containment | None
    basis: str
    reason: str
    confidence: float = 0.9
    evidence: tuple[Evidence, ...] = field(default=())


def class_of(case: Case, ending: Ending) -> Decision:
    """The class of a conversation that stayed with the bot; the first that holds decides.

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
    """
    returned = case.so_far.get("repeat_contact")
    if returned is not None and returned.verdict == "returned":
        reason = "The customer came back with the same issue."
        return Decision(Containment.RETURNED, "returned", reason, returned.confidence, returned.evidence)
    for rule in (_abandoned, _witnessed):
        decision = rule(ending)
        if decision is not None:
            return decision
    missed = case.so_far.get("escalation")
    if missed is not None and missed.verdict == "missed" and not _went_along(ending, missed):
        reason = "The customer needed a human and none came."
        return Decision(Containment.UNRESOLVED, "missed_escalation", reason, 0.8, missed.evidence)
    return _by_the_bots_word(ending)


def _went_along(ending: Ending, missed: Score) -> bool:
    """Whether the customer accepted that the bot does not do it, although a human might have."""
    return ending.accepted and missed.details.get("reason") not in DEMANDS


def _abandoned(ending: Ending) -> Decision | None:
    """The customer gave up, or left while the bot waited for them."""
    said, act, closing = ending.last_word, ending.act, ending.closing
    last = said.outcome if said is not None and ending.after else None
    if said is not None and said.outcome is Outcome.GIVES_UP:
        shown = (Evidence.of(said.message, "the customer gives up"),)
        return Decision(Containment.ABANDONED, "gave_up", "The customer gave up.", 0.9, shown)
    if act is None or closing is None or ending.rating or ending.action:
        return None
    waiting = Evidence.of(closing, "the bot's last word")
    open_request = act.asks >= CERTAIN > max(act.success, act.no_answer) and act.asks > act.useful
    if open_request and ending.silent:
        return Decision(Containment.ABANDONED, "left", "The customer left while the bot waited.", 0.75, (waiting,))
    postponed = last is Outcome.DEFERS and act.success < CERTAIN
    if said is not None and (postponed or (open_request and last is Outcome.TRIES)):
        both = (waiting, Evidence.of(said.message, "the customer puts it off"))
        return Decision(Containment.ABANDONED, "put_off", "The customer put it off and left.", 0.7, both)
    return None


def _witnessed(ending: Ending) -> Decision | None:
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
        return Decision(Containment.UNCLEAR, "contradiction", reason, 0.6, evidence)
    verdict, basis = (Containment.CONFIRMED, good[0][0]) if good else (Containment.UNRESOLVED, bad[0][0])
    return Decision(verdict, basis, _WITNESS[basis, bool(good)], 0.9, evidence)


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


def _by_the_bots_word(ending: Ending) -> Decision:
    """Nobody but the bot says how it went."""
    act, closing = ending.act, ending.closing
    if act is None or closing is None:
        return Decision(Containment.UNCLEAR, "nothing_done", "The bot did nothing that could have helped.", 0.6)
    if act.failure >= CERTAIN > act.success:
        return _refused(ending, act, closing)
    if act.no_answer >= CERTAIN > act.useful:
        shown = (Evidence.of(closing, "the bot has no answer"),)
        return Decision(Containment.UNRESOLVED, "no_answer", "The bot had no answer.", 0.8, shown)
    if ending.repeating and not ending.accepted:
        shown = (Evidence.of(closing, "the bot gives the same answer again"),)
        return Decision(Containment.UNRESOLVED, "same_answer", "The bot gave the same answer again.", 0.7, shown)
    return _believed(ending)


def _refused(ending: Ending, act: BotAct, closing: Message) -> Decision:
    """The bot says that it could not be done: an answer if it says why or what else, and the customer takes it."""
    shown = (Evidence.of(closing, "the bot says that it could not be done"),)
    if act.useful >= CERTAIN and _will_try(ending):
        return _still_to_try(ending, shown)
    went_along = ending.accepted and not (ending.last_word is not None and ending.after)
    if not (went_along and (act.useful >= CERTAIN or _REASON.search(closing.text))):
        return Decision(Containment.UNRESOLVED, "bot_failed", "The bot could not do it.", 0.75, shown)
    if ending.simple < SIMPLE_ENOUGH:
        return Decision(Containment.UNCLEAR, "many_values", MANY_VALUES, 0.6, shown)
    reason = "The bot refused with a reason and the customer accepted it."
    return Decision(Containment.LIKELY, "reasoned_refusal_accepted", reason, 0.6, shown)


def _believed(ending: Ending) -> Decision:
    """Whether an answer that nobody confirmed or contradicted is believed."""
    act, closing, said = ending.act, ending.closing, ending.last_word
    assert act is not None
    assert closing is not None
    shown = (Evidence.of(closing, "the bot's last answer"),)
    if ending.unanswered is not None:
        left = (Evidence.of(ending.unanswered, "the bot did not answer this"),)
        return Decision(Containment.UNCLEAR, "unanswered", "The customer's last message got no answer.", 0.6, left)
    if max(act.useful, act.success) < CERTAIN:
        return Decision(Containment.UNCLEAR, "no_outcome", "Nothing says how it ended.", 0.6, shown)
    if _will_try(ending):
        return _still_to_try(ending, shown)
    if said is not None and said.outcome in NEGATIVE and not ending.accepted:
        return Decision(Containment.UNCLEAR, "after_trouble", "The last answer came after others failed.", 0.6, shown)
    if ending.simple < SIMPLE_ENOUGH:
        return Decision(Containment.UNCLEAR, "many_values", MANY_VALUES, 0.6, shown)
    confidence = 0.7 if ending.accepted else 0.6
    reason = "The bot answered and nothing speaks against it."
    return Decision(Containment.LIKELY, "answered", reason, confidence, shown)


def _will_try(ending: Ending) -> bool:
    return ending.last_word is not None and ending.after and ending.last_word.outcome is Outcome.TRIES


def _still_to_try(ending: Ending, shown: tuple[Evidence, ...]) -> Decision:
    """An answer, or the way out that came with a refusal, which the customer goes off to try."""
    assert ending.last_word is not None
    later = (*shown, Evidence.of(ending.last_word.message, "the customer will try it"))
    return Decision(Containment.UNCLEAR, "still_to_try", "The customer had yet to try the answer.", 0.6, later)
