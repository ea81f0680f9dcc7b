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

details: `candidates` (every question after the handoff with its probability), `kinds` re-asked, `protests` (replies in
which the customer says that it was said before; they raise p), `given_again` (messages in which the customer states a
value again that nobody had asked for or named: no re-ask, but a customer who does not trust that it was passed on).

Source: matcher trained on Schema-Guided Dialogue by `benchmarks/training/context_repeat.py`; support frames: our own.

>>> from service.conversation import Author, Conversation, Message, Role
>>> from service.scoring.score import Case, History, Policy
>>> said = [
...     (Role.CUSTOMER, "My order 48213 never arrived"),
...     (Role.BOT, "I will hand you over."),
...     (Role.AGENT, "What is your order number?"),
... ]
>>> messages = tuple(Message(f"m{n}", Author(role), text) for n, (role, text) in enumerate(said))
>>> case = Case(Conversation("1", messages), History(), Policy(), embedder=None)
>>> score = context_repeat(case)
>>> score.verdict, score.value, score.evidence[0].answered_in
('repeated', 1, 'm0')
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.conversation import Conversation, Message, Role, handoff_position
from service.language.information.exchange import Exchange
from service.language.information.findings import Finding
from service.language.information.items import Item
from service.language.information.naming import name_of
from service.language.information.reask import asks_anything, assess, stated
from service.language.information.replies import told_before
from service.scoring.score import Case, Evidence, Score
from service.scoring.sentences import AFTER_HANDOFF, AFTER_TRANSFER, Sentence, listed
from service.scoring.transfers import transfers

READ_LENGTH = 4000
"""Characters of a message that are read: a pasted log asks and answers nothing, and patterns must stay fast."""

UNCLEAR_BAND = 0.15
"""How far below the threshold a question is still worth calling unclear."""

TELLING_LENGTH = 4
"""Characters from which a value is one that a customer would not state again by chance."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent's message after the handoff, what was found about it, and the reply that protests, if one does."""

    message: Message
    finding: Finding
    protest: Message | None = None


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
    begins = sorted({transfer.position for transfer in transfers(case.conversation)})
    asked = [
        Asked(messages[i], _judge(case, messages, i, _joined(begins, messages, i, start)), _protest(messages, i))
        for i in judged
    ]
    repeats = [a for a in asked if a.finding.probability >= threshold]
    top = max(a.finding.probability for a in asked)
    details = _details(
        candidates=[
            {"message": a.message.id, "probability": round(a.finding.probability, 4)}
            for a in asked
            if asks_anything(a.message.text[:READ_LENGTH]) or a.finding.probability >= threshold
        ],
        kinds=sorted({a.finding.item.kind.value for a in repeats if a.finding.item}),
        protests=[{"message": a.protest.id} for a in asked if a.protest is not None],
        given_again=_given_again(messages, start),
    )
    if repeats:
        evidence = tuple(_evidence(a) for a in repeats)
        reason = _reason(repeats, AFTER_TRANSFER if handoff_position(case.conversation) is None else AFTER_HANDOFF)
        return Score("repeated", len(repeats), round(top, 4), reason, evidence, details)
    if top >= threshold - UNCLEAR_BAND:
        reason = "A question after the handoff may ask for something the customer had given; that is not sure."
        return Score("unclear", 0, round(1 - top, 4), reason, (), details)
    return Score(
        "preserved", 0, round(1 - top, 4), "Nothing the customer had already given was asked for again.", (), details
    )


def _undefined(reason: str) -> Score:
    return Score(None, reason=reason, details=_details())


def _details(**known: object) -> Mapping[str, object]:
    """Every key is there, also where it does not apply."""
    return MappingProxyType({"candidates": [], "kinds": [], "protests": [], "given_again": [], **known})


def _first_judged(conversation: Conversation) -> int | None:
    """Index into the public messages from which agents are judged: the handoff, else the first transfer."""
    position = handoff_position(conversation)
    if position is not None:
        return position
    return next((transfer.position for transfer in transfers(conversation)), None)


def _joined(begins: Sequence[int], messages: Sequence[Message], position: int, start: int) -> int:
    """Index of the first message of the agent who wrote `position`, in this stint: what came before it was given.

    A transfer begins a stint, unless the same agent goes on after it: then only the queue changed.
    """
    own = messages[position].author
    first = position
    for i in range(position - 1, start - 1, -1):
        moved = bisect_right(begins, i) < bisect_right(begins, first)
        if messages[i].role is not Role.AGENT:
            continue
        author = messages[i].author
        same = author.id is not None and author.id == own.id
        if not same and (moved or (own.id is not None and author.id is not None)):
            break
        first = i
    return first


def _judge(case: Case, messages: Sequence[Message], position: int, joined: int) -> Finding:
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


def _protest(messages: Sequence[Message], position: int) -> Message | None:
    """The customer's reply to the message at `position`, up to the next human's, that says it was said before."""
    for message in messages[position + 1 :]:
        if message.role is Role.AGENT:
            break
        if message.role is Role.CUSTOMER and told_before(message.text[:READ_LENGTH]):
            return message
    return None


def _given_again(messages: Sequence[Message], start: int) -> list[dict[str, str]]:
    """Customer messages after the handoff that state a value again although nobody had asked or named it."""
    again: list[dict[str, str]] = []
    first_said: dict[str, int] = {}
    for i, message in enumerate(messages[:start]):
        if message.role is Role.CUSTOMER:
            for value in _values(message):
                first_said.setdefault(value, i)
    named: set[str] = set()
    answered, prompt = False, next((m for m in reversed(messages[:start]) if m.role is not Role.CUSTOMER), messages[0])
    for message in messages[start:]:
        values = _values(message)
        if message.role is not Role.CUSTOMER:
            answered, prompt = answered or message.role is Role.AGENT, message
        elif answered and not asks_anything(prompt.text[:READ_LENGTH]):
            repeated = [first_said[value] for value in values - named if value in first_said]
            if repeated:
                again.append({"message": message.id, "answered_in": messages[min(repeated)].id})
        named |= values
    return again


def _values(message: Message) -> frozenset[str]:
    """The numbers, codes and addresses a message states that are long enough to mean one thing."""
    return frozenset(value for value in stated(message.text[:READ_LENGTH]) if len(value) >= TELLING_LENGTH)


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
    protest = "; the customer says so" if asked.protest is not None else ""
    return Evidence.of(
        asked.message, f"{what}, given before{protest}" if answered else what + protest, answered_in=answered
    )


def _reason(repeats: Sequence[Asked], sentence: Sentence) -> str:
    items: list[Item | None] = [a.finding.item for a in repeats]
    names = list(dict.fromkeys(name_of(item) for item in items))
    return sentence(listed=listed(names))
