"""Which parts of a verdict may be written to which conversations: an installation's rules, and what they say of one.

Pure. Pydantic reads the stored document at this border and nowhere else. A rule that names nothing leaves nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.conversation import Channel, Conversation, Role
from service.document import why
from service.writeback import AlreadyThere, FieldValue, Plan


class RulesError(ValueError):
    """The rules cannot be read; the message says which key is wrong and what it should be."""


class Part(StrEnum):
    """What can be written and switched on by itself."""

    TAGS = "tags"
    FIELDS = "fields"
    NOTES = "notes"


NOT_AMONG = "its {what} ({has}) is not among those that are written to"
_NOT_AMONG = re.compile(r"its (?P<what>\w+) \((?P<has>.*)\) is not among those that are written to", re.DOTALL)

ALL = frozenset(Part)
NOTHING: frozenset[Part] = frozenset()


@dataclass(frozen=True, slots=True)
class WriteRules:
    """The parts to write, and to which conversations: those that each list which is not empty names.

    Words are compared without regard to case. `sample` is the share of conversations in percent, 0 to 100.
    """

    parts: frozenset[Part] = ALL
    groups: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    sample: float = 100.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask of a conversation. `id` is Deskmark's own; a group is the inbox or the team of an agent in it."""

    id: str
    groups: tuple[str, ...] = ()
    brand: str | None = None
    channel: str | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The parts that may be written; `reason` says in plain words why the others may not, empty when all may."""

    parts: frozenset[Part]
    reason: str = ""


class RulesDocument(BaseModel):
    """The rules as an installation stores them; every key may be absent."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Deskmark write rules")

    tags: bool = True
    fields: bool = True
    notes: bool = True
    groups: list[Annotated[str, Field(min_length=1)]] = []
    brands: list[Annotated[str, Field(min_length=1)]] = []
    channels: list[Annotated[str, Field(min_length=1)]] = []
    forms: list[Annotated[str, Field(min_length=1)]] = []
    sample: Annotated[float, Field(ge=0, le=100)] = 100


def rules_from_document(document: Mapping[str, Any] | None) -> WriteRules:
    """The stored rules; `None` writes all parts to all conversations. Raises `RulesError`."""
    try:
        read = RulesDocument.model_validate(document or {})
    except ValidationError as error:
        raise RulesError(why(error)) from error
    return WriteRules(
        parts=frozenset(part for part in Part if getattr(read, part.value)),
        groups=tuple(read.groups),
        brands=tuple(read.brands),
        channels=tuple(read.channels),
        forms=tuple(read.forms),
        sample=read.sample,
    )


def rules_given(document: Mapping[str, Any]) -> WriteRules:
    """Rules that somebody wants from now on. Raises `RulesError`, also for a channel that no conversation can have."""
    rules = rules_from_document(document)
    known = [channel.value for channel in Channel]
    unknown = [word for word in rules.channels if word.casefold() not in known]
    if unknown:
        raise RulesError(f"channels: there is no {', '.join(unknown)}; there are {', '.join(known)}")
    return rules


def rules_document(rules: WriteRules) -> dict[str, Any]:
    """What `rules_from_document` reads."""
    return {
        **{part.value: part in rules.parts for part in Part},
        "groups": list(rules.groups),
        "brands": list(rules.brands),
        "channels": list(rules.channels),
        "forms": list(rules.forms),
        "sample": rules.sample,
    }


def facts_of(conversation: Conversation, row_id: str) -> Facts:
    """What rules ask of `conversation`, which is stored under `row_id`."""
    teams = [m.author.group for m in conversation.messages if m.role is Role.AGENT and not m.internal]
    form = conversation.attributes.get("form")
    return Facts(
        id=row_id,
        groups=tuple(dict.fromkeys(name for name in (conversation.inbox, *teams) if name)),
        brand=conversation.brand,
        channel=conversation.channel.value,
        form=str(form) if form else None,
    )


