"""A scored conversation as one flat row: the columns of the CSV and Parquet exports, their types and their order.

Adding a column: one entry in `COLUMNS` and a row in docs/export.md. A value that is not defined is empty, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

SCORES = (
    "repeat_contact", "context_repeat", "effort", "escalation", "satisfaction", "containment", "handoff_time",
    "answer_relevance", "intent", "resolution_confidence", "knowledge_gap", "training_example",
)  # fmt: skip
"""Every score, in the order in which they are computed; each has a verdict, a value and a confidence column."""

Cell = str | int | float | bool | datetime | None


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    TIME = "time"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Row:
    """What a column may read: our id, the document, the latest card, how many episodes there are.

    `names` are those that the helpdesk told, by dimension and id.
    """

    id: str
    document: Mapping[str, Any]
    card: Mapping[str, Any]
    episodes: int
    scored_at: datetime
    names: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, and how it is read."""

    name: str
    kind: Kind
    read: Callable[[Row], Any]
    says: str

    def cell(self, row: Row) -> Cell:
        """The value of this column, `None` where there is none or it is of another kind."""
        value = self.read(row)
        match self.kind:
            case Kind.TEXT:
                return None if value is None else str(value)
            case Kind.TIME:
                return datetime.fromisoformat(value) if isinstance(value, str) else value
            case Kind.FLAG:
                return value if isinstance(value, bool) else None
            case _ if isinstance(value, bool) or not isinstance(value, int | float):
                return None
            case Kind.COUNT:
                return int(value)
            case _:
                return float(value)


def _field(name: str, kind: Kind, says: str) -> Column:
    return Column(name, kind, lambda row: row.document.get(name), says)


def _named(key: str, dimension: str, says: str) -> Column:
    def read(row: Row) -> str | None:
        value = row.document.get(key)
        return row.names.get((dimension, value), value) if value else None

    return Column(f"{key}_name", Kind.TEXT, read, says)


def _contact(name: str, says: str) -> Column:
    key = name.removeprefix("contact_")
    return Column(name, Kind.TEXT, lambda row: (row.document.get("contact") or {}).get(key), says)


def _messages(role: str) -> Column:
    def read(row: Row) -> int:
        return sum(m["author"]["role"] == role and not m.get("internal") for m in row.document["messages"])

    return Column(f"{role}_messages", Kind.COUNT, read, f"messages by the {role} that the customer could see")


def _score(name: str, part: str, kind: Kind) -> Column:
    says = {"verdict": "verdict", "value": "value, in the unit of the score", "confidence": "confidence, 0 to 1"}[part]
    return Column(f"{name}_{part}", kind, lambda row: (row.card["scores"].get(name) or {}).get(part), says)


def _own(name: str) -> Column:
    def read(row: Row) -> Any:
        score = row.card["scores"].get(name) or {}
        own = (score.get("details") or {}).get("deskmark")
        return (own or score).get("verdict")

    return Column(f"{name}_deskmark_verdict", Kind.TEXT, read, "what Deskmark said, whatever reviewers decided")


def _detail(score: str, key: str, kind: Kind, says: str, *, column: str = "") -> Column:
    def read(row: Row) -> Any:
        return ((row.card["scores"].get(score) or {}).get("details") or {}).get(key)

    return Column(column or f"{score}_{key}", kind, read, says)


def _columns() -> Iterator[Column]:
    yield Column("id", Kind.TEXT, lambda row: row.document["id"], "the helpdesk's id of the conversation")
    yield _field("helpdesk", Kind.TEXT, "zendesk or intercom")
    yield _field("account", Kind.TEXT, "account on the helpdesk")
    yield Column("deskmark_id", Kind.TEXT, lambda row: row.id, "Deskmark's id, as in the address of its page")
    yield _contact("contact_id", "the customer; a pseudonym unless personal data was asked for")
    yield _contact("contact_external_id", "your own id of the customer; likewise")
    yield _contact("contact_email", "empty unless personal data was asked for")
    yield _field("channel", Kind.TEXT, "messaging, email, web, phone, social, api or unknown")
    yield _field("brand", Kind.TEXT, "brand, as the helpdesk numbers it")
    yield _named("brand", "brand", "its name; the number where the helpdesk told no name")
    yield _field("inbox", Kind.TEXT, "team inbox or group")
    yield _named("inbox", "group", "its name, also where only a number was known when it was read")
    yield _field("language", Kind.TEXT, "language, where the helpdesk says it")
    yield _field("opened_at", Kind.TIME, "when it was opened, UTC")
    yield _field("closed_at", Kind.TIME, "when it ended, UTC")
    yield _messages("customer")
    yield _messages("bot")
    yield _messages("agent")
    yield Column("tags", Kind.TEXT, lambda row: " ".join(row.document.get("tags") or ()), "tags, with spaces between")
    yield _field("truncated", Kind.FLAG, "whether the helpdesk gave only part of it")
    yield Column("definitions", Kind.TEXT, lambda row: row.card["definitions"], "version of the definitions")
    yield Column("episode", Kind.COUNT, lambda row: row.card["episode"], "number of the latest episode")
    yield Column("episodes", Kind.COUNT, lambda row: row.episodes, "episodes in all: 1 + reopenings")
    yield Column("scored_at", Kind.TIME, lambda row: row.scored_at, "when it was scored, UTC")
    for name in SCORES:
        yield _score(name, "verdict", Kind.TEXT)
        yield _own(name)
        yield _score(name, "value", Kind.NUMBER)
        yield _score(name, "confidence", Kind.NUMBER)
    yield from _details()


def _details() -> Iterator[Column]:
    yield _detail("repeat_contact", "repeat_of", Kind.TEXT, "the conversation that this one is the return of")
    yield _detail("escalation", "timing", Kind.TEXT, "early, on_time, late or never")
    yield _detail("escalation", "reason", Kind.TEXT, "reason code")
    yield _detail("escalation", "trigger", Kind.TEXT, "bot, customer or rule")
    yield _detail("containment", "claimed", Kind.TEXT, "what the bot's words claim: success, failure or none")
    yield _detail("effort", "messages_until_useful", Kind.COUNT, "customer messages until the first useful answer")
    yield _detail("effort", "rephrasings", Kind.COUNT, "times the customer put the question again")
    yield _detail("effort", "channel_switches", Kind.COUNT, "changes of channel")
    yield _detail("effort", "survey_ces", Kind.NUMBER, "customer effort score of a survey, 1 to 7")
    yield _detail("intent", "novelty", Kind.NUMBER, "0 to 1, higher is more novel")
    yield _detail("resolution_confidence", "source", Kind.TEXT, "reported by the bot, or estimated")
    yield _detail("handoff_time", "first_reply_seconds", Kind.NUMBER, "handoff to first human reply, seconds")
    yield _detail("handoff_time", "business_seconds", Kind.NUMBER, "handoff to solved, seconds of business hours")
    yield _detail("knowledge_gap", "reason", Kind.TEXT, "why the bot could not serve the question")


COLUMNS: tuple[Column, ...] = tuple(_columns())
"""Every column in order."""
