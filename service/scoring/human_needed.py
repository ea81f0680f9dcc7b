"""When, in the bot's part of a conversation, a human was needed: the signs, one by one, and the moment they suffice.

Every sign has a weight; a human is warranted at the message where the sum reaches 1. A strong sign weighs 1 (the
customer asks for a person), a weak one about half (the same question again), so that the third time of asking suffices.
Signs are forgotten when the customer says that it is solved, or turns an offered person down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.conversation import Conversation, EventKind, Feedback, Message, Role
from service.language.embedding import Embedder
from service.language.signal_patterns import Signal
from service.language.signals import PRESENT, Reading, has
from service.language.wording import content
from service.scoring.bot_part import BotPart, read_bot_part
from service.scoring.score import Policy

ENOUGH = 0.999
STRONG, WEAK = 1.0, 0.5
FIRST_REPEAT, NEXT_REPEAT = 0.4, 0.6
"""Weights of a bot message that repeats an earlier one: the second repetition suffices, one and a re-ask do not; one
after the customer has rejected that very answer weighs like the second."""

GIVEN_UP = 0.6
"""Weight of giving up: with one repeated answer it suffices, alone it does not."""

VERY_LOW_CONFIDENCE = 0.35
"""Reported confidence below which one answer suffices; below `policy.low_confidence` it is a weak sign."""

CLARIFIES = 0.2
"""Probability of no answer below which a bot that asks back only wants to know more."""

SURE = 0.75
"""Strength from which an announced handoff is a promise that can be broken."""


class Reason(StrEnum):
    """Why a human was needed: closed list."""

    CUSTOMER_REQUEST = "customer_request"
    FRUSTRATION = "frustration"
    LOOP = "loop"
    MISSING_KNOWLEDGE = "missing_knowledge"
    LOW_CONFIDENCE = "low_confidence"
    TOOL_FAILURE = "tool_failure"
    POLICY_RESTRICTION = "policy_restriction"
    UNSUPPORTED_REQUEST = "unsupported_request"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign at the public message of index `position`; `shows` says it in words."""

    position: int
    reason: Reason
    weight: float
    shows: str


@dataclass(frozen=True, slots=True)
class Need:
    """Signs that hold at the end of the bot's part, in order, and the sum of their weights.

    `moment` is the sign at which they sufficed, or `None`; `announced` are the bot messages that announce a handoff,
    `promised` those that surely do;
    `settled` is where the customer last said that it is solved, or that no person is wanted; `unanswered` is the
    customer's last message if it asks on after an answer of the bot, `solved` if it says that it is solved.
    """

    signs: tuple[Sign, ...]
    weight: float
    moment: Sign | None
    announced: frozenset[int]
    promised: frozenset[int]
    settled: int | None = None
    unanswered: int | None = None
    solved: int | None = None


_TIMES = re.compile(
    r"\b(?:third|3rd|fourth|4th|fifth|5th|hundredth|[3-9] times|(?:three|four|five|ten) times|how many times)\b",
    re.IGNORECASE,
)
_DESK = re.compile(
    r"\b(?:fraud|security|safety|legal|complaints?|bereavement|privacy|compliance|safeguarding|disputes?|trust)\b"
    r"[^.!?]{0,25}\b(?:team|desk|department|specialists?|office|unit|colleagues?|lead|experts?)\b",
    re.IGNORECASE,
)


_SPECIALISTS = re.compile(
    r"\b(?!(?:our|the|a|an|my|your|this|support|service|customer|care|human|live|one|another|entire|whole|with|to) )"
    r"\w+[ -](?:team|desk|department|specialists?|office|unit|advis[eo]rs?)\b",
    re.IGNORECASE,
)


