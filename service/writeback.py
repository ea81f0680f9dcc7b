"""From a scorecard to the fewest changes that make the helpdesk say the same: plan, never send.

`plan` compares what should stand on the conversation with what is there already, so applying an already-true plan
sends nothing. Only our own names (a closed set under the installation's prefix) are ever added or removed; status,
assignee and priority do not exist here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from service.scoring.score import DEFINITIONS, Score, Scorecard
from service.translation.catalogue import Context, say
from service.translation.headlines import heard, said
from service.translation.languages import Language

FieldValue = str | int | None

PREFIX = "dm__"
MAX_TAGS = 5
OUTCOMES = ("confirmed", "likely", "unclear", "unresolved", "abandoned", "returned")
FIELDS = ("dm_resolution", "dm_effort", "dm_outcome", "dm_definitions", "dm_scored_at")
"""Our fields by neutral name. `dm_outcome` holds one of `OUTCOMES`; a connector gives it its option's own name."""

OWN_KEYS = (
    *(f"resolution__{outcome}" for outcome in OUTCOMES),
    "escalation__avoidable",
    "escalation__late",
    "escalation__missed",
    "context__repeated",
    "gap",
    "effort__high",
    "repeat__of",
    "review",
)
"""Every tag we may add or remove, without prefix. `ignore` and `dispute` belong to people and are never touched."""
DISPUTE_KEY = "dispute"
"""The tag, without prefix, by which an agent says that a verdict is wrong."""


class Writable(StrEnum):
    """How far a conversation can be written now."""

    FULL = "full"
    TAGS_ONLY = "tags_only"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note of ours found on the conversation: its reference and the verdicts its first line states, in English."""

    reference: str
    headline: str


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """What stands on the conversation now: all tags, our fields by name, our notes in order of posting.

    `fields` has a key for each of our fields that exists on the helpdesk, with `None` for an empty one; a field
    without a key cannot be written and is never planned. `version` is the helpdesk's own stamp for "unchanged since
    I read it" (`None` where it has none). `tag_fields` are fields whose value the helpdesk keeps as a tag as well.
    """

    tags: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[WrittenNote, ...] = ()
    writable: Writable = Writable.FULL
    version: str | None = None
    tag_fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """An internal note to post: plain text of at most eight lines, ending in its reference."""

    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes to make. Empty (false) means: send nothing."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))
    note: Note | None = None

    def __bool__(self) -> bool:
        return bool(self.add_tags or self.remove_tags or self.fields or self.note)


@dataclass(frozen=True, slots=True)
class Desired:
    """What should stand on the conversation: our tags, our fields, and the note's text without its reference line.

    `headline` is in English whatever the `language` of the note is, so that notes of all languages can be compared;
    `lines` are in that language. `definitions` is the version that the verdicts were made under.
    """

    tags: tuple[str, ...]
    fields: Mapping[str, FieldValue]
    headline: str
    actionable: bool
    lines: tuple[str, ...]
    definitions: str = DEFINITIONS
    language: Language = Language.EN


def plan(desired: Desired, there: AlreadyThere, *, reference: str, prefix: str = PREFIX, now: datetime) -> Plan:
    """The changes that turn `there` into `desired`.

    `reference` is the note's idempotency key (`note_reference`). A closed conversation takes tags only. When only
    `dm_scored_at` would change nothing is planned. `now` is written into that field along with another change.
    """
    own = {prefix + key for key in OWN_KEYS}
    add = tuple(tag for tag in desired.tags if tag not in there.tags)
    remove = tuple(sorted(tag for tag in set(there.tags) & own if tag not in desired.tags))
    if there.writable is Writable.TAGS_ONLY:
        return Plan(add_tags=add, remove_tags=remove)
    fields = {name: value for name, value in desired.fields.items() if _differs(name, value, there)}
    note = _note(desired, there, reference)
    if (add or remove or fields or note) and "dm_scored_at" in there.fields:
        fields["dm_scored_at"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Plan(add_tags=add, remove_tags=remove, fields=MappingProxyType(fields), note=note)


def _differs(name: str, value: FieldValue, there: AlreadyThere) -> bool:
    """Helpdesks give numbers back as text and empty fields as "" or null; that is no difference."""
    if name not in there.fields:
        return False
    old, new = (None if side in (None, "") else str(side) for side in (there.fields[name], value))
    return old != new


def desired_tags(
    scores: Mapping[str, Score], *, prefix: str = PREFIX, review_confidence: float = 0.6
) -> tuple[str, ...]:
    """Our tags for these scores: one value a key, at most five, the most important first."""
    written: list[tuple[str, Score]] = []
    containment, escalation = scores["containment"], scores["escalation"]
    if containment.verdict in OUTCOMES:
        written.append((f"resolution__{containment.verdict}", containment))
    if scores["repeat_contact"].details.get("repeat_of"):
        written.append(("repeat__of", scores["repeat_contact"]))
    if (fault := escalation_fault(escalation)) is not None:
        written.append((f"escalation__{fault}", escalation))
    if scores["context_repeat"].verdict == "repeated":
        written.append(("context__repeated", scores["context_repeat"]))
    if has_gap(scores):
        written.append(("gap", scores["knowledge_gap"]))
    if scores["effort"].verdict == "high":
        written.append(("effort__high", scores["effort"]))
    names = [name for name, _ in written]
    if any(score.confidence < review_confidence for _, score in written):
        names.append("review")
    return tuple(prefix + name for name in names[:MAX_TAGS])


def escalation_fault(score: Score) -> str | None:
    """What is wrong with an escalation: avoidable before missed before late; `None` when nothing is."""
    if score.verdict in ("avoidable", "missed"):
        return score.verdict
    return "late" if score.verdict == "warranted" and score.details.get("timing") == "late" else None


def has_gap(scores: Mapping[str, Score]) -> bool:
    """Whether the conversation holds a question that the bot could not serve; scorecards of old may not say."""
    gap = scores.get("knowledge_gap")
    return gap is not None and gap.verdict == "gap"


def desired_fields(scores: Mapping[str, Score], version: str = DEFINITIONS) -> dict[str, FieldValue]:
    """Our fields: probability resolved in percent, effort 1-7, outcome, definitions; `None` empties a field."""
    containment, effort = scores["containment"], scores["effort"]
    outcome = containment.verdict if containment.verdict in OUTCOMES else None
    return {
        "dm_resolution": None if outcome is None or containment.value is None else round(100 * containment.value),
        "dm_effort": None if effort.value is None else round(effort.value),
        "dm_outcome": outcome,
        "dm_definitions": version,
    }


def headline(scores: Mapping[str, Score]) -> str:
    """The verdicts a note leads with, e.g. "outcome returned, effort high, context repeated"."""
    said = []
    if scores["containment"].verdict in OUTCOMES:
        said.append(f"outcome {scores['containment'].verdict}")
    if (fault := escalation_fault(scores["escalation"])) is not None:
        said.append(f"escalation {fault}")
    if scores["effort"].verdict == "high":
        said.append("effort high")
    if scores["context_repeat"].verdict == "repeated":
        said.append("context repeated")
    if has_gap(scores):
        said.append("knowledge gap")
    return ", ".join(said) or "nothing to act on"


def is_actionable(scores: Mapping[str, Score]) -> bool:
    """Whether an agent or admin should look: only then is a note posted."""
    return (
        scores["containment"].verdict in ("unresolved", "abandoned", "returned")
        or escalation_fault(scores["escalation"]) is not None
        or scores["context_repeat"].verdict == "repeated"
        or has_gap(scores)
    )


def note_reference(card: Scorecard) -> str:
    """The note's idempotency key: the conversation, shortened, and the episode."""
    name = hashlib.sha256(f"{card.helpdesk}\0{card.account}\0{card.id}".encode()).hexdigest()[:8]
    return f"{name}-{card.episode}"


