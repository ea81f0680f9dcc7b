"""Every figure over many conversations: what it says, how ripe a team should be for it, and how it is computed.

One entry for each row of the table in `metrics.md`, in its order, and one beside it. Adding a figure: a function from a
tally to values in `service.figures.rows`, an entry here, a test, a section in `docs/figures.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from service.figures.beside import Beside
from service.figures.results import Value
from service.figures.rows import answered, business, handed_over, improved, kept, understood
from service.figures.tally import Tally


class Level(StrEnum):
    """How close to the goal a figure is."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    DIAGNOSTIC = "diagnostic"
    BUSINESS = "business"


class Maturity(StrEnum):
    """From which maturity of a team a figure is shown."""

    STARTER = "starter"
    GROWING = "growing"
    ADVANCED = "advanced"


class Kind(StrEnum):
    """Whether a figure moves before the outcome or with it."""

    LEADING = "leading"
    LAGGING = "lagging"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `compute` reads a tally, and what stands beside it where the figure needs more than that."""

    name: str
    title: str
    level: Level
    maturity: Maturity
    kind: Kind
    definition: str
    compute: Callable[[Tally, Beside], tuple[Value, ...]]


FIGURES: tuple[Figure, ...] = (
    Figure(
        "containment",
        "Containment quality and quantity",
        Level.PRIMARY,
        Maturity.STARTER,
        Kind.LAGGING,
        "How many conversations the bot kept, and what became of them: each class side by side, never one rate.",
        kept.containment,
    ),
    Figure(
        "effort",
        "Customer effort",
        Level.PRIMARY,
        Maturity.STARTER,
        Kind.LAGGING,
        "How easy the bot made it: the observed effort score from 1 to 7 (7 = easy), its mean and distribution.",
        kept.effort,
    ),
    Figure(
        "escalation",
        "Escalation rate and timing",
        Level.PRIMARY,
        Maturity.STARTER,
        Kind.LEADING,
        "How often the bot handed over to a human, why, at whose wish, and how many turns and how long before.",
        handed_over.escalation,
    ),
    Figure(
        "escalation_accuracy",
        "Escalation accuracy",
        Level.SECONDARY,
        Maturity.GROWING,
        Kind.LAGGING,
        "Precision: warranted of the escalated that could be judged. Recall: escalated of the warranted.",
        handed_over.escalation_accuracy,
    ),
    Figure(
        "resolution_confidence",
        "Resolution confidence",
        Level.SECONDARY,
        Maturity.GROWING,
        Kind.LEADING,
        "How far the bot's confidence can be believed: calibration against outcomes, weak topics, and the confidence "
        "below which it should hand over.",
        answered.confidence,
    ),
    Figure(
        "answer_relevance",
        "Answer relevance rate",
        Level.SECONDARY,
        Maturity.GROWING,
        Kind.LAGGING,
        "Relevant of the bot's judged answers, by what judged them: feedback, behaviour or text.",
        answered.relevance,
    ),
    Figure(
        "knowledge_gaps",
        "Knowledge gap identification",
        Level.SECONDARY,
        Maturity.GROWING,
        Kind.LEADING,
        "What the bot could not serve: opened and closed per week, age of the open ones, reopened after a fix.",
        improved.gaps,
    ),
    Figure(
        "response_accuracy",
        "Response accuracy trend",
        Level.SECONDARY,
        Maturity.GROWING,
        Kind.LAGGING,
        "Conversations that the bot answered right, by intent and month: improving, flat or declining.",
        answered.accuracy,
    ),
    Figure(
        "intent_recognition",
        "Intent recognition accuracy",
        Level.SECONDARY,
        Maturity.ADVANCED,
        Kind.LAGGING,
        "What the bot took the customer to want against what a human corrected it to: precision, recall, confusion.",
        understood.recognition,
    ),
    Figure(
        "context_preservation",
        "Context preservation",
        Level.SECONDARY,
        Maturity.ADVANCED,
        Kind.LAGGING,
        "Handoffs after which nothing was asked that the customer had already given; what is asked again most.",
        kept.context,
    ),
    Figure(
        "post_handoff_time",
        "Post-handoff resolution time",
        Level.SECONDARY,
        Maturity.ADVANCED,
        Kind.LAGGING,
        "From the handoff to the first reply and to solved, against conversations of the same intent that went to a "
        "human directly.",
        handed_over.post_handoff_time,
    ),
    Figure(
        "novel_intents",
        "Novel intent detection",
        Level.DIAGNOSTIC,
        Maturity.ADVANCED,
        Kind.LEADING,
        "Conversations about something that the account's catalog of intents does not know; proposed new intents.",
        understood.novel,
    ),
    Figure(
        "feedback_loop",
        "Feedback loop velocity",
        Level.DIAGNOSTIC,
        Maturity.ADVANCED,
        Kind.LEADING,
        "From negative feedback to an improvement deployed, and on to its measured effect.",
        improved.feedback_loop,
    ),
    Figure(
        "training_data",
        "Training data quality",
        Level.DIAGNOSTIC,
        Maturity.ADVANCED,
        Kind.LEADING,
        "Conversations fit to train a bot on, how often its intent is corrected, and how much of real demand has "
        "enough examples.",
        understood.training,
    ),
    Figure(
        "business",
        "Satisfaction, repeat contact rate and cost",
        Level.BUSINESS,
        Maturity.STARTER,
        Kind.LAGGING,
        "What each outcome class meant: how satisfied customers were, how many came back, what it cost.",
        business.business,
    ),
)
"""The table of `metrics.md`, row by row."""

REVIEW_AGREEMENT = Figure(
    "review_agreement",
    "Agreement of reviewers",
    Level.DIAGNOSTIC,
    Maturity.ADVANCED,
    Kind.LAGGING,
    "How often humans who checked verdicts agree with them, and with one another, beyond chance (Cohen's kappa).",
    business.review_agreement,
)

ALL_FIGURES: tuple[Figure, ...] = (*FIGURES, REVIEW_AGREEMENT)


def figure(name: str) -> Figure:
    """The figure of this name; raises `KeyError`."""
    return {one.name: one for one in ALL_FIGURES}[name]
