"""Escalation: was there a handoff from bot to human, should there have been one, and did it come in time?"""

from __future__ import annotations

from collections.abc import Sequence

from service.conversation import Message
from service.scoring.agent_actions import action_by_hand
from service.scoring.already_answered import already_answered
from service.scoring.escalation_verdicts import (
    avoidable,
    details,
    missed,
    not_needed,
    solved_before,
    unclear,
    warranted,
    warranted_afterwards,
)
from service.scoring.handoff import Handoff, bot_took_part, find_handoff, trigger_of
from service.scoring.human_needed import WEAK, Need, Reason, Sign, human_needed
from service.scoring.score import Case, Score

SURELY_ACTED = 0.75
"""From here an action by hand speaks against `avoidable`, even where the agent also repeats the bot."""

NEW_ANSWER = 0.3
"""Probability of a repetition below which the person's answer is a new one."""


def escalation(case: Case) -> Score:
    """Whether the bot handed over to a human, whether it should have, and when.

    Verdicts:

    - `warranted`: handed over, and a sign before it said that a human was needed (see `human_needed`), or, weaker, the
      human then did what the bot cannot do (refund, exception, change by hand).
    - `avoidable`: handed over, no sign before it, and what the human says is what the bot had already answered, with a
      probability of at least `policy.avoidable_threshold`; or the customer had just said that it was solved.
    - `missed`: not handed over although a human was needed, and the bot did not solve it afterwards.
    - `not_needed`: not handed over, and no sign (or signs that the customer's own words settled).
    - `unclear`: handed over with nothing that speaks for or against it, or with both.
    - `None`: no bot took part before a person answered.

    A handoff is a `handoff` event, or an agent's message after a bot's; handed over and never answered counts.
    `value` is the seconds from the message at which a human was warranted to the handoff; `None` without both times.
    The details are those of `escalation_verdicts.details`.

    The signs and thresholds are Deskmark's own reading of "a human is needed" in `docs`; they were set on our own
    conversations and are heuristics, so verdicts that rest on weak signs say so with a low confidence.

    >>> from service.conversation import Author, Conversation, Message, Role
    >>> from service.language.model import MiniLM
    >>> from service.scoring.score import Case, History, Policy
    >>> said = [
    ...     (Role.CUSTOMER, "I want to talk to a human"),
    ...     (Role.BOT, "Connecting you to an agent."),
    ...     (Role.AGENT, "Hi!"),
    ... ]
    >>> turns = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(said))
    >>> score = escalation(Case(Conversation("c", turns), History(), Policy(), MiniLM()))
    >>> score.verdict, score.details["timing"], score.details["reason"]
    ('warranted', 'on_time', 'customer_request')
    """
    messages = case.conversation.public
    handoff = find_handoff(case.conversation)
    if not bot_took_part(messages, handoff):
        return Score(None, reason="No bot took part before a person answered.", details=details())
    until = len(messages) if handoff is None else handoff.position
    need = human_needed(case.conversation, until, case.policy, case.embedder)
    return _contained(messages, need) if handoff is None else _escalated(case, handoff, need)


def _contained(messages: Sequence[Message], need: Need) -> Score:
    """The verdict when nobody took over."""
    moment = need.moment
    promised = [i for i in need.promised if need.settled is None or i > need.settled]
    if moment is None and promised:
        moment = Sign(min(promised), Reason.OTHER, WEAK, "promises a person who never came")
    return not_needed(need) if moment is None else missed(messages, need, moment)


def _escalated(case: Case, handoff: Handoff, need: Need) -> Score:
    """The verdict when a person took over, or was called."""
    messages = case.conversation.public
    trigger = trigger_of(handoff, need)
    if need.moment is not None:
        return warranted(messages, handoff, need, need.moment)
    repetition = already_answered(messages, handoff.position, case.embedder) if handoff.answer else None
    repeated = repetition is not None and repetition.probability >= case.policy.avoidable_threshold
    acted = action_by_hand(messages[handoff.position :])
    if repetition is not None and repeated and (acted is None or acted.strength < SURELY_ACTED):
        return avoidable(repetition, trigger)
    if need.solved is not None and not need.signs and acted is None:
        return solved_before(messages[need.solved], trigger)
    if need.signs and need.weight >= WEAK and not repeated:
        return warranted(messages, handoff, need, need.signs[-1])
    if acted is not None and not repeated:
        return warranted_afterwards(messages, handoff, acted.message, trigger)
    new = repetition is not None and repetition.probability < NEW_ANSWER
    if new and need.unanswered is not None:
        return warranted_afterwards(messages, handoff, None, trigger)
    return unclear(handoff, repeated, trigger)