def _note(desired: Desired, there: AlreadyThere, reference: str) -> Note | None:
    """One note an episode; one short correction each time the verdicts it stated are no longer true."""
    mine = [note for note in there.notes if note.reference.split(".")[0] == reference]
    if not mine:
        if not desired.actionable:
            return None
        return Note(reference, "\n".join([f"Deskmark: {_told(desired)}", *desired.lines, f"ref {reference}"]))
    if mine[-1].headline == desired.headline:
        return None
    correction = f"{reference}.{len(mine) + 1}"
    corrects = say(desired.language, Context.NOTE, "correction of ref {reference}", reference=mine[-1].reference)
    first = f"Deskmark {corrects}: {_told(desired)}"
    return Note(correction, "\n".join([first, *desired.lines[:1], f"ref {correction}"]))


def _told(desired: Desired) -> str:
    """What stands after the colon of the first line: the verdicts, and in brackets what they are to be read by."""
    read_by = say(desired.language, Context.NOTE, "definitions {version}, times UTC", version=desired.definitions)
    return f"{said(desired.headline, desired.language)} ({read_by})"


# The same in every language: Deskmark, a colon, the verdicts, brackets; and in the end the reference.
_FIRST = re.compile(r"^Deskmark(?: [^:\n]*)?: (?P<headline>.+) \([^()\n]*\)\s*$", re.MULTILINE)
_LAST = re.compile(r"^ref (?P<reference>[0-9a-f]{8}-\d+(?:\.\d+)?)\s*\Z", re.MULTILINE)


def parse_note(text: str) -> WrittenNote | None:
    """The note of ours that `text` (plain text of an internal note, in any of our languages) is, or `None`."""
    stripped = text.strip()
    first, last = _FIRST.match(stripped), _LAST.search(stripped)
    return WrittenNote(last["reference"], heard(first["headline"])) if first and last else None
