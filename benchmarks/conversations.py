"""Conversations to measure speed with: 14 messages each, made of the demo's sentences, no two texts alike."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.conversation import Contact, Conversation, Event, Message, Role
from service.demo.story import stories

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SHAPE = (*(Role.CUSTOMER, Role.BOT) * 5, Role.CUSTOMER, Role.AGENT, Role.CUSTOMER, Role.AGENT)
HANDOFF_AFTER = 11


def conversations(count: int, *, customers: int, seed: int = 1) -> list[Conversation]:
    """`count` conversations of `customers` customers, each customer's an hour apart."""
    rng = random.Random(seed)
    said: dict[Role, list[Message]] = {role: [] for role in Role}
    for story in stories(START):
        for message in story.conversation.messages:
            said[message.role].append(message)
    return [_conversation(number, number % customers, number // customers, said, rng) for number in range(count)]


def _conversation(
    number: int, customer: int, visit: int, said: dict[Role, list[Message]], rng: random.Random
) -> Conversation:
    start = START + timedelta(hours=visit)
    messages = []
    for position, role in enumerate(SHAPE):
        base = rng.choice(said[role])
        text = f"{base.text} ({rng.randrange(10**6)})"  # No two alike: a cold cache stays cold.
        at = start + timedelta(seconds=40 * position)
        messages.append(replace(base, id=f"m{position}", text=text, at=at, internal=False))
    handoff = Event("e0", "handoff", start + timedelta(seconds=40 * HANDOFF_AFTER - 1))
    return Conversation(
        id=f"c{number}",
        helpdesk="zendesk",
        account="bench",
        contact=Contact(f"customer-{customer}"),
        messages=tuple(messages),
        events=(handoff,),
        opened_at=start,
        closed_at=messages[-1].at,
    )
