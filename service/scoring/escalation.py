"""Escalation: was there a handoff from bot to human, should there have been one, and did it come in time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from service.conversation import Conversation, Event, EventKind, Initiator, Message, Role, handoff_position
from service.language.signals import Signal, has, read_agent
from service.scoring.already_answered import Repetition, already_answered
from service.scoring.human_needed import ENOUGH, STRONG, WEAK, Need, Reason, Sign, human_needed
from service.scoring.score import Case, Evidence, Score

LATE_TURNS = 2
"""Bot turns between the moment a human was warranted and the handoff from which the handoff is late."""

AGENT_MESSAGES = 5
"""Agent messages after the handoff in which an action by hand is looked for."""

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


@dataclass(frozen=True, slots=True)
class _Handoff:
    """The handoff: index into the public messages, its time, its event if it has one, and the first agent message."""

    position: int
    at: datetime | None
    event: Event | None
    answer: Message | None


@dataclass(frozen=True, slots=True)
class _Action:
    """An agent's message that does something by hand, and how surely (0..1)."""

    message: Message
    strength: float


def escalation(case: Case) -> Score:
    """Whether the bot handed over to a human, whether it should have, and when.

    Verdicts:

    - `warranted`: handed over, and a sign before it said that a human was needed (see `human_needed`), or, weaker, the
      human then did what the bot cannot do (refund, exception, change by hand).
    - `avoidable`: handed over, no sign before it, and the human's first answer is what the bot had already answered,
      with a probability of at least `policy.avoidable_threshold`.
    - `missed`: not handed over although a human was needed, and the bot did not solve it afterwards.
    - `not_needed`: not handed over, and no sign (or signs that the customer's own words settled).
    - `unclear`: handed over with nothing that speaks for or against it, or with both.
    - `None`: no bot took part before a person answered.

    A handoff is a `handoff` event, or an agent's message after a bot's; handed over and never answered counts.
    `value` is the seconds from the message at which a human was warranted to the handoff; `None` without both times.

    details: `timing` is `early` (before any sign), `on_time` (at most one further bot turn after the warranting
    message; the bot's announcement of the handoff is not counted), `late` (two or more), `never` (missed), else
    `None`; `reason` a `Reason`; `trigger` bot, customer or rule (the event's, else told from the messages);
    `warranted_at` a message id; `bot_turns` as counted for the timing.

    The signs and thresholds are Deskmark's own reading of "a human is needed" in `docs`; they were set on our own
    conversations and are heuristics, so verdicts that rest on weak signs say so with a low confidence.

    >>> import numpy as np
    >>> from service.conversation import Author, Conversation, Message, Role
    >>> from service.scoring.score import Case, History, Policy
    >>> class Same:
    ...     def vectors(self, texts):
    ...         return np.full((len(texts), 384), 384**-0.5, dtype=np.float32)
    >>> said = [(Role.CUSTOMER, "I want to talk to a human"), (Role.BOT, "Connecting you to an agent."), (Role.AGENT, "Hi!")]
    >>> turns = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(said))
    >>> score = escalation(Case(Conversation("c", turns), History(), Policy(), Same()))
    >>> score.verdict, score.details["timing"], score.details["reason"]
    ('warranted', 'on_time', 'customer_request')
    """
    conversation = case.conversation
    messages = conversation.public
    handoff = _handoff(conversation)
    if not _bot_took_part(messages, handoff):
        return _score(None, 1.0, "No bot took part before a person answered.")
    until = len(messages) if handoff is None else handoff.position
    need = human_needed(conversation, until, case.policy, case.embedder)
    if handoff is None:
        return _contained(messages, need)
    return _escalated(case, handoff, need)


def _handoff(conversation: Conversation) -> _Handoff | None:
    position = handoff_position(conversation)
    if position is None:
        return None
    messages = conversation.public
    event = next((e for e in conversation.events if e.kind == EventKind.HANDOFF), None)
    answer = next((m for m in messages[position:] if m.role is Role.AGENT), None)
    at = event.at if event and event.at else None
    return _Handoff(position, at or (answer.at if answer else None), event, answer)


