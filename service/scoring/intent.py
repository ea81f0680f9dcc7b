"""intent: what the customer wanted, from the account's own catalog, or that it fits none of it."""

from __future__ import annotations

from types import MappingProxyType

from service.conversation import Conversation, Message, Role, handoff_position
from service.language.wording import content
from service.scoring.score import Case, Evidence, Score

NOVEL = "novel"

FEWEST_WORDS = 2
"""Content words from which a message says what the customer wants; a greeting or "I have a question" has fewer."""

MOST_NOVEL = 0.5
"""Novelty from which a message fits no intent of the catalog."""


def intent(case: Case) -> Score:
    """What the customer wanted: the name of an intent of the catalog, or `novel`.

    Read from the first customer message that says something, with what the customer wrote just before it. `value` is
    the probability (0..1) that the verdict is right. `details.novelty` is 0..1, higher the less the message fits;
    `details.candidates` are the likeliest intents. `details.reported` is the intent the bot assumed and
    `details.corrected` the one a human put in its place, where the helpdesk has them: the pair that recognition
    accuracy is counted from. `None` without a catalog or a customer message.
    """
    conversation = case.conversation
    pair = {"reported": _reported(conversation), "corrected": conversation.intent_corrected}
    stated = stating(conversation)
    if case.catalog is None or not stated:
        reason = "This account has no intent catalog." if case.catalog is None else "The customer wrote nothing."
        return Score(verdict=None, reason=reason, details=MappingProxyType({"novelty": None, **pair}))
    reading = case.catalog.read("\n".join(m.text for m in stated), case.embedder)
    name, chance = reading.candidates[0]
    fits = reading.novelty < MOST_NOVEL
    candidates = tuple({"intent": other, "probability": round(p, 4)} for other, p in reading.candidates)
    return Score(
        verdict=name if fits else NOVEL,
        value=round(chance if fits else reading.novelty, 4),
        confidence=chance if fits else reading.novelty,
        reason=f"The customer's message fits the intent {name}."
        if fits
        else "The message fits no intent of the catalog.",
        evidence=(Evidence.of(stated[-1], "says what the customer wants"),),
        details=MappingProxyType({"novelty": round(reading.novelty, 6), "candidates": candidates, **pair}),
    )


def stating(conversation: Conversation) -> tuple[Message, ...]:
    """The messages that say what the customer wants: one burst of the customer's, before the handoff where it is there.

    The first burst (messages with nobody else's in between) with `FEWEST_WORDS` content words decides, else the one
    with the most. Empty when the customer wrote no text.
    """
    end = handoff_position(conversation)
    before = _bursts(conversation.public[:end])
    bursts = before or _bursts(conversation.public)
    sizes = [len(content(" ".join(m.text for m in burst))) for burst in bursts]
    if not bursts:
        return ()
    telling = next((i for i, size in enumerate(sizes) if size >= FEWEST_WORDS), sizes.index(max(sizes)))
    return bursts[telling]


def _bursts(messages: tuple[Message, ...]) -> list[tuple[Message, ...]]:
    """The customer's messages with text, those with nobody else's in between together."""
    bursts: list[tuple[Message, ...]] = []
    together = False
    for message in messages:
        if message.role is not Role.CUSTOMER:
            together = False
        elif message.text.strip():
            if together:
                bursts[-1] = (*bursts[-1], message)
            else:
                bursts.append((message,))
            together = True
    return bursts


def _reported(conversation: Conversation) -> str | None:
    """The intent that the bot assumed: of its first message that names one."""
    return next((m.bot.intent for m in conversation.by(Role.BOT) if m.bot is not None and m.bot.intent), None)
