"""resolution_confidence: how sure the bot was of its answers, as it reports or, where it does not, as estimated."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from service.conversation import Conversation, Message, Role, handoff_position
from service.scoring.score import Case, Evidence, Policy, Score

ESCALATED = -1.5
"""Log odds of an estimate where a person had to take over: the bot itself did not resolve it."""

RELEVANCE = 2.0
CLAIMED_FAILURE = -0.7
NOVELTY = -2.0
"""What moves an estimate, in log odds: answers that were all relevant (or none: the same downwards), the bot's own word
that it failed, a wish that surely fits no known intent. Set by judgement; a claimed success moves nothing, as on
conversations with verified outcomes it did not make one likelier."""

ESTIMATED = 0.5
"""Confidence of an estimate."""


class Sureness(StrEnum):
    """How sure the bot was."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class _Reported:
    """A confidence the bot reported, and the answer it reported it with; `None` for the conversation as a whole."""

    value: float
    message: Message | None = None


def resolution_confidence(case: Case) -> Score:
    """How sure the bot was of what it answered.

    Value, 0..1: the mean of the confidence that the bot reported with its answers (`details.lowest` beside it). Answers
    are its public messages after a customer's, up to the handoff. Where no answer has one, the conversation's attribute
    or tag that `policy.confidence_attribute` names (0..1, or 0..100). `details.source` is then `reported`.

    Where nothing is reported, an estimate from how the conversation went (`details.source` `estimated`): the logistic
    of `_log_odds`.

    Verdict: `high` from `policy.high_confidence` (.8), `low` below `policy.low_confidence` (.5), else `medium`. `None`
    when no bot answered a customer, or when there is nothing to estimate from (another language).

    details: `source`, `lowest`, `mean`, `answers` (how many carry a confidence), `lowest_message`.
    Source: `metrics.md` 8.

    >>> from service.conversation import Author, BotTurn
    >>> from service.scoring.score import History
    >>> said = [(Role.CUSTOMER, None), (Role.BOT, 0.9), (Role.CUSTOMER, None), (Role.BOT, 0.4)]
    >>> messages = tuple(
    ...     Message(f"m{i}", Author(role), "Hello", bot=None if sure is None else BotTurn(confidence=sure))
    ...     for i, (role, sure) in enumerate(said)
    ... )
    >>> score = resolution_confidence(Case(Conversation("1", messages), History(), Policy(), None))
    >>> score.verdict, score.value, score.details["lowest"], score.details["source"]
    ('medium', 0.65, 0.4, 'reported')
    """
    answers = _answers(case.conversation)
    if not answers:
        return Score(None, reason="No bot answered the customer.", details=_details())
    reported = _reported(answers) or _mapped(case.conversation, case.policy)
    if not reported:
        return _estimated(case, answers)
    return _as_reported(reported, answers, case.policy)


def _as_reported(reported: Sequence[_Reported], answers: Sequence[Message], policy: Policy) -> Score:
    """The mean of what the bot reported, with the answer that it was least sure of."""
    lowest = min(reported, key=lambda r: r.value)
    mean = round(sum(r.value for r in reported) / len(reported), 4)
    if lowest.message is None:
        reason = f"The helpdesk carries a confidence of the bot of {mean:.2f}."
        evidence = Evidence.of(answers[-1], f"answered with a confidence of {mean:.2f} over all")
    else:
        reason = f"The bot reported a confidence of {mean:.2f} on average and {lowest.value:.2f} at the lowest."
        evidence = Evidence.of(lowest.message, f"answered with a confidence of {lowest.value:.2f}, its lowest")
    return Score(
        _verdict(mean, policy).value,
        value=mean,
        reason=reason,
        evidence=(evidence,),
        details=_details(
            source="reported",
            lowest=lowest.value,
            mean=mean,
            answers=sum(r.message is not None for r in reported),
            lowest_message=lowest.message.id if lowest.message else None,
        ),
    )


def _answers(conversation: Conversation) -> tuple[Message, ...]:
    """The bot's public messages after a customer's first, before the handoff or any person."""
    messages = conversation.public[: handoff_position(conversation)]
    person = next((i for i, m in enumerate(messages) if m.role is Role.AGENT), len(messages))
    first = next((i for i, m in enumerate(messages) if m.role is Role.CUSTOMER), len(messages))
    return tuple(m for m in messages[first:person] if m.role is Role.BOT)