def human_needed(conversation: Conversation, until: int, policy: Policy, embedder: Embedder) -> Need:
    """The signs among the first `until` public messages that a human was needed.

    Only what the author's own kind can show counts: a customer who writes like a bot shows nothing of a bot.
    """
    part = read_bot_part(conversation.public[:until], embedder)
    kept: list[Sign] = []
    settled: int | None = None
    events = _events(conversation, until)
    for position, message in enumerate(part.messages):
        if part.settles(position) or message.feedback is Feedback.HELPFUL:
            kept.clear()
            settled = position
        kept.extend(_heaviest(_signs(part, position, policy)))
        for kind in events.get(position, ()):
            if kind == EventKind.ACTION_FAILED:
                kept.append(Sign(position, Reason.TOOL_FAILURE, STRONG, "an action of the bot failed here"))
            else:
                settled = position
                kept = [s for s in kept if s.reason in (Reason.CUSTOMER_REQUEST, Reason.FRUSTRATION)]
    announced = frozenset(i for i, reading in part.bot.items() if has(reading, Signal.ANNOUNCES_HANDOFF))
    promised = frozenset(i for i in announced if part.bot[i][Signal.ANNOUNCES_HANDOFF] >= SURE)
    weight = sum(sign.weight for sign in kept)
    return Need(
        signs=tuple(kept),
        weight=weight,
        moment=_moment(kept),
        announced=announced,
        promised=promised,
        settled=settled,
        unanswered=part.left_unanswered(),
        solved=part.solved_last(),
    )


def _events(conversation: Conversation, until: int) -> dict[int, list[str]]:
    """Finished and failed actions by the index of the message before them; untimed ones after the last message."""
    messages = conversation.public[:until]
    timed = any(m.at for m in messages)
    found: dict[int, list[str]] = {}
    for event in conversation.events:
        if event.kind not in (EventKind.ACTION_FAILED, EventKind.ACTION_COMPLETED) or not messages:
            continue
        before = len(messages) - 1
        if event.at is not None and timed:
            moment = event.at
            before = max((i for i, m in enumerate(messages) if m.at is not None and m.at <= moment), default=-1)
            following = conversation.public[until:]
            if any(m.at is not None and m.at <= moment for m in following):
                continue
        if before >= 0:
            found.setdefault(before, []).append(event.kind)
    return found


def _moment(signs: Sequence[Sign]) -> Sign | None:
    """The sign at which the weights reach 1, with the reason that weighs most until then."""
    total = 0.0
    reasons: dict[Reason, float] = {}
    for sign in signs:
        total += sign.weight
        reasons[sign.reason] = reasons.get(sign.reason, 0.0) + sign.weight
        if total >= ENOUGH:
            reason = sign.reason if sign.weight >= ENOUGH else max(reasons, key=lambda r: reasons[r])
            return Sign(sign.position, reason, total, sign.shows)
    return None


def _heaviest(signs: Iterable[Sign]) -> list[Sign]:
    """The heaviest sign of one message, the first of equals; one message is never two pieces of evidence."""
    return sorted(signs, key=lambda sign: -sign.weight)[:1]


def _signs(part: BotPart, position: int, policy: Policy) -> Iterable[Sign]:
    """Every sign of the message at `position`."""
    message = part.messages[position]
    if message.role is Role.CUSTOMER and position in part.customer:
        yield from _requests(part, position, policy)
        if any(i < position for i in part.bot) and not part.solved(position):
            yield from _asks_again(part, position)
    elif message.role is Role.BOT and position in part.bot:
        yield from _failures(part, position)
        yield from _reported(message, position, policy)
        repeats = part.repeats(position)
        if repeats:
            weight = FIRST_REPEAT if repeats == 1 and not part.rejected(position) else NEXT_REPEAT
            yield Sign(position, Reason.LOOP, weight, "gives the same answer again")


def _requests(part: BotPart, position: int, policy: Policy) -> Iterable[Sign]:
    """Signs that a customer's message gives by itself."""
    reading = part.customer[position]
    if has(reading, Signal.ASKS_FOR_HUMAN):
        yield Sign(position, Reason.CUSTOMER_REQUEST, STRONG, "asks for a person")
    if part.accepts(position):
        yield Sign(position, Reason.CUSTOMER_REQUEST, STRONG, "accepts the offered person")
    if has(reading, Signal.SENSITIVE) or is_reserved(part.messages[position].text, policy):
        yield Sign(position, Reason.POLICY_RESTRICTION, STRONG, "raises a matter that only a person may handle")
    if has(reading, Signal.FRUSTRATED):
        yield Sign(position, Reason.FRUSTRATION, STRONG, "is angry or frustrated")


