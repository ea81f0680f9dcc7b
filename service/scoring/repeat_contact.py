"""repeat_contact: did the customer come back with the same issue? Looks forward from one episode of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.conversation import Conversation, Message, Role
from service.language.detection import ENGLISH, language
from service.language.embedding import Embedder, Vector
from service.language.similarity import SameIssue, Statement, compare, only_thanks, says_something, statement
from service.scoring.contacts import Contact, contact_of, follows, nearby, utc
from service.scoring.customer import matched_by
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
CERTAIN = SameIssue(probability=1.0, cosine=1.0)
"""A reopened conversation is about its own issue."""

BY_CONVERSATION = "conversation"
"""A reopened conversation is of the same customer, whatever its keys."""


@dataclass(frozen=True, slots=True)
class _Return:
    contact: Contact
    match: SameIssue
    by: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class _Reading:
    """Statements and vectors of the contacts, by object identity; read once, whatever the number of pairs."""

    statements: Mapping[int, Statement]
    vectors: Mapping[int, Vector]

    def match(self, earlier: Conversation, later: Conversation) -> SameIssue | None:
        """`None` when one side states no problem that could be compared."""
        if earlier.key == later.key:
            return CERTAIN
        a, b = self.statements.get(id(earlier)), self.statements.get(id(later))
        if a is None or b is None:
            return None
        return compare(a, b, self.vectors[id(earlier)], self.vectors[id(later)])


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
        return _none("No customer message with a known time.", case)
    contacts = nearby(own, case)
    reading = _read((own, *contacts), case.embedder)
    longest = max((case.policy.repeat_window, *case.policy.longer_windows))
    later = _returns(own, contacts, longest, reading)
    threshold = case.policy.same_issue_threshold
    verdicts = {
        label(window): _verdict(own, later, window, threshold, _as_of(case))
        for window in dict.fromkeys((case.policy.repeat_window, *case.policy.longer_windows))
    }
    inside = [item for item in later if _within(item, own, case.policy.repeat_window)]
    best = max(inside, key=lambda item: item.match.probability, default=None)
    origin, origin_by = _origin(own, contacts, case, reading)
    details: dict[str, object] = {
        "windows": verdicts,
        "return": _described(best, own) if best else None,
        "repeat_of": origin.conversation.id if origin else None,
        "repeat_of_key": list(origin.conversation.key) if origin else None,
        "same_customer_by": best.by if best else origin_by,
    }
    verdict: str | None = verdicts[label(case.policy.repeat_window)]
    if verdict == NOT_RETURNED and _unreadable(own, contacts, case.policy.repeat_window):
        verdict = None
        details["unclear"] = "language"
    return Score(
        verdict=verdict,
        value=round(best.match.probability, 4) if best else None,
        confidence=_confidence(verdict, best),
        reason=_reason(verdict, best, case.policy.repeat_window),
        evidence=_evidence(inside, threshold, own),
        details=details,
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


def _read(contacts: Iterable[Contact], embedder: Embedder) -> _Reading:
    """Statements of the English contacts with their vectors, embedded in one call; nothing when there is one only."""
    everything = list(contacts)
    if len({contact.conversation.key for contact in everything}) < 2:
        return _Reading({}, {})
    statements: dict[int, Statement] = {}
    for contact in everything:
        said = statement(contact.conversation) if language(contact.conversation) == ENGLISH else None
        if said is not None:
            statements[id(contact.conversation)] = said
    vectors = embedder.issue_vectors([said.text for said in statements.values()])
    return _Reading(statements, dict(zip(statements, vectors, strict=True)))


def _comes_back(later: Conversation) -> bool:
    """Whether the customer says anything in a later contact beyond thanks."""
    return not all(only_thanks(message.text) and not message.attachments for message in later.by(Role.CUSTOMER))


def _returns(own: Contact, contacts: Iterable[Contact], window: timedelta, reading: _Reading) -> list[_Return]:
    """The later contacts that can be compared, oldest first."""
    found: list[_Return] = []
    for contact in contacts:
        if not follows(contact, own, window) or not _comes_back(contact.conversation):
            continue
        match = reading.match(own.conversation, contact.conversation)
        if match is not None:
            by = _same_by(own.conversation, contact.conversation)
            found.append(_Return(contact, match, by, contact.came - own.left))
    return found


def _within(item: _Return, own: Contact, window: timedelta) -> bool:
    return item.contact.came <= own.ended + window


def _verdict(own: Contact, later: list[_Return], window: timedelta, threshold: float, as_of: datetime) -> str:
    if any(item.match.probability >= threshold for item in later if _within(item, own, window)):
        return RETURNED
    return PENDING if as_of < own.ended + window else NOT_RETURNED


def _origin(own: Contact, contacts: list[Contact], case: Case, reading: _Reading) -> tuple[Contact | None, str | None]:
    """The first contact of the chain that this one continues, and what told that the customer is the same."""
    window, threshold = case.policy.repeat_window, case.policy.same_issue_threshold
    if not _comes_back(own.conversation):
        return None, None
    linked = [own]
    for earlier in sorted((c for c in contacts if c.came < own.came), key=lambda c: c.came, reverse=True):
        matches = (reading.match(earlier.conversation, c.conversation) for c in linked if follows(c, earlier, window))
        if any(match is not None and match.probability >= threshold for match in matches):
            linked.append(earlier)
    first = linked[-1]
    return (first, _same_by(own.conversation, first.conversation)) if first is not own else (None, None)


def _same_by(a: Conversation, b: Conversation) -> str:
    return BY_CONVERSATION if a.key == b.key else str(matched_by(a, b))


def _unreadable(own: Contact, contacts: Iterable[Contact], window: timedelta) -> bool:
    """Whether a later contact in the window could not be compared for its language, or for this one's."""
    later = [c for c in contacts if follows(c, own, window) and c.conversation.key != own.conversation.key]
    return any(language(c.conversation) != ENGLISH for c in later) or (
        bool(later) and language(own.conversation) != ENGLISH
    )


