"""intent: what the customer wanted, from the account's own catalog, or that it fits none of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.conversation import Conversation, Message, Role, handoff_position
from service.language.detection import ENGLISH, language
from service.language.intents import IntentReading
from service.language.similarity import telling_subject
from service.language.wording import content, stem
from service.scoring.score import Case, Evidence, Score

NOVEL = "novel"

_VAGUE = frozenset(map(stem, "account agent chat concern human info information matter person query staff".split()))
"""Content words that still leave open what the customer wants: "a question about my account", "agent please"."""


def intent(case: Case) -> Score:
    """What the customer wanted: the name of an intent of the catalog, or `novel`.

    Read from the first customer message that says something, with what the customer wrote around it and the subject
    where that says something. `value` is the probability (0..1) that the verdict is right; the verdict is whatever is
    likeliest, an intent or `novel`. `details.novelty` (0..1) is the probability that the message fits no intent (of n
    in the catalog, taken to miss 3 in 3 + n messages), `details.candidates` are the likeliest intents.
    `details.reported` is the intent the bot assumed, `details.corrected` the one a human put in its place, where the
    helpdesk has them: the pair that recognition accuracy is counted from. `None` without a catalog or a customer's
    text, and in a language other than English, which the text model is not validated for.

    >>> from service.conversation import Author, Conversation, Message, Role
    >>> from service.scoring.score import History, Policy
    >>> asked = Conversation(id="1", messages=(Message("m0", Author(Role.CUSTOMER), "Where is my parcel?"),))
    >>> intent(Case(asked, History(), Policy(), embedder=None)).reason
    'This account has no intent catalog.'
    """
    conversation = case.conversation
    pair = {"reported": _reported(conversation), "corrected": conversation.intent_corrected}
    stated = stating(conversation)
    if case.catalog is None or not stated:
        reason = "This account has no intent catalog." if case.catalog is None else "The customer wrote no text."
        return Score(verdict=None, reason=reason, details=MappingProxyType({"novelty": None, **pair}))
    reading = case.catalog.read(stated_text(conversation, stated), case.embedder)
    spoken = language(conversation)
    if spoken != ENGLISH:
        return _unread(spoken, {"novelty": round(reading.novelty, 9), **pair})
    return _read(stated, reading, pair)


def _read(stated: tuple[Message, ...], reading: IntentReading, pair: Mapping[str, object]) -> Score:
    name, chance = reading.candidates[0]
    value = reading.novelty if reading.novel else chance
    candidates = tuple({"intent": other, "probability": round(p, 4)} for other, p in reading.candidates)
    return Score(
        verdict=NOVEL if reading.novel else name,
        value=round(value, 4),
        confidence=value,
        reason="The message fits no intent of the catalog."
        if reading.novel
        else f"The customer's message fits {name}.",
        evidence=(
            Evidence.of(_telling(stated), "fits no intent" if reading.novel else "says what the customer wants"),
        ),
        details=MappingProxyType({"novelty": round(reading.novelty, 9), "candidates": candidates, **pair}),
    )


def _unread(spoken: str, details: Mapping[str, object]) -> Score:
    """No verdict in this language; the novelty that the model gives is kept beside it."""
    reason = f"language: the text model is validated for English only, this is {spoken}."
    return Score(verdict=None, confidence=0.0, reason=reason, details=MappingProxyType({**details, "language": spoken}))


def stating(conversation: Conversation) -> tuple[Message, ...]:
    """The messages that say what the customer wants: one burst of the customer's, before the handoff where it is there.

    The first burst (messages with nobody else's in between) that names anything decides: a greeting, "I have a
    question" or a number does not. When none does, the first of all. Empty when the customer wrote no text.
    """
    end = handoff_position(conversation)
    before = _bursts(conversation.public[:end])
    bursts = before or _bursts(conversation.public)
    return next((burst for burst in bursts if any(_named(message) for message in burst)), bursts[0] if bursts else ())


def _telling(stated: tuple[Message, ...]) -> Message:
    """The message that names most; of several the first."""
    return max(stated, key=lambda message: len(_named(message)))


def _named(message: Message) -> frozenset[str]:
    """The words of a message that say what it is about."""
    return frozenset(word for word in content(message.text) - _VAGUE if not word[0].isdigit())


def stated_text(conversation: Conversation, stated: tuple[Message, ...]) -> str:
    """What the `stated` messages say, under the subject unless they begin with it."""
    subject, texts = telling_subject(conversation), [message.text.strip() for message in stated]
    if subject and not texts[0].lower().startswith(subject.lower().rstrip(".\u2026 ")):
        texts.insert(0, subject)
    return "\n".join(texts)


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
