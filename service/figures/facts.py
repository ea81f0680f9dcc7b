"""The fact of one scored episode, read from its scorecard and the episode itself; no text of a customer gets in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from service.conversation import Conversation, Feedback, Message, Role
from service.figures.fact import DIMENSIONS, Fact
from service.figures.had_answer import had_answer
from service.language.detection import language
from service.scoring.corrected import own_verdict
from service.scoring.handoff import find_handoff
from service.scoring.score import Score, Scorecard

__all__ = ["DIMENSIONS", "Fact", "fact_of", "rejudged"]

LONGEST_NAME = 200
"""Characters of a dimension's value that are kept."""


def fact_of(card: Scorecard, episode: Conversation) -> Fact:
    """The fact of one scorecard and the episode that it is of. A score that is missing or undefined leaves `None`."""
    scores = card.scores
    return Fact(
        helpdesk=card.helpdesk,
        account=card.account,
        conversation=card.id,
        episode=card.episode,
        definitions=card.definitions,
        **_place(card, episode),
        **_course(episode, _moment(_score(scores, "handoff_time").details.get("handoff_at"))),
        **_said(scores),
        had_answer=had_answer(_score(scores, "escalation"), episode),
    )


def rejudged(fact: Fact, card: Scorecard) -> Fact:
    """The fact of the same episode with other verdicts, as `card` has them now: the episode itself is not needed."""
    intent = _score(card.scores, "intent")
    return replace(
        fact,
        **_said(card.scores),
        intent=fact.intent_corrected or name(intent.verdict),
        intent_read=name(own_verdict(intent)),
    )


def _said(scores: Mapping[str, Score]) -> dict[str, Any]:
    """All that the scores say by themselves."""
    return {
        **_repeat(_score(scores, "repeat_contact")),
        **_context_and_effort(_score(scores, "context_repeat"), _score(scores, "effort")),
        **_escalation(_score(scores, "escalation"), _score(scores, "containment")),
        **_answers(_score(scores, "answer_relevance"), _score(scores, "resolution_confidence")),
        **_times(_score(scores, "handoff_time")),
        **_rest(scores),
    }


def _score(scores: Mapping[str, Score], name: str) -> Score:
    return scores.get(name) or Score(None)


def _place(card: Scorecard, episode: Conversation) -> dict[str, Any]:
    """The dimensions, the day, and what is known of the intent."""
    bot = next((m.author.id for m in episode.by(Role.BOT) if m.author.id), None)
    group = next((m.author.group for m in episode.by(Role.AGENT) if m.author.group), None)
    reported = next((m.bot.intent for m in episode.by(Role.BOT) if m.bot and m.bot.intent), None)
    intent = _score(card.scores, "intent")
    reported = name(intent.details.get("reported")) or name(reported)
    corrected = name(episode.intent_corrected)
    ended = episode.ended_at
    return {
        "day": ended.astimezone(UTC).date().isoformat() if ended else None,
        "channel": episode.channel.value,
        "brand": name(episode.brand),
        "inbox": name(episode.inbox),
        "bot": name(bot),
        "group": name(group),
        "intent": corrected or name(intent.verdict),
        "language": language(episode),
        "intent_read": name(own_verdict(intent)),
        "intent_reported": reported,
        "intent_corrected": corrected,
        "novelty": number(intent.details.get("novelty")),
    }


def name(value: object) -> str | None:
    """`value` as a name on one line, `None` when nothing is left of it.

    >>> name("  Refund\\tstatus "), name("")
    ('Refund status', None)
    """
    if not isinstance(value, str):
        return None
    return " ".join(value.replace("\x00", " ").split())[:LONGEST_NAME] or None


def number(value: object) -> float | None:
    """`value` as a finite number, `None` when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < float("inf") else None


def _moment(value: object) -> datetime | None:
    """A time of a score's details, which is text where the card was stored."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else None


def _course(episode: Conversation, handed: datetime | None) -> dict[str, Any]:
    """Who took part, and what came before the handoff; `handed` is its time as `handoff_time` tells it."""
    bots, agents = episode.by(Role.BOT), episode.by(Role.AGENT)
    handoff = find_handoff(episode)
    first = next((m for m in episode.by(Role.CUSTOMER) if m.at), None)
    start = first.at if first else None
    course: dict[str, Any] = {
        "bot_took_part": bool(bots),
        "handed_off": handoff is not None,
        "agent_messages": len(agents),
        "helpful": sum(m.feedback is Feedback.HELPFUL for m in bots),
        "unhelpful": sum(m.feedback is Feedback.UNHELPFUL for m in bots),
    }
    if handoff is not None:
        course["bot_turns_before"] = _bot_turns(episode.public[: handoff.position])
        course["seconds_before"] = _between(start, handed or handoff.at)
    elif agents:
        course["direct_seconds"] = _between(start, episode.closed_at)
    return course


