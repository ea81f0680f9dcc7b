"""How the pages name scores and verdicts: plain words and a tone. Text only; what a verdict means is decided elsewhere.

A verdict this table does not know is shown by its own name in a neutral tone, so a new score needs no change here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from service.scoring.score import Score


class Tone(StrEnum):
    """How a verdict is coloured; the word beside the colour always says the same."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict in plain words: its label on a chip and one sentence."""

    label: str
    tone: Tone
    meaning: str


@dataclass(frozen=True, slots=True)
class Described:
    """One score in plain words: its name, the question it answers, its unit, and its verdicts."""

    title: str
    question: str
    verdicts: Mapping[str, Verdict] = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""


SCORES: Mapping[str, Described] = MappingProxyType(
    {
        "containment": Described(
            "Outcome",
            "Did the bot solve it without a human, and how well?",
            {
                "confirmed": Verdict("Confirmed", Tone.GOOD, "The customer or a completed action says it was solved."),
                "likely": Verdict("Likely solved", Tone.GOOD, "The bot answered and nothing speaks against it."),
                "unclear": Verdict("Unclear", Tone.NEUTRAL, "Nothing tells whether the customer was helped."),
                "unresolved": Verdict("Unresolved", Tone.BAD, "The bot failed, refused or answered badly."),
                "abandoned": Verdict("Abandoned", Tone.BAD, "The customer left midway or gave up."),
                "returned": Verdict("Returned", Tone.BAD, "The customer came back with the same issue."),
                "escalated": Verdict("Escalated", Tone.INFO, "The bot handed over to a human."),
                "human_only": Verdict("Human only", Tone.NEUTRAL, "No bot took part in this episode."),
            },
            unit="probability that the issue was truly solved",
        ),
        "escalation": Described(
            "Escalation",
            "Was there a handoff to a human, should there have been one, and did it come in time?",
            {
                "warranted": Verdict("Warranted", Tone.INFO, "A human was needed and came."),
                "avoidable": Verdict("Avoidable", Tone.WARN, "The human said what the bot already knew or had said."),
                "missed": Verdict("Missed", Tone.BAD, "A human was needed and never came."),
                "not_needed": Verdict("Not needed", Tone.NEUTRAL, "No human came and none was needed."),
                "unclear": Verdict("Unclear", Tone.NEUTRAL, "The conversation does not tell."),
            },
            unit="time from the moment a human was needed to the handoff",
        ),
        "context_repeat": Described(
            "Context",
            "After the handoff, was the customer asked again for what had been given?",
            {
                "repeated": Verdict("Asked again", Tone.BAD, "An agent asked for something already given."),
                "preserved": Verdict("Preserved", Tone.GOOD, "Nothing that was given was asked for again."),
                "unclear": Verdict("Unclear", Tone.NEUTRAL, "The conversation does not tell."),
            },
            unit="number of times something was asked again",
        ),
        "effort": Described(
            "Effort",
            "How hard did the automated part make it for the customer?",
            {
                "low": Verdict("Low effort", Tone.GOOD, "An answer came quickly."),
                "medium": Verdict("Some effort", Tone.NEUTRAL, "It took a few turns."),
                "high": Verdict("High effort", Tone.BAD, "Rephrasing, repeating, switching channel or waiting."),
            },
            unit="1 to 7, 7 is easiest",
        ),
        "repeat_contact": Described(
            "Repeat contact",
            "Did the same customer come back with the same issue within the window?",
            {
                "pending": Verdict("Window open", Tone.NEUTRAL, "The window in which a return counts is still open."),
                "returned": Verdict("Came back", Tone.BAD, "The same customer came back with the same issue."),
                "not_returned": Verdict("Did not return", Tone.GOOD, "The window passed without a return."),
            },
            unit="probability that the best later contact is the same issue",
        ),
        "satisfaction": Described(
            "Satisfaction",
            "What did the customer say in the survey?",
            {
                "satisfied": Verdict("Satisfied", Tone.GOOD, "From 4 of 5 stars, or 7 of 10."),
                "neutral": Verdict("Neutral", Tone.NEUTRAL, "Neither good nor bad."),
                "dissatisfied": Verdict("Dissatisfied", Tone.BAD, "Up to 2 of 5 stars, or 3 of 10."),
            },
            unit="1 to 5, 5 is best",
        ),
        "handoff_time": Described(
            "Handoff time",
            "How long did the customer wait for a human, and until it was solved?",
            {
                "answered": Verdict("Answered", Tone.INFO, "A human answered after the handoff."),
                "abandoned_in_queue": Verdict(
                    "Left in the queue", Tone.BAD, "It was closed before any human answered."
                ),
                "open": Verdict("Still waiting", Tone.WARN, "No human has answered yet."),
            },
            unit="time from the handoff to solved",
        ),
        "answer_relevance": Described(
            "Answers",
            "Did the bot's answers address what the customer asked?",
            {
                "relevant": Verdict("Relevant", Tone.GOOD, "Every judged answer addressed the question."),
                "mixed": Verdict("Mixed", Tone.WARN, "Some answers addressed the question and some did not."),
                "irrelevant": Verdict("Irrelevant", Tone.BAD, "No judged answer addressed the question."),
            },
            unit="share of the judged answers that were relevant",
        ),
        "resolution_confidence": Described(
            "Bot's confidence",
            "How sure was the bot of its answers?",
            {
                "high": Verdict("High", Tone.GOOD, "The bot was sure of its answers."),
                "medium": Verdict("Medium", Tone.NEUTRAL, "The bot was fairly sure of its answers."),
                "low": Verdict("Low", Tone.WARN, "The bot was not sure of its answers."),
            },
            unit="mean over the bot's answers, 0 to 1, or Deskmark's estimate",
        ),
        "knowledge_gap": Described(
            "Knowledge gap",
            "Was there a question that the bot lacked the knowledge for?",
            {
                "gap": Verdict("Gap", Tone.WARN, "The bot could not serve a question of the customer."),
                "none": Verdict("None", Tone.NEUTRAL, "Nothing shows that the bot lacked knowledge."),
            },
        ),
        "training_example": Described(
            "Training",
            "Can a bot be trained on this conversation?",
            {
                "fit": Verdict("Fit", Tone.GOOD, "One clear question with one answer known to be right."),
                "unfit": Verdict("Unfit", Tone.NEUTRAL, "It teaches nothing that is known to be right."),
            },
        ),
    }
)
"""The scores that have words of their own, in the order the pages show them."""


