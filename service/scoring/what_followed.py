"""What came after an answer of the bot, as numbers: evidence beside its text, weaker than the signs of `answer_signs`.

A customer who is content, or who goes on from the answer rather than back to the question; a person who takes over;
the bot saying the same again. The weights are learned by `benchmarks/training/what_followed.py`
from our own chats; they only ever move a probability, none of these decides alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from service.conversation import Message, Role, handoff_position
from service.language.embedding import Embedder
from service.language.statements import Outcome
from service.language.wording import content
from service.scoring.answers import CERTAIN, Answer
from service.scoring.bot_part import BotPart
from service.scoring.replies import reply_outcomes
from service.scoring.score import Case

PLEASED = frozenset({Outcome.WORKS, Outcome.ACCEPTS, Outcome.TRIES})
PERSONS_WORDS = 4
"""Content words from which a person's message is an answer of their own."""

MOST = 4.0
"""Log odds beyond which the text alone says nothing more."""

_BUT = re.compile(r"\bbut\b|\?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed one answer, each 0 when it did not happen.

    `pleased`: the next reply is content. `back`: how much nearer the reply lies to an earlier question than to the
    answer (difference of cosines). `person`: a person took over before the bot's next answer, or answered later on, and
    the reply was not content. `again`: the bot had said the same before.
    """

    pleased: float
    back: float
    person: float
    again: float


@dataclass(frozen=True, slots=True)
class Trace:
    """What followed, and the message of it that shows it best; `None` when nobody wrote afterwards."""

    followed: Followed
    shown: Message | None


TEXT, SLOPES, INTERCEPT = 1.01, Followed(pleased=1.73, back=-0.55, person=-0.61, again=-0.22), -0.21
"""Weights of the log odds of the text and of what followed."""


def chance(text: float, followed: Followed) -> tuple[float, bool]:
    """The probability that an answer addressed the question, and whether what followed weighs more than the text."""
    odds = math.log(max(text, 1e-9) / max(1 - text, 1e-9))
    said = TEXT * max(-MOST, min(MOST, odds)) + INTERCEPT
    shown = sum(slope * value for slope, value in zip(astuple(SLOPES), astuple(followed), strict=True))
    return 1 / (1 + math.exp(-said - shown)), abs(shown) > abs(said)


def traces(case: Case, part: BotPart, found: Sequence[Answer]) -> dict[str, Trace]:
    """What followed each answer, by message id."""
    outcomes = reply_outcomes(part.messages, part.customer)
    handed_over = handoff_position(case.conversation)
    return {a.message.id: _trace(part, a, outcomes, handed_over, case.embedder) for a in found}


def _trace(
    part: BotPart, answer: Answer, outcomes: dict[int, Outcome], handed_over: int | None, embedder: Embedder
) -> Trace:
    at, messages = answer.position, part.messages
    reply = _reply(part, at)
    pleased = reply is not None and _is_pleased(part, reply, outcomes)
    persons = [m for m in messages[at + 1 :] if m.role is Role.AGENT and len(content(m.text)) >= PERSONS_WORDS]
    back = 0.0
    if reply is not None:
        earlier = [part.vectors[i] for i in part.customer if i < at]
        nearest = max((float(part.vectors[reply] @ asked) for asked in earlier), default=0.0)
        back = nearest - float(part.vectors[reply] @ embedder.vectors([answer.message.text])[0])
    following = min((i for i in part.bot if i > at and part.acts[i].useful >= CERTAIN), default=len(messages))
    taken_over = handed_over is not None and at < handed_over <= following
    followed = Followed(
        pleased=float(pleased),
        back=back,
        person=float(not pleased and (taken_over or bool(persons))),
        again=float(part.repeats(at) > 0),
    )
    return Trace(followed, messages[reply] if reply is not None else next(iter(persons), None))


def _reply(part: BotPart, at: int) -> int | None:
    """The customer's first message after the bot's at `at`, unless a person had written in between."""
    for i in range(at + 1, len(part.messages)):
        if part.messages[i].role is Role.AGENT:
            return None
        if part.messages[i].role is Role.CUSTOMER:
            return i if i in part.customer else None
    return None


def _is_pleased(part: BotPart, reply: int, outcomes: dict[int, Outcome]) -> bool:
    """Whether the reply is content; "ok, but" is not."""
    outcome = outcomes.get(reply)
    if outcome is Outcome.WORKS:
        return True
    return not _BUT.search(part.messages[reply].text) and (outcome in PLEASED or part.settles(reply))
