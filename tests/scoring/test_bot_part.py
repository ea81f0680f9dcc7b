"""What yes and no refer to, when a bot offers a person and asks whether its answer helped."""

from __future__ import annotations

import pytest

from service.conversation import Author, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.language.signal_patterns import Signal
from service.language.signals import has
from service.scoring.bot_part import BotPart, read_bot_part

OFFER = "Or would you like me to connect you with an agent?"
AGAIN = "I can connect you with an agent. Please pair the watch again. Did that help?"


def part(said: str, reply: str) -> BotPart:
    turns = ((Role.CUSTOMER, "my routes don't sync to the watch"), (Role.BOT, said), (Role.CUSTOMER, reply))
    messages = tuple(Message(f"m{i}", Author(role), text) for i, (role, text) in enumerate(turns))
    return read_bot_part(messages, CachedEmbedder(MiniLM(None), MemoryCache()))


@pytest.mark.parametrize("said", [OFFER, AGAIN])
def test_both_offer_a_person(said: str) -> None:
    assert has(part(said, "ok").bot[1], Signal.OFFERS_HANDOFF)


def test_no_to_an_offered_person_settles_and_yes_accepts() -> None:
    assert part(OFFER, "no").settles(2)
    assert part(OFFER, "yes please").accepts(2)


@pytest.mark.parametrize("reply", ["no", "No.", "nope"])
def test_no_to_did_that_help_settles_nothing(reply: str) -> None:
    assert not part(AGAIN, reply).settles(2)


def test_yes_to_did_that_help_asks_for_nobody() -> None:
    assert not part(AGAIN, "yes").accepts(2)
