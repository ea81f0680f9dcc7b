"""What figures' values are called, for people who manage support: a label for each name, and words for what it is of.

A value that these tables do not know is called by its own name, so a new one needs no change here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.figures.results import Value

HEADLINES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "containment": (("contained", ""), ("quality", "confirmed"), ("quality", "likely")),
        "effort": (("mean", ""),),
        "escalation": (("rate", ""), ("proactive", "")),
        "escalation_accuracy": (("precision", ""), ("recall", "")),
        "resolution_confidence": (("reported.calibration_error", ""), ("reported.level", "high")),
        "answer_relevance": (("relevant", ""),),
        "knowledge_gaps": (("conversations_with_gap", ""), ("open", "")),
        "response_accuracy": (("accuracy", ""),),
        "intent_recognition": (("deskmark.accuracy", ""), ("bot.accuracy", "")),
        "context_preservation": (("preserved", ""),),
        "post_handoff_time": (("solved", ""), ("first_reply", "")),
        "novel_intents": (("novel", ""),),
        "feedback_loop": (("negative_feedback", ""), ("feedback_to_deployed", "")),
        "training_data": (("fit", ""), ("covered", "")),
        "business": (("satisfaction", ""), ("repeat_contact", ""), ("cost", "")),
        "review_agreement": (("deskmark.agreement", "containment"),),
    }
)
"""By figure the values that stand for it, (name, of), the first before all. What the bot kept is never shown alone."""

LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "containment": {
            "contained": "Kept by the bot",
            "class": "Of all the bot's conversations",
            "quality": "Of those it kept",
            "claimed": "Kept ones that the bot calls solved",
            "claim_held": "Of those, truly or likely solved",
            "window_open": "Kept ones whose customer may still come back",
            "human_only": "Conversations without a bot",
        },
        "effort": {
            "mean": "Ease for the customer, mean of 1 to 7",
            "verdict": "Effort",
            "points": "Ease, in whole points",
            "survey_mean": "What customers answered, mean of 1 to 7",
            "survey_minus_observed": "Customers' answer minus what was observed",
        },
        "escalation": {
            "rate": "Handed over to a human",
            "timing": "When it was handed over",
            "proactive": "Handed over before the customer asked",
            "demanded": "Handed over because the customer asked",
            "reason": "Why a human was needed",
            "turns_before": "Bot's turns before the handoff, mean",
            "time_before": "Time before the handoff, median",
            "delay": "From a human being needed to the handoff, median",
            "delay_p90": "The same, for the slowest tenth",
        },
        "escalation_accuracy": {
            "precision": "Handoffs that were needed",
            "precision_at_least": "At least so many were needed, counting unclear ones as not",
            "recall": "Handed over, of all that needed a human",
            "unclear": "Handoffs of which it cannot be told",
            "verdict": "All conversations, by verdict",
            "warranted_by": "Needed handoffs: what called for a human",
            "missed_by": "Missed ones: what called for a human",
        },
        "resolution_confidence": {
            "level": "Confidence",
            "outcome_known": "Answers whose outcome is known",
            "calibration_error": "Distance of stated confidence from what came true",
            "brier": "Mean squared error (Brier score)",
            "auc": "How well confidence tells good from bad (AUC)",
            "stated": "Stated confidence, mean",
            "came_true": "Came true",
            "topic": "Came true, by intent",
            "threshold": "Suggested: hand over below",
            "threshold_precision": "Handed over below it that need a human",
            "threshold_recall": "Of those that need a human, handed over below it",
            "threshold_handed_over": "Conversations that would be handed over",
        },
        "answer_relevance": {
            "relevant": "Answers that addressed the question",
            "unsure": "Answers that could not be judged",
            "verdict": "Conversations whose answers were",
        },
        "knowledge_gaps": {
            "conversations_with_gap": "Conversations that show a gap",
            "reason": "What shows the gap",
            "opened": "Gaps opened, a week",
            "closed": "Gaps closed by an improvement, a week",
            "verified": "Improvements seen to work, a week",
            "reopened": "Gaps opened again, a week",
            "open": "Open gaps",
            "median_age": "Age of the open gaps, median",
            "oldest_age": "Age of the oldest open gap",
            "reopened_after_fix": "Opened again after a fix",
        },
        "response_accuracy": {"accuracy": "Answered right", "trend": "Change from month to month"},
        "intent_recognition": {
            "accuracy": "Intent recognised",
            "precision": "Right when it says so",
            "recall": "Recognised when it is so",
            "confused": "Taken for another",
            "agreed": "Bot and Deskmark read the same",
        },
        "context_preservation": {
            "preserved": "Handoffs after which nothing was asked again",
            "unclear": "Handoffs of which it cannot be told",
            "re_asks": "Times something was asked again",
            "re_asked": "What was asked again",
        },
        "post_handoff_time": {
            "solved": "Handoff to solved, median",
            "solved_p90": "Handoff to solved, slowest tenth",
            "solved_business": "Handoff to solved in business hours, median",
            "first_reply": "Handoff to the first reply, median",
            "first_reply_p90": "Handoff to the first reply, slowest tenth",
            "first_reply_business": "Handoff to the first reply in business hours, median",
            "abandoned_in_queue": "Customers gone before anybody answered",
            "waited_in_vain": "How long those had waited, median",
            "transfers": "Transfers from agent to agent, mean",
            "ratio": "Time against conversations without a bot, same intent",
            "difference": "Difference from conversations without a bot, same intent",
            "left_out": "Handoffs left out of the comparison",
            "escalated": "Handed over by the bot, median",
            "direct": "Without a bot, median",
        },
        "novel_intents": {"novel": "About something the catalog does not know", "proposed": "Proposed new intent"},
        "feedback_loop": {
            "negative_feedback": "Negative of all feedback",
            "deployed": "Improvements deployed",
            "feedback_to_deployed": "Negative feedback to improvement, median",
            "deployed_to_effect": "Improvement to its effect, median",
            "feedback_to_effect": "Negative feedback to effect, median",
            "verified": "Improvements seen to work",
            "rate_left": "What is left of the gap's rate, median",
        },
        "training_data": {
            "fit": "Conversations fit to train on",
            "unfit_because": "Why others are not",
            "corrected": "Intents that a human corrected",
            "covered": "Demand with enough examples",
            "demand": "Share of demand",
            "examples": "Examples",
        },
        "business": {
            "satisfaction": "Customer satisfaction, mean of 1 to 5",
            "repeat_contact": "Came back within 24 hours",
            "repeat_contact_72h": "Came back within 72 hours",
            "repeat_contact_7d": "Came back within 7 days",
            "cost": "Cost of a conversation",
            "cost_total": "Cost in all",
        },
        "review_agreement": {"agreement": "Agreement", "kappa": "Agreement beyond chance (kappa)"},
    }
)
"""By figure and name of the value. Names with a point have what stands before it in `WHOSE`."""

WHOSE: Mapping[str, str] = MappingProxyType(
    {
        "bot": "bot",
        "deskmark": "Deskmark",
        "reviewers": "reviewers among themselves",
        "reported": "as the bot reports",
        "estimated": "estimated",
    }
)

PARTS: Mapping[str, str] = MappingProxyType(
    {
        "confirmed": "confirmed solved", "likely": "likely solved", "unclear": "unclear", "unresolved": "unresolved",
        "abandoned": "abandoned", "returned": "came back", "escalated": "handed over", "human_only": "without a bot",
        "low": "low", "medium": "medium", "high": "high", "early": "before it was needed", "on_time": "in time",
        "late": "late", "never": "never, though needed", "warranted": "warranted", "avoidable": "avoidable",
        "missed": "missed", "not_needed": "not needed", "relevant": "relevant", "mixed": "mixed",
        "irrelevant": "irrelevant", "customer_request": "the customer asked for a human", "frustration": "frustration",
        "loop": "going round in circles", "missing_knowledge": "the bot lacks the knowledge",
        "low_confidence": "the bot was not sure", "tool_failure": "a tool of the bot failed",
        "policy_restriction": "a rule forbids it to the bot", "unsupported_request": "the bot cannot do that",
        "other": "other", "no_answer": "no answer", "negative_feedback": "negative feedback",
        "novel": "nothing the catalog knows", "feedback": "judged by feedback", "behaviour": "judged by behaviour",
        "text": "judged by the text", "no_clear_question": "no clear question", "mixed_topics": "several topics",
        "no_verified_answer": "no answer known to be right", "case_specific": "speaks of one case only",
        "too_short": "too short", "personal_data_left": "personal data left in it", "duplicate": "a duplicate",
        "truncated": "only partly read", "language": "language not supported", "containment": "outcome",
        "context_repeat": "asked again", "repeat_contact": "repeat contact", "answer_relevance": "answers",
        "knowledge_gap": "knowledge gap", "escalation": "escalation", "effort": "effort",
    }
)  # fmt: skip
"""What a value is of, where that is one of Deskmark's own words; intents and the like stand for themselves."""

