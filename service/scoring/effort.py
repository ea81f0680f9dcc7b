"""Effort: how hard the customer had to work with the automated part of the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

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


@dataclass(frozen=True, slots=True)
class Work:
    """What the automated part cost the customer; it ends at the handoff (`handoff_position`).

    - until_useful: customer messages up to the first useful bot message, the most probable count; `None` when "none
      was useful" is the most probable. Useful: offers, informs, did what was wanted (`BotAct.useful`); an answer after
      which the customer says that it did not help, or asks again, or that the bot gives again word for word, counts a
      fifth.
    - written: customer messages.
    - rephrasings: customer messages that put an earlier question again after the bot had written.
    - switches: `channel_changed` events of the conversation.
    - re_asks: value of `context_repeat`, what a human asked for again.
    - waiting: seconds from each customer message to the bot's next one, added up; `None` without times.
    """

    until_useful: int | None
    written: int
    rephrasings: int
    switches: int
    re_asks: int
    waiting: float | None

    def ease(self) -> float:
        """On the 1-7 scale of the customer effort score, 7 = easy. The weights are a convention, not fitted.

        7 - 0.5 (until_useful - 1) - 1.0 rephrasings - 0.75 switches - 0.75 re_asks - min(1.5, waiting / 3600),
        at least 1; where nothing was useful, 0.5 (until_useful - 1) is 2.5 + 0.5 (written - 1).

        >>> Work(until_useful=3, written=4, rephrasings=1, switches=0, re_asks=0, waiting=1800).ease()
        4.5
        """
        searching = NEVER_USEFUL + PER_MESSAGE * (self.written - 1)
        if self.until_useful:
            searching = PER_MESSAGE * (self.until_useful - 1)
        return max(
            1.0,
            7
            - searching
            - PER_REPHRASING * self.rephrasings
            - PER_SWITCH * self.switches
            - PER_RE_ASK * self.re_asks
            - min(MOST_FOR_WAITING, PER_HOUR * (self.waiting or 0.0) / 3600),
        )


def effort(case: Case) -> Score:
    """How easy the bot made it for the customer.

    Value: `Work.ease`, an observed effort score of 1-7, 7 = easy. Verdict: `high` effort at `Policy.high_effort` (3)
    and below, `low` at `Policy.low_effort` (5) and above, else `medium`. A survey's CES, where there is one, stands
    beside it in `details.survey_ces`, and what it says more than the value in `details.survey_difference` (`None`
    without both, or when the CES is not of 1-7).

    `None` when no bot took part or the customer wrote nothing to it. Source: `metrics.md` 5.

    >>> from service.conversation import Author
    >>> from service.scoring.score import History
    >>> said = [(Role.CUSTOMER, "When do you open?"), (Role.BOT, "We open at 9 am.")]
    >>> messages = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(said))
    >>> score = effort(Case(Conversation("1", messages), History(), Policy(), None))
    >>> score.verdict, score.value, score.details["messages_until_useful"]
    ('low', 7.0, 1)
    """
    messages = _automated(case.conversation)
    acts = read_bot_turns(messages)
    again = rephrasings(messages, acts)
    work = _work(case, messages, acts, again)
    if not acts or not work.written:
        return Score(None, reason="The customer wrote to no bot.", details=_details(work, case.conversation.rating))
    value = work.ease()
    verdict = _verdict(value, case.policy)
    return Score(
        verdict=verdict.value,
        value=round(value, 2),
        confidence=0.8 if verdict is not Effort.MEDIUM else 0.7,
        reason=_reason(work),
        evidence=_evidence(messages, acts, work.until_useful, again),
        details=_details(work, case.conversation.rating, value),
    )


def _work(case: Case, messages: Sequence[Message], acts: Sequence[BotAct], again: Sequence[Rephrasing]) -> Work:
    written = sum(m.role is Role.CUSTOMER for m in messages)
    return Work(
        until_useful=_messages_until_useful(messages, acts, again) if written else None,
        written=written,
        rephrasings=len(again),
        switches=sum(e.kind == EventKind.CHANNEL_CHANGED for e in case.conversation.events),
        re_asks=_re_asks(case),
        waiting=_waiting(messages),
    )


def _details(work: Work, rating: Rating | None, value: float | None = None) -> Mapping[str, object]:
    """Every key is there, also where it does not apply."""
    return MappingProxyType(
        {
            "messages_until_useful": work.until_useful,
            "customer_messages": work.written,
            "rephrasings": work.rephrasings,
            "channel_switches": work.switches,
            "re_asks": work.re_asks,
            "waiting_seconds": work.waiting,
            "survey_ces": rating.ces if rating else None,
            "survey_difference": None if value is None else _difference(rating, value),
        }
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


def _reason(work: Work) -> str:
    """One sentence with what weighs most."""
    first = NEVER(n=work.written) if work.until_useful is None else USEFUL(n=work.until_useful)
    return AGAIN(first=first, n=work.rephrasings) if work.rephrasings else ONLY(first=first)


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
