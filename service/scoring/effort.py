"""Effort: how hard the customer had to work with the automated part of the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from service.conversation import Conversation, EventKind, Feedback, Message, Rating, Role, handoff_position
from service.language.acts import BotAct, first_of, read_bot_turns
from service.language.statements import NEGATIVE, Outcome, read_statements
from service.scoring.rephrasing import Rephrasing, rephrasings
from service.scoring.score import Case, Evidence, Policy, Score
from service.scoring.sentences import AGAIN, NEVER, ONLY, USEFUL


class Effort(StrEnum):
    """How much work it was."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


PER_MESSAGE = 0.5
NEVER_USEFUL = 2.5
PER_REPHRASING = 1.0
PER_SWITCH = 0.75
PER_RE_ASK = 0.75
PER_HOUR = 1.0
MOST_FOR_WAITING = 1.5

REJECTED = 0.2
"""What is left of the probability that an answer was useful when the customer rejects it at once."""


def effort(case: Case) -> Score:
    """How easy the bot made it for the customer.

    Definition. Of the automated part, which ends at the handoff (`handoff_position`):

    - messages_until_useful (m): customer messages up to the first useful bot message, the most probable count; `None`
      when "none was useful" is the most probable. Useful: offers, informs, did what was wanted (`BotAct.useful`); an
      answer after which the customer says that it did not help, or asks again, or that the bot gives again word for
      word, counts a fifth.
    - rephrasings (r): customer messages that put an earlier question again after the bot had written.
    - channel_switches (c): `channel_changed` events of the conversation.
    - re_asks (a): value of `context_repeat`, what a human asked for again.
    - waiting (w): seconds from each customer message to the bot's next one, added up; `None` without times.

    Value, an observed effort score on the 1-7 scale of the customer effort score, 7 = easy:

        7 - 0.5 (m - 1) - 1.0 r - 0.75 c - 0.75 a - min(1.5, w / 3600), at least 1

    where, when nothing was useful, 0.5 (m - 1) is 2.5 + 0.5 (customer messages - 1). Verdict: `high` effort at
    `Policy.high_effort` (3) and below, `low` at `Policy.low_effort` (5) and above, else `medium`. The weights are a
    convention, not fitted. A survey's CES, where there is one, stands beside it in `details.survey_ces`, and what it
    says more than the value in `details.survey_difference` (`None` without both, or when the CES is not of 1-7).

    `None` when no bot took part or the customer wrote nothing to it. Source: `metrics.md` 5.

    >>> from service.conversation import Author
    >>> from service.scoring.score import History
    >>> said = [(Role.CUSTOMER, "When do you open?"), (Role.BOT, "We open at 9 am.")]
    >>> messages = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(said))
    >>> score = effort(Case(Conversation("1", messages), History(), Policy(), None))
    >>> score.verdict, score.value, score.details["messages_until_useful"]
    ('low', 7.0, 1)
    """
    conversation = case.conversation
    messages = _automated(conversation)
    asked = [m for m in messages if m.role is Role.CUSTOMER]
    re_asks = _re_asks(case)
    switches = tuple(e for e in conversation.events if e.kind == EventKind.CHANNEL_CHANGED)
    acts = read_bot_turns(messages)
    again = rephrasings(messages, acts)
    useful = _messages_until_useful(messages, acts, again) if asked else None
    waiting = _waiting(messages)
    details: dict[str, object] = {
        "messages_until_useful": useful,
        "customer_messages": len(asked),
        "rephrasings": len(again),
        "channel_switches": len(switches),
        "re_asks": re_asks,
        "waiting_seconds": waiting,
        "survey_ces": conversation.rating.ces if conversation.rating else None,
        "survey_difference": None,
    }
    if not acts or not asked:
        return Score(verdict=None, reason="The customer wrote to no bot.", details=details)
    until = PER_MESSAGE * (useful - 1) if useful else NEVER_USEFUL + PER_MESSAGE * (len(asked) - 1)
    value = 7 - until - PER_REPHRASING * len(again) - PER_SWITCH * len(switches) - PER_RE_ASK * re_asks
    value = max(1.0, value - min(MOST_FOR_WAITING, PER_HOUR * (waiting or 0.0) / 3600))
    verdict = _verdict(value, case.policy)
    details["survey_difference"] = _difference(conversation.rating, value)
    return Score(
        verdict=verdict.value,
        value=round(value, 2),
        confidence=0.8 if verdict is not Effort.MEDIUM else 0.7,
        reason=_reason(useful, len(asked), len(again)),
        evidence=_evidence(messages, acts, useful, again),
        details=details,
    )


