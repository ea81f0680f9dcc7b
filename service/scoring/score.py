"""What a score is: a verdict with its value, its reason and its proof. Shapes only; no metric is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from service.conversation import Conversation, Message
from service.language.embedding import Embedder
from service.language.intents import IntentCatalog
from service.language.known_names import NOBODY, NameFinder
from service.scoring.schedule import Schedule

DEFINITIONS = "2"
"""Version of the metric definitions; raised when a verdict comes to mean something else (docs/definitions.md)."""

QUOTE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of proof: the message, a short quote of it, and what it shows.

    `answered_in` names the earlier message that already held the answer; `conversation` names another conversation
    of the customer when the proof is there.
    """

    message: str | None
    quote: str
    shows: str
    answered_in: str | None = None
    conversation: str | None = None

    @classmethod
    def of(cls, message: Message, shows: str, *, answered_in: str | None = None) -> Evidence:
        """Evidence quoting the start of `message`."""
        return cls(message=message.id, quote=short(message.text), shows=shows, answered_in=answered_in)


def short(text: str, length: int = QUOTE_LENGTH) -> str:
    """`text` on one line, cut at a word to at most `length` characters."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


@dataclass(frozen=True, slots=True)
class Score:
    """One metric's answer for one conversation.

    `verdict` is of the metric's closed vocabulary, or `None` when the metric does not apply; `value` is in the unit
    its metric's docstring names, `None` when undefined; `confidence` is 0..1; `reason` is one plain sentence.
    """

    verdict: str | None
    value: float | None = None
    confidence: float = 1.0
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    details: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Every score of one episode of a conversation."""

    helpdesk: str
    account: str
    id: str
    episode: int
    scores: Mapping[str, Score]
    definitions: str = DEFINITIONS


@dataclass(frozen=True, slots=True)
class History:
    """What is known about the customer beside this conversation, and when the question is asked.

    `others` are the same customer's other conversations, earlier and later, in any order.
    """

    as_of: datetime | None = None
    others: Sequence[Conversation] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The account's settings that scores read: windows, thresholds, business hours. Every one has a default.

    Bot confidence: `high_confidence` and `low_confidence` (below it) bound the verdicts of `resolution_confidence`, and
    an answer below `low_confidence` is a sign that a human was needed; an answer below `gap_confidence` is a knowledge
    gap. `confidence_attribute` names the conversation's attribute, or the tag up to its value
    ("bot_confidence" in `bot_confidence_82`), that holds the bot's confidence where no message does.
    """

    repeat_window: timedelta = timedelta(hours=24)
    longer_windows: tuple[timedelta, ...] = (timedelta(hours=72), timedelta(days=7))
    same_issue_threshold: float = 0.65
    repeated_context_threshold: float = 0.55
    avoidable_threshold: float = 0.7
    review_confidence: float = 0.6
    high_effort: float = 3.0
    low_effort: float = 5.0
    high_confidence: float = 0.8
    low_confidence: float = 0.5
    gap_confidence: float = 0.5
    confidence_attribute: str = "bot_confidence"
    schedule: Schedule | None = None
    human_only_topics: tuple[str, ...] = ()
    bot_authors: tuple[str, ...] = ()

    @property
    def return_windows(self) -> tuple[timedelta, ...]:
        """Every window in which a return is looked for, the main one first."""
        return tuple(dict.fromkeys((self.repeat_window, *self.longer_windows)))


@dataclass(frozen=True, slots=True)
class Case:
    """All that a metric may read: one episode of a conversation, the customer's history, the account's policy.

    `embedder` turns texts into vectors; `so_far` holds the scores computed before this one, by name; `catalog` is the
    account's intents, `None` where it has none. `definitions` is the version asked for: a metric whose verdicts came
    to mean something else judges as it did then when an older one is named. `names` finds names in free prose, for
    texts that are kept redacted.
    A metric is a pure function `Case -> Score`: no clock, no network, no database.
    """

    conversation: Conversation
    history: History
    policy: Policy
    embedder: Embedder
    so_far: Mapping[str, Score] = field(default_factory=lambda: MappingProxyType({}))
    catalog: IntentCatalog | None = None
    definitions: str = DEFINITIONS
    names: NameFinder = NOBODY
