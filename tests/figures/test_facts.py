"""The fact of a scored episode: every number from where it belongs, nothing where a score is missing, no text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
from fact_samples import facts
from hypothesis import given

from service.card_document import card_document, card_from_document
from service.conversation import (
    Author,
    BotTurn,
    Channel,
    Conversation,
    Event,
    EventKind,
    Feedback,
    Message,
    Role,
    episodes,
)
from service.figures.facts import DIMENSIONS, Fact, fact_of, name, number
from service.figures.tally import tally
from service.language.embedding import Vectors
from service.scoring.score import History, Policy, Score, Scorecard
from service.scoring.scorecard import score_conversation

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "xyzzy"
ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT}


class NoVectors:
    def vectors(self, texts: list[str]) -> Vectors:
        return np.zeros((len(texts), 384), dtype=np.float32)

    issue_vectors = vectors


def talk(*lines: str, **known: Any) -> Conversation:
    """One message a minute; the bot is b-1, the agents are of tier 1."""
    messages = tuple(
        Message(
            f"m{i}",
            Author(ROLES[line[0]], {"B": "b-1", "A": "a-1", "C": None}[line[0]], "tier 1" if line[0] == "A" else None),
            line[2:],
            NINE + timedelta(minutes=i),
        )
        for i, line in enumerate(lines)
    )
    return Conversation("7", messages, helpdesk="zendesk", account="acme", **known)


def card(**scores: Score) -> Scorecard:
    return Scorecard("zendesk", "acme", "7", 2, MappingProxyType(scores), definitions="2")


def test_an_empty_card_leaves_nothing_but_the_course() -> None:
    found = fact_of(card(), Conversation("7", (Message("m", Author(Role.CUSTOMER), "hello"),)))
    kept = {"helpdesk", "account", "conversation", "episode", "definitions", "channel", "language"}
    numbers = {"agent_messages", "helpful", "unhelpful", "answers_unsure"}
    assert set(found.to_json()) == kept | numbers
    assert found.day is None
    assert found.key == ("zendesk", "acme", "7", 2, "2")


def test_scores_without_a_verdict_leave_nothing() -> None:
    names = ("repeat_contact", "context_repeat", "effort", "escalation", "containment", "answer_relevance", "intent")
    more = ("resolution_confidence", "handoff_time", "knowledge_gap", "training_example", "satisfaction")
    silent = {n: Score(None) for n in (*names, *more)}
    episode = talk("C hello")
    assert fact_of(card(**silent), episode) == fact_of(card(), episode)


def test_the_place_and_the_course() -> None:
    episode = talk(
        "C where is it", "B one moment", "B which order?", "C 4711", "B it is on its way", "A I looked it up",
        channel=Channel.EMAIL, brand="Tea  shop", inbox="orders", intent_corrected="where is it",
        closed_at=NINE + timedelta(hours=16),
        events=(Event("e", EventKind.HANDOFF, at=NINE + timedelta(minutes=4, seconds=30)),),
    )  # fmt: skip
    found = fact_of(card(intent=Score("refund", 0.7, details={"novelty": 0.25, "reported": "greeting"})), episode)
    assert [getattr(found, dimension) for dimension in DIMENSIONS] == [
        "zendesk", "acme", "email", "Tea shop", "orders", "b-1", "tier 1", "where is it", "en",
    ]  # fmt: skip
    assert (found.intent_read, found.intent_reported, found.intent_corrected) == ("refund", "greeting", "where is it")
    assert (found.day, found.novelty) == ("2026-03-03", 0.25)
    assert (found.bot_took_part, found.handed_off, found.agent_messages) == (True, True, 1)
    assert (found.bot_turns_before, found.seconds_before, found.direct_seconds) == (2, 270.0, None)


def test_a_conversation_that_went_to_a_human_directly() -> None:
    found = fact_of(card(), talk("C hello", "A hello", closed_at=NINE + timedelta(hours=1)))
    assert (found.handed_off, found.direct_seconds, found.bot_took_part) == (False, 3600.0, False)
    assert fact_of(card(), talk("C hello", "A hello")).direct_seconds is None


def test_the_intent_is_what_the_bot_reported_and_what_was_read() -> None:
    first = Message("m1", Author(Role.BOT), "hi", bot=BotTurn(intent="greeting"), feedback=Feedback.UNHELPFUL)
    second = Message("m2", Author(Role.BOT), "hi", bot=BotTurn(intent="refund"), feedback=Feedback.HELPFUL)
    found = fact_of(card(intent=Score("novel")), Conversation("7", (first, second)))
    assert (found.intent_reported, found.intent, found.intent_corrected) == ("greeting", "novel", None)
    assert (found.helpful, found.unhelpful) == (1, 1)


def test_the_five_first_scores() -> None:
    windows = {"24h": "not_returned", "72h": "returned", "7d": "returned"}
    found = fact_of(
        card(
            repeat_contact=Score("not_returned", 0.4, details={"windows": windows, "repeat_of": "6"}),
            context_repeat=Score("repeated", 2, details={"kinds": ["date", "email", "date"]}),
            effort=Score("medium", 4.25, details={"survey_ces": 6}),
            escalation=Score(
                "warranted", 61.5, details={"timing": "late", "reason": "loop", "trigger": "bot", "bot_turns": 3}
            ),
            containment=Score("escalated", None, details={"claimed": "success"}),
        ),
        talk("C hello"),
    )
    assert (found.repeat, found.repeat_72h, found.repeat_7d, found.is_repeat) == (
        "not_returned", "returned", "returned", True,
    )  # fmt: skip
    assert (found.context, found.re_asks, found.re_asked) == ("repeated", 2, ("date", "email"))
    assert (found.effort, found.effort_value, found.survey_ces) == ("medium", 4.25, 6.0)
    assert (found.escalation, found.timing, found.reason, found.trigger) == ("warranted", "late", "loop", "bot")
    assert (found.escalation_delay, found.containment, found.claimed) == (61.5, "escalated", "success")


def test_the_other_scores() -> None:
    answers = [
        {"message": "m1", "relevance": 0.9, "source": "feedback", "judged": True},
        {"message": "m2", "relevance": 0.1, "source": "text"},
        {"message": "m3", "relevance": 0.4, "source": "text", "judged": False},
        {"message": "m4", "relevance": None, "source": "text"},
        {"message": "m5", "relevance": 0.5},
    ]
    times = {"first_reply_seconds": 30, "business_first_reply_seconds": 20.0, "business_seconds": 400.0}
    found = fact_of(
        card(
            answer_relevance=Score("mixed", 0.5, details={"answers": answers, "unsure": 2}),
            resolution_confidence=Score("high", 0.85, details={"source": "reported"}),
            handoff_time=Score("answered", 500.0, details={**times, "transfers": ({"to": "x"},)}),
            knowledge_gap=Score("gap", details={"reason": "no_answer", "text": SECRET}),
            training_example=Score("unfit", details={"reasons": ("duplicate",)}),
            satisfaction=Score("satisfied", 4.5, details={"score": "9"}),
        ),
        talk("C " + SECRET, subject=SECRET),
    )
    assert found.answers == ("feedback relevant", "text irrelevant", "unknown relevant")
    assert (found.relevance, found.answers_unsure) == ("mixed", 2)
    assert (found.confidence, found.confidence_value, found.confidence_source) == ("high", 0.85, "reported")
    assert (found.handoff, found.handoff_seconds, found.handoff_business) == ("answered", 500.0, 400.0)
    assert (found.first_reply, found.first_reply_business, found.waited, found.transfers) == (30.0, 20.0, None, 1)
    assert (found.gap, found.gap_reason) == ("gap", "no_answer")
    assert (found.training, found.training_reasons) == ("unfit", ("duplicate",))
    assert (found.satisfaction, found.satisfaction_value) == ("satisfied", 4.5)
    assert SECRET not in json.dumps(found.to_json())


def test_whoever_waited_in_vain() -> None:
    found = fact_of(card(handoff_time=Score("abandoned_in_queue", details={"waited_seconds": 90.0})), talk("C hi"))
    assert (found.handoff, found.waited, found.transfers) == ("abandoned_in_queue", 90.0, None)


def test_the_time_before_the_handoff_is_that_of_handoff_time() -> None:
    episode = talk("C hello", "B hi", "C a human please", "A hello")
    assert fact_of(card(), episode).seconds_before == 180
    asked = NINE + timedelta(minutes=2)
    for told in (asked, asked.isoformat()):
        scored = card(handoff_time=Score("answered", details={"handoff_at": told}))
        assert fact_of(scored, episode).seconds_before == 120


def test_a_survey_that_is_not_of_1_to_7_is_left_out() -> None:
    for given_ces in (0, 8, 70, "7", None, True):
        scored = card(effort=Score("low", 7.0, details={"survey_ces": given_ces}))
        assert fact_of(scored, talk("C hello")).survey_ces is None


def test_a_stored_card_gives_the_same_fact() -> None:
    episode = talk("C where is my parcel, it never came", "B I cannot help you.", "C human please", "A Hello!")
    for scored in score_conversation(episode, History(as_of=NINE + timedelta(days=9)), Policy(), NoVectors()):
        stored = card_from_document(json.loads(json.dumps(card_document(scored))))
        found = fact_of(scored, episode)
        assert fact_of(stored, episode) == found
        assert (found.containment, found.handed_off) == ("escalated", True)
        assert "parcel" not in json.dumps(found.to_json())


def test_reopened_and_delivered_again_each_episode_counts_once() -> None:
    """Whoever keeps facts by key holds one an episode, in whatever order and however often a conversation came."""
    first = talk("C where is my parcel", "B It is on its way.")
    later = Message("m9", Author(Role.CUSTOMER), "it never came", NINE + timedelta(hours=30))
    reopened = Event("e", EventKind.REOPENED, at=NINE + timedelta(hours=30))
    whole = replace(first, messages=(*first.messages, later), events=(reopened,))
    kept: dict[tuple[str, str, str, int, str], Fact] = {}
    for version in (first, whole, whole):
        pieces = episodes(version)
        cards = score_conversation(version, History(as_of=NINE + timedelta(days=9)), Policy(), NoVectors())
        for scored, piece in reversed(list(zip(cards, pieces, strict=True))):
            found = fact_of(scored, piece)
            kept[found.key] = found
    assert sorted(found.episode for found in kept.values()) == [1, 2]
    assert tally(kept.values()).count("conversations") == 2
    assert [kept[key].day for key in sorted(kept)] == ["2026-03-02", "2026-03-03"]


@given(facts)
def test_a_fact_survives_json(one: Fact) -> None:
    assert Fact.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert Fact.from_json({**one.to_json(), "of a later version": 1}) == one


def test_names_and_numbers() -> None:
    assert name("a\x00b\tc\n") == "a b c"
    assert name("x" * 300) == "x" * 200
    assert name(4) is None
    assert [number(x) for x in (1, 1.5, True, "1", None, float("inf"), float("nan"))] == [1.0, 1.5, *[None] * 5]