def place(row_id: str) -> float:
    """Where a conversation stands among all, 0 up to 100: evenly spread, and the same for ever.

    A sample takes those below its rate, so that whatever is in a small sample is in every larger one.
    """
    return int.from_bytes(blake2b(row_id.encode(), digest_size=8, person=b"sample").digest(), "big") / 2**64 * 100


def allows(rules: WriteRules, facts: Facts, *, writing: bool = True) -> Allowed:
    """Which parts may be written to the conversation; `writing` is the installation's switch."""
    if not writing:
        return Allowed(NOTHING, "writing is switched off")
    for what, wanted, has in (
        ("group", rules.groups, facts.groups),
        ("brand", rules.brands, _one(facts.brand)),
        ("channel", rules.channels, _one(facts.channel)),
        ("form", rules.forms, _one(facts.form)),
    ):
        if wanted and not {word.casefold() for word in wanted} & {word.casefold() for word in has}:
            return Allowed(NOTHING, NOT_AMONG.format(what=what, has=", ".join(has) or "none"))
    if place(facts.id) >= rules.sample:
        return Allowed(NOTHING, f"it is outside the sample of {rules.sample:g} %")
    missing = [part.value for part in Part if part not in rules.parts]
    return Allowed(rules.parts, f"writing {' and '.join(missing)} is switched off" if missing else "")


def with_names(reason: str, called: Callable[[str, str], str]) -> str:
    """A reason of `allows` to be read: ids of brands and teams behind their names.

    `called` tells a value's name by dimension and value, and the value itself where it has none.

    >>> with_names("its brand (7) is not among those that are written to", lambda dimension, value: "Shop")
    'its brand (Shop [7]) is not among those that are written to'
    """
    found = _NOT_AMONG.fullmatch(reason)
    if found is None:
        return reason
    what, values = found.group("what"), found.group("has").split(", ")
    return NOT_AMONG.format(what=what, has=", ".join(beside_id(called(what, value), value) for value in values))


def beside_id(name: str, value: str) -> str:
    """A name with its id behind it, unless the name tells it already.

    >>> beside_id("Shop", "7"), beside_id("Shop [7]", "7"), beside_id("7", "7")
    ('Shop [7]', 'Shop [7]', '7')
    """
    return name if value in name else f"{name} [{value}]"


def _one(word: str | None) -> tuple[str, ...]:
    return (word,) if word else ()


def permitted(plan: Plan, parts: frozenset[Part], there: AlreadyThere) -> Plan:
    """What of `plan` may be sent when only `parts` may be written; false when nothing is left.

    A field that the helpdesk keeps as a tag as well (`there.tag_fields`) is written only where tags may be.
    `dm_scored_at` goes along with another change and never alone.
    """
    fields: dict[str, FieldValue] = {}
    if Part.FIELDS in parts:
        barred = frozenset() if Part.TAGS in parts else there.tag_fields
        fields = {name: value for name, value in plan.fields.items() if name not in barred}
    tags = Part.TAGS in parts
    kept = replace(
        plan,
        add_tags=plan.add_tags if tags else (),
        remove_tags=plan.remove_tags if tags else (),
        fields=MappingProxyType(fields),
        note=plan.note if Part.NOTES in parts else None,
    )
    return kept if _says_something(kept) else Plan()


def _says_something(plan: Plan) -> bool:
    """Whether it changes more than the time of scoring."""
    return bool(plan.add_tags or plan.remove_tags or plan.note or set(plan.fields) - {"dm_scored_at"})


def withheld(plan: Plan, sent: Plan) -> Plan:
    """What of `plan` is not in `sent`, which `permitted` made of it."""
    fields = {name: value for name, value in plan.fields.items() if name not in sent.fields}
    rest = Plan(
        add_tags=tuple(tag for tag in plan.add_tags if tag not in sent.add_tags),
        remove_tags=tuple(tag for tag in plan.remove_tags if tag not in sent.remove_tags),
        fields=MappingProxyType(fields),
        note=None if sent.note else plan.note,
    )
    return rest if _says_something(rest) else Plan()