def described(name: str) -> Described:
    """The words for one score; a plain rendering of its name where there are none."""
    return SCORES.get(name) or Described(name.replace("_", " ").capitalize(), "")


def verdict(score: str, name: str) -> Verdict:
    """The words for one verdict; its own name in a neutral tone where there are none."""
    return described(score).verdicts.get(name) or Verdict(name.replace("_", " ").capitalize(), Tone.NEUTRAL, "")


def value_in_words(name: str, score: Score) -> str:
    """The score's number with its unit, as one short phrase; empty when it has no number."""
    if score.value is None:
        return ""
    match name:
        case "containment":
            return f"{score.value:.0%} likely truly solved"
        case "repeat_contact":
            return f"{score.value:.0%} likely the same issue"
        case "effort":
            return f"{score.value:.1f} of 7 (7 is easiest)"
        case "answer_relevance":
            return f"{score.value:.0%} of the judged answers"
        case "context_repeat":
            return "asked again once" if score.value == 1 else f"asked again {score.value:.0f} times"
        case "escalation":
            return _escalation(score)
        case "satisfaction":
            return f"{score.value:g} of 5"
        case "handoff_time":
            return f"solved {duration(score.value)} after the handoff"
        case "resolution_confidence":
            estimated = score.details.get("source") == "estimated"
            return f"{score.value:.0%}, estimated" if estimated else f"{score.value:.0%}, as reported"
        case _:
            return f"{score.value:g}"


def _escalation(score: Score) -> str:
    timing = str(score.details.get("timing") or "").replace("_", " ")
    waited = duration(score.value or 0.0)
    return f"{timing}: handed over {waited} after it was needed" if timing else f"handed over after {waited}"


def duration(seconds: float) -> str:
    """Seconds as the largest unit that says enough, e.g. "45 s", "12 min", "3 h", "2 days"."""
    size = abs(seconds)
    if size < 90:
        return f"{seconds:.0f} s"
    if size < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if size < 48 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"
