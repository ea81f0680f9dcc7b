"""Escalation: was there a handoff from bot to human, should there have been one, and did it come in time?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from service.conversation import Message, Role
from service.scoring.agent_actions import action_by_hand
from service.scoring.already_answered import Repetition, already_answered
from service.scoring.handoff import (
    Handoff,
    bot_took_part,
    bot_turns,
    find_handoff,
    seconds_between,
    seconds_until,
    trigger_of,
)
from service.scoring.human_needed import ENOUGH, STRONG, WEAK, Need, Reason, Sign, human_needed
from service.scoring.score import Case, Evidence, Score
from service.scoring.sentences import IN_TIME, LATE, MISSED

LATE_TURNS = 2
"""Bot turns between the moment a human was warranted and the handoff from which the handoff is late."""

SURELY_ACTED = 0.75
"""From here an action by hand speaks against `avoidable`, even where the agent also repeats the bot."""

NEW_ANSWER = 0.3
"""Probability of a repetition below which the person's answer is a new one."""

_IN_WORDS = {
    Reason.CUSTOMER_REQUEST: "the customer asked for a person",
    Reason.FRUSTRATION: "the customer was angry",
    Reason.LOOP: "the customer had to ask the same again and again",
    Reason.MISSING_KNOWLEDGE: "the bot had no answer that helped",
    Reason.LOW_CONFIDENCE: "the bot did not understand or was not sure",
    Reason.TOOL_FAILURE: "an action of the bot failed",
    Reason.POLICY_RESTRICTION: "only a person may handle this matter",
    Reason.UNSUPPORTED_REQUEST: "the bot cannot do what was asked",
    Reason.OTHER: "the bot itself said that a person would take over",
}


