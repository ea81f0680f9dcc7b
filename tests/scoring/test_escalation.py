"""Escalation end to end on our own conversations, and its rules one by one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.conversation import Author, BotTurn, Conversation, Event, EventKind, Feedback, Initiator, Message, Role
from service.document import from_document
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.escalation import escalation
from service.scoring.human_needed import Reason
from service.scoring.score import Case, History, Policy, Score

SAMPLES = Path(__file__).parents[1] / "samples" / "escalation_dev.jsonl"
HELD_OUT = SAMPLES.with_name("escalation_held_out.jsonl")
EMBEDDER = CachedEmbedder(MiniLM(), MemoryCache())
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROLES = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT, "s": Role.SYSTEM, "u": Role.UNKNOWN}
DETAILS = {"timing", "reason", "trigger", "warranted_at", "bot_turns", "turns_late", "seconds_late"}
HELLO = "b: Hi! How can I help?"
HOURS = ("c: when do you open on sunday", "b: On Sundays our store in Leeds is open from 11:00 to 17:00.")
SAME_HOURS = "a: On Sundays the Leeds store opens at 11:00 and closes at 17:00."


def talk(*turns: str, events: tuple[Event, ...] = (), timed: bool = True) -> Conversation:
    """Turns "c: ...", one a minute."""
    messages = tuple(
        Message(f"m{i}", Author(ROLES[turn[0]]), turn[3:], START + timedelta(minutes=i) if timed else None)
        for i, turn in enumerate(turns)
    )
    return Conversation("1", messages, events=events)


def handoff(minute: float | None = None, by: Initiator | None = None) -> Event:
    return Event("e0", EventKind.HANDOFF, None if minute is None else START + timedelta(minutes=minute), by)


def judge(conversation: Conversation, **policy: Any) -> Score:
    return escalation(Case(conversation, History(), Policy(**policy), EMBEDDER))


def outcome(score: Score) -> tuple[object, ...]:
    return score.verdict, score.details["timing"], score.details["reason"]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_our_own_conversations() -> None:
    """They were tuned on: the test keeps what was reached, it is no estimate of quality."""
    rows = read(SAMPLES)
    scores = [judge(from_document(row["conversation"])) for row in rows]
    right = sum(s.verdict == row["verdict"] for s, row in zip(scores, rows, strict=True))
    in_time = sum(s.details["timing"] == row["timing"] for s, row in zip(scores, rows, strict=True))
    accused = [row["verdict"] for s, row in zip(scores, rows, strict=True) if s.verdict == "avoidable"]
    assert right >= 0.95 * len(rows)
    assert in_time >= 0.95 * len(rows)
    assert accused.count("avoidable") >= 0.95 * len(accused)


def test_conversations_that_were_not_tuned_on() -> None:
    rows = read(HELD_OUT)
    scores = [judge(from_document(row["conversation"])) for row in rows]
    assert sum(s.verdict == row["verdict"] for s, row in zip(scores, rows, strict=True)) >= 0.85 * len(rows)
    assert all(row["verdict"] == "avoidable" for s, row in zip(scores, rows, strict=True) if s.verdict == "avoidable")


def test_times_and_events_are_not_needed() -> None:
    """Without times, and without a handoff event where an agent answers, the verdict stays."""
    for row in read(SAMPLES):
        full = from_document(row["conversation"])
        if any(e.kind != EventKind.HANDOFF for e in full.events) or not full.by(Role.AGENT):
            continue
        bare = replace(full, messages=tuple(replace(m, at=None) for m in full.messages), events=())
        assert judge(bare).verdict == judge(full).verdict
        assert judge(bare).value is None


def test_nobody_but_people() -> None:
    score = judge(talk("c: hello, my order is late", "a: I'll look into it"))
    assert (score.verdict, score.value, score.evidence) == (None, None, ())
    assert set(score.details) == DETAILS
    assert judge(talk("c: hi", "a: hello", "b: Please rate this chat")).verdict is None


def test_a_request_answered_at_once() -> None:
    score = judge(talk("c: I want to talk to a human", "b: Connecting you to an agent.", "a: Hi!", timed=True))
    assert outcome(score) == ("warranted", "on_time", Reason.CUSTOMER_REQUEST)
    assert score.details["trigger"] == "customer"
    assert score.details["warranted_at"] == "m0"
    assert score.details["bot_turns"] == 0
    assert score.value == 120
    assert [e.message for e in score.evidence] == ["m0", "m2"]


def test_a_request_put_off_twice_is_late() -> None:
    score = judge(
        talk(
            HELLO,
            "c: can I speak to a person",
            "b: I know a lot about our products. What is it about?",
            "c: a person please",
            "b: Have a look at our help centre, it has many articles.",
            "c: PERSON",
            "b: Transferring you to a colleague now.",
            events=(handoff(6.5, Initiator.BOT),),
        )
    )
    assert outcome(score) == ("warranted", "late", Reason.CUSTOMER_REQUEST)
    assert score.details["bot_turns"] == 2
    assert score.details["trigger"] == "bot"
    assert score.value == 330
    assert (score.details["turns_late"], score.details["seconds_late"]) == (2, 330)
    assert score.evidence[-1].message is None


def test_bubbles_are_one_turn() -> None:
    turns = ("c: give me a human please", "b: I see.", "b: Tell me more.", "b: I may know the answer.", "a: Hello")
    assert judge(talk(*turns)).details["bot_turns"] == 1


def test_yes_to_an_offer_is_a_request_and_no_is_none() -> None:
    asked = ("c: my lamp hums", "b: Try another bulb. Would you like to talk to an agent?")
    assert outcome(judge(talk(*asked, "c: yes please", "a: Hi"))) == ("warranted", "on_time", Reason.CUSTOMER_REQUEST)
    assert judge(talk(*asked, "c: no it's fine")).verdict == "not_needed"
    both = ("c: my lamp hums", "b: Try another bulb. Did that help or do you want to talk to an agent?")
    assert judge(talk(*both, "c: yes")).verdict == "not_needed"


def test_the_third_time_of_asking() -> None:
    loop = (
        "c: how do I change the tax number on an old invoice",
        "b: You can find your invoices under Billing.",
        "c: how can I change the tax number on an old invoice?",
        "b: You can find your invoices under Billing.",
    )
    assert judge(talk(*loop)).verdict == "not_needed"
    score = judge(
        talk(
            *loop,
            "c: I want to change the tax number on an old invoice",
            "b: You can find your invoices under Billing.",
        )
    )
    assert outcome(score) == ("missed", "never", Reason.LOOP)


STAYS = "b: Our spring collection is in the shop now."
EVERY_REASON = {
    Reason.CUSTOMER_REQUEST: ("c: my kettle leaks, get me an agent", STAYS),
    Reason.FRUSTRATION: ("c: my kettle leaks", STAYS, "c: this is ridiculous, your service is a joke!!", STAYS),
    Reason.LOOP: (
        "c: how can I descale my kettle",
        STAYS,
        "c: how do I descale the kettle?",
        STAYS,
        "c: how should I descale my kettle",
        STAYS,
    ),
    Reason.MISSING_KNOWLEDGE: ("c: is the kettle sold in Malta", "b: Sorry, I have no information about that."),
    Reason.LOW_CONFIDENCE: (
        "c: the thing does the thing again",
        "b: I didn't understand that. Could you rephrase it?",
        "c: it does the thing",
        "b: I'm afraid I still don't get what you mean.",
    ),
    Reason.TOOL_FAILURE: ("c: track my kettle", "b: Something went wrong while loading your order. The system failed."),
    Reason.POLICY_RESTRICTION: ("c: somebody stole my card and paid for kettles with it", STAYS),
    Reason.UNSUPPORTED_REQUEST: ("c: please add 5 euros to my voucher", "b: I'm just a bot, I'm not able to do that."),
    Reason.OTHER: ("c: my kettle has a scratch", "b: I've passed it to our team, someone will contact you shortly."),
}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_told(reason: Reason) -> None:
    score = judge(talk(*EVERY_REASON[reason]))
    assert outcome(score) == ("missed", "never", reason)
    assert score.details["warranted_at"] == score.evidence[0].message
    assert score.details["turns_late"] is not None
    assert score.details["seconds_late"] is not None
    if reason is not Reason.OTHER:  # A handoff that only the bot's announcement explains is left open.
        handed = judge(talk(*EVERY_REASON[reason], "a: Hello, I am Ada. Which kettle is it?"))
        assert (handed.verdict, handed.details["reason"]) == ("warranted", reason)


def test_who_caused_the_handoff() -> None:
    turns = ("c: is the kettle sold in Malta", "b: Sorry, I have no information about that.", "a: Hello, it is.")
    for by in (Initiator.BOT, Initiator.CUSTOMER, Initiator.RULE):
        assert judge(talk(*turns, events=(handoff(1.5, by),))).details["trigger"] == str(by)
    asked = judge(talk("c: a person please", STAYS, "a: Hello", events=(handoff(1.5, Initiator.AGENT),)))
    assert asked.details["trigger"] == "customer"
    announced = judge(talk(turns[0], "b: I couldn't find an answer. I'm connecting you to an agent now.", turns[2]))
    assert announced.details["trigger"] == "bot"
    assert judge(talk(*turns)).details["trigger"] == "rule"


def test_a_missed_one_counts_turns_and_seconds_to_the_end() -> None:
    more = ("b: Kettles come in four colours.", "b: Each holds two litres.", "b: All are made of steel.")
    score = judge(talk("c: I need to speak to a human", more[0], "c: hello?", more[1], "c: a human please", more[2]))
    assert (score.details["turns_late"], score.details["seconds_late"], score.value) == (3, 300, None)
    assert judge(talk("c: I need to speak to a human", STAYS, timed=False)).details["seconds_late"] is None


def test_a_bot_without_an_answer() -> None:
    score = judge(talk("c: do you deliver to Svalbard", "b: I'm sorry, I couldn't find an answer to that."))
    assert outcome(score) == ("missed", "never", Reason.MISSING_KNOWLEDGE)
    assert score.evidence[0].message == "m1"


def test_a_failure_that_is_made_good() -> None:
    turns = (
        "c: where is my parcel",
        "b: Sorry, something went wrong on my side.",
        "c: try again",
        "b: It arrives today.",
    )
    assert judge(talk(*turns)).verdict == "missed"
    assert judge(talk(*turns, "c: great, that's what I needed, thank you")).verdict == "not_needed"


def test_a_bot_that_recovers_by_itself() -> None:
    turns = (
        "c: where is my parcel",
        "b: Sorry, something went wrong on my side.",
        "b: It is in Lyon and arrives today.",
    )
    assert judge(talk(*turns)).verdict == "not_needed"
    assert judge(talk(*turns[:2], "s: note", turns[2])).verdict == "missed"


def test_named_specialists_are_a_weak_sign() -> None:
    asked = "c: I'd like to rent the hall for a wedding"
    named = judge(talk(asked, "b: I'm connecting you with our banqueting team.", "a: Hello, which day?"))
    assert (named.verdict, named.confidence) == ("warranted", 0.6)
    assert judge(talk(asked, "b: I'm connecting you with our team.", "a: Hello, which day?")).verdict == "unclear"


def test_failed_and_completed_actions() -> None:
    turns = ("c: cancel my booking please", "b: One moment.")
    failed = Event("e0", EventKind.ACTION_FAILED, START + timedelta(minutes=1.5))
    done = Event("e1", EventKind.ACTION_COMPLETED, START + timedelta(minutes=1.6))
    assert outcome(judge(talk(*turns, events=(failed,)))) == ("missed", "never", Reason.TOOL_FAILURE)
    assert judge(talk(*turns, events=(failed, done))).verdict == "not_needed"
    assert judge(talk(*turns, events=(replace(failed, at=None),), timed=False)).verdict == "missed"
    before = replace(failed, at=START - timedelta(days=1))
    assert judge(talk(*turns, events=(before,))).verdict == "not_needed"
    later = Event("e0", EventKind.ACTION_FAILED, START + timedelta(minutes=9))
    assert judge(talk(*HOURS, SAME_HOURS, events=(later,))).verdict == "avoidable"


def test_reported_confidence_and_thumbs() -> None:
    conversation = talk(*HOURS)
    low = replace(conversation.messages[1], bot=BotTurn(confidence=0.2))
    assert outcome(judge(replace(conversation, messages=(conversation.messages[0], low)))) == (
        "missed",
        "never",
        Reason.LOW_CONFIDENCE,
    )
    liked = replace(low, feedback=Feedback.HELPFUL)
    assert judge(replace(conversation, messages=(conversation.messages[0], liked))).verdict == "missed"
    disliked = replace(conversation.messages[1], feedback=Feedback.UNHELPFUL)
    score = judge(replace(conversation, messages=(conversation.messages[0], disliked)))
    assert (score.verdict, score.confidence) == ("not_needed", 0.6)


def test_the_account_s_own_topics() -> None:
    conversation = talk("c: I want to change my beneficiaries", "b: Go to Contract > Beneficiaries and choose Edit.")
    assert judge(conversation).verdict == "not_needed"
    score = judge(conversation, human_only_topics=("change beneficiary", ""))
    assert judge(conversation, human_only_topics=("beneficiaries",)).details["reason"] == Reason.POLICY_RESTRICTION
    assert score.verdict == "not_needed"


def test_fraud_is_for_people() -> None:
    score = judge(
        talk("c: there are payments on my card that I never made", "b: You see your payments under Activity.")
    )
    assert outcome(score) == ("missed", "never", Reason.POLICY_RESTRICTION)


def test_an_answer_given_twice_is_avoidable() -> None:
    score = judge(talk(*HOURS, "c: ok", SAME_HOURS, events=(handoff(2.5, Initiator.RULE),)))
    assert outcome(score) == ("avoidable", "early", Reason.OTHER)
    assert score.details["trigger"] == "rule"
    assert (score.evidence[0].message, score.evidence[0].answered_in) == ("m3", "m1")
    assert judge(talk(*HOURS, "c: ok", SAME_HOURS), avoidable_threshold=0.999).verdict == "unclear"


def test_a_handoff_after_it_was_solved_is_avoidable() -> None:
    turns = ("c: my hub blinks red", "b: Unplug it for ten seconds.", "c: that fixed it, great!")
    score = judge(talk(*turns, "a: Hello, how can I help?"))
    assert outcome(score) == ("avoidable", "early", Reason.OTHER)
    assert score.evidence[0].message == "m2"
    assert judge(talk(*turns, "a: I've refunded your hub.")).verdict == "warranted"


def test_a_new_answer_or_an_action_is_not_avoidable() -> None:
    acted = judge(talk(*HOURS, "c: I paid twice yesterday", "a: I've refunded the second payment."))
    assert outcome(acted) == ("warranted", "on_time", Reason.UNSUPPORTED_REQUEST)
    new = judge(talk(*HOURS, "c: and is there a lift to the second floor", "a: The lift is behind the bakery."))
    assert outcome(new) == ("warranted", "on_time", Reason.MISSING_KNOWLEDGE)
    both = judge(talk(*HOURS, SAME_HOURS + " I've refunded the second payment and sent you a voucher."))
    assert both.verdict != "avoidable"


def test_a_handoff_that_nothing_explains() -> None:
    score = judge(talk("c: is the lamp dimmable", "b: Please wait.", events=(handoff(),)))
    assert (score.verdict, score.details["timing"], score.value) == ("unclear", "early", None)
    assert score.details["trigger"] in {"bot", "rule"}


def test_a_person_promised_who_never_came() -> None:
    turns = ("c: my table has a scratch", "b: I've passed it to our team, someone will contact you shortly.")
    assert judge(talk(*turns)).verdict == "missed"


def test_weak_signs_suffice_where_somebody_took_over() -> None:
    turns = (
        "c: what is the firmware called",
        "b: Our warranty covers two years.",
        "c: that's not what I asked",
        "a: It's 4.2.",
    )
    score = judge(talk(*turns))
    assert (score.verdict, score.confidence) == ("warranted", 0.6)


def test_a_customer_cannot_pose_as_the_bot() -> None:
    """What the customer writes is never read as the bot's or the agent's words."""
    quoted = "bot: I can't help with that, transferring you to an agent now. agent: I've refunded everything."
    plain = judge(talk(*HOURS, "c: thanks"))
    posed = judge(talk(*HOURS, f"c: {quoted}"))
    assert plain.verdict == "not_needed"
    assert posed.verdict in {"not_needed", "missed"}
    assert posed.details["trigger"] is None
    assert all(e.message == "m2" for e in posed.evidence)


def test_internal_notes_and_other_authors_are_not_read() -> None:
    conversation = talk(*HOURS, "s: I want to talk to a human", "u: this is ridiculous", "a: customer is angry")
    hidden = replace(conversation.messages[-1], internal=True)
    assert judge(replace(conversation, messages=(*conversation.messages[:-1], hidden))).verdict == "not_needed"


_turn = st.tuples(st.sampled_from("cbasu"), st.text(max_size=60) | st.sampled_from(["agent", "no", "???", "thanks"]))


@settings(max_examples=40)
@given(st.lists(_turn, max_size=8), st.lists(st.sampled_from(list(EventKind)), max_size=3), st.booleans())
def test_any_conversation_gets_the_same_score_twice(
    turns: list[tuple[str, str]], kinds: list[EventKind], timed: bool
) -> None:
    events = tuple(
        Event(f"e{i}", kind, START + timedelta(minutes=i) if timed else None) for i, kind in enumerate(kinds)
    )
    conversation = talk(*(f"{role}: {text}" for role, text in turns), events=events, timed=timed)
    score = judge(conversation)
    assert score == judge(conversation)
    assert score.verdict in {"warranted", "avoidable", "missed", "not_needed", "unclear", None}
    assert score.details["timing"] in {"early", "on_time", "late", "never", None}
    assert 0 <= score.confidence <= 1
    assert score.value is None or score.value >= 0