def _bot_turns(messages: tuple[Message, ...]) -> int:
    """Turns of the bot: messages in a row are one."""
    roles = [m.role for m in messages if m.role in (Role.BOT, Role.CUSTOMER)]
    return sum(role is Role.BOT and (i == 0 or roles[i - 1] is not Role.BOT) for i, role in enumerate(roles))


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return max(0.0, (end - start).total_seconds()) if start and end else None


def _repeat(score: Score) -> dict[str, Any]:
    windows = score.details.get("windows")
    longer = windows if isinstance(windows, Mapping) else {}
    return {
        "repeat": score.verdict,
        "repeat_72h": longer.get("72h"),
        "repeat_7d": longer.get("7d"),
        "is_repeat": score.details.get("repeat_of") is not None,
    }


def _context_and_effort(context: Score, effort: Score) -> dict[str, Any]:
    ces = number(effort.details.get("survey_ces"))
    return {
        "context": context.verdict,
        "re_asks": int(context.value or 0) if context.verdict in ("repeated", "preserved") else None,
        "re_asked": _strings(context.details.get("kinds")),
        "effort": effort.verdict,
        "effort_value": effort.value,
        "survey_ces": ces if ces is not None and 1 <= ces <= 7 else None,
    }


def _escalation(escalation: Score, containment: Score) -> dict[str, Any]:
    details = escalation.details
    return {
        "escalation": escalation.verdict,
        "timing": name(details.get("timing")),
        "reason": name(details.get("reason")),
        "trigger": name(details.get("trigger")),
        "escalation_delay": escalation.value,
        "containment": containment.verdict,
        "containment_value": containment.value,
        "claimed": name(containment.details.get("claimed")),
    }


def _answers(relevance: Score, confidence: Score) -> dict[str, Any]:
    """The judged answers, and the bot's confidence."""
    answers = relevance.details.get("answers")
    judged = []
    for answer in answers if isinstance(answers, list | tuple) else ():
        value = number(answer.get("relevance"))
        if value is not None and answer.get("judged", True):
            source = name(answer.get("source")) or "unknown"
            judged.append(f"{source} {'relevant' if value >= RELEVANT else 'irrelevant'}")
    return {
        "relevance": relevance.verdict,
        "answers": tuple(judged),
        "answers_unsure": int(number(relevance.details.get("unsure")) or 0),
        "confidence": confidence.verdict,
        "confidence_value": confidence.value,
        "confidence_source": name(confidence.details.get("source")),
    }


RELEVANT = 0.5
"""Relevance from which an answer counts as relevant."""


def _times(score: Score) -> dict[str, Any]:
    details = score.details
    moves = details.get("transfers")
    return {
        "handoff": score.verdict,
        "handoff_seconds": score.value,
        "handoff_business": number(details.get("business_seconds")),
        "first_reply": number(details.get("first_reply_seconds")),
        "first_reply_business": number(details.get("business_first_reply_seconds")),
        "waited": number(details.get("waited_seconds")) if score.verdict == "abandoned_in_queue" else None,
        "transfers": len(moves) if score.verdict == "answered" and isinstance(moves, list | tuple) else None,
    }


def _rest(scores: Mapping[str, Score]) -> dict[str, Any]:
    gap, training, satisfaction = (_score(scores, n) for n in ("knowledge_gap", "training_example", "satisfaction"))
    return {
        "gap": gap.verdict,
        "gap_reason": name(gap.details.get("reason")),
        "training": training.verdict,
        "training_reasons": _strings(training.details.get("reasons")),
        "satisfaction": satisfaction.verdict,
        "satisfaction_value": satisfaction.value,
    }


def _strings(value: object) -> tuple[str, ...]:
    """Names without repetition, in order; nothing when `value` is no list."""
    given = value if isinstance(value, list | tuple) else ()
    return tuple(dict.fromkeys(text for text in map(name, given) if text is not None))
