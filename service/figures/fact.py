"""The fact of one scored episode: the numbers and verdicts that figures count, flat, and not a word of a customer.

A fact names its episode, so that whoever keeps facts can replace the one of an episode that is scored again. Counting
the same fact twice counts it twice: one fact an episode and definitions version is the keeper's part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

DIMENSIONS = ("helpdesk", "account", "channel", "brand", "inbox", "bot", "group", "intent", "language")
"""What figures can be cut by. Every fact has one value of each, or none, so that the parts add up to the whole.

`bot` is the first bot that wrote, `group` the team of the first agent that has one (never a person), `intent` what a
human corrected it to, else what Deskmark read, `language` what the helpdesk says, else what was detected.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Everything of one episode that a figure needs. `None` is "does not apply" or "not known", never 0.

    Times are seconds, `day` is the UTC date on which the episode ended (ISO; `None` when no time is known). Field names
    are the keys of the JSON. `answers` holds one "source relevant" or "source irrelevant" for each judged answer,
    `had_answer` names the answer that an avoidable handoff already had (`service.figures.had_answer`).
    """

    helpdesk: str
    account: str
    conversation: str
    episode: int
    definitions: str
    day: str | None = None

    channel: str | None = None
    brand: str | None = None
    inbox: str | None = None
    bot: str | None = None
    group: str | None = None
    intent: str | None = None
    language: str | None = None

    bot_took_part: bool = False
    handed_off: bool = False
    agent_messages: int = 0
    helpful: int = 0
    unhelpful: int = 0

    repeat: str | None = None
    repeat_72h: str | None = None
    repeat_7d: str | None = None
    is_repeat: bool = False

    context: str | None = None
    re_asks: int | None = None
    re_asked: tuple[str, ...] = ()

    effort: str | None = None
    effort_value: float | None = None
    survey_ces: float | None = None

    escalation: str | None = None
    timing: str | None = None
    reason: str | None = None
    trigger: str | None = None
    escalation_delay: float | None = None
    had_answer: str | None = None
    bot_turns_before: int | None = None
    seconds_before: float | None = None

    containment: str | None = None
    containment_value: float | None = None
    claimed: str | None = None

    relevance: str | None = None
    answers: tuple[str, ...] = ()
    answers_unsure: int = 0

    intent_read: str | None = None
    intent_reported: str | None = None
    intent_corrected: str | None = None
    novelty: float | None = None

    confidence: str | None = None
    confidence_value: float | None = None
    confidence_source: str | None = None

    handoff: str | None = None
    handoff_seconds: float | None = None
    handoff_business: float | None = None
    first_reply: float | None = None
    first_reply_business: float | None = None
    waited: float | None = None
    transfers: int | None = None
    direct_seconds: float | None = None

    gap: str | None = None
    gap_reason: str | None = None
    training: str | None = None
    training_reasons: tuple[str, ...] = ()
    satisfaction: str | None = None
    satisfaction_value: float | None = None

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What names the fact: a second one with this key replaces the first."""
        return (self.helpdesk, self.account, self.conversation, self.episode, self.definitions)

    def to_json(self) -> dict[str, Any]:
        """JSON types only; what is `None`, empty or false is left out."""
        document = {key: getattr(self, key) for key in _NAMES}
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in document.items()
            if value is not None and value != () and value is not False
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Fact:
        """The fact that `to_json` wrote. Keys that this version does not know are left out; `TypeError` without a key.

        >>> fact = Fact(helpdesk="zendesk", account="acme", conversation="1", episode=1, definitions="2", re_asks=0)
        >>> Fact.from_json(fact.to_json()) == fact
        True
        """
        known = {key: document[key] for key in _NAMES if key in document}
        for key in _LISTS & known.keys():
            known[key] = tuple(known[key])
        return cls(**known)


_NAMES = tuple(field.name for field in fields(Fact))
_LISTS = frozenset({"re_asked", "answers", "training_reasons"})
