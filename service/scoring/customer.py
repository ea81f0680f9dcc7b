"""Who is the same customer: the rule of `repeat_contact`, and the keys by which a customer's conversations are found.

The contact id, the company's own id for the customer (`external_id`) and a verified e-mail address count within one
account of one helpdesk. Across helpdesks only a verified e-mail address counts, and only between accounts that an admin
has put into one account group: what one helpdesk takes for an id of ours a visitor may have set on another. An e-mail
address that nobody verified identifies no one: anybody can type one.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from service.conversation import Conversation


class MatchedBy(StrEnum):
    """What told that two conversations are of one customer, strongest first."""

    CONTACT = "contact"
    EXTERNAL_ID = "external_id"
    EMAIL = "email"


def customer_keys(conversation: Conversation) -> frozenset[str]:
    """The keys of the conversation's customer; two conversations are of one customer when they share a key.

    Each key is a kind (`contact`, `external_id` or `email`), a colon and 32 hexadecimal digits: short enough to index,
    and nothing to read in it. A customer nobody identified has no keys.
    """
    return frozenset(key for _, key in _keys(conversation))


def matched_by(a: Conversation, b: Conversation) -> MatchedBy | None:
    """The strongest thing that says both are of one customer, `None` when nothing does."""
    shared = customer_keys(a) & customer_keys(b)
    return next((kind for kind in MatchedBy if any(key.startswith(f"{kind}:") for key in shared)), None)


def same_customer(a: Conversation, b: Conversation) -> bool:
    """Whether both conversations are of one customer."""
    return not customer_keys(a).isdisjoint(customer_keys(b))


def _keys(conversation: Conversation) -> list[tuple[MatchedBy, str]]:
    contact = conversation.contact
    here = ("account", conversation.helpdesk, conversation.account)
    group = conversation.account_group
    found: list[tuple[MatchedBy, str]] = []
    if contact.id:
        found.append((MatchedBy.CONTACT, _digest(MatchedBy.CONTACT, *here, contact.id)))
    if contact.external_id and contact.external_id.strip():
        found.append((MatchedBy.EXTERNAL_ID, _digest(MatchedBy.EXTERNAL_ID, *here, contact.external_id.strip())))
    if contact.email and contact.email_verified and contact.email.strip():
        address = contact.email.strip().casefold()
        # In a group the key of the account stays: a group that is set later parts nobody from older conversations.
        scopes = (here, ("group", group)) if group else (here,)
        found.extend((MatchedBy.EMAIL, _digest(MatchedBy.EMAIL, *scope, address)) for scope in scopes)
    return found


def _digest(kind: MatchedBy, *parts: str) -> str:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