def _reported(answers: Sequence[Message]) -> list[_Reported]:
    return [_Reported(m.bot.confidence, m) for m in answers if m.bot is not None and m.bot.confidence is not None]


def _mapped(conversation: Conversation, policy: Policy) -> list[_Reported]:
    """The confidence that the conversation's attribute holds, else its tag; empty where neither can be read."""
    name = policy.confidence_attribute
    tags = [tag.removeprefix(name).lstrip("_:=-") for tag in conversation.tags if tag.startswith(name)]
    found = (_share(given) for given in (conversation.attributes.get(name), *tags))
    return [_Reported(share) for share in found if share is not None][:1]


LONGEST = 40
"""Characters of a reported confidence; what is longer is none."""

_NUMBER = re.compile(r"\s*(\d{1,3})(?:[._,](\d+))?\s*(%)?\s*")


def _share(given: object) -> float | None:
    """A number from 0 to 1, or of percent up to 100; in a tag "0_82" is 0.82. `None` for anything else."""
    text = str(given) if isinstance(given, (int, float, str)) and not isinstance(given, bool) else ""
    found = _NUMBER.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    number = float(f"{found[1]}.{found[2] or 0}")
    share = number / 100 if found[3] or number > 1 else number
    return round(share, 4) if share <= 1 else None


def _estimated(case: Case, answers: Sequence[Message]) -> Score:
    """Deskmark's own estimate, marked as one."""
    contained = case.so_far.get("containment")
    if contained is None or "language" in contained.details:
        reason = "language: the bot reports no confidence, and there is nothing in English to estimate it from."
        return Score(None, confidence=0.0, reason=reason, details=_details())
    value = round(1 / (1 + math.exp(-_log_odds(case, contained))), 4)
    return Score(
        _verdict(value, case.policy).value,
        value=value,
        confidence=ESTIMATED,
        reason=f"The bot reports no confidence; from how the conversation went, Deskmark estimates {value:.2f}.",
        evidence=(Evidence.of(answers[-1], "the bot's last answer"),),
        details=_details(source="estimated", lowest=value, mean=value),
    )


def _log_odds(case: Case, contained: Score) -> float:
    """Of the bot being right: logit(c) + 2 (2 r - 1) - 0.7 [the bot says that it failed] - 2 max(0, 2 n - 1).

    c is the value of `containment` (logit -1.5 where a person took over), r of `answer_relevance` and n the novelty of
    `intent`, each left out where it is not known. A convention, not fitted.
    """
    resolved = None if contained.value is None else min(max(contained.value, 0.01), 0.99)
    relevance = _number(case.so_far.get("answer_relevance"), "value")
    novelty = _number(case.so_far.get("intent"), "novelty")
    logit = ESCALATED if resolved is None else math.log(resolved / (1 - resolved))
    logit += RELEVANCE * (2 * relevance - 1) if relevance is not None else 0.0
    logit += NOVELTY * max(0.0, 2 * novelty - 1) if novelty is not None else 0.0
    logit += CLAIMED_FAILURE if contained.details.get("claimed") == "failure" else 0.0
    return logit


def _number(score: Score | None, part: str) -> float | None:
    """A score's value, or one of its details, if it is a number."""
    if score is None:
        return None
    found = score.value if part == "value" else score.details.get(part)
    return float(found) if isinstance(found, (int, float)) else None


def _verdict(value: float, policy: Policy) -> Sureness:
    if value >= policy.high_confidence:
        return Sureness.HIGH
    return Sureness.LOW if value < policy.low_confidence else Sureness.MEDIUM


def _details(
    source: str | None = None,
    *,
    lowest: float | None = None,
    mean: float | None = None,
    answers: int = 0,
    lowest_message: str | None = None,
) -> Mapping[str, object]:
    """Every key is there, also where it does not apply."""
    return MappingProxyType(
        {"source": source, "lowest": lowest, "mean": mean, "answers": answers, "lowest_message": lowest_message}
    )
