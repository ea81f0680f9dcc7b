"""When, in the bot's part of a conversation, a human was needed: the signs, one by one, and the moment they suffice.

Every sign has a weight; a human is warranted at the message where the sum reaches 1. A strong sign weighs 1 (the
customer asks for a person), a weak one about half (the same question again), so that the third time of asking suffices.
Signs are forgotten when the customer says that it is solved, or turns an offered person down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from service.conversation import Conversation, EventKind, Feedback, Message, Role
from service.language.acts import BotAct, read_bot_turns
from service.language.embedding import Embedder, Vector
from service.language.signals import Reading, Signal, has, read_bot, read_customer
from service.language.wording import alike, content
from service.scoring.score import Policy

ENOUGH = 0.999
STRONG, WEAK = 1.0, 0.5
FIRST_REPEAT, NEXT_REPEAT = 0.4, 0.6
"""Weights of a bot message that repeats an earlier one: the second repetition suffices, one and a re-ask do not; one
after the customer has rejected that very answer weighs like the second."""

LOW_CONFIDENCE = 0.5
VERY_LOW_CONFIDENCE = 0.35
SAME_WORDS = 0.6
SAME_ANSWER = 0.8
SAME_VECTOR = 0.8
NEAR_WORDS, NEAR_VECTOR = 0.35, 0.65
FEWEST_WORDS = 2
"""Content words below which a customer's message asks nothing ("ok", "and now?")."""

SHORT_REPLY = 7
"""Words of a reply that can be a bare yes or no."""


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

    `moment` is the sign at which they sufficed, or `None`; `announced` are the bot messages that announce a handoff;
    `settled` is where the customer last said that it is solved, or that no person is wanted; `unanswered` is the
    customer's last message if it asks on after an answer of the bot.
    """

    signs: tuple[Sign, ...]
    weight: float
    moment: Sign | None
    announced: frozenset[int]
    settled: int | None = None
    unanswered: int | None = None


@dataclass(slots=True)
class _Reader:
    """The bot's part of one conversation, read once."""

    messages: tuple[Message, ...]
    policy: Policy
    customer: Mapping[int, Reading]
    vectors: Mapping[int, Vector]
    bot: Mapping[int, Reading]
    acts: Mapping[int, BotAct]
    asked: list[int] = field(default_factory=list)


_YES = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|ya|sure|ok|okay|please|pls|plz|do|definitely|absolutely|of course|go ahead|that would be|alright|fine|correct|y)\b[\s,.!]*)+", re.I
)
_NO = re.compile(r"^\W*(?:no|nope|nah|not? (?:now|needed|necessary)|no need|i'?m (?:ok|good|fine)|it'?s (?:ok|okay|fine))\b", re.I)
_HELPED_OR = re.compile(r"\b(?:help|helped|solve|solved|answer|answered|resolve|resolved|useful)\b[^.!]*\bor\b", re.I)
_DESK = re.compile(
    r"\b(?:fraud|security|safety|legal|complaints?|bereavement|privacy|compliance|safeguarding|disputes?|trust)\b"
    r"[^.!?]{0,25}\b(?:team|desk|department|specialists?|office|unit|colleagues?|lead|experts?)\b",
    re.I,
)
_TIMES = re.compile(r"\b(?:third|3rd|fourth|4th|fifth|5th|hundredth|[3-9] times|(?:three|four|five|ten) times|how many times)\b", re.I)
_LETTER = re.compile(r"[A-Za-z]")