def _described(item: _Return, own: Contact) -> dict[str, object]:
    return {
        "key": list(item.contact.conversation.key),
        "probability": round(item.match.probability, 4),
        "after_seconds": item.after.total_seconds(),
        "channel_switch": item.contact.conversation.channel != own.conversation.channel,
    }


def _evidence(inside: list[_Return], threshold: float, own: Contact) -> tuple[Evidence, ...]:
    """The returns, likeliest first, then what they return to."""
    proven = sorted(
        (item for item in inside if item.match.probability >= threshold), key=lambda i: -i.match.probability
    )
    if not proven:
        return ()
    returns = [
        Evidence(quoted.id, short(quoted.text), _shows(item), conversation=item.contact.conversation.id)
        for item in proven[:MOST_EVIDENCE]
        for quoted in (_telling(item.contact.conversation),)
    ]
    return (*returns, Evidence.of(_telling(own.conversation), "the issue as the customer first stated it"))


def _telling(conversation: Conversation) -> Message:
    """The message to quote: the first that says something, else the customer's first."""
    messages = conversation.by(Role.CUSTOMER)
    return next((m for m in messages if says_something(m.text)), messages[0])


def _shows(item: _Return) -> str:
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


def _reason(verdict: str | None, best: _Return | None, window: timedelta) -> str:
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


def _confidence(verdict: str | None, best: _Return | None) -> float:
    """How sure the verdict is: by the text of the best later contact; without one, as sure as the clock."""
    if verdict is None:
        return 0.0
    if best is None:
        return 1.0
    return round(best.match.probability if verdict == RETURNED else 1 - best.match.probability, 4)


def _none(reason: str, case: Case) -> Score:
    windows = (case.policy.repeat_window, *case.policy.longer_windows)
    return Score(
        verdict=None,
        confidence=0.0,
        reason=reason,
        details={
            "windows": {label(window): None for window in windows},
            "return": None,
            "repeat_of": None,
            "repeat_of_key": None,
            "same_customer_by": None,
        },
    )
