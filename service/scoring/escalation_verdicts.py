"""The verdicts of `escalation`, each with its reason, its proof and its details. Which one holds is decided there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from service.conversation import Message, Role
from service.scoring.already_answered import Repetition
from service.scoring.handoff import Handoff, bot_turns, seconds_between, seconds_until, trigger_of
from service.scoring.human_needed import ENOUGH, STRONG, WEAK, Need, Reason, Sign
from service.scoring.score import Evidence, Score
from service.scoring.sentences import IN_TIME, LATE, MISSED

LATE_TURNS = 2
"""Bot turns between the moment a human was warranted and the handoff from which the handoff is late."""

IN_WORDS = {
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


def not_needed(need: Need) -> Score:
    """The bot kept a conversation that was its to keep."""
    return Score(
        "not_needed",
        confidence=0.85 if need.weight == 0 else 0.6,
        reason="The bot kept the conversation and nothing in it called for a person.",
        details=details(),
    )


def missed(messages: Sequence[Message], need: Need, moment: Sign) -> Score:
    """Nobody took over although a human was needed."""
    message = messages[moment.position]
    return Score(
        "missed",
        confidence=_confidence(need.weight),
        reason=MISSED(why=IN_WORDS[moment.reason]),
        evidence=(Evidence.of(message, moment.shows),),
        details=details(
            "never",
            reason=moment.reason,
            warranted_at=message.id,
            turns_late=bot_turns(messages, moment.position, len(messages), need.announced),
            seconds_late=seconds_between(message, messages[-1]),
        ),
    )


def warranted(messages: Sequence[Message], handoff: Handoff, need: Need, moment: Sign) -> Score:
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
        reason=sentence(why=IN_WORDS[moment.reason], n=turns),
        evidence=(Evidence.of(message, moment.shows), _handoff_evidence(handoff)),
        details=details(
            "late" if late else "on_time",
            reason=moment.reason,
            trigger=trigger_of(handoff, need),
            warranted_at=message.id,
            turns=turns,
            turns_late=turns,
            seconds_late=seconds,
        ),
    )


def warranted_afterwards(messages: Sequence[Message], handoff: Handoff, acted: Message | None, trigger: str) -> Score:
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
        details=details(
            "on_time",
            reason=Reason.UNSUPPORTED_REQUEST if acted else Reason.MISSING_KNOWLEDGE,
            trigger=trigger,
            warranted_at=asked.id if asked else None,
            turns=0,
            turns_late=0,
            seconds_late=seconds,
        ),
    )


def avoidable(repetition: Repetition, trigger: str) -> Score:
    """Avoidable: the person said again what the bot had said."""
    return Score(
        "avoidable",
        confidence=round(repetition.probability, 3),
        reason="Nothing called for a person, and the person's answer is what the bot had already said.",
        evidence=(
            Evidence.of(repetition.agent, "repeats what the bot had already answered", answered_in=repetition.bot.id),
            Evidence.of(repetition.bot, "the bot's earlier answer"),
        ),
        details=details("early", reason=Reason.OTHER, trigger=trigger),
    )


def solved_before(message: Message, trigger: str) -> Score:
    """Avoidable: it was solved when the person came."""
    return Score(
        "avoidable",
        confidence=0.75,
        reason="Nothing called for a person: the customer had already said that it was solved.",
        evidence=(Evidence.of(message, "says that it is solved, before the handoff"),),
        details=details("early", reason=Reason.OTHER, trigger=trigger),
    )


def unclear(handoff: Handoff, repeated: bool, trigger: str) -> Score:
    """Nothing speaks for the handoff or against it, or both do."""
    return Score(
        "unclear",
        confidence=0.5,
        reason=BOTH_WAYS if repeated else NEITHER_WAY,
        evidence=(_handoff_evidence(handoff),),
        details=details("early", trigger=trigger),
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


def details(
    timing: str | None = None,
    *,
    reason: Reason | None = None,
    trigger: str | None = None,
    warranted_at: str | None = None,
    turns: int | None = None,
    turns_late: int | None = None,
    seconds_late: float | None = None,
) -> Mapping[str, object]:
    """Every key is there, also where it does not apply.

    `timing` is `early` (before any sign), `on_time` (at most one further bot turn after the warranting message; the
    bot's announcement of the handoff is not counted), `late` (two or more), `never` (missed), else `None`; `reason` a
    `Reason`; `trigger` bot, customer or rule (the event's, else told from the messages); `warranted_at` the first
    message at which a human was warranted; `bot_turns` from it as counted for the timing; `turns_late` and
    `seconds_late` the same and the value, of a missed one up to the end of the conversation.
    """
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