def human_needed(conversation: Conversation, until: int, policy: Policy, embedder: Embedder) -> Need:
    """The signs among the first `until` public messages that a human was needed.

    Only what the author's own kind can show counts: a customer who writes like a bot shows nothing of a bot.
    """
    reader = _read(conversation.public[:until], policy, embedder)
    kept: list[Sign] = []
    settled: int | None = None
    events = _events(conversation, until)
    for position, message in enumerate(reader.messages):
        if message.role is Role.CUSTOMER:
            if _settles(reader, position):
                kept.clear()
                settled = position
            kept.extend(_best(_customer_signs(reader, position)))
        elif message.role is Role.BOT and position in reader.bot:
            if message.feedback is Feedback.HELPFUL:
                kept.clear()
            kept.extend(_best(_bot_signs(reader, position)))
        for kind in events.get(position, ()):
            if kind == EventKind.ACTION_FAILED:
                kept.append(Sign(position, Reason.TOOL_FAILURE, STRONG, "an action of the bot failed here"))
            else:
                settled = position
                kept = [s for s in kept if s.reason in (Reason.CUSTOMER_REQUEST, Reason.FRUSTRATION)]
    announced = frozenset(i for i, reading in reader.bot.items() if has(reading, Signal.ANNOUNCES_HANDOFF))
    return Need(tuple(kept), sum(s.weight for s in kept), _moment(kept), announced, settled, _unanswered(reader))


def _unanswered(reader: _Reader) -> int | None:
    """The customer's last message, if it says something of substance after an answer of the bot and got none."""
    last = max(reader.customer, default=-1)
    answered = [i for i in reader.bot if reader.acts[i].useful >= WEAK]
    if not any(i < last for i in answered) or any(i > last for i in answered) or _settles(reader, last):
        return None
    return last if len(content(reader.messages[last].text)) >= FEWEST_WORDS else None


def _read(messages: tuple[Message, ...], policy: Policy, embedder: Embedder) -> _Reader:
    customers = [i for i, m in enumerate(messages) if m.role is Role.CUSTOMER and _LETTER.search(m.text)]
    first = next((i for i, m in enumerate(messages) if m.role is Role.CUSTOMER), len(messages))
    # What a bot says before the customer has spoken is a greeting: it cannot fail to answer yet.
    bots = [i for i, m in enumerate(messages) if m.role is Role.BOT and i > first]
    texts = [messages[i].text for i in customers]
    acts = {act.message_id: act for act in read_bot_turns(messages)}
    heard = read_customer(texts, embedder)
    return _Reader(
        messages=messages,
        policy=policy,
        customer={i: h.signals for i, h in zip(customers, heard, strict=True)},
        vectors={i: h.vector for i, h in zip(customers, heard, strict=True)},
        bot=dict(zip(bots, read_bot([messages[i].text for i in bots]), strict=True)),
        acts={i: acts[messages[i].id] for i in bots},
    )


def _events(conversation: Conversation, until: int) -> dict[int, list[str]]:
    """Finished and failed actions by the index of the message before them; untimed ones after the last message."""
    messages = conversation.public[:until]
    found: dict[int, list[str]] = {}
    for event in conversation.events:
        if event.kind not in (EventKind.ACTION_FAILED, EventKind.ACTION_COMPLETED) or not messages:
            continue
        before = [i for i, m in enumerate(messages) if event.at and m.at and m.at <= event.at]
        timed = event.at is not None and any(m.at for m in messages)
        if timed and not before:
            continue
        found.setdefault(before[-1] if timed else len(messages) - 1, []).append(event.kind)
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


def _best(signs: Iterable[Sign]) -> list[Sign]:
    """The heaviest sign of one message; one message is never two pieces of evidence."""
    return sorted(signs, key=lambda s: -s.weight)[:1]


def _bot_turn_before(reader: _Reader, position: int) -> list[int]:
    """The bot messages directly before the customer message at `position`, the latest first."""
    turn: list[int] = []
    for i in range(position - 1, -1, -1):
        if reader.messages[i].role is Role.CUSTOMER:
            break
        if i in reader.bot:
            turn.append(i)
    return turn


def _says(reader: _Reader, turn: Sequence[int], *signals: Signal) -> bool:
    return any(has(reader.bot[i], signal) for i in turn for signal in signals)


_FAILURES = (
    Signal.NO_ANSWER,
    Signal.CANNOT_DO,
    Signal.MISUNDERSTOOD,
    Signal.TOOL_FAILURE,
    Signal.RESTRICTED,
    Signal.ANNOUNCES_HANDOFF,
)
_UNHAPPY = (
    Signal.FRUSTRATED,
    Signal.UNSOLVED,
    Signal.NOT_WHAT_I_ASKED,
    Signal.ALREADY_TOLD,
    Signal.GIVES_UP,
    Signal.ASKS_FOR_HUMAN,
)


