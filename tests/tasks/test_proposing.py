"""Possible new intents are looked for by a worker: among what fits none, once a day and when somebody asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.conversation import Contact, Role
from service.language.intents import Example
from service.store import intents, proposals
from service.store.proposal_models import IntentProposal, ProposalState
from tasks.proposing import propose

KNOWN = [Example("refund", "I want my money back"), Example("refund", "please refund my order")]
NEW = "Do you repair a carbon paddle of another brand?"


def opened(shop: Any) -> list[IntentProposal]:
    with shop.runtime.database.read() as session:
        return list(proposals.listed(session, "i1", ProposalState.OPEN))


def test_what_fits_no_intent_is_proposed(shop: Any, kit: Any, clock: Any) -> None:
    assert propose(shop.runtime) == 0, "without a catalog nothing is novel"
    with shop.runtime.database.begin() as session:
        intents.add(session, "i1", KNOWN, now=clock())
    for number in range(5):
        text = NEW if number < 4 else "I want my money back"
        turns = [(Role.CUSTOMER, text), (Role.BOT, "Sorry, I have no information about that.")]
        shop.desk.tickets[str(number)] = kit.ticket(
            kit.conversation(str(number), clock() - timedelta(hours=2), turns, contact=Contact(id=f"c{number}"))
        )
        shop.webhook(str(number))
    shop.work()

    assert propose(shop.runtime) == 1
    (found,) = opened(shop)
    assert found.size == 4
    assert "paddle" in found.label
    with shop.runtime.database.read() as session:
        assert len(proposals.members(session, found.id, limit=9)) == 4
    assert propose(shop.runtime) == 0, "once a day"
    clock.forward(days=1)
    assert propose(shop.runtime) == 1
    assert [row.id for row in opened(shop)] == [found.id]