def _bot_took_part(messages: Sequence[Message], handoff: _Handoff | None) -> bool:
    """Whether a bot spoke before any agent did; with a handoff event any bot message counts."""
    first = next((m.role for m in messages if m.role in (Role.BOT, Role.AGENT)), None)
    return first is Role.BOT or (handoff is not None and handoff.event is not None)


def _contained(messages: Sequence[Message], need: Need) -> Score:
    """The verdict when nobody took over."""
    moment = need.moment
    promised = [i for i in need.announced if need.settled is None or i > need.settled]
    if moment is None and promised:
        moment = Sign(min(promised), Reason.OTHER, WEAK, "promises a person who never came")
    if moment is None:
        confidence = 0.85 if need.weight == 0 else 0.6
        return _score("not_needed", confidence, "The bot kept the conversation and nothing in it asked for a person.")
    message = messages[moment.position]
    return _score(
        "missed",
        _confidence(need.weight),
        f"A person was needed because {_IN_WORDS[moment.reason]}, but nobody took over.",
        evidence=(Evidence.of(message, moment.shows),),
        timing="never",
        reason=moment.reason,
        warranted_at=message.id,
    )


def _escalated(case: Case, handoff: _Handoff, need: Need) -> Score:
    """The verdict when a person took over, or was called."""
    messages = case.conversation.public
    trigger = _trigger(handoff, need)
    if need.moment is not None:
        return _warranted(messages, handoff, need, need.moment, trigger)
    repetition = already_answered(messages, handoff.position, case.embedder) if handoff.answer else None
    repeated = repetition is not None and repetition.probability >= case.policy.avoidable_threshold
    acted = _acted(messages, handoff)
    if repetition is not None and repeated and (acted is None or acted.strength < SURELY_ACTED):
        return _avoidable(handoff, repetition, trigger)
    if need.weight >= WEAK and not repeated:
        return _warranted(messages, handoff, need, need.signs[-1], trigger)
    if acted is not None and not repeated:
        return _warranted_afterwards(messages, handoff, acted.message, trigger)
    if need.unanswered is not None and handoff.answer is not None and _is_new(repetition):
        return _warranted_afterwards(messages, handoff, None, trigger)
    return _score(
        "unclear",
        0.5,
        "A person took over; nothing before it shows why, and nothing after it shows that the bot had the answer."
        if not repeated
        else "A person took over and repeated the bot's answer, but there are also signs that a person was needed.",
        evidence=_handoff_evidence(handoff),
        timing="early" if need.weight < WEAK else "on_time",
        trigger=trigger,
    )


def _warranted(
    messages: Sequence[Message], handoff: _Handoff, need: Need, moment: Sign, trigger: str
) -> Score:
    message = messages[moment.position]
    turns = _bot_turns(messages, moment.position, handoff.position, need)
    late = turns >= LATE_TURNS
    when = f"but it took {turns} more bot turns" if late else "and it came in time"
    return _score(
        "warranted",
        _confidence(need.weight),
        f"The handoff was needed because {_IN_WORDS[moment.reason]}, {when}.",
        value=_seconds(message, handoff),
        evidence=(Evidence.of(message, moment.shows), *_handoff_evidence(handoff)),
        timing="late" if late else "on_time",
        reason=moment.reason,
        trigger=trigger,
        warranted_at=message.id,
        bot_turns=turns,
    )


def _warranted_afterwards(
    messages: Sequence[Message], handoff: _Handoff, acted: Message | None, trigger: str
) -> Score:
    """Warranted by what the person did: an action, or (`acted` is `None`) an answer that the bot had not given."""
    asked = next((m for m in reversed(messages[: handoff.position]) if m.role is Role.CUSTOMER), None)
    proof = acted or handoff.answer
    did = "does what the bot cannot do" if acted else "answers what the bot had not"
    return _score(
        "warranted",
        0.65 if acted else 0.55,
        "The handoff was needed: the person then "
        + ("did something that the bot cannot do." if acted else "gave an answer that the bot had not given."),
        value=_seconds(asked, handoff) if asked else None,
        evidence=(
            *((Evidence.of(asked, "asks for what only the person then gave"),) if asked else ()),
            *((Evidence.of(proof, did),) if proof else ()),
        ),
        timing="on_time",
        reason=Reason.UNSUPPORTED_REQUEST if acted else Reason.MISSING_KNOWLEDGE,
        trigger=trigger,
        warranted_at=asked.id if asked else None,
        bot_turns=0,
    )