def _settles(reader: _Reader, position: int) -> bool:
    """Whether the customer says that it is solved, thanks for a real answer, or turns an offered person down."""
    reading = reader.customer.get(position)
    if reading is None:
        return False
    turn = _bot_turn_before(reader, position)
    text = reader.messages[position].text
    offered = [i for i in turn if has(reader.bot[i], Signal.OFFERS_HANDOFF)]
    plain_no = len(text.split()) <= SHORT_REPLY and bool(_NO.search(text)) and not has(reading, Signal.UNSOLVED)
    if offered and (has(reading, Signal.DECLINES_HUMAN) or plain_no):
        return not any(_HELPED_OR.search(reader.messages[i].text) for i in offered)
    unhappy = max(reading[s] for s in _UNHAPPY)
    if has(reading, Signal.SOLVED) and reading[Signal.SOLVED] > unhappy:
        return True
    served = turn and not _says(reader, turn[:1], *_FAILURES) and not _says(reader, turn, Signal.ANNOUNCES_HANDOFF)
    return has(reading, Signal.THANKS) and unhappy < WEAK and bool(served)


def _customer_signs(reader: _Reader, position: int) -> Iterable[Sign]:
    reading = reader.customer.get(position)
    text = reader.messages[position].text
    if reading is None:
        return
    turn = _bot_turn_before(reader, position)
    if has(reading, Signal.ASKS_FOR_HUMAN):
        yield Sign(position, Reason.CUSTOMER_REQUEST, STRONG, "asks for a person")
    if _accepts(reader, turn, text):
        yield Sign(position, Reason.CUSTOMER_REQUEST, STRONG, "accepts the offered person")
    if has(reading, Signal.SENSITIVE) or _is_reserved(text, reader.policy):
        yield Sign(position, Reason.POLICY_RESTRICTION, STRONG, "a matter that only a person may handle")
    if has(reading, Signal.FRUSTRATED):
        yield Sign(position, Reason.FRUSTRATION, STRONG, "is angry or frustrated")
    solved = has(reading, Signal.SOLVED) and reading[Signal.SOLVED] > max(reading[s] for s in _UNHAPPY)
    if has(reading, Signal.GIVES_UP) and not solved:
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "gives up")
    if position and not solved:
        yield from _again(reader, position, reading, turn)
    reader.asked.append(position)


def _again(reader: _Reader, position: int, reading: Reading, turn: Sequence[int]) -> Iterable[Sign]:
    """Signs that the customer has to ask again."""
    text = reader.messages[position].text
    if has(reading, Signal.ALREADY_TOLD) and _TIMES.search(text):
        yield Sign(position, Reason.LOOP, STRONG, "has asked several times")
    if has(reading, Signal.NOT_WHAT_I_ASKED) or has(reading, Signal.ALREADY_TOLD):
        yield Sign(position, Reason.LOOP, WEAK, "says that the question was not answered")
    if has(reading, Signal.UNSOLVED):
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "says that the answer did not help")
    prompted = _says(reader, turn, Signal.MISUNDERSTOOD) or any(reader.acts[i].asks >= WEAK for i in turn)
    if turn and not prompted and any(_same_question(reader, position, earlier) for earlier in reader.asked):
        yield Sign(position, Reason.LOOP, WEAK, "asks the same again")


def _same_question(reader: _Reader, one: int, other: int) -> bool:
    mine, earlier = content(reader.messages[one].text), content(reader.messages[other].text)
    if not mine or not earlier or not any(word.isalpha() for word in mine):
        return False
    words = alike(mine, earlier)
    near = float(reader.vectors[one] @ reader.vectors[other])
    return words >= SAME_WORDS or near >= SAME_VECTOR or (words >= NEAR_WORDS and near >= NEAR_VECTOR)


