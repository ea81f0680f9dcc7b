"""Waiting for a person: from events and from messages, in calendar and business hours, and with times missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_vectors import NoVectors

from service.card_document import score_document
from service.conversation import Author, Conversation, Event, EventKind, Message, Role
from service.scoring.handoff_time import handoff_time, spell
from service.scoring.schedule import Hours, Schedule
from service.scoring.score import Case, History, Policy, Score

START = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # a Friday
ROLES = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT, "d": Role.AGENT}
SCHEDULE = Schedule("UTC", ((Hours(540, 960),),) * 5 + ((), ()))


def minute(n: float) -> datetime:
    return START + timedelta(minutes=n)


def talk(*turns: tuple[str, float | None], events: tuple[Event, ...] = (), closed: float | None = None) -> Conversation:
    messages = tuple(
        Message(f"m{i}", Author(ROLES[who], who, "tier 1" if who == "a" else None), "Hello there", at and minute(at))
        for i, (who, at) in enumerate(turns)
    )
    return Conversation("1", messages, events=events, closed_at=None if closed is None else minute(closed))


def event(kind: str, at: float | None, target: str | None = None) -> Event:
    return Event(f"{kind}{at}", kind, None if at is None else minute(at), target=target)


def judge(conversation: Conversation, schedule: Schedule | None = None, as_of: float | None = None) -> Score:
    history = History(as_of=None if as_of is None else minute(as_of))
    return handoff_time(Case(conversation, history, Policy(schedule=schedule), NoVectors()))


ASKED = (("c", 1.0), ("b", 2.0))
HANDED = event(EventKind.HANDOFF, 10, "billing")


def test_answered_and_solved() -> None:
    score = judge(talk(*ASKED, ("a", 25.0), events=(HANDED,), closed=4330), SCHEDULE)
    assert (score.verdict, score.value, score.confidence) == ("answered", 72 * 3600, 1.0)
    assert score.details["first_reply_seconds"] == 900
    assert score.details["business_first_reply_seconds"] == 900
    assert score.details["business_seconds"] == (20 + 400) * 60  # Friday until 16:00, Monday from 9:00 to 15:40
    assert score.details["queue"] == "billing"
    assert score.details["waited_seconds"] is None
    assert [e.message for e in score.evidence] == ["m2"]
    assert (
        score.reason == "A person answered 15 min after the handoff, and it was solved after 3 days, 7 h of it in "
        "business hours."
    )


def test_no_schedule_no_business_hours() -> None:
    score = judge(talk(*ASKED, ("a", 25.0), events=(HANDED,), closed=40))
    assert score.details["business_seconds"] is score.details["business_first_reply_seconds"] is None
    assert "business" not in score.reason


def test_not_solved_yet() -> None:
    score = judge(talk(*ASKED, ("a", 25.0), events=(HANDED,)), SCHEDULE)
    assert (score.verdict, score.value, score.details["solved_at"]) == ("answered", None, None)
    assert score.details["first_reply_seconds"] == 900
    assert score.reason.endswith("it is not solved yet.")


def test_closed_by_an_event_alone() -> None:
    closed = (event(EventKind.CLOSED, 5), event(EventKind.CLOSED, 70))
    assert judge(talk(*ASKED, ("a", 25.0), events=(HANDED, *closed))).value == 3600
    assert judge(talk(*ASKED, ("a", 25.0), events=(HANDED, closed[0]))).value is None
    untimed = judge(talk(*ASKED, ("a", 25.0), events=(HANDED, event(EventKind.CLOSED, None))))
    assert untimed.value is None
    assert untimed.reason.endswith("when it was solved is not known.")


def test_gone_before_anybody_answered() -> None:
    score = judge(talk(*ASKED, ("c", 12.0), events=(HANDED,), closed=70), SCHEDULE)
    assert (score.verdict, score.value) == ("abandoned_in_queue", None)
    assert score.details["waited_seconds"] == 3600
    assert score.details["business_waited_seconds"] == 1200
    assert score.evidence[0].message == "m2"
    assert score.details["first_reply_seconds"] is None


def test_still_waiting() -> None:
    score = judge(talk(*ASKED, events=(HANDED,)), as_of=40)
    assert (score.verdict, score.value, score.details["waited_seconds"]) == ("open", None, 1800)
    assert score.reason == "No person has answered in 30 min after the handoff; the conversation is still open."
    assert judge(talk(*ASKED, events=(HANDED,))).details["waited_seconds"] is None
    assert judge(talk(("b", 2.0), events=(HANDED,))).evidence == ()


def test_without_an_event_the_messages_tell() -> None:
    waited = judge(talk(*ASKED, ("c", 5.0), ("c", 7.0), ("a", 25.0), closed=65))
    assert (waited.value, waited.details["first_reply_seconds"]) == (3600, 1200)
    assert (waited.details["handoff_reported"], waited.confidence) == (False, 0.8)
    assert waited.details["queue"] == "tier 1"
    assert judge(talk(*ASKED, ("a", 25.0))).details["first_reply_seconds"] == 23 * 60
    late = judge(talk(*ASKED, ("a", 8.0), events=(HANDED,)))  # noted after the agent had written
    assert (late.details["first_reply_seconds"], late.details["handoff_reported"]) == (360, False)


def test_missing_and_impossible_times() -> None:
    bare = judge(talk(("c", None), ("b", None), ("a", None), events=(event(EventKind.HANDOFF, None),)))
    assert (bare.verdict, bare.value, bare.details["first_reply_seconds"]) == ("answered", None, None)
    assert "times are missing" in bare.reason
    ancient = talk(*ASKED, ("a", 25.0), events=(replace(HANDED, at=datetime(1970, 1, 1, tzinfo=UTC)),), closed=40)
    assert judge(ancient, SCHEDULE).value is None
    assert judge(talk(*ASKED, ("a", 25.0), events=(HANDED,), closed=2)).value is None


def test_nothing_was_handed_over() -> None:
    for conversation in (talk(*ASKED), talk(("c", 1.0), ("a", 2.0)), talk(("c", 1.0), ("a", 2.0), ("b", 3.0))):
        score = judge(conversation)
        assert (score.verdict, score.value, score.evidence) == (None, None, ())
        assert set(score.details) == set(judge(talk(*ASKED, ("a", 25.0))).details)


def test_transfers_are_listed() -> None:
    moved = replace(event(EventKind.TRANSFERRED, 30, "legal"), origin="billing")
    score = judge(talk(*ASKED, ("a", 25.0), ("d", 31.0), ("a", 40.0), events=(HANDED, moved)))
    listed = score_document(score)["details"]["transfers"]
    assert listed == [
        {"at": "2026-03-06T16:00:00Z", "from": "billing", "to": "legal"},
        {"at": "2026-03-06T16:10:00Z", "from": None, "to": "tier 1"},
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3599, "60 min"), (3600, "1 h"), (90_000, "25 h"), (172_800, "2 days")],
)
def test_spans_in_words(seconds: float, text: str) -> None:
    assert spell(seconds) == text


_turns = st.lists(st.tuples(st.sampled_from("cbad"), st.none() | st.floats(1, 9000)), max_size=7)
_kinds = st.sampled_from([EventKind.HANDOFF, EventKind.TRANSFERRED, EventKind.CLOSED, EventKind.ASSIGNED])
_events = st.lists(st.builds(event, _kinds, st.none() | st.floats(0, 9000)), max_size=4)


@given(_turns, _events, st.none() | st.floats(0, 9999))
def test_any_conversation_gets_the_same_score_twice(
    turns: list[tuple[str, float | None]], events: list[Event], closed: float | None
) -> None:
    conversation = talk(*turns, events=tuple(events), closed=closed)
    score = judge(conversation, SCHEDULE)
    assert score == judge(conversation, SCHEDULE)
    assert score.verdict in {"answered", "abandoned_in_queue", "open", None}
    assert score.value is None or score.value >= 0
    worked, value = score.details["business_seconds"], score.value
    assert worked is None or (isinstance(worked, (int, float)) and value is not None and worked <= value)
