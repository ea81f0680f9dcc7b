"""repeat_contact: did the customer come back with the same issue? Looks forward from one episode of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from service.conversation import Conversation, Message, Role
from service.language.similarity import says_something
from service.scoring.contacts import Contact, contact_of, nearby, utc
from service.scoring.returns import BY_CONVERSATION, Return, origin, read, returns, same_customer_by, unreadable
from service.scoring.score import Case, Evidence, Score, short
from service.scoring.sentences import (
    CAME_BACK,
    DAYS_LATER,
    HOURS_LATER,
    MINUTES_LATER,
    PASSED,
    PASSED_ELSE,
    STILL_OPEN,
    STILL_OPEN_ELSE,
    WROTE_AGAIN,
)

PENDING, RETURNED, NOT_RETURNED = "pending", "returned", "not_returned"

MOST_EVIDENCE = 3


def repeat_contact(case: Case) -> Score:
    """Whether the same customer came back with the same issue after this episode, within the window (default 24 h).

    Verdict: `returned` as soon as such a return is there, else `pending` until the window has passed at
    `history.as_of`, else `not_returned`. `None` when no customer wrote, when no time is known, or when a later
    contact is in a language that the text model was not measured in (unless the window is still open).

    Value: the probability (0..1) that the best later contact in the window is the same issue; `None` without one.

    - Same customer: see `service.scoring.customer`. Same issue: see `service.language.similarity.compare`; the verdict
      needs `policy.same_issue_threshold`.
    - The window runs from the close (the last message, when never closed); a contact counts from the customer's first
      message. One that comes while this conversation is still open counts when the customer had an answer, or waited
      ten minutes, and writes nothing more here: they went elsewhere. Two kept up side by side are no return.
    - A reopen with a message of the customer is a return by definition, unless it only says thanks. A contact that
      states no problem (only "hello") is not compared.

    Details: `windows` (each of 24h, 72h, 7d: returned, not_returned or pending), `return` (key, probability, seconds,
    channel_switch of the best later contact, or null), `repeat_of` and `repeat_of_key` (the first contact about this
    issue, by the main window from link to link; null when this is the first), `same_customer_by`.
    """
    own = contact_of(case.conversation)
    if own is None:
        unknown = {label(window): None for window in case.policy.return_windows}
        reason = "No customer message with a known time."
        return Score(None, confidence=0.0, reason=reason, details=_details(case, unknown))
    contacts = nearby(own, case)
    reading = read((own, *contacts), case.embedder)
    later = returns(own, contacts, max(case.policy.return_windows), reading)
    window, threshold = case.policy.repeat_window, case.policy.same_issue_threshold
    inside = [item for item in later if item.within(window)]
    best = max(inside, key=lambda item: item.match.probability, default=None)
    verdicts = {label(w): _verdict(own, later, w, threshold, _as_of(case)) for w in case.policy.return_windows}
    details = _details(case, verdicts, best, origin(own, contacts, case.policy, reading))
    verdict: str | None = verdicts[label(window)]
    if verdict == NOT_RETURNED and unreadable(own, contacts, window):
        verdict, details = None, details | {"unclear": "language"}
    return Score(
        verdict=verdict,
        value=round(best.match.probability, 4) if best else None,
        confidence=_confidence(verdict, best),
        reason=_reason(verdict, best, window),
        evidence=_evidence(inside, threshold, own),
        details=MappingProxyType(details),
    )


def label(window: timedelta) -> str:
    """A window's name in the details: hours, or days from a week on.

    >>> label(timedelta(hours=72)), label(timedelta(days=7))
    ('72h', '7d')
    """
    hours = round(window.total_seconds() / 3600)
    return f"{hours // 24}d" if hours >= 7 * 24 and hours % 24 == 0 else f"{hours}h"


def _as_of(case: Case) -> datetime:
    """When the question is asked; the latest time known when nobody says."""
    if case.history.as_of is not None:
        return utc(case.history.as_of)
    times = (utc(c.ended_at) for c in (case.conversation, *case.history.others) if c.ended_at is not None)
    return max(times, default=datetime.max.replace(tzinfo=UTC))


def _verdict(own: Contact, later: list[Return], window: timedelta, threshold: float, as_of: datetime) -> str:
    if any(item.match.probability >= threshold for item in later if item.within(window)):
        return RETURNED
    return PENDING if as_of < own.ended + window else NOT_RETURNED


def _details(
    case: Case, windows: Mapping[str, str | None], best: Return | None = None, first: Contact | None = None
) -> dict[str, object]:
    """Every key is there, also where it does not apply."""
    by = best.by if best else None
    if first and not best:
        by = same_customer_by(case.conversation, first.conversation)
    return {
        "windows": windows,
        "return": _described(best) if best else None,
        "repeat_of": first.conversation.id if first else None,
        "repeat_of_key": list(first.conversation.key) if first else None,
        "same_customer_by": by,
    }


def _described(item: Return) -> dict[str, object]:
    return {
        "key": list(item.later.conversation.key),
        "probability": round(item.match.probability, 4),
        "after_seconds": item.after.total_seconds(),
        "channel_switch": item.later.conversation.channel != item.earlier.conversation.channel,
    }


def _evidence(inside: list[Return], threshold: float, own: Contact) -> tuple[Evidence, ...]:
    """The returns, likeliest first, then what they return to."""
    proven = sorted(
        (item for item in inside if item.match.probability >= threshold), key=lambda i: -i.match.probability
    )
    if not proven:
        return ()
    returns = [
        Evidence(quoted.id, short(quoted.text), _shows(item), conversation=item.later.conversation.id)
        for item in proven[:MOST_EVIDENCE]
        for quoted in (_telling(item.later.conversation),)
    ]
    return (*returns, Evidence.of(_telling(own.conversation), "the issue as the customer first stated it"))


def _telling(conversation: Conversation) -> Message:
    """The message to quote: the first that says something, else the customer's first."""
    messages = conversation.by(Role.CUSTOMER)
    return next((m for m in messages if says_something(m.text)), messages[0])


