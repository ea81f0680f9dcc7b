"""A customer's contacts in time: when each came and ended, which lie near one another, which follows which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.conversation import Conversation, Role, episodes
from service.scoring.customer import customer_keys
from service.scoring.score import Case

MOST_CONTACTS = 40
"""Contacts read on either side, nearest in time first: a customer who writes more often than this is a machine."""

DOUBLE_SUBMISSION = timedelta(minutes=10)
"""So soon after a message that nobody answered, the same thing sent again is one contact."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact of a customer, with its times in UTC.

    `came` and `left` are the customer's first and last message; `ended` is the close, else the last public message.
    """

    conversation: Conversation
    came: datetime
    left: datetime
    ended: datetime


def contact_of(conversation: Conversation) -> Contact | None:
    """The contact that a conversation, or an episode of one, is; `None` without a customer message or without times."""
    written = conversation.by(Role.CUSTOMER)
    if not written:
        return None
    came = next((m.at for m in written if m.at), conversation.started_at)
    left = next((m.at for m in reversed(written) if m.at), came)
    last = next((m.at for m in reversed(conversation.public) if m.at and m.role is not Role.SYSTEM), left)
    ended = conversation.closed_at or last
    if came is None or left is None or ended is None:
        return None
    return Contact(conversation, utc(came), utc(left), max(utc(ended), utc(left)))


def utc(moment: datetime) -> datetime:
    """The same moment with a zone: times without one are taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def nearby(own: Contact, case: Case) -> list[Contact]:
    """The same customer's other contacts that could be linked to this one, oldest first."""
    reach = max(case.policy.return_windows)
    keys = customer_keys(case.conversation)
    found: dict[tuple[tuple[str, str, str], datetime], Contact] = {}
    for whole in case.history.others:
        itself = whole.key == case.conversation.key
        if not _may_be_near(whole, own, reach) or (not itself and keys.isdisjoint(customer_keys(whole))):
            continue
        contacts = (contact_of(episode) for episode in episodes(whole))
        found.update(
            ((whole.key, c.came), c) for c in contacts if c is not None and not (itself and c.came == own.came)
        )
    in_time = sorted(found.values(), key=lambda c: c.came)
    before = [c for c in in_time if c.came <= own.came]
    after = [c for c in in_time if c.came > own.came]
    return before[-MOST_CONTACTS:] + after[:MOST_CONTACTS]


def _may_be_near(other: Conversation, own: Contact, reach: timedelta) -> bool:
    """A cheap look at the times, before anything of a long history is read."""
    start, end = other.started_at, other.ended_at
    return start is not None and end is not None and utc(start) <= own.ended + reach and utc(end) >= own.came - reach


def follows(later: Contact, earlier: Contact, window: timedelta) -> bool:
    """Whether `later` came after the customer was done with `earlier`, and within the window of its end.

    A contact that comes while the earlier one is still open follows it only when the customer wrote nothing more there
    and had an answer, or waited: they went elsewhere. Two that the customer keeps up side by side do not follow.
    """
    if later.came <= earlier.came or later.came > earlier.ended + window:
        return False
    if later.came > earlier.ended:
        return True
    if later.came <= earlier.left:
        return False
    staff = (Role.BOT, Role.AGENT)
    replies = (utc(m.at) for m in earlier.conversation.public if m.role in staff and m.at is not None)
    answered = any(earlier.left <= at < later.came for at in replies)
    return answered or later.came > earlier.left + DOUBLE_SUBMISSION
