"""Which parts of a verdict may be written where, told by rules and facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.conversation import Author, Channel, Conversation, Message, Role
from service.write_rules import (
    ALL,
    NOTHING,
    Facts,
    Part,
    RulesError,
    WriteRules,
    allows,
    facts_of,
    permitted,
    place,
    rules_document,
    rules_from_document,
    rules_given,
    with_names,
    withheld,
)
from service.writeback import AlreadyThere, Note, Plan

FACTS = Facts("abcdefghijkl", groups=("Billing", "Tier 1"), brand="901", channel="email", form="77")
PLAN = Plan(
    add_tags=("dm__gap",),
    remove_tags=("dm__effort__high",),
    fields=MappingProxyType({"dm_outcome": "returned", "dm_effort": 6, "dm_scored_at": "2026-03-02T09:00:00Z"}),
    note=Note("0123abcd-1", "Deskmark: ..."),
)
TAGGED = AlreadyThere(tag_fields=frozenset({"dm_outcome"}))


def test_without_rules_everything_is_written_once_it_is_switched_on() -> None:
    assert allows(rules_from_document(None), FACTS).parts == ALL
    assert allows(rules_from_document(None), FACTS).reason == ""
    off = allows(rules_from_document(None), FACTS, writing=False)
    assert (off.parts, off.reason) == (NOTHING, "writing is switched off")


@pytest.mark.parametrize(
    ("rules", "parts", "reason"),
    [
        ({"groups": ["billing"]}, ALL, ""),
        ({"groups": ["TIER 1", "sales"]}, ALL, ""),
        ({"groups": ["sales"]}, NOTHING, "its group (Billing, Tier 1) is not among those that are written to"),
        ({"brands": ["902"]}, NOTHING, "its brand (901) is not among those that are written to"),
        ({"channels": ["messaging"]}, NOTHING, "its channel (email) is not among those that are written to"),
        ({"forms": ["77", "78"], "channels": ["email"]}, ALL, ""),
        ({"forms": ["78"]}, NOTHING, "its form (77) is not among those that are written to"),
        ({"tags": False}, frozenset({Part.FIELDS, Part.NOTES}), "writing tags is switched off"),
        ({"notes": False, "fields": False}, frozenset({Part.TAGS}), "writing fields and notes is switched off"),
        ({"sample": 0}, NOTHING, "it is outside the sample of 0 %"),
        ({"sample": 100}, ALL, ""),
    ],
)
def test_rules(rules: dict[str, Any], parts: frozenset[Part], reason: str) -> None:
    said = allows(rules_from_document(rules), FACTS)
    assert (said.parts, said.reason) == (parts, reason)


@pytest.mark.parametrize(
    ("reason", "read"),
    [
        ("its brand (901) is not among those that are written to", "its brand (Shop [901])"),
        ("its brand (902) is not among those that are written to", "its brand (902)"),
        ("its brand (none) is not among those that are written to", "its brand (none)"),
        ("its group (71, Sales) is not among those that are written to", "its group (Care [71], Sales)"),
        ("it is outside the sample of 5 %", "it is outside the sample of 5 %"),
    ],
)
def test_reasons_are_read_with_names(reason: str, read: str) -> None:
    names = {("brand", "901"): "Shop", ("group", "71"): "Care"}
    said = with_names(reason, lambda dimension, value: names.get((dimension, value), value))
    assert said == reason.replace(reason.partition(" is not among")[0], read)


def test_what_is_not_known_is_not_among_what_is_named() -> None:
    said = allows(WriteRules(forms=("77",)), replace(FACTS, form=None))
    assert said.reason == "its form (none) is not among those that are written to"


def test_channels_are_a_closed_list() -> None:
    assert rules_given({"channels": ["Email", "phone"]}).channels == ("Email", "phone")
    with pytest.raises(RulesError, match="there is no pigeon; there are messaging, email, web"):
        rules_given({"channels": ["email", "pigeon"]})
    # One that is stored from before stops nobody's work: it lets nothing through.
    assert allows(rules_from_document({"channels": ["pigeon"]}), FACTS).parts == NOTHING


@pytest.mark.parametrize(
    "document", [{"sample": 101}, {"sample": "many"}, {"groups": "billing"}, {"groups": [""]}, {"colour": "blue"}]
)
def test_rules_that_cannot_be_are_told_by_their_key(document: dict[str, Any]) -> None:
    with pytest.raises(RulesError, match=next(iter(document))):
        rules_from_document(document)


@given(st.sets(st.sampled_from(Part)), st.lists(st.text(min_size=1), max_size=3), st.floats(0, 100))
def test_rules_come_back_from_their_document(parts: set[Part], words: list[str], sample: float) -> None:
    rules = WriteRules(frozenset(parts), tuple(words), tuple(words), tuple(words), tuple(words), sample)
    assert rules_from_document(rules_document(rules)) == rules


@given(st.text(min_size=1, max_size=16), st.floats(0, 100), st.floats(0, 100))
def test_whatever_is_in_a_sample_stays_in_a_larger_one(row_id: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    facts = Facts(row_id)
    assert allows(WriteRules(sample=small), facts).parts <= allows(WriteRules(sample=large), facts).parts


def test_a_sample_is_about_as_large_as_it_says() -> None:
    taken = sum(place(f"conversation {number}") < 20 for number in range(5000))
    assert 900 < taken < 1100


def test_facts_of_a_conversation() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    conversation = Conversation(
        id="1",
        messages=(
            Message("m0", Author(Role.CUSTOMER, "c", group="x"), "hello", at),
            Message("m1", Author(Role.AGENT, "a", group="Tier 1"), "hello", at),
            Message("m2", Author(Role.AGENT, "b", group="Secret"), "note", at, internal=True),
        ),
        channel=Channel.EMAIL,
        brand="901",
        inbox="Billing",
        attributes={"form": 77},
    )
    assert facts_of(conversation, "abcdefghijkl") == FACTS
    bare = facts_of(replace(conversation, messages=(), inbox=None, attributes={}, brand=None), "x")
    assert bare == Facts("x", channel="email")


def test_what_is_sent_and_what_is_kept_back_make_the_plan() -> None:
    assert permitted(PLAN, ALL, TAGGED) == PLAN
    assert withheld(PLAN, PLAN) == Plan()
    assert permitted(PLAN, NOTHING, TAGGED) == Plan()
    assert withheld(PLAN, Plan()) == PLAN

    tags = permitted(PLAN, frozenset({Part.TAGS}), TAGGED)
    assert (tags.add_tags, tags.remove_tags, dict(tags.fields), tags.note) == (
        ("dm__gap",), ("dm__effort__high",), {}, None,
    )  # fmt: skip
    rest = withheld(PLAN, tags)
    assert (rest.add_tags, rest.remove_tags, set(rest.fields), rest.note) == (
        (), (), {"dm_outcome", "dm_effort", "dm_scored_at"}, PLAN.note,
    )  # fmt: skip

    note = permitted(PLAN, frozenset({Part.NOTES}), TAGGED)
    assert note == Plan(note=PLAN.note)


def test_a_field_that_is_a_tag_as_well_needs_both() -> None:
    fields = permitted(PLAN, frozenset({Part.FIELDS}), TAGGED)
    assert set(fields.fields) == {"dm_effort", "dm_scored_at"}
    assert set(withheld(PLAN, fields).fields) == {"dm_outcome"}
    elsewhere = permitted(PLAN, frozenset({Part.FIELDS}), AlreadyThere())
    assert set(elsewhere.fields) == {"dm_outcome", "dm_effort", "dm_scored_at"}


def test_the_time_of_scoring_alone_is_no_change() -> None:
    only = Plan(add_tags=("dm__gap",), fields=MappingProxyType({"dm_scored_at": "x"}))
    assert permitted(only, frozenset({Part.FIELDS}), AlreadyThere()) == Plan()
    assert withheld(only, permitted(only, frozenset({Part.TAGS}), AlreadyThere())) == Plan()