def _shows(item: Return) -> str:
    if item.by == BY_CONVERSATION:
        return f"writes again {_later(item.after)}"
    parts = [f"comes back {_later(item.after)} about the same issue"]
    if item.match.shared:
        parts.append(f"names the same {' and '.join(sorted(item.match.shared))}")
    elif item.match.follow_up:
        parts.append("says that it is not the first time")
    return ", ".join(parts)


def _later(after: timedelta) -> str:
    minutes = round(after.total_seconds() / 60)
    if minutes < 90:
        return MINUTES_LATER(n=max(minutes, 1))
    hours = round(minutes / 60)
    return HOURS_LATER(n=hours) if hours < 48 else DAYS_LATER(n=round(hours / 24))


def _reason(verdict: str | None, best: Return | None, window: timedelta) -> str:
    span = label(window)
    if verdict == RETURNED and best is not None:
        if best.by == BY_CONVERSATION:
            return WROTE_AGAIN(later=_later(best.after))
        return CAME_BACK(later=_later(best.after), percent=f"{best.match.probability:.0%}")
    if verdict is None:
        return "language: a later contact could not be compared, the text model was measured on English only."
    if best is None:
        return STILL_OPEN(span=span) if verdict == PENDING else PASSED(span=span)
    elsewhere = STILL_OPEN_ELSE if verdict == PENDING else PASSED_ELSE
    return elsewhere(span=span, percent=f"{best.match.probability:.0%}")


def _confidence(verdict: str | None, best: Return | None) -> float:
    """How sure the verdict is: by the text of the best later contact; without one, as sure as the clock."""
    if verdict is None:
        return 0.0
    if best is None:
        return 1.0
    return round(best.match.probability if verdict == RETURNED else 1 - best.match.probability, 4)