def _difference(rating: Rating | None, value: float) -> float | None:
    """How much easier the customer says it was than what was observed; `None` without an answer on the 1-7 scale."""
    if rating is None or rating.ces is None or not 1 <= rating.ces <= 7:
        return None
    return round(rating.ces - value, 2)


def _automated(conversation: Conversation) -> tuple[Message, ...]:
    """The public messages before the handoff; a human who was there before the bot does not end it."""
    end = handoff_position(conversation)
    return conversation.public if end is None else conversation.public[:end]


def _re_asks(case: Case) -> int:
    repeated = case.so_far.get("context_repeat")
    return int(repeated.value or 0) if repeated is not None and repeated.verdict == "repeated" else 0


def _messages_until_useful(
    messages: Sequence[Message], acts: Sequence[BotAct], repeated: Sequence[Rephrasing]
) -> int | None:
    """Most probable number of customer messages up to the first useful bot message."""
    by_message = {act.message_id: act for act in acts}
    rejected = {s.message.id for s in read_statements(messages) if s.outcome in (*NEGATIVE, Outcome.GIVES_UP)}
    rejected |= {again.message.id for again in repeated}
    counts: list[int] = []
    useful: list[float] = []
    for index, message in enumerate(messages):
        if message.role is not Role.BOT:
            continue
        before = sum(m.role is Role.CUSTOMER for m in messages[:index])
        chance = by_message[message.id].useful
        reply = next((m for m in messages[index + 1 :] if m.role is Role.CUSTOMER), None)
        insisted = reply is not None and (reply.id in rejected or _said_again(message, messages[index + 1 :]))
        if message.feedback is Feedback.UNHELPFUL or insisted:
            chance *= REJECTED
        # A greeting before the customer wrote anything answers nothing.
        if before:
            counts.append(before)
            useful.append(chance)
    return first_of(useful, counts)


def _said_again(answer: Message, later: Sequence[Message]) -> bool:
    """Whether the bot gives the same answer again: the customer was not helped by the first."""
    words = answer.text.lower().split()
    return any(m.role is Role.BOT and m.text.lower().split() == words for m in later)


def _waiting(messages: Sequence[Message]) -> float | None:
    """Seconds the customer waited for the bot; from the first of several messages in a row. `None` without times."""
    total = 0.0
    timed = False
    since = None
    for message in messages:
        if message.at is None:
            continue
        if message.role is Role.CUSTOMER:
            since = since or message.at
        elif message.role is Role.BOT and since is not None:
            total += max(0.0, (message.at - since).total_seconds())
            timed = True
            since = None
    return total if timed else None


def _verdict(value: float, policy: Policy) -> Effort:
    if value <= policy.high_effort:
        return Effort.HIGH
    return Effort.LOW if value >= policy.low_effort else Effort.MEDIUM


def _reason(useful: int | None, asked: int, again: int) -> str:
    """One sentence with what weighs most."""
    first = NEVER(n=asked) if useful is None else USEFUL(n=useful)
    return AGAIN(first=first, n=again) if again else ONLY(first=first)


def _evidence(
    messages: Sequence[Message], acts: Sequence[BotAct], useful: int | None, again: Sequence[Rephrasing]
) -> tuple[Evidence, ...]:
    """The first useful answer and every rephrasing."""
    shown = [Evidence.of(r.message, "asks again") for r in again]
    if useful is not None:
        by_message = {act.message_id: act.useful for act in acts}
        customers = 0
        candidates: list[Message] = []
        for message in messages:
            customers += message.role is Role.CUSTOMER
            if message.role is Role.BOT and customers == useful:
                candidates.append(message)
        answer = max(candidates, key=lambda m: by_message[m.id])
        shown.insert(0, Evidence.of(answer, "first useful answer"))
    return tuple(shown)