def _is_new(repetition: Repetition | None) -> bool:
    return repetition is not None and repetition.probability < NEW_ANSWER


def _avoidable(handoff: _Handoff, repetition: Repetition, trigger: str) -> Score:
    return _score(
        "avoidable",
        round(repetition.probability, 3),
        "Nothing called for a person, and the person's answer is what the bot had already said.",
        evidence=(
            Evidence.of(
                repetition.agent, "repeats what the bot had already answered", answered_in=repetition.bot.id
            ),
            Evidence.of(repetition.bot, "the bot's earlier answer"),
        ),
        timing="early",
        reason=Reason.OTHER,
        trigger=trigger,
    )


def _acted(messages: Sequence[Message], handoff: _Handoff) -> _Action | None:
    """The agent message after the handoff that most surely does something by hand."""
    agents = [m for m in messages[handoff.position :] if m.role is Role.AGENT][:AGENT_MESSAGES]
    readings = read_agent([m.text for m in agents])
    found = [_Action(m, r[Signal.ACTED]) for m, r in zip(agents, readings, strict=True) if has(r, Signal.ACTED)]
    return max(found, key=lambda action: action.strength, default=None)


def _handoff_evidence(handoff: _Handoff) -> tuple[Evidence, ...]:
    if handoff.answer is not None:
        return (Evidence.of(handoff.answer, "the first answer of a person"),)
    return (Evidence(message=None, quote="", shows="handed over, and no person answered"),)


def _bot_turns(messages: Sequence[Message], start: int, end: int, need: Need) -> int:
    """Bot turns between two messages: consecutive bot messages are one, announcements of the handoff none."""
    turns, speaking = 0, messages[start].role is Role.BOT
    for i in range(start + 1, end):
        if messages[i].role is Role.CUSTOMER:
            speaking = False
        elif messages[i].role is Role.BOT and i not in need.announced and not speaking:
            turns, speaking = turns + 1, True
    return turns


def _trigger(handoff: _Handoff, need: Need) -> str:
    """Who caused the handoff: as reported, else the customer who asked, the bot that announced it, or a rule."""
    by = handoff.event.by if handoff.event else None
    if by in (Initiator.BOT, Initiator.CUSTOMER, Initiator.RULE):
        return str(by)
    if any(s.reason is Reason.CUSTOMER_REQUEST for s in need.signs):
        return str(Initiator.CUSTOMER)
    return str(Initiator.BOT if need.announced else Initiator.RULE)


def _confidence(weight: float) -> float:
    """Strong signs are told surely, a handoff that rests on a weak one is not."""
    if weight < ENOUGH:
        return 0.6
    return 0.9 if weight >= STRONG + WEAK else 0.8


def _seconds(message: Message, handoff: _Handoff) -> float | None:
    if message.at is None or handoff.at is None:
        return None
    return max(0.0, (handoff.at - message.at).total_seconds())


def _score(
    verdict: str | None,
    confidence: float,
    reason_text: str,
    *,
    value: float | None = None,
    evidence: tuple[Evidence, ...] = (),
    timing: str | None = None,
    reason: Reason | None = None,
    trigger: str | None = None,
    warranted_at: str | None = None,
    bot_turns: int | None = None,
) -> Score:
    details = {
        "timing": timing,
        "reason": None if reason is None else str(reason),
        "trigger": trigger,
        "warranted_at": warranted_at,
        "bot_turns": bot_turns,
    }
    return Score(verdict, value, confidence, reason_text, evidence, MappingProxyType(details))
