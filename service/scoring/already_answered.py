"""Whether an agent's reply is what the bot had already answered: same words, same values, same meaning, or said so."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.conversation import Message, Role
from service.language.acts import read_bot_turns
from service.language.embedding import Embedder
from service.language.wording import content, values

FEWEST_WORDS = 3
"""Content words below which an agent's message is a greeting or a receipt, not an answer."""

ANSWERS = 0.4
"""Probability of being useful from which a bot's message is an answer that can be repeated."""

REPLIES = 3
"""Agent turns after the handoff that are looked at."""

_REFERS = re.compile(
    r"\b(?:as|like|what|the same|same (?:as|thing|steps|answer)|exactly what)\b[^.!?]{0,30}\b(?:bot|assistant"
    r"|chatbot|virtual agent|ai)\b"
    r"|\b(?:bot|assistant|chatbot) (?:is |was |has )?(?:already |correctly |right|correct|gave|told|said|explained"
    r"|mentioned|suggested)",
    re.IGNORECASE,
)
_TOLD_BY_BOT = re.compile(
    r"\b(?:bot|assistant|chatbot|robot)\b[^.!?]{0,25}\b(?:told|said|gave|sent|wrote|answered|mentioned|suggested)\b"
    r"|\bsame (?:thing |answer )?(?:as )?the (?:bot|assistant|chatbot)\b|\b(?:already|just) (?:had|got"
    r"|have) that (?:from|answer)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"\b(?:my name is|(?:this is|i'm|i am) [A-Z]\w+|(?:thanks|thank you) (?:for|so)|let me (?:have a look|look"
    r"|check|see|know)|i'll (?:take|have) a look"
    r"|(?:happy|glad) to help|one moment|bear with|i (?:totally |fully )?understand|sorry (?:for|about|to hear)"
    r"|hope (?:this|that) helps|have a (?:great|good|nice|lovely))\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CONTRADICTS = re.compile(
    r"\b(?:actually|incorrect|wrong|mistaken|outdated|not (?:quite )?(?:right|correct|true)|however|unfortunately"
    r"|instead|ignore|disregard)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Repetition:
    """The agent's message, the bot's earlier one, and how likely (0..1) the first only says what the second had."""

    agent: Message
    bot: Message
    probability: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two texts have in common: see `likeness`. All 0..1 but the counts."""

    covered: float
    cosine: float
    shared_values: int
    new_values: int
    fresh: int
    contradicts: bool


def already_answered(messages: Sequence[Message], handoff: int, embedder: Embedder) -> Repetition | None:
    """The most likely repetition of a bot's answer by an agent after the handoff; `None` without an answer of both."""
    useful = {act.message_id for act in read_bot_turns(messages[:handoff]) if act.useful >= ANSWERS}
    bots = [m for m in messages[:handoff] if m.role is Role.BOT and m.id in useful and says_much(m.text)]
    asked = frozenset().union(*(content(m.text) for m in messages[:handoff] if m.role is Role.CUSTOMER))
    replies = [r for r in _turns(messages[handoff:]) if says_much(statements(r.text))][:REPLIES]
    if not bots or not replies:
        return None
    rows = embedder.vectors([m.text for m in bots] + [statements(r.text) for r in replies])
    told = any(_TOLD_BY_BOT.search(m.text) for m in messages[handoff:] if m.role is Role.CUSTOMER)
    whole = " ".join(m.text for m in bots)
    found = []
    for r, reply in enumerate(replies):
        cosines = [float(rows[b] @ rows[len(bots) + r]) for b in range(len(bots))]
        closest = max(range(len(bots)), key=cosines.__getitem__)
        refers = bool(_REFERS.search(reply.text))
        # One answer may sum up several of the bot's, so it is held against all of them together as well.
        for bot, text in (*((bot, bot.text) for bot in bots), (bots[closest], whole)):
            cosine = cosines[closest] if text is whole else cosines[bots.index(bot)]
            chance = probability(likeness(reply.text, text, asked, cosine), refers=refers, told=told)
            found.append(Repetition(reply, bot, chance))
    return max(found, key=lambda repetition: repetition.probability)


def _turns(messages: Sequence[Message]) -> list[Message]:
    """The agents' messages, those that follow one another joined into one under the first one's id."""
    turns: list[Message] = []
    speaking = False
    for message in messages:
        if message.role is Role.AGENT and speaking:
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text}\n{message.text}")
        elif message.role is Role.AGENT:
            turns.append(message)
        speaking = message.role is Role.AGENT
    return turns


def says_much(text: str) -> bool:
    """Whether a message is more than a greeting or a receipt."""
    return len(content(text)) >= FEWEST_WORDS or bool(values(text))


def statements(text: str) -> str:
    """`text` without questions and courtesies: an agent who asks what the bot asked repeats no answer."""
    kept = [s for s in _SENTENCE.split(text) if not s.rstrip().endswith("?")]
    return " ".join(s for s in kept if values(s) or not _COURTESY.search(s))


def likeness(agent: str, bot: str, asked: frozenset[str], cosine: float) -> Likeness:
    """`covered`: share of the agent's content words that the bot had said, the customer's own words counting a third.

    `fresh` counts content words that neither the bot nor the customer had used; values as in `wording.values`.
    """
    answer = " ".join(s for s in _SENTENCE.split(statements(agent)) if says_much(s)) or agent
    mine, theirs = content(answer), content(bot)
    weights = {word: 1 / 3 if word in asked else 1.0 for word in mine}
    covered = sum(w for word, w in weights.items() if word in theirs) / (sum(weights.values()) or 1.0)
    mine_values, bot_values = values(answer), values(bot)
    return Likeness(
        covered=covered,
        cosine=cosine,
        shared_values=len(mine_values & bot_values),
        new_values=len({v for v in mine_values - bot_values if v not in asked}),
        fresh=len(mine - theirs - asked),
        contradicts=bool(_CONTRADICTS.search(answer)),
    )


def probability(like: Likeness, *, refers: bool, told: bool) -> float:
    """Of a repetition.

    The first five weights were rounded from an early logistic regression on our own pairs; beside one over all of
    `tests/samples/escalation_pairs.jsonl` `benchmarks/training/escalation.py` measures them (docs/weights.md). The
    intercept is lower, as repetitions are rarer than there.
    """
    logit = (
        -3.3
        + 3.1 * like.covered
        + 3.2 * like.cosine
        + 2.0 * min(like.shared_values, 2)
        - 1.2 * min(like.new_values, 3)
        - 0.35 * min(like.fresh, 10)
        - 1.5 * like.contradicts
        + 2.0 * refers
        + 2.0 * told
    )
    return 1 / (1 + math.exp(-logit))
