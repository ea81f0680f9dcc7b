"""Every class of containment on conversations of our own, and what must hold for any conversation."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_vectors import NoVectors

from service.conversation import Author, Conversation, Event, EventKind, Feedback, Message, Rating, Role
from service.scoring.containment import containment
from service.scoring.outcomes import Containment
from service.scoring.score import Case, Evidence, History, Policy, Score

ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}


def talk(*lines: str, **fields: object) -> Conversation:
    messages = tuple(Message(f"m{i}", Author(ROLES[line[0]]), line[2:]) for i, line in enumerate(lines))
    return Conversation("1", messages, **fields)


def judged(conversation: Conversation, **so_far: Score) -> Score:
    return containment(Case(conversation, History(), Policy(), NoVectors(), MappingProxyType(so_far)))


HOW_TO = ("C How do I change my phone number?", "B Open Profile, press Edit and enter the new number.")
FAILED = ("C cancel my booking", "B I'm sorry, something went wrong and your booking could not be cancelled.")
REFUSED = (
    "C the code for ten percent off is refused",
    "B The code can't be used for jewellery. Take the ring out or pay for it separately, then enter the code again.",
)
ACCEPTED = "reasoned_refusal_accepted"
DONE = ("C please cancel order 55", "B Done, your order 55 has been cancelled.")
HANDED_OFF = Event("e", EventKind.HANDOFF)
GOOD, BAD = Rating(score=5, scale="1-5"), Rating(score=1, scale="1-5")
COMPLETED, BROKEN = Event("e", EventKind.ACTION_COMPLETED), Event("e", EventKind.ACTION_FAILED)


@pytest.mark.parametrize(
    ("conversation", "verdict", "basis"),
    [
        (talk("C Dear team, do you sell gift cards?", "A Yes, from 10 euros."), "human_only", "human_only"),
        (talk("C hello?"), None, "nobody_answered"),
        (talk(*HOW_TO, "C agent please", "A Hi, I changed it."), "escalated", "handed_off"),
        (talk(*HOW_TO, "C agent", events=(HANDED_OFF,)), "escalated", "abandoned_in_queue"),
        (talk("B Hello!", events=(HANDED_OFF,)), "escalated", "abandoned_in_queue"),
        (talk(*HOW_TO, "C It works now, thanks"), "confirmed", "customer_says_works"),
        (talk(*HOW_TO, rating=GOOD), "confirmed", "rating"),
        (talk(*DONE, "C ok", events=(COMPLETED,)), "confirmed", "action"),
        (talk(*HOW_TO, "C Still not working"), "unresolved", "customer_says_not_helped"),
        (talk(*HOW_TO, rating=BAD), "unresolved", "rating"),
        (talk(*DONE, events=(COMPLETED, replace(BROKEN, id="f"))), "unresolved", "action"),
        (talk(*FAILED), "unresolved", "bot_failed"),
        (
            talk("C do you repair toasters?", "B Sorry, I don't have any information about that."),
            "unresolved",
            "no_answer",
        ),
        (talk(*HOW_TO, "C that button is grey", HOW_TO[1]), "unresolved", "same_answer"),
        (talk("C my lamp broke", "B I'm sorry! What is your order number?"), "abandoned", "left"),
        (
            talk("C my lamp broke", "B Oh no! Which lamp do you have? You find the name under its foot."),
            "abandoned",
            "left",
        ),
        (
            talk("C where is my parcel", "B Let me look. What is your order number? It stands in the first mail."),
            "abandoned",
            "left",
        ),
        (talk("C my lamp broke", "B Open Settings > Light and switch it on. Did that help?"), "likely", "answered"),
        (talk(*HOW_TO, "C forget it"), "abandoned", "gave_up"),
        (
            talk("C refund", "B What is your order number?", "C I'll get back to you with it", "B You're welcome!"),
            "abandoned",
            "put_off",
        ),
        (talk(*HOW_TO, "C ok thanks"), "likely", "answered"),
        (talk(*HOW_TO), "likely", "answered"),
        (talk(*DONE, "C great, thank you so much!", "B You're welcome, bye!"), "likely", "answered"),
        (
            talk(
                "C refund my ticket",
                "B I'm sorry, this ticket can't be refunded because it was a special offer.",
                "C ok",
            ),
            "likely",
            "reasoned_refusal_accepted",
        ),
        (talk(*REFUSED, "C ah I have a ring in there, I'll pay for it separately. cheers"), "likely", ACCEPTED),
        (talk(*REFUSED, "C ok I'll take it out"), "likely", ACCEPTED),
        (talk(*REFUSED, "C I will try that, thank you"), "unclear", "still_to_try"),
        (talk(*REFUSED, "C that makes no sense, I want the discount"), "unresolved", "bot_failed"),
        (talk(*REFUSED), "unresolved", "bot_failed"),
        (talk(*HOW_TO, "C ok, I will try that"), "unclear", "still_to_try"),
        (talk(*HOW_TO, "C and where do I find my old invoices?"), "unclear", "unanswered"),
        (talk(*HOW_TO, "C it works now", rating=BAD), "unclear", "contradiction"),
        (talk("C hello", "B Hello!"), "unclear", "nothing_done"),
        (
            talk(*HOW_TO, "C that didn't help", "B You can also write to our office by post."),
            "unclear",
            "after_trouble",
        ),
        (talk("C I need my refund", "B Which order?", "C 12"), "unclear", "no_outcome"),
    ],
)
def test_classes(conversation: Conversation, verdict: str | None, basis: str) -> None:
    score = judged(conversation)
    assert (score.verdict, score.details["basis"]) == (verdict, basis)
    assert score.details["abandoned_in_queue"] is (basis == "abandoned_in_queue")
    contained = verdict not in (None, "escalated", "human_only")
    assert (score.value is not None) is contained
    assert score.details["contained"] is contained


def test_a_return_overrides_what_looked_confirmed() -> None:
    back = Score("returned", 0.9, 0.8, evidence=(Evidence(None, "again", "came back", conversation="2"),))
    score = judged(talk(*HOW_TO, "C It works now, thanks", rating=GOOD), repeat_contact=back)
    assert score.verdict == Containment.RETURNED
    assert score.value is not None
    assert score.value < 0.1
    assert score.evidence == back.evidence
    pending = replace(back, verdict="pending")
    assert judged(talk(*HOW_TO, "C It works now"), repeat_contact=pending).verdict == "confirmed"


def test_a_return_leaves_an_escalation_one() -> None:
    score = judged(talk(*HOW_TO, "C agent", "A hi"), repeat_contact=Score("returned", 0.9))
    assert score.verdict == Containment.ESCALATED


def test_a_human_who_was_needed_and_never_came() -> None:
    thanks = talk(*HOW_TO, "C ok")
    serious = Score("missed", details={"reason": "customer_request"})
    assert judged(thanks, escalation=serious).details["basis"] == "missed_escalation"
    assert judged(thanks, escalation=Score("missed", details={"reason": "other"})).verdict == "likely"
    assert judged(talk(*HOW_TO, "C it works now"), escalation=serious).verdict == "confirmed"


def test_thumbs_decide_unless_the_customer_says_otherwise_later() -> None:
    question, answer = talk(*HOW_TO).messages
    for thumb, verdict in ((Feedback.HELPFUL, "confirmed"), (Feedback.UNHELPFUL, "unresolved")):
        rated = replace(answer, feedback=thumb)
        assert judged(Conversation("1", (question, rated))).verdict == verdict
    unhelpful = replace(answer, feedback=Feedback.UNHELPFUL)
    later = Message("m9", Author(Role.CUSTOMER), "ah, it works now")
    assert judged(Conversation("1", (question, unhelpful, later))).verdict == "confirmed"
    same = Message("m9", Author(Role.CUSTOMER), "still not working")
    assert judged(Conversation("1", (question, unhelpful, same))).details["basis"] == "customer_says_not_helped"


def test_claim_and_truth_are_kept_apart() -> None:
    claimed = judged(talk(*DONE, "C thanks"))
    assert claimed.details["claimed"] == "success"
    assert claimed.verdict != "confirmed"
    denied = judged(talk(*DONE, "C it is still not cancelled, same problem"))
    assert denied.details["claimed"] == "success"
    assert denied.verdict == "unresolved"
    assert denied.value is not None
    assert denied.value < 0.2
    assert judged(talk(*FAILED)).details["claimed"] == "failure"
    assert judged(talk("C hi", "A hello")).details["claimed"] == "none"


def test_many_values_make_a_claim_less_believed() -> None:
    busy = (
        "B Your booking QX4471 is done:\n- seat 12A $40\n- bag $35\n- fee $12.50\nTotal $87.50 on card CC1881",
        "B I will also change QX4472: $19 more, then $8 back. Let me do that.\n- new total $98.50",
    )
    score = judged(talk("C change both", busy[1], "C yes", busy[0], "C thanks"))
    assert (score.verdict, score.details["basis"]) == ("unclear", "many_values")
    refusal = "B I'm sorry, booking QX4471 could not be changed because of its fare rules."
    score = judged(talk("C change both", busy[1], "C yes", busy[0], "C and back?", refusal, "C ok"))
    assert (score.verdict, score.details["basis"]) == ("unclear", "many_values")


def test_evidence_quotes_the_message_that_decided() -> None:
    score = judged(talk(*HOW_TO, "C It works now, thanks"))
    assert [(e.message, e.shows) for e in score.evidence] == [("m2", "the customer says that it works")]
    assert score.reason


texts = st.one_of(
    st.text(max_size=60), st.sampled_from(["it works now", "no", "forget it", "ok", "What is it?", "Done."])
)
conversations = st.lists(st.tuples(st.sampled_from("CBA"), texts, st.booleans()), max_size=6).map(
    lambda lines: Conversation(
        "1",
        tuple(Message(f"m{i}", Author(ROLES[kind]), text, internal=note) for i, (kind, text, note) in enumerate(lines)),
    )
)


@given(conversations, st.sampled_from([(), (COMPLETED,), (BROKEN,), (HANDED_OFF,)]))
def test_any_conversation_is_judged_and_always_the_same(conversation: Conversation, events: tuple[Event, ...]) -> None:
    conversation = replace(conversation, events=events)
    score = judged(conversation)
    assert score == judged(conversation)
    assert score.verdict in (*Containment, None)
    assert score.value is None or 0 < score.value < 1
    assert {"claimed", "basis", "abandoned_in_queue"} <= set(score.details)
    assert {e.message for e in score.evidence} <= {m.id for m in conversation.messages}


@given(st.text(max_size=80))
def test_what_a_customer_writes_never_changes_what_the_bot_claims(text: str) -> None:
    before = judged(talk(*DONE))
    after = judged(talk(*DONE, f"C {text}"))
    assert after.details["claimed"] == before.details["claimed"]
    assert after.details["simplicity"] == before.details["simplicity"]
