"""What the panel beside a ticket shows: the verdicts with reason and proof, and what an agent may say of them. Pure.

It speaks of one ticket and quotes nothing but its own messages, masked as in notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.conversation import Conversation, Message, Role
from service.language.known_names import NOBODY, NameFinder
from service.language.masking import mask
from service.scoring.corrected import can_be_said, own_verdict
from service.scoring.definitions import VERDICTS
from service.scoring.score import Score, Scorecard, short
from service.translation.catalogue import Context, say
from service.translation.languages import Language, percent_in
from service.translation.reasons import reason

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "containment": "Outcome",
        "escalation": "Escalation",
        "context_repeat": "Context",
        "repeat_contact": "Repeat contact",
        "knowledge_gap": "Knowledge gap",
        "effort": "Effort",
    }
)
"""The scores of a panel in its order: those that a note may speak of."""

LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "containment": {
            "confirmed": "Confirmed",
            "likely": "Likely solved",
            "unclear": "Unclear",
            "unresolved": "Unresolved",
            "abandoned": "Abandoned",
            "returned": "Returned",
            "escalated": "Escalated",
            "human_only": "Human only",
        },
        "escalation": {
            "warranted": "Warranted",
            "avoidable": "Avoidable",
            "missed": "Missed",
            "not_needed": "Not needed",
            "unclear": "Unclear",
        },
        "context_repeat": {"repeated": "Asked again", "preserved": "Preserved", "unclear": "Unclear"},
        "repeat_contact": {"returned": "Came back", "not_returned": "Did not return", "pending": "Window open"},
        "knowledge_gap": {"gap": "Gap", "none": "No gap"},
        "effort": {"low": "Low effort", "medium": "Some effort", "high": "High effort"},
    }
)
QUIET = frozenset({"not_needed", "preserved", "low", "medium", "pending", "not_returned", "none"})
"""Verdicts that say that all is well; they stand behind the others."""
BAD = frozenset({"unresolved", "abandoned", "returned", "missed", "avoidable", "repeated", "gap", "high"})
GOOD = frozenset({"confirmed", "likely", "preserved", "low", "not_returned", "none"})

ROLES: Mapping[Role, str] = MappingProxyType({Role.CUSTOMER: "Customer", Role.BOT: "Bot", Role.AGENT: "Agent"})
QUOTE = 120
MOST_PROOFS = 4


@dataclass(frozen=True, slots=True)
class Proof:
    """A message that shows it: who wrote it, when (UTC, empty if unknown), what, and its anchor on Deskmark's page."""

    who: str
    at: str
    quote: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A verdict that an agent may hold for right."""

    verdict: str
    label: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One verdict, all in the language of the panel. `sure` is in percent, `said` what this agent said of it before."""

    score: str
    title: str
    verdict: str
    label: str
    tone: str
    quiet: bool
    reason: str
    sure: str
    proofs: tuple[Proof, ...]
    choices: tuple[Choice, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Panel:
    """All of one ticket: `row_id` is the conversation's, `link` the address of its page, empty where there is none."""

    row_id: str
    episode: int
    language: Language
    shown: tuple[Shown, ...]
    link: str = ""

    def say(self, sentence: str, **values: object) -> str:
        """A sentence of the panel in its language."""
        return say(self.language, Context.PANEL, sentence, **values)

    def of(self, score: str) -> Shown | None:
        """What is shown of one score."""
        return next((each for each in self.shown if each.score == score), None)

    def page(self, proof: Proof) -> str:
        """Where a proof can be read in its place."""
        return f"{self.link}#{proof.anchor}" if self.link else ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who the panel is made for. `said`: this agent's own verdicts by score. `quotes`: they may read the ticket."""

    language: Language
    said: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    quotes: bool = True
    names: NameFinder = NOBODY


def panel(row_id: str, card: Scorecard, conversation: Conversation | None, reader: Reader, *, link: str = "") -> Panel:
    """The panel of a scored conversation; without its text (`None`: it was dropped) there are no proofs."""
    found = [_shown(name, card.scores[name], conversation, reader) for name in TITLES if _has_verdict(card, name)]
    first = sorted(found, key=lambda each: (each.quiet, each.score != "containment", each.tone != "bad"))
    return Panel(row_id, card.episode, reader.language, tuple(first), link)


def choices(score: str, own: str | None, language: Language) -> tuple[Choice, ...]:
    """What can be said of a score on which Deskmark's own verdict is `own`."""
    words = [verdict for verdict in VERDICTS.get(score) or () if can_be_said(score, own, verdict)]
    return tuple(Choice(verdict, label(score, verdict, language)) for verdict in words)


def label(score: str, verdict: str, language: Language) -> str:
    """A verdict in words."""
    return say(language, Context.PANEL, LABELS[score][verdict])


def _has_verdict(card: Scorecard, name: str) -> bool:
    return name in card.scores and card.scores[name].verdict in LABELS[name]


def _shown(name: str, score: Score, conversation: Conversation | None, reader: Reader) -> Shown:
    verdict, language = score.verdict or "", reader.language
    said = reader.said.get(name, "")
    why = mask(score.reason, reader.names) if language is Language.EN else reason(score.reason, language)
    return Shown(
        score=name,
        title=say(language, Context.PANEL, TITLES[name]),
        verdict=verdict,
        label=label(name, verdict, language),
        tone="bad" if verdict in BAD else "good" if verdict in GOOD else "neutral",
        quiet=name != "containment" and verdict in QUIET and not said,
        reason=why,
        sure=percent_in(language, f"{score.confidence:.0%}"),
        proofs=tuple(_proofs(score, conversation, reader)) if conversation is not None and reader.quotes else (),
        choices=choices(name, own_verdict(score), language),
        said=label(name, said, language) if said in LABELS[name] else "",
    )


def _proofs(score: Score, conversation: Conversation, reader: Reader) -> Iterator[Proof]:
    """The messages that evidence names, each once; of other conversations nothing is shown here."""
    by_id = {message.id: (number, message) for number, message in enumerate(conversation.messages, 1)}
    mine = [item for item in score.evidence if item.conversation in (None, conversation.id)]
    named = dict.fromkeys(name for item in mine for name in (item.answered_in, item.message) if name in by_id)
    for name in list(named)[:MOST_PROOFS]:
        yield _proof(*by_id[name or ""], reader)


def _proof(number: int, message: Message, reader: Reader) -> Proof:
    who = say(reader.language, Context.PANEL, ROLES.get(message.role, "Other"))
    at = f"{message.at:%H:%M}" if message.at else ""
    return Proof(who, at, short(mask(message.text, reader.names), QUOTE), f"message-{number}")
