"""handoff_time: how long the customer waited for a person after the bot gave up, and how long until it was solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Conversation, EventKind, Message, Role
from service.scoring.handoff import Handoff, bot_took_part, find_handoff
from service.scoring.schedule import Schedule, business_seconds
from service.scoring.score import Case, Evidence, Score
from service.scoring.transfers import Transfer, transfers

LONGEST = timedelta(days=3660)
"""A longer time between two moments is a wrong date, not a wait."""


class HandoffTime(StrEnum):
    """What became of the wait."""

    ANSWERED = "answered"
    ABANDONED = "abandoned_in_queue"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class _Moments:
    """When the customer was handed over, first answered by a person, and helped; `None` where not known.

    `reported`: the handoff's time is the event's. `closed`: the conversation ended, also when nobody says when.
    """

    handed: datetime | None
    reported: bool
    answered: datetime | None
    solved: datetime | None
    closed: bool


def handoff_time(case: Case) -> Score:
    """How long a person took after the handoff.

    Verdicts: `answered` (a person wrote after the handoff), `abandoned_in_queue` (nobody did and the conversation is
    closed), `open` (nobody did yet). `None` when no bot took part before a person, or nothing was handed off.

    Value: seconds from the handoff to solved (`closed_at`, else the last `closed` event); `None` while it is not
    solved, when nobody answered, or where a time is missing; the reason says which.

    The handoff is the time of its event. Where there is none, it is taken from the messages: the customer's first after
    the bot's last, else the bot's last (`details.handoff_reported` is then false).

    details: `first_reply_seconds`, `business_first_reply_seconds` and `business_seconds` (the value in business hours;
    both `None` without `policy.schedule`), `waited_seconds` (of a customer whom nobody answered: until the close, or
    `history.as_of` while open), `handoff_at`, `handoff_reported`, `answered_at`, `solved_at`, `queue` (the event's
    target, else the first agent's group), `transfers` ({at, from, to} of each from agent to agent after the handoff).

    Source: `metrics.md` 9. It reads no text, so any language will do.

    >>> from datetime import UTC
    >>> from service.conversation import Author
    >>> from service.scoring.score import History, Policy
    >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> said = [(Role.CUSTOMER, 0), (Role.BOT, 1), (Role.AGENT, 6)]
    >>> messages = tuple(Message(f"m{i}", Author(r), "Hi", nine + timedelta(minutes=i)) for r, i in said)
    >>> whole = Conversation("1", messages, closed_at=nine + timedelta(minutes=31))
    >>> score = handoff_time(Case(whole, History(), Policy(), None))
    >>> score.verdict, score.value, score.details["first_reply_seconds"]
    ('answered', 1800.0, 300.0)
    """
    conversation = case.conversation
    handoff = find_handoff(conversation)
    if handoff is None or not bot_took_part(conversation.public, handoff):
        return Score(None, reason="Nothing was handed over from a bot to a person.", details=_details())
    moments = _moments(conversation, handoff)
    if handoff.answer is not None:
        return _answered(case, handoff, handoff.answer, moments)
    return _waiting(case, handoff, moments)


def _moments(conversation: Conversation, handoff: Handoff) -> _Moments:
    answered = handoff.answer.at if handoff.answer else None
    handed = handoff.event.at if handoff.event else None
    # A helpdesk may note the handoff only after the person's first words.
    reported = handed is not None and (answered is None or handed <= answered)
    if not reported:
        handed = _estimated(conversation, handoff)
    ends = [e.at for e in conversation.events if e.kind == EventKind.CLOSED]
    fitting = [at for at in ends if at is not None and (handed is None or at >= handed)]
    solved = conversation.closed_at or max(fitting, default=None)
    return _Moments(handed, reported, answered, solved, solved is not None or None in ends)


def _estimated(conversation: Conversation, handoff: Handoff) -> datetime | None:
    """When the customer began to wait for a person: their first message after the bot's last, else the bot's last."""
    end = handoff.position
    if handoff.answer is not None:
        end = conversation.public.index(handoff.answer)
    before = conversation.public[:end]
    last = max((i for i, m in enumerate(before) if m.role is Role.BOT), default=-1)
    asked = next((m.at for m in before[last + 1 :] if m.role is Role.CUSTOMER and m.at is not None), None)
    return asked or (before[last].at if before else None)


def _answered(case: Case, handoff: Handoff, answer: Message, moments: _Moments) -> Score:
    schedule = case.policy.schedule
    first, first_worked = _between(moments.handed, moments.answered, schedule)
    value, worked = _between(moments.handed, moments.solved, schedule)
    details = _details(
        first_reply_seconds=first,
        business_first_reply_seconds=first_worked,
        business_seconds=worked,
        **_facts(case.conversation, handoff, moments),
    )
    shown = "the first answer of a person" if first is None else f"the first answer of a person, after {spell(first)}"
    return Score(
        HandoffTime.ANSWERED.value,
        value=value,
        confidence=1.0 if moments.reported else 0.8,
        reason=_reason(first, value, worked, moments),
        evidence=(Evidence.of(answer, shown),),
        details=details,
    )


def _reason(first: float | None, value: float | None, worked: float | None, moments: _Moments) -> str:
    """One sentence with both times, or why there is none."""
    if moments.handed is None or first is None:
        return "A person answered after the handoff; how soon is not known, as times are missing or do not fit."
    start = f"A person answered {spell(first)} after the handoff"
    if value is None:
        later = "when it was solved is not known" if moments.closed else "it is not solved yet"
        return f"{start}; {later}."
    hours = "" if worked is None else f", {spell(worked)} of it in business hours"
    return f"{start}, and it was solved after {spell(value)}{hours}."


def _waiting(case: Case, handoff: Handoff, moments: _Moments) -> Score:
    """Nobody answered: the customer is gone, or still waits."""
    until = moments.solved if moments.closed else case.history.as_of
    waited, worked = _between(moments.handed, until, case.policy.schedule)
    details = _details(
        waited_seconds=waited, business_waited_seconds=worked, **_facts(case.conversation, handoff, moments)
    )
    last = next((m for m in reversed(case.conversation.public) if m.role is Role.CUSTOMER), None)
    span = "" if waited is None else f" in {spell(waited)}"
    if moments.closed:
        verdict, shown = HandoffTime.ABANDONED, "the customer's last message; no person answered"
        reason = f"No person answered{span} after the handoff, and the conversation was closed."
    else:
        verdict, shown = HandoffTime.OPEN, "the customer waits for a person"
        reason = f"No person has answered{span} after the handoff; the conversation is still open."
    return Score(
        verdict.value,
        confidence=1.0,
        reason=reason,
        evidence=(Evidence.of(last, shown),) if last else (),
        details=details,
    )


def _between(start: datetime | None, end: datetime | None, schedule: Schedule | None) -> tuple[float | None, ...]:
    """Seconds between two moments, and those in business hours; `None` where a time is missing or they do not fit."""
    if start is None or end is None or not timedelta(0) <= end - start <= LONGEST:
        return None, None
    worked = None if schedule is None else business_seconds(start, end, schedule)
    return (end - start).total_seconds(), worked


def _facts(conversation: Conversation, handoff: Handoff, moments: _Moments) -> dict[str, object]:
    """What is known whether or not a person answered."""
    after = [t for t in transfers(conversation) if t.position > handoff.position]
    target = handoff.event.target if handoff.event else None
    return {
        "handoff_at": moments.handed,
        "handoff_reported": moments.reported,
        "answered_at": moments.answered,
        "solved_at": moments.solved,
        "queue": target or (handoff.answer.author.group if handoff.answer else None),
        "transfers": tuple(_described(transfer) for transfer in after),
    }


def _described(transfer: Transfer) -> Mapping[str, object]:
    return {"at": transfer.at, "from": transfer.origin, "to": transfer.target}


def spell(seconds: float) -> str:
    """A span of time in one unit, as people say it.

    >>> spell(45), spell(300), spell(5400), spell(200_000)
    ('45 s', '5 min', '1.5 h', '2.3 days')
    """
    for length, unit in ((86400, "days"), (3600, "h")):
        if seconds >= 1.5 * length or (unit == "h" and seconds >= length):
            return f"{seconds / length:.1f}".removesuffix(".0") + f" {unit}"
    return f"{round(seconds / 60)} min" if seconds >= 90 else f"{round(seconds)} s"


def _details(**known: object) -> Mapping[str, object]:
    """Every key is there, also where it does not apply."""
    empty: dict[str, object] = dict.fromkeys(_KEYS)
    return MappingProxyType({**empty, "transfers": (), **known})


_KEYS = (
    "first_reply_seconds", "business_first_reply_seconds", "business_seconds", "waited_seconds",
    "business_waited_seconds", "handoff_at", "handoff_reported", "answered_at", "solved_at", "queue", "transfers",
)  # fmt: skip
