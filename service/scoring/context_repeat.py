"""context_repeat: after a handoff, did the human ask for what the customer had already given?

Definition (metrics, score 2): for every public agent message after the handoff from the bot, or after a transfer
between agents, the probability that it asks for information the customer gave before that agent's first word, to the
bot or to an earlier agent. Kinds: identifiers, contact details, dates, places, product or device, amounts, error
texts, steps already tried, the problem itself. Security checks, explicit confirmations, another thing of the same
kind, and asking again because an answer was unusable do not count.

Formula: p(message) = max(learned matcher over exchanges, written support frames), moved by the customer's reply;
a message re-asks when p >= `policy.repeated_context_threshold`. value = number of re-asking messages (unit: messages).
Verdicts: `repeated` (at least one), `unclear` (none, but one within 0.15 below the threshold), `preserved`; None when
there was no handoff and no transfer, or no human wrote after it.

Source: matcher trained on Schema-Guided Dialogue by `benchmarks/training/context_repeat.py`; support frames are our own.

>>> from service.conversation import Author, Conversation, Message, Role
>>> from service.scoring.score import Case, History, Policy
>>> said = [
...     (Role.CUSTOMER, "My order 48213 never arrived"),
...     (Role.BOT, "I will hand you over."),
...     (Role.AGENT, "What is your order number?"),
... ]
>>> messages = tuple(Message(f"m{n}", Author(role), text) for n, (role, text) in enumerate(said))
>>> case = Case(Conversation("1", messages), History(), Policy(), embedder=None)  # type: ignore[arg-type]
>>> score = context_repeat(case)
>>> score.verdict, score.value, score.evidence[0].answered_in
('repeated', 1, 'm0')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.conversation import Conversation, EventKind, Message, Role, handoff_position
from service.language.information.exchange import Exchange
from service.language.information.findings import Finding
from service.language.information.items import Item
from service.language.information.naming import name_of
from service.language.information.reask import asks_anything, assess
from service.scoring.score import Case, Evidence, Score

READ_LENGTH = 4000
"""Characters of a message that are read: a pasted log asks and answers nothing, and patterns must stay fast."""

UNCLEAR_BAND = 0.15
"""How far below the threshold a question is still worth calling unclear."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent's message after the handoff and what was found about it."""

    message: Message
    finding: Finding


def context_repeat(case: Case) -> Score:
    """Score how well context survived the handoff; see the module's docstring."""
    messages = case.conversation.public
    start = _first_judged(case.conversation)
    if start is None:
        return _undefined("There was no handoff to a human and no transfer between agents.")
    judged = [i for i in range(start, len(messages)) if messages[i].role is Role.AGENT]
    if not judged:
        return _undefined("No human wrote after the handoff.")
    threshold = case.policy.repeated_context_threshold
    asked = [Asked(messages[i], _judge(case, i, start)) for i in judged]
    repeats = [a for a in asked if a.finding.probability >= threshold]
    top = max(a.finding.probability for a in asked)
    details = MappingProxyType(
        {
            "candidates": [
                {"message": a.message.id, "probability": round(a.finding.probability, 4)}
                for a in asked
                if asks_anything(a.message.text[:READ_LENGTH]) or a.finding.probability >= threshold
            ],
            "kinds": sorted({a.finding.item.kind.value for a in repeats if a.finding.item}),
        }
    )
    if repeats:
        evidence = tuple(_evidence(a) for a in repeats)
        return Score("repeated", len(repeats), round(top, 4), _reason(repeats), evidence, details)
    if top >= threshold - UNCLEAR_BAND:
        reason = "A question after the handoff may ask for something the customer had given; that is not sure."
        return Score("unclear", 0, round(1 - top, 4), reason, (), details)
    return Score(
        "preserved", 0, round(1 - top, 4), "Nothing the customer had already given was asked for again.", (), details
    )


def _undefined(reason: str) -> Score:
    return Score(None, reason=reason, details=MappingProxyType({"candidates": []}))


def _first_judged(conversation: Conversation) -> int | None:
    """Index into the public messages from which agents are judged: the handoff, else the first transfer."""
    position = handoff_position(conversation)
    if position is not None:
        return position
    transfers = _transfers(conversation)
    return transfers[0] if transfers else None


def _transfers(conversation: Conversation) -> list[int]:
    """Where in the public messages a transfer between agents fell, by time; transfers without a time are left out."""
    messages = conversation.public
    moments = sorted(e.at for e in conversation.events if e.kind == EventKind.TRANSFERRED and e.at is not None)
    return [
        next((i for i, m in enumerate(messages) if m.at is not None and m.at >= moment), len(messages))
        for moment in moments
    ]


def _joined(conversation: Conversation, messages: Sequence[Message], position: int, start: int) -> int:
    """Index of the first message of the agent who wrote `position`, in this stint: what came before it was given."""
    floor = max([start, *(i for i in _transfers(conversation) if i <= position)])
    author = messages[position].author.id
    first = position
    for i in range(position - 1, floor - 1, -1):
        if messages[i].role is not Role.AGENT:
            continue
        if author is not None and messages[i].author.id not in (author, None):
            break
        first = i
    return first


def _judge(case: Case, position: int, start: int) -> Finding:
    messages = case.conversation.public
    joined = _joined(case.conversation, messages, position, start)
    exchanges = _exchanges(messages[:joined], case.conversation.subject)
    spoken = sum(1 for m in messages[joined:position] if m.role is Role.AGENT)
    reply = _reply(messages, position)
    question = messages[position].text[:READ_LENGTH]
    return assess(question, exchanges, reply, opening=spoken <= 1, embedder=case.embedder)


def _exchanges(messages: Sequence[Message], subject: str | None) -> list[Exchange]:
    """The customer's messages, each with the message it answers; the subject line belongs to the first of them."""
    exchanges: list[Exchange] = []
    prompt = ""
    for message in messages:
        if message.role is Role.CUSTOMER:
            if subject and not exchanges:
                exchanges.append(Exchange(message.id, "", subject[:READ_LENGTH]))
            text = message.text[:READ_LENGTH]
            exchanges.append(Exchange(message.id, prompt, text, message.attachments))
        elif message.role in (Role.BOT, Role.AGENT):
            prompt = message.text[:READ_LENGTH]
    return exchanges


def _reply(messages: Sequence[Message], position: int) -> str | None:
    """What the customer wrote next, as one text, before the next answer of a human; None when nothing came."""
    said: list[str] = []
    for message in messages[position + 1 :]:
        if message.role is Role.CUSTOMER:
            said.append(message.text)
        elif said and message.role is Role.AGENT:
            break
    return "\n".join(said)[:READ_LENGTH] or None


def _evidence(asked: Asked) -> Evidence:
    answered = asked.finding.exchange.message if asked.finding.exchange else None
    what = f"asks for {name_of(asked.finding.item)}"
    return Evidence.of(asked.message, f"{what}, given before" if answered else what, answered_in=answered)


def _reason(repeats: Sequence[Asked]) -> str:
    items: list[Item | None] = [a.finding.item for a in repeats]
    names = list(dict.fromkeys(name_of(item) for item in items))
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return f"After the handoff the human asked again for {listed}, which the customer had already given."
