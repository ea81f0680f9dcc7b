"""What is planned for the helpdesk: tags, fields, note; and that an already-true plan is empty."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import note
from service.conversation import Author, Conversation, Message, Role
from service.scoring.score import Evidence, Policy, Score, Scorecard
from service.writeback import (
    FIELDS,
    OUTCOMES,
    OWN_KEYS,
    AlreadyThere,
    Desired,
    Plan,
    Writable,
    WrittenNote,
    desired_tags,
    headline,
    note_reference,
    parse_note,
    plan,
)

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NOTHING = Score(verdict=None)


def scores(**given: Score) -> dict[str, Score]:
    empty = dict.fromkeys(("repeat_contact", "context_repeat", "effort", "escalation", "containment"), NOTHING)
    return {**empty, **given}


def warranted(timing: str) -> Score:
    return Score("warranted", details={"timing": timing})


MESSAGES = (
    Message("m0", Author(Role.CUSTOMER), "order ORD-48213 is late, me@example.com", NOW - timedelta(hours=5)),
    Message("m1", Author(Role.BOT), "It is on its way.", NOW - timedelta(hours=5)),
    Message("m2", Author(Role.AGENT), "What is your order number?", NOW - timedelta(hours=4)),
    Message("m3", Author(Role.CUSTOMER), "{{ticket.title}} <b>", None),
)
TALK = Conversation(id="4711", helpdesk="zendesk", account="acme", messages=MESSAGES)

REPEATED = Score(
    "repeated", 1, 0.9, "An agent asked again.", (Evidence.of(MESSAGES[2], "asks for the order", answered_in="m0"),)
)
BAD = scores(
    containment=Score("returned", 0.1, 0.95, "The customer came back."),
    repeat_contact=Score(
        "returned", 0.9, 0.9, "Came back 6 hours later with the same issue.", (Evidence("x1", "again", "r", None, "9"),)
    ),
    context_repeat=REPEATED,
    effort=Score("high", 2.4, 0.8, "Asked three times.", (Evidence.of(MESSAGES[3], "asked again"),)),
    escalation=warranted("late"),
)


def card(given: dict[str, Score], episode: int = 1) -> Scorecard:
    return Scorecard("zendesk", "acme", "4711", episode, MappingProxyType(given))


def wanted(given: dict[str, Score], **more: Any) -> Desired:
    return note.desired(card(given), TALK, Policy(), **more)


def planned(given: dict[str, Score], there: AlreadyThere) -> Plan:
    return plan(wanted(given), there, reference=note_reference(card(given)), now=NOW)


def noted(given: dict[str, Score]) -> str:
    """The note that is written where there is none yet."""
    note = planned(given, EMPTY).note
    assert note is not None
    return note.text


def applied(there: AlreadyThere, changes: Plan) -> AlreadyThere:
    """What a helpdesk holds after the plan was carried out, read back the way helpdesks give things back."""
    tags = tuple(t for t in there.tags if t not in changes.remove_tags) + changes.add_tags
    fields = {**there.fields, **{k: None if v is None else str(v) for k, v in changes.fields.items()}}
    written = parse_note("  " + changes.note.text + "\n") if changes.note else None
    return AlreadyThere(tags, fields, there.notes + ((written,) if written else ()), there.writable)


EMPTY = AlreadyThere(tags=("vip",), fields=dict.fromkeys(FIELDS))


def test_tags_come_in_order_of_weight_and_are_at_most_five() -> None:
    low = Score("high", 2, 0.3)
    assert desired_tags({**BAD, "effort": low}) == (
        "dm__resolution__returned",
        "dm__escalation__late",
        "dm__context__repeated",
        "dm__effort__high",
        "dm__review",
    )
    chained = Score("returned", 0.9, 0.9, details={"repeat_of": "1"})
    assert desired_tags({**BAD, "repeat_contact": chained, "effort": low})[-1] == "dm__effort__high"


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        (scores(), ()),
        (scores(containment=Score("human_only")), ()),
        (scores(containment=Score("escalated"), escalation=warranted("on_time")), ()),
        (scores(escalation=Score("avoidable", details={"timing": "early"})), ("x_escalation__avoidable",)),
        (scores(escalation=Score("missed", details={"timing": "never"})), ("x_escalation__missed",)),
        (scores(containment=Score("likely", 0.7, 0.5)), ("x_resolution__likely", "x_review")),
        (scores(effort=Score("low", 6.0)), ()),
    ],
)
def test_tags(given: dict[str, Score], tags: tuple[str, ...]) -> None:
    assert desired_tags(given, prefix="x_") == tags


def test_everything_is_written_once_and_then_nothing() -> None:
    first = planned(BAD, EMPTY)
    assert first.add_tags[0] == "dm__resolution__returned"
    assert first.fields == {
        "dm_resolution": 10,
        "dm_effort": 2,
        "dm_outcome": "returned",
        "dm_definitions": "2",
        "dm_scored_at": "2026-03-02T18:00:00Z",
    }
    assert first.note is not None
    again = planned(BAD, applied(EMPTY, first))
    assert not again
    assert again == Plan()


def test_a_changed_verdict_replaces_tag_and_field_and_posts_one_correction() -> None:
    there = applied(EMPTY, planned(BAD, EMPTY))
    better = scores(containment=Score("likely", 0.6, 0.9, "ok"))
    change = planned(better, there)
    assert change.add_tags == ("dm__resolution__likely",)
    assert "dm__resolution__returned" in change.remove_tags
    assert change.fields["dm_outcome"] == "likely"
    assert change.fields["dm_effort"] is None
    assert change.note is not None
    reference = note_reference(card(BAD))
    assert change.note.reference == f"{reference}.2"
    assert change.note.text.startswith(f"Deskmark correction of ref {reference}: outcome likely ")
    assert not planned(better, applied(there, change))


def test_a_new_episode_gets_its_own_note() -> None:
    there = applied(EMPTY, planned(BAD, EMPTY))
    second = plan(wanted(BAD), there, reference=note_reference(card(BAD, 2)), now=NOW)
    assert second.note is not None
    assert second.note.text.startswith("Deskmark: ")


def test_good_news_gets_no_note() -> None:
    assert planned(scores(containment=Score("confirmed", 0.9, 0.9)), EMPTY).note is None


def test_a_closed_conversation_takes_tags_only() -> None:
    closed = AlreadyThere(EMPTY.tags, EMPTY.fields, (), Writable.TAGS_ONLY)
    change = planned(BAD, closed)
    assert change.add_tags
    assert not change.fields
    assert change.note is None


def test_a_field_the_helpdesk_does_not_have_is_never_planned() -> None:
    there = AlreadyThere(fields={"dm_effort": None})
    assert planned(BAD, there).fields == {"dm_effort": 2}


def test_scored_at_alone_changes_nothing() -> None:
    there = applied(EMPTY, planned(BAD, EMPTY))
    assert not plan(wanted(BAD), there, reference=note_reference(card(BAD)), now=NOW + timedelta(days=9))


foreign = st.text("abcdefghij_", min_size=1, max_size=9).filter(lambda tag: not tag.startswith("dm__"))
own = st.sampled_from(OWN_KEYS).map("dm__".__add__)
reserved = st.sampled_from(("dm__ignore", "dm__dispute", "dm__gap", "dm__something_else"))


@given(
    st.lists(foreign | own | reserved, unique=True),
    st.sampled_from((*OUTCOMES, "escalated", "human_only", None)),
    st.sampled_from(Writable),
)
def test_no_foreign_tag_is_touched_and_the_second_plan_is_empty(
    tags: list[str], verdict: str | None, how: Writable
) -> None:
    there = AlreadyThere(tuple(tags), dict.fromkeys(FIELDS), (), how)
    given_scores = scores(containment=Score(verdict, 0.4, 0.9, "because"))
    change = planned(given_scores, there)
    assert set(change.remove_tags) <= {f"dm__{key}" for key in OWN_KEYS} & set(tags)
    after = applied(there, change)
    assert [tag for tag in after.tags if not tag.startswith("dm__")] == [t for t in tags if not t.startswith("dm__")]
    assert {tag for tag in tags if tag in ("dm__ignore", "dm__dispute")} <= set(after.tags)
    assert not planned(given_scores, after)


def test_the_note_reads_well() -> None:
    text = noted(BAD)
    lines = text.splitlines()
    assert lines[0] == (
        "Deskmark: outcome returned, escalation late, effort high, context repeated (definitions 2, times UTC)"
    )
    assert lines[1] == "- Came back 6 hours later with the same issue (conversation 9)."
    assert lines[2] == (
        '- The customer had written at 13:00 "order ORD-48*** is late, m***@***"; it was asked for again'
        ' at 14:00 "What is your order number?".'
    )
    assert lines[-2] == "Not right? Add the tag dm__dispute"
    assert lines[-1] == f"ref {note_reference(card(BAD))}"
    assert len(lines) <= 8


def test_a_customer_cannot_plant_a_placeholder_link_or_markup() -> None:
    evil = Score("unresolved", 0.1, 0.9, "The bot failed.", (Evidence.of(MESSAGES[3], "x"),))
    text = noted(scores(containment=evil))
    assert "{{" not in text
    assert "<" not in text


def test_a_gap_is_proven_by_what_followed_the_question() -> None:
    proof = (Evidence.of(MESSAGES[0], "the bot could not serve this"), Evidence.of(MESSAGES[1], "has no answer"))
    lines = wanted(scores(knowledge_gap=Score("gap", None, 0.9, "The bot had no answer.", proof))).lines
    assert lines[0] == '- The bot had no answer: at 13:00 "It is on its way."'


def test_the_note_links_to_the_page_when_there_is_one() -> None:
    lines = wanted(BAD, link="https://desk.example.com/c/1").lines
    assert lines[-1] == "Not right? Add the tag dm__dispute or open https://desk.example.com/c/1"


def test_only_our_own_notes_are_recognised() -> None:
    text = noted(BAD)
    assert parse_note(text) == WrittenNote(note_reference(card(BAD)), headline(BAD))
    assert parse_note("Deskmark: outcome fine (definitions 1)") is None
    assert parse_note("please see ref 12345678-1") is None
    assert parse_note("") is None


def test_nothing_to_act_on_is_said() -> None:
    assert headline(scores()) == "nothing to act on"