NAMED_BY_ACCOUNT = frozenset({"topic", "accuracy", "trend", "precision", "recall", "confused", "escalated", "direct",
                              "demand", "examples", "proposed", "re_asked"})  # fmt: skip
"""Names of values that are of intents or kinds that the account names itself."""

SCORES: Mapping[str, str] = MappingProxyType(
    {
        "containment": "containment", "effort": "effort", "escalation": "escalation",
        "escalation_accuracy": "escalation", "resolution_confidence": "resolution_confidence",
        "answer_relevance": "answer_relevance", "knowledge_gaps": "knowledge_gap",
        "response_accuracy": "answer_relevance", "context_preservation": "context_repeat",
        "post_handoff_time": "handoff_time", "training_data": "training_example", "business": "satisfaction",
    }
)  # fmt: skip
"""The score whose verdicts a figure counts, where it is one."""


def label(figure: str, name: str) -> str:
    """What a value of a figure is called.

    >>> label("escalation", "rate"), label("intent_recognition", "bot.accuracy"), label("escalation", "new_one")
    ('Handed over to a human', 'Intent recognised, bot', 'New one')
    """
    known = LABELS.get(figure, {})
    whose, point, own = name.partition(".")
    if point and own in known:
        return f"{known[own]}, {WHOSE.get(whose, whose)}"
    return known.get(name) or name.replace("_", " ").replace(".", ", ").capitalize()


def part(name: str, of: str) -> str:
    """What a value is of, in words; empty for all.

    >>> part("class", "likely"), part("topic", "late"), part("quality", "")
    ('likely solved', 'late', '')
    """
    if not of or name.rpartition(".")[2] in NAMED_BY_ACCOUNT:
        return of
    return PARTS.get(of) or of.replace("_", " ")


def called(figure: str, value: Value) -> str:
    """The whole name of a value, as "Of those it kept: likely solved"."""
    of = part(value.name, value.of)
    return f"{label(figure, value.name)}: {of}" if of else label(figure, value.name)
