"""What a value rests on, where that is only a chosen part of the conversations: said wherever the number is shown.

A number that is measured on some conversations speaks of those. Which part it is decides what may be read from it:
people correct what looks wrong, customers rate when they are moved to, a verdict stands where there was something to
judge by.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.figures.results import Value

LOOKED_AT = "conversations whose intent a person corrected or confirmed"
KNOWN = "conversations whose outcome is known"
NEEDED = "conversations of which it is known whether a human was needed"
ANSWERED = "handoffs that were answered"

BASES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "containment": {"claim_held": "kept conversations that the bot calls solved"},
        "effort": {
            "survey_mean": "customers who answered the survey",
            "survey_minus_observed": "customers who answered the survey",
        },
        "escalation": {
            "proactive": "handoffs of known cause",
            "demanded": "handoffs of known cause",
            "delay": "handoffs that were needed",
            "delay_p90": "handoffs that were needed",
        },
        "escalation_accuracy": {
            "precision": "handoffs that could be judged",
            "recall": "conversations that clearly needed a human",
        },
        "resolution_confidence": {
            "level": "conversations with a confidence",
            "calibration_error": KNOWN,
            "brier": KNOWN,
            "auc": KNOWN,
            "threshold": NEEDED,
            "threshold_precision": NEEDED,
            "threshold_recall": "conversations that clearly needed a human",
        },
        "answer_relevance": {"relevant": "answers that could be judged", "verdict": "conversations with such answers"},
        "response_accuracy": {"accuracy": "conversations whose answers could be judged"},
        "intent_recognition": {
            "accuracy": LOOKED_AT,
            "precision": LOOKED_AT,
            "recall": LOOKED_AT,
            "agreed": "conversations in which the bot reported an intent",
        },
        "context_preservation": {"preserved": "handoffs that could be judged"},
        "post_handoff_time": {
            "solved": "handoffs that were solved",
            "solved_p90": "handoffs that were solved",
            "solved_business": "handoffs that were solved",
            "first_reply": ANSWERED,
            "first_reply_p90": ANSWERED,
            "first_reply_business": ANSWERED,
        },
        "feedback_loop": {"negative_feedback": "times that feedback was given"},
        "training_data": {"corrected": "conversations in which the bot reported an intent"},
        "business": {
            "satisfaction": "conversations that the customer rated",
            "repeat_contact": "conversations older than 24 hours",
            "repeat_contact_72h": "conversations older than 72 hours",
            "repeat_contact_7d": "conversations older than 7 days",
        },
        "review_agreement": {
            "agreement": "verdicts that people reviewed",
            "kappa": "verdicts that people reviewed",
        },
    }
)
"""By figure and name of the value what its n counts. Names with a point stand under what is behind it, for whoever."""

CAUTIONS: Mapping[str, str] = MappingProxyType(
    {
        "intent_recognition": "People mostly look at what seems wrong: over all conversations it is probably better.",
        "business": "Only customers who rate are heard; the others may think otherwise.",
        "effort": "Only customers who answer are heard; the others may think otherwise.",
    }
)
"""Where the part is chosen by people, so that the others probably differ: which way, by figure."""

MEANT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "business": {
            "repeat_contact": "Of all conversations, whoever answered. The outcome “Came back” is only of those that "
            "the bot kept.",
        },
        "escalation": {
            "rate": "By their outcome. The moment and the cause of a handoff are known of some more: the bot may go on "
            "after it.",
        },
    }
)
"""What tells a value from one of another figure that is easily taken for the same."""

CHOSEN = frozenset({"accuracy", "precision", "recall", "satisfaction", "survey_mean", "survey_minus_observed"})
"""Values that `CAUTIONS` speak of."""


def base(figure: str, name: str) -> str:
    """What the n of a value counts, where that is only a part; empty where it is what the figure is about.

    >>> base("business", "satisfaction"), base("intent_recognition", "bot.accuracy"), base("containment", "class")
    ('conversations that the customer rated', 'conversations whose intent a person corrected or confirmed', '')
    """
    return BASES.get(figure, {}).get(name.rpartition(".")[2], "")


def meant(figure: str, name: str) -> str:
    """What tells a value from one that is easily taken for the same; empty where there is none."""
    return MEANT.get(figure, {}).get(name, "")


def caution(figure: str, name: str) -> str:
    """Which way a value errs because of whom it rests on; empty where nobody chose them."""
    return CAUTIONS.get(figure, "") if name.rpartition(".")[2] in CHOSEN else ""


def cases(figure: str, value: Value) -> str:
    """The n of a value in words, with what it counts where that is only a part; without a number only the latter.

    >>> from service.figures.results import Unit
    >>> cases("effort", Value("mean", 5.2, Unit.POINTS, 1234))
    'n 1,234'
    >>> cases("business", Value("satisfaction", 4.1, Unit.STARS, 56))
    'of 56 conversations that the customer rated'
    """
    of = base(figure, value.name)
    if value.value is None:
        return of
    return f"of {value.n:,} {of}" if of else f"n {value.n:,}"