def _accepts(reader: _Reader, turn: Sequence[int], text: str) -> bool:
    offered = [i for i in turn if has(reader.bot[i], Signal.OFFERS_HANDOFF)]
    if not offered or len(text.split()) > SHORT_REPLY or not _YES.search(text):
        return False
    return not any(_HELPED_OR.search(reader.messages[i].text) for i in offered)


def _is_reserved(text: str, policy: Policy) -> bool:
    """Whether a topic that the account keeps for people is named."""
    words = content(text)
    return any(topic and content(topic) and content(topic) <= words for topic in policy.human_only_topics)


def _bot_signs(reader: _Reader, position: int) -> Iterable[Sign]:
    message, reading, act = reader.messages[position], reader.bot[position], reader.acts[position]
    # "I can't, but you can do it under Settings" and "I can't find it, is the number right?" go on helping.
    failing = WEAK if act.useful >= WEAK or (act.asks >= WEAK and act.no_answer < WEAK) else STRONG
    if has(reading, Signal.TOOL_FAILURE):
        yield Sign(position, Reason.TOOL_FAILURE, failing, "says that something failed")
    if has(reading, Signal.RESTRICTED):
        yield Sign(position, Reason.POLICY_RESTRICTION, failing, "says that only a person may do it")
    if has(reading, Signal.ANNOUNCES_HANDOFF) and _DESK.search(message.text):
        yield Sign(position, Reason.POLICY_RESTRICTION, STRONG, "calls people who alone may handle this")
    if reading[Signal.MISUNDERSTOOD] >= max(WEAK, reading[Signal.NO_ANSWER], reading[Signal.CANNOT_DO]):
        yield Sign(position, Reason.LOW_CONFIDENCE, WEAK, "does not understand")
    elif has(reading, Signal.NO_ANSWER) or has(reading, Signal.CANNOT_DO):
        reason = Reason.MISSING_KNOWLEDGE
        if reading[Signal.CANNOT_DO] > reading[Signal.NO_ANSWER]:
            reason = Reason.UNSUPPORTED_REQUEST
        yield Sign(position, reason, failing, "has no answer")
    elif has(reading, Signal.UNSURE):
        yield Sign(position, Reason.LOW_CONFIDENCE, WEAK, "is not sure")
    elif act.no_answer >= WEAK and act.useful < WEAK:
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "does not answer")
    confidence = message.bot.confidence if message.bot else None
    if confidence is not None and confidence < reader.policy.thresholds.get("low_confidence", LOW_CONFIDENCE):
        weight = STRONG if confidence < VERY_LOW_CONFIDENCE else WEAK
        yield Sign(position, Reason.LOW_CONFIDENCE, weight, f"answers with confidence {confidence:.2f}")
    if message.feedback is Feedback.UNHELPFUL:
        yield Sign(position, Reason.MISSING_KNOWLEDGE, WEAK, "an answer marked as not helpful")
    repeats = _repeats(reader, position)
    if repeats:
        weight = FIRST_REPEAT if repeats == 1 and not _protested(reader, position) else NEXT_REPEAT
        yield Sign(position, Reason.LOOP, weight, "gives the same answer again")


def _protested(reader: _Reader, position: int) -> bool:
    """Whether the customer's message before the bot's at `position` rejects an answer."""
    before = max((i for i in reader.customer if i < position), default=-1)
    rejected = (Signal.NOT_WHAT_I_ASKED, Signal.UNSOLVED, Signal.ALREADY_TOLD)
    return before >= 0 and any(has(reader.customer[before], signal) for signal in rejected)


def _repeats(reader: _Reader, position: int) -> int:
    """How many earlier bot messages, with the customer speaking between, say the same in nearly the same words."""
    mine = content(reader.messages[position].text)
    if len(mine) < 2:
        return 0
    spoken = max((i for i in range(position) if reader.messages[i].role is Role.CUSTOMER), default=-1)
    return sum(alike(mine, content(reader.messages[i].text)) >= SAME_ANSWER for i in reader.bot if i < spoken)
