"""Which later contacts of a customer may be a return with the same issue, and which chain a contact goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from service.conversation import Conversation, Role
from service.language.detection import ENGLISH, language
from service.language.embedding import Embedder, Vector
from service.language.similarity import SameIssue, Statement, compare, only_thanks, statement
from service.scoring.contacts import Contact, follows
from service.scoring.customer import matched_by
from service.scoring.score import Policy

CERTAIN = SameIssue(probability=1.0, cosine=1.0)
"""A reopened conversation is about its own issue."""

BY_CONVERSATION = "conversation"
"""A reopened conversation is of the same customer, whatever its keys."""


@dataclass(frozen=True, slots=True)
class Return:
    """A later contact that can be compared with an earlier one: how alike their issues are."""

    earlier: Contact
    later: Contact
    match: SameIssue

    @property
    def by(self) -> str:
        """What tells that the customer is the same."""
        return same_customer_by(self.earlier.conversation, self.later.conversation)

    @property
    def after(self) -> timedelta:
        """How long the customer had not written."""
        return self.later.came - self.earlier.left

    def within(self, window: timedelta) -> bool:
        """Whether the customer came back before the window was over, which opens when the earlier contact ended."""
        return self.later.came <= self.earlier.ended + window


@dataclass(frozen=True, slots=True)
class Reading:
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


def read(contacts: Iterable[Contact], embedder: Embedder) -> Reading:
    """Statements of the English contacts with their vectors, embedded in one call; nothing when there is one only."""
    everything = list(contacts)
    if len({contact.conversation.key for contact in everything}) < 2:
        return Reading({}, {})
    statements: dict[int, Statement] = {}
    for contact in everything:
        said = statement(contact.conversation) if language(contact.conversation) == ENGLISH else None
        if said is not None:
            statements[id(contact.conversation)] = said
    vectors = embedder.issue_vectors([said.text for said in statements.values()])
    return Reading(statements, dict(zip(statements, vectors, strict=True)))


def returns(own: Contact, contacts: Iterable[Contact], window: timedelta, reading: Reading) -> list[Return]:
    """The later contacts that can be compared, oldest first."""
    later = (c for c in contacts if follows(c, own, window) and _comes_back(c.conversation))
    matched = ((contact, reading.match(own.conversation, contact.conversation)) for contact in later)
    return [Return(own, contact, match) for contact, match in matched if match is not None]


def origin(own: Contact, contacts: Iterable[Contact], policy: Policy, reading: Reading) -> Contact | None:
    """The first contact of the chain that this one continues, by the main window from link to link."""
    if not _comes_back(own.conversation):
        return None
    linked = [own]
    for earlier in sorted((c for c in contacts if c.came < own.came), key=lambda c: c.came, reverse=True):
        following = (c.conversation for c in linked if follows(c, earlier, policy.repeat_window))
        matches = (reading.match(earlier.conversation, later) for later in following)
        if any(match is not None and match.probability >= policy.same_issue_threshold for match in matches):
            linked.append(earlier)
    return linked[-1] if len(linked) > 1 else None


def unreadable(own: Contact, contacts: Iterable[Contact], window: timedelta) -> bool:
    """Whether a later contact in the window could not be compared for its language, or for this one's."""
    later = [c for c in contacts if follows(c, own, window) and c.conversation.key != own.conversation.key]
    return bool(later) and any(language(c.conversation) != ENGLISH for c in (*later, own))


def same_customer_by(a: Conversation, b: Conversation) -> str:
    """What tells that two contacts are of one customer: a key that they share, or that they are one conversation."""
    return BY_CONVERSATION if a.key == b.key else str(matched_by(a, b))


def _comes_back(later: Conversation) -> bool:
    """Whether the customer says anything in a later contact beyond thanks."""
    return not all(only_thanks(message.text) and not message.attachments for message in later.by(Role.CUSTOMER))