HAND_NEEDED = "The handoff was needed: the person then did something that the bot cannot do."
NEW_ANSWER_NEEDED = "The handoff was needed: the person then gave an answer that the bot had not given."
NEITHER_WAY = "A person took over; nothing before it shows why, and nothing after it shows that the bot had the answer."
BOTH_WAYS = (
    "A person took over; the answer repeats the bot's, but the person also did something that the bot cannot do."
)


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

    details: `timing` is `early` (before any sign), `on_time` (at most one further bot turn after the warranting
    message; the bot's announcement of the handoff is not counted), `late` (two or more), `never` (missed), else
    `None`; `reason` a `Reason`; `trigger` bot, customer or rule (the event's, else told from the messages);
    `warranted_at` the first message at which a human was warranted; `bot_turns` from it as counted for the timing;
    `turns_late` and `seconds_late` the same and the value, of a missed one up to the end of the conversation.

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
    conversation = case.conversation
    messages = conversation.public
    handoff = find_handoff(conversation)
    if not bot_took_part(messages, handoff):
        return Score(None, reason="No bot took part before a person answered.", details=_details())
    until = len(messages) if handoff is None else handoff.position
    need = human_needed(conversation, until, case.policy, case.embedder)
    if handoff is None:
        return _contained(messages, need)
    return _escalated(case, handoff, need)


def _contained(messages: Sequence[Message], need: Need) -> Score:
    """The verdict when nobody took over."""
    moment = need.moment
    promised = [i for i in need.promised if need.settled is None or i > need.settled]
    if moment is None and promised:
        moment = Sign(min(promised), Reason.OTHER, WEAK, "promises a person who never came")
    if moment is None:
        return Score(
            "not_needed",
            confidence=0.85 if need.weight == 0 else 0.6,
            reason="The bot kept the conversation and nothing in it called for a person.",
            details=_details(),
        )
    message = messages[moment.position]
    return Score(
        "missed",
        confidence=_confidence(need.weight),
        reason=MISSED(why=_IN_WORDS[moment.reason]),
        evidence=(Evidence.of(message, moment.shows),),
        details=_details(
            "never",
            reason=moment.reason,
            warranted_at=message.id,
            turns_late=bot_turns(messages, moment.position, len(messages), need.announced),
            seconds_late=seconds_between(message, messages[-1]),
        ),
    )


def _escalated(case: Case, handoff: Handoff, need: Need) -> Score:
    """The verdict when a person took over, or was called."""
    messages = case.conversation.public
    trigger = trigger_of(handoff, need)
    if need.moment is not None:
        return _warranted(messages, handoff, need, need.moment)
    repetition = already_answered(messages, handoff.position, case.embedder) if handoff.answer else None
    repeated = repetition is not None and repetition.probability >= case.policy.avoidable_threshold
    acted = action_by_hand(messages[handoff.position :])
    if repetition is not None and repeated and (acted is None or acted.strength < SURELY_ACTED):
        return _avoidable(repetition, trigger)
    if need.solved is not None and not need.signs and acted is None:
        return _solved_before(messages[need.solved], trigger)
    if need.signs and need.weight >= WEAK and not repeated:
        return _warranted(messages, handoff, need, need.signs[-1])
    if acted is not None and not repeated:
        return _warranted_afterwards(messages, handoff, acted.message, trigger)
    new = repetition is not None and repetition.probability < NEW_ANSWER
    if new and need.unanswered is not None:
        return _warranted_afterwards(messages, handoff, None, trigger)
    return _unclear(handoff, repeated, trigger)


def _warranted(messages: Sequence[Message], handoff: Handoff, need: Need, moment: Sign) -> Score:
    """Warranted by a sign before the handoff."""
    message = messages[moment.position]
    turns = bot_turns(messages, moment.position, handoff.position, need.announced)
    seconds = seconds_until(message, handoff)
    late = turns >= LATE_TURNS
    sentence = LATE if late else IN_TIME
    return Score(
        "warranted",
        value=seconds,
        confidence=_confidence(need.weight),
        reason=sentence(why=_IN_WORDS[moment.reason], n=turns),
        evidence=(Evidence.of(message, moment.shows), _handoff_evidence(handoff)),
        details=_details(
            "late" if late else "on_time",
            reason=moment.reason,
            trigger=trigger_of(handoff, need),
            warranted_at=message.id,
            turns=turns,
            turns_late=turns,
            seconds_late=seconds,
        ),
    )


def _warranted_afterwards(messages: Sequence[Message], handoff: Handoff, acted: Message | None, trigger: str) -> Score:
    """Warranted by what the person did: an action, or (`acted` is `None`) an answer that the bot had not given."""
    asked = next((m for m in reversed(messages[: handoff.position]) if m.role is Role.CUSTOMER), None)
    did, reason = "gave an answer that the bot had not given", NEW_ANSWER_NEEDED
    if acted:
        did, reason = "did something that the bot cannot do", HAND_NEEDED
    request = (Evidence.of(asked, "asks for what only the person then gave"),) if asked else ()
    proof = acted or handoff.answer
    seconds = seconds_until(asked, handoff) if asked else None
    return Score(
        "warranted",
        value=seconds,
        confidence=0.65 if acted else 0.55,
        reason=reason,
        evidence=(*request, *((Evidence.of(proof, did),) if proof else ())),
        details=_details(
            "on_time",
            reason=Reason.UNSUPPORTED_REQUEST if acted else Reason.MISSING_KNOWLEDGE,
            trigger=trigger,
            warranted_at=asked.id if asked else None,
            turns=0,
            turns_late=0,
            seconds_late=seconds,
        ),
    )


def _avoidable(repetition: Repetition, trigger: str) -> Score:
    return Score(
        "avoidable",
        confidence=round(repetition.probability, 3),
        reason="Nothing called for a person, and the person's answer is what the bot had already said.",
        evidence=(
            Evidence.of(repetition.agent, "repeats what the bot had already answered", answered_in=repetition.bot.id),
            Evidence.of(repetition.bot, "the bot's earlier answer"),
        ),
        details=_details("early", reason=Reason.OTHER, trigger=trigger),
    )


def _solved_before(message: Message, trigger: str) -> Score:
    return Score(
        "avoidable",
        confidence=0.75,
        reason="Nothing called for a person: the customer had already said that it was solved.",
        evidence=(Evidence.of(message, "says that it is solved, before the handoff"),),
        details=_details("early", reason=Reason.OTHER, trigger=trigger),
    )


def _unclear(handoff: Handoff, repeated: bool, trigger: str) -> Score:
    return Score(
        "unclear",
        confidence=0.5,
        reason=BOTH_WAYS if repeated else NEITHER_WAY,
        evidence=(_handoff_evidence(handoff),),
        details=_details("early", trigger=trigger),
    )


def _handoff_evidence(handoff: Handoff) -> Evidence:
    if handoff.answer is not None:
        return Evidence.of(handoff.answer, "the first answer of a person")
    return Evidence(message=None, quote="", shows="handed over, and no person answered")


def _confidence(weight: float) -> float:
    """Strong signs are told surely, a handoff that rests on a weak one is not."""
    if weight < ENOUGH:
        return 0.6
    return 0.9 if weight >= STRONG + WEAK else 0.8


def _details(
    timing: str | None = None,
    *,
    reason: Reason | None = None,
    trigger: str | None = None,
    warranted_at: str | None = None,
    turns: int | None = None,
    turns_late: int | None = None,
    seconds_late: float | None = None,
) -> Mapping[str, object]:
    """Every key is there, also where it does not apply."""
    return MappingProxyType(
        {
            "timing": timing,
            "reason": None if reason is None else str(reason),
            "trigger": trigger,
            "warranted_at": warranted_at,
            "bot_turns": turns,
            "turns_late": turns_late,
            "seconds_late": seconds_late,
        }
    )