def _asks_again(part: BotPart, position: int) -> Iterable[Sign]:
    """Signs that the customer was not served and has to ask again."""
    reading = part.customer[position]
    if has(reading, Signal.ALREADY_TOLD) and _TIMES.search(part.messages[position].text):
        yield Sign(position, Reason.LOOP, STRONG, "has asked several times")
    if has(reading, Signal.NOT_WHAT_I_ASKED) or has(reading, Signal.ALREADY_TOLD):
        yield Sign(position, Reason.LOOP, WEAK, "says that the question was not answered")
    if has(reading, Signal.UNSOLVED):
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "says that the answer did not help")
    if has(reading, Signal.GIVES_UP):
        yield Sign(position, Reason.MISSING_KNOWLEDGE, GIVEN_UP, "gives up")
    if part.asked_again(position):
        yield Sign(position, Reason.LOOP, WEAK, "asks the same again")


def is_reserved(text: str, policy: Policy) -> bool:
    """Whether a topic that the account keeps for people is named."""
    words = content(text)
    return any(content(topic) and content(topic) <= words for topic in policy.human_only_topics)


def _failures(part: BotPart, position: int) -> Iterable[Sign]:
    """Signs that a bot's own words give."""
    reading, act = part.bot[position], part.acts[position]
    # "I can't, but you can do it under Settings" and "I can't find it, is the number right?" go on helping.
    helps_on = part.recovers(position) or act.useful >= PRESENT or (act.asks >= PRESENT and act.no_answer < PRESENT)
    failing = WEAK if helps_on else STRONG
    clarifies = act.asks >= PRESENT and act.no_answer < CLARIFIES
    if has(reading, Signal.TOOL_FAILURE):
        yield Sign(position, Reason.TOOL_FAILURE, failing, "says that something failed")
    if has(reading, Signal.RESTRICTED):
        yield Sign(position, Reason.POLICY_RESTRICTION, failing, "says that only a person may do it")
    if has(reading, Signal.ANNOUNCES_HANDOFF) and _DESK.search(part.messages[position].text):
        yield Sign(position, Reason.POLICY_RESTRICTION, STRONG, "calls people who alone may handle this")
    elif has(reading, Signal.ANNOUNCES_HANDOFF) and _SPECIALISTS.search(part.messages[position].text):
        yield Sign(position, Reason.UNSUPPORTED_REQUEST, WEAK, "calls specialists")
    if clarifies:
        return
    if reading[Signal.MISUNDERSTOOD] >= max(PRESENT, reading[Signal.NO_ANSWER], reading[Signal.CANNOT_DO]):
        yield Sign(position, Reason.LOW_CONFIDENCE, WEAK, "does not understand")
    elif has(reading, Signal.NO_ANSWER) or has(reading, Signal.CANNOT_DO):
        yield Sign(position, _why_none(reading), failing, "has no answer")
    elif has(reading, Signal.UNSURE):
        yield Sign(position, Reason.LOW_CONFIDENCE, WEAK, "is not sure")
    elif act.no_answer >= PRESENT and act.useful < PRESENT:
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "does not answer")


def _why_none(reading: Reading) -> Reason:
    cannot = reading[Signal.CANNOT_DO] > reading[Signal.NO_ANSWER]
    return Reason.UNSUPPORTED_REQUEST if cannot else Reason.MISSING_KNOWLEDGE


def _reported(message: Message, position: int, policy: Policy) -> Iterable[Sign]:
    """Signs that the helpdesk reports beside a bot's message: its confidence, the customer's thumb."""
    confidence = message.bot.confidence if message.bot else None
    if confidence is not None and confidence < policy.low_confidence:
        weight = STRONG if confidence < VERY_LOW_CONFIDENCE else WEAK
        yield Sign(position, Reason.LOW_CONFIDENCE, weight, f"answers with a confidence of {confidence:.2f}")
    if message.feedback is Feedback.UNHELPFUL:
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "gave an answer that was marked as not helpful")
