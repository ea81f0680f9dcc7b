"""What each figure says of facts made for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from fact_samples import fact

from service.figures.beside import Beside, Gaps, Prices, Proposal
from service.figures.catalogue import figure
from service.figures.facts import Fact
from service.figures.gap_life import GapFacts, GapLife, life
from service.figures.results import Better, Unit, Value
from service.figures.tally import tally

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def many(n: int, **known: object) -> list[Fact]:
    return [fact(i, **known) for i in range(n)]


def values(name: str, given_facts: Iterable[Fact], beside: Beside | None = None) -> dict[tuple[str, str], Value]:
    found = figure(name).compute(tally(given_facts), beside or Beside())
    return {(value.name, value.of): value for value in found}


def test_containment_shows_quantity_beside_quality() -> None:
    found = values("containment", [
        *many(10, containment="confirmed", claimed="success", repeat="not_returned"),
        *many(20, containment="likely", claimed="success", repeat="pending"),
        *many(10, containment="returned", claimed="success"),
        *many(20, containment="unresolved", claimed="none"),
        *many(40, containment="escalated", claimed="success", repeat="pending"),
        *many(7, containment="human_only"),
        *many(3),
    ])  # fmt: skip
    assert found["contained", ""].value == 0.6
    assert found["class", "escalated"].value == 0.4
    assert found["class", "likely"].value == 0.2
    assert found["quality", "likely"].value == pytest.approx(1 / 3)
    assert found["quality", "abandoned"].value == 0
    assert (found["claimed", ""].hits, found["claim_held", ""].hits, found["claim_held", ""].n) == (40, 30, 40)
    assert found["window_open", ""].hits == 20
    assert found["human_only", ""].value == 7
    assert found["quality", "returned"].better is Better.LOWER


def test_effort_is_a_distribution_and_a_mean() -> None:
    found = values("effort", [
        *many(30, effort="low", effort_value=6.5, survey_ces=5.5),
        *many(10, effort="high", effort_value=2.49),
    ])  # fmt: skip
    assert found["mean", ""].value == pytest.approx((30 * 6.5 + 10 * 2.49) / 40)
    expected = np.std([6.5] * 30 + [2.49] * 10, ddof=1) / np.sqrt(40) * 1.959964
    assert (found["mean", ""].high or 0) - (found["mean", ""].value or 0) == pytest.approx(expected, rel=1e-6)
    assert found["verdict", "high"].value == 0.25
    assert (found["points", "7"].hits, found["points", "2"].hits, found["points", "1"].hits) == (30, 10, 0)
    assert (found["survey_mean", ""].value, found["survey_minus_observed", ""].value) == (5.5, -1.0)


def test_context_shows_what_is_asked_again_most() -> None:
    found = values("context_preservation", [
        *many(30, context="preserved", re_asks=0),
        *many(20, context="repeated", re_asks=2, re_asked=("date", "email")),
        *many(10, context="repeated", re_asks=1, re_asked=("email",)),
        *many(20, context="unclear"),
    ])  # fmt: skip
    assert found["preserved", ""].value == 0.5
    assert found["unclear", ""].value == 0.25
    assert found["re_asks", ""].value == 50
    assert [key for key in found if key[0] == "re_asked"] == [("re_asked", "email"), ("re_asked", "date")]
    assert found["re_asked", "date"].value == pytest.approx(2 / 3)


def test_escalation_rate_and_timing() -> None:
    handed = {"containment": "escalated", "handed_off": True, "bot_turns_before": 2, "seconds_before": 100.0}
    found = values("escalation", [
        *many(20, **handed, trigger="customer", timing="on_time", reason="customer_request", escalation_delay=60.0),
        *many(10, **handed, trigger="bot", timing="late", reason="loop", escalation_delay=600.0),
        *many(10, **handed, trigger="rule"),
        *many(5, **handed),
        *many(45, containment="likely"),
        *many(30, containment="human_only"),
    ])  # fmt: skip
    assert found["rate", ""].value == 0.5
    assert (found["proactive", ""].value, found["demanded", ""].value) == (0.5, 0.5)
    assert found["timing", "late"].value == pytest.approx(1 / 3)
    assert found["reason", "loop"].hits == 10
    assert found["turns_before", ""].value == 2
    assert found["time_before", ""].value == pytest.approx(100, rel=0.02)
    assert found["delay", ""].value == pytest.approx(60, rel=0.02)
    assert found["delay_p90", ""].value == pytest.approx(600, rel=0.02)
    assert found["delay", ""].interval == "bootstrap"


def test_escalation_accuracy_leaves_the_unclear_aside_and_says_so() -> None:
    over = {"warranted": 30, "avoidable": 10, "unclear": 20}
    kept = {"missed": 15, "not_needed": 100, "unclear": 7}
    found = values("escalation_accuracy", [
        *(one for word, n in over.items() for one in many(n, escalation=word, handed_off=True)),
        *(one for word, n in kept.items() for one in many(n, escalation=word)),
    ])  # fmt: skip
    assert found["precision", ""].value == 0.75
    assert found["precision_at_least", ""].value == 0.5
    assert found["recall", ""].value == pytest.approx(2 / 3)
    assert found["unclear", ""].value == pytest.approx(1 / 3)
    assert (found["precision_at_least", ""].n, found["unclear", ""].n) == (60, 60)
    assert (found["verdict", "not_needed"].hits, found["verdict", "unclear"].hits) == (100, 27)


def test_post_handoff_time_against_the_same_intent() -> None:
    times = np.random.default_rng(1).lognormal(6, 0.4, 60)
    escalated = [
        fact(i, intent="refund", handoff="answered", handoff_seconds=float(t), handoff_business=float(t) / 2,
             first_reply=30.0, first_reply_business=20.0, transfers=i % 2)
        for i, t in enumerate(times)
    ]  # fmt: skip
    direct = [fact(i, intent="refund", direct_seconds=float(t) * 2) for i, t in enumerate(times)]
    gone = many(20, handoff="abandoned_in_queue", waited=500.0)
    found = values("post_handoff_time", [*escalated, *direct, *gone, *many(9, intent="rare", handoff_seconds=5.0)])
    assert found["solved", ""].n == 69
    assert found["ratio", ""].value == pytest.approx(0.5, rel=0.03)
    assert found["ratio", ""].note == "60 direct, 1 intents"
    assert found["difference", ""].unit is Unit.SECONDS
    assert found["left_out", ""].value == 9
    assert found["escalated", "refund"].value == pytest.approx(np.median(times), rel=0.03)
    assert found["direct", "refund"].value == pytest.approx(2 * np.median(times), rel=0.03)
    assert found["first_reply", ""].value == pytest.approx(30, rel=0.02)
    assert found["abandoned_in_queue", ""].value == 0.25
    assert found["waited_in_vain", ""].value == pytest.approx(500, rel=0.02)
    assert found["transfers", ""].value == 0.5
    assert ("escalated", "rare") not in found


def test_without_the_same_intents_nothing_is_compared() -> None:
    given_facts = [*many(30, intent="a", handoff_seconds=5.0), *many(30, intent="b", direct_seconds=5.0)]
    assert values("post_handoff_time", given_facts)["ratio", ""].note == "not enough data within the same intents"
    assert values("post_handoff_time", given_facts[:30])["ratio", ""].note == "not enough data, 0 of 20"


def test_relevance_by_what_judged() -> None:
    found = values("answer_relevance", [
        *many(20, relevance="mixed", answers=("feedback relevant", "text irrelevant"), answers_unsure=1),
        *many(10, relevance="relevant", answers=("feedback relevant",)),
    ])  # fmt: skip
    assert found["relevant", ""].value == 0.6
    assert found["relevant", "feedback"].value == 1
    assert found["relevant", "text"].value == 0
    assert found["unsure", ""].value == pytest.approx(20 / 70)
    assert found["verdict", "mixed"].hits == 20


def _answered(intent: str | None, right: int, wrong: int) -> list[Fact]:
    return [*many(right, intent=intent, relevance="relevant"), *many(wrong, intent=intent, relevance="irrelevant")]


def test_response_accuracy_by_intent_and_month() -> None:
    january = tally([*_answered("refund", 50, 50), *_answered("hours", 80, 20), *_answered(None, 5, 5)])
    february = tally([*_answered("refund", 65, 35), *_answered("hours", 79, 21)])
    march = [*_answered("refund", 85, 15), *_answered("hours", 81, 19), *_answered("rare", 2, 1)]
    months = {"2026-03": tally(march), "2026-01": january, "2026-02": february}
    found = values("response_accuracy", march, Beside(months=months))
    assert (found["trend", "refund"].word, found["trend", "hours"].word) == ("improving", "flat")
    assert found["trend", "refund"].value == pytest.approx(0.175, abs=0.001)
    assert (found["trend", "refund"].q or 1) < 1e-5 < (found["trend", "hours"].q or 0)
    assert found["accuracy", "refund"].value == 0.85
    assert found["accuracy", "rare"].note == "not enough data, 3 of 20"
    assert found["trend", "rare"].value is None
    assert found["trend", ""].word == "improving"
    assert ("trend", None) not in found


def test_confidence_is_calibrated_by_source() -> None:
    sure = {"confidence_value": 0.9, "confidence_source": "reported", "confidence": "high"}
    unsure = {"confidence_value": 0.3, "confidence_source": "reported", "confidence": "low"}
    found = values("resolution_confidence", [
        *many(90, **sure, containment="confirmed", escalation="not_needed", intent="hours"),
        *many(10, **sure, containment="returned", escalation="not_needed", intent="hours"),
        *many(30, **unsure, containment="likely", escalation="not_needed", intent="refund"),
        *many(70, **unsure, containment="escalated", escalation="warranted", intent="refund"),
        *many(50, **unsure, containment="unclear", escalation="unclear"),
        *many(5, confidence_value=0.5, confidence_source="estimated", confidence="medium", containment="likely"),
    ])  # fmt: skip
    assert found["reported.level", "high"].value == 0.4
    assert found["reported.outcome_known", ""].value == 0.8
    assert found["reported.calibration_error", ""].value == pytest.approx(0)
    assert found["reported.calibration_error", ""].word == "calibrated"
    assert found["reported.brier", ""].value == pytest.approx((0.09 + 0.21) / 2)
    assert (found["reported.auc", ""].value or 0) > 0.7
    assert found["reported.came_true", "0.9-1.0"].value == 0.9
    assert found["reported.stated", "0.9-1.0"].value == pytest.approx(0.9)
    assert found["reported.threshold", ""].value == 0.9
    assert found["reported.threshold_precision", ""].value == 0.7
    assert found["reported.threshold_recall", ""].value == 70 / 80
    assert found["reported.threshold_handed_over", ""].value == 0.5
    assert found["estimated.level", "medium"].hits == 5
    assert {name for name, _ in found if name.startswith("estimated.")} == {"estimated.level"}
    assert (found["topic", "hours"].word, found["topic", "refund"].word) == ("", "")
    assert ("topic", "") not in found


def test_a_boastful_topic_is_weak_and_few_outcomes_are_not_called_calibrated() -> None:
    sure = {"confidence_value": 0.95, "confidence_source": "reported", "containment": "unresolved"}
    found = values("resolution_confidence", [
        *many(30, **sure, intent="refund"),
        *many(30, **{**sure, "containment": "confirmed"}, intent="hours", escalation="not_needed"),
    ])  # fmt: skip
    assert (found["topic", "refund"].word, found["topic", "hours"].word) == ("weak", "")
    assert found["topic", "refund"].note == "stated 0.95"
    assert found["reported.calibration_error", ""].word == "not calibrated, 60 of 200 outcomes"
    assert found["reported.threshold", ""].note == "confidence does not tell where a human is needed"


def test_where_all_came_true_nothing_is_ranked() -> None:
    sure = {"confidence_value": 0.95, "confidence_source": "reported", "containment": "confirmed"}
    assert ("reported.auc", "") not in values("resolution_confidence", many(30, **sure))


def test_intents_recognised_and_confused() -> None:
    pairs = {("refund", "refund"): 40, ("refund", "invoice"): 10, ("invoice", "invoice"): 30, ("novel", "invoice"): 20}
    given_facts = [
        one for (bot, human), n in pairs.items() for one in many(n, intent_reported=bot, intent_corrected=human)
    ]
    found = values("intent_recognition", [*given_facts, *many(20, intent_reported="refund", intent_read="refund")])
    assert found["bot.accuracy", ""].value == 0.7
    assert found["bot.precision", "refund"].value == 0.8
    assert found["bot.recall", "refund"].value == 1
    assert found["bot.recall", "invoice"].value == 0.5
    confused = [(of, value.value) for (name, of), value in found.items() if name == "bot.confused"]
    assert confused == [("novel → invoice", 20), ("refund → invoice", 10)]
    assert found["deskmark.accuracy", ""].note == "not enough data, 0 of 20"
    assert found["agreed", ""].value == 1


def test_novel_intents_and_proposals() -> None:
    beside = Beside(proposals=(Proposal("gift, card", 12, ("4", "9")),))
    found = values("novel_intents", [*many(25, intent="novel"), *many(75, intent="refund"), *many(9)], beside)
    assert found["novel", ""].value == 0.25
    assert (found["proposed", "gift, card"].value, found["proposed", "gift, card"].note) == (12, "4, 9")


def test_training_data_and_how_much_of_demand_it_covers() -> None:
    found = values("training_data", [
        *many(12, intent="refund", training="fit"),
        *many(28, intent="refund", training="unfit", training_reasons=("duplicate",)),
        *many(30, intent="invoice", training="unfit", training_reasons=("duplicate", "language")),
        *many(5, intent="hours", training="fit"),
        *many(25, intent="novel", training="fit", intent_reported="x", intent_corrected="novel"),
        *many(75, intent_reported="x"),
    ], Beside(examples={"hours": 5}))  # fmt: skip
    assert found["fit", ""].value == 0.42
    assert found["unfit_because", "language"].value == pytest.approx(30 / 58)
    assert found["corrected", ""].value == 0.25
    assert found["covered", ""].value == 0.45
    assert (found["examples", "hours"].value, found["examples", "hours"].word) == (10, "")
    assert (found["examples", "invoice"].value, found["examples", "invoice"].word) == (0, "too few")
    assert found["demand", "refund"].value == 0.4
    assert ("demand", "novel") not in found


def lived(*fixes: int, seen: Iterable[int] = (0,), negative: Iterable[int] = (), days: int = 100) -> GapLife:
    """A gap whose messages, complaints and fixes come so many days after the first of March."""
    known = GapFacts.of(
        seen=[MARCH + d * DAY for d in seen],
        negative=[MARCH + d * DAY for d in negative],
        fixes=[MARCH + d * DAY for d in fixes],
    )
    exposure = {(MARCH + d * DAY).date(): 50 for d in range(-40, days)}
    found = life(known, as_of=MARCH + days * DAY, exposure=exposure)
    assert found is not None
    return found


def test_knowledge_gaps_live() -> None:
    lives = [
        lived(28, seen=[d % 28 for d in range(40)]),
        lived(10, seen=[0, 1, 2, 3, 20, 21, 22, 23, 24]),
        lived(seen=[30]),
        lived(seen=[80]),
        lived(seen=[200], days=300),
    ]
    beside = Beside(gaps=Gaps(lives, MARCH, MARCH + 100 * DAY))
    found = values("knowledge_gaps", [*many(5, gap="gap", gap_reason="no_answer"), *many(20, gap="none")], beside)
    assert found["conversations_with_gap", ""].value == 0.2
    assert found["reason", "no_answer"].note == "not enough data, 5 of 20"
    assert (found["opened", ""].n, found["closed", ""].n, found["reopened", ""].n) == (4, 2, 1)
    assert found["opened", ""].value == pytest.approx(4 / (100 / 7))
    assert (found["verified", ""].n, found["open", ""].value) == (1, 3)
    assert found["oldest_age", ""].value == pytest.approx(100 - 20.5, abs=1)
    assert found["median_age", ""].value == pytest.approx(70)
    assert found["median_age", ""].note == "no interval: not enough data, 3 of 20"
    assert found["reopened_after_fix", ""].hits == 1


def test_gaps_of_before_count_as_open_but_not_as_opened() -> None:
    beside = Beside(gaps=Gaps([lived(seen=[0])], MARCH + 50 * DAY, MARCH + 60 * DAY))
    found = values("knowledge_gaps", [], beside)
    assert (found["opened", ""].n, found["open", ""].value, found["oldest_age", ""].value) == (0, 1, 60)


def test_a_period_of_no_length_has_no_weeks() -> None:
    found = values("knowledge_gaps", [], Beside(gaps=Gaps([], MARCH, MARCH)))
    assert (found["opened", ""].value, found["oldest_age", ""].value) == (None, None)
    assert found["median_age", ""].note == "none yet"


def test_many_gaps_have_an_age_with_an_interval() -> None:
    lives = [lived(seen=[d]) for d in range(40)]
    age = values("knowledge_gaps", [], Beside(gaps=Gaps(lives, MARCH, MARCH + 100 * DAY)))["median_age", ""]
    assert age.value == 80.5
    assert age.low is not None
    assert age.high is not None
    assert 70 < age.low < 80.5 < age.high < 91


def test_the_feedback_loop() -> None:
    lives = [
        lived(28, seen=[d % 28 for d in range(40)], negative=[8]),
        lived(30, seen=[0], negative=[20, 50]),
        lived(30, seen=[0]),
        lived(seen=[0], negative=[1]),
    ]
    facts_of_feedback = [*many(10, unhelpful=2), *many(30, helpful=1, intent="refund")]
    found = values("feedback_loop", facts_of_feedback, Beside(gaps=Gaps(lives, MARCH, MARCH + 100 * DAY)))
    assert found["negative_feedback", ""].value == 0.4
    assert found["deployed", ""].value == 3
    assert (found["feedback_to_deployed", ""].value, found["feedback_to_deployed", ""].n) == (15, 2)
    assert found["deployed_to_effect", ""].n == found["feedback_to_effect", ""].n == 1
    assert (found["feedback_to_effect", ""].value or 0) > (found["deployed_to_effect", ""].value or 0) > 10
    assert (found["verified", ""].hits, found["verified", ""].n) == (1, 3)
    assert found["rate_left", ""].value == 0


def test_no_improvement_yet() -> None:
    found = values("feedback_loop", [], Beside(gaps=Gaps([lived(seen=[0])], MARCH, MARCH + 9 * DAY)))
    assert found["deployed", ""].value == 0
    assert found["rate_left", ""].note == "none yet"


def test_business_by_outcome_class() -> None:
    found = values("business", [
        *many(20, containment="confirmed", satisfaction_value=4.0, repeat="not_returned", bot_took_part=True),
        *many(20, containment="confirmed", satisfaction_value=5.0, repeat="returned", bot_took_part=True),
        *many(9, containment="confirmed", repeat="pending", bot_took_part=True),
        *many(20, containment="escalated", satisfaction_value=2.0, bot_took_part=True, agent_messages=4),
        *many(20, containment="human_only", repeat_7d="returned", agent_messages=2),
    ], Beside(prices=Prices(0.5, 4, 0.25, "EUR")))  # fmt: skip
    assert found["satisfaction", "confirmed"].value == 4.5
    assert found["satisfaction", ""].value == pytest.approx(11 / 3)
    assert found["satisfaction", "likely"].note == "not enough data, 0 of 20"
    assert found["repeat_contact", "confirmed"].value == 0.5
    assert found["repeat_contact_7d", "human_only"].value == 1
    assert ("repeat_contact", "returned") not in found
    assert found["cost", "confirmed"].value == 0.5
    assert found["cost", "escalated"].value == 5.5
    assert found["cost", "human_only"].value == 4.5
    assert found["cost_total", ""].value == pytest.approx(49 * 0.5 + 20 * 5.5 + 20 * 4.5)
    assert (found["cost", ""].n, found["cost", ""].note) == (89, "EUR")
    assert found["cost", "likely"].value is None
    assert ("cost", "") not in values("business", [])


def test_reviewers_agree() -> None:
    reviews = {
        ("escalation", "warranted", "warranted"): 20, ("escalation", "warranted", "avoidable"): 5,
        ("escalation", "avoidable", "warranted"): 10, ("escalation", "avoidable", "avoidable"): 15,
        ("containment", "likely", "likely"): 30, ("effort", "low", "low"): 3,
    }  # fmt: skip
    found = values("review_agreement", [], Beside(reviews=reviews, reviewers={("effort", "low", "high"): 25}))
    assert found["deskmark.agreement", "escalation"].value == 0.7
    assert found["deskmark.kappa", "escalation"].value == pytest.approx(0.4)
    assert found["deskmark.kappa", "containment"].note == "undefined: one side gave a single verdict"
    assert found["deskmark.kappa", "effort"].note == "not enough data, 3 of 20"
    assert found["reviewers.kappa", "effort"].note == "undefined: one side gave a single verdict"
