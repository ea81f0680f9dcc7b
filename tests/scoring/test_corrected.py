"""A card with what people say of it: their verdict stands where they agree, and nothing else is touched."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from service.scoring.corrected import Opinion, agreed, corrected, is_disputed, own_verdict
from service.scoring.definitions import VERDICTS
from service.scoring.doubt import Why, doubts, risk
from service.scoring.score import Evidence, Score, Scorecard

PROOF = (Evidence("m1", "quote", "shows"),)


def card(**scores: Score) -> Scorecard:
    return Scorecard("zendesk", "acme", "1", 1, scores)


def said(score: str, *verdicts: str) -> list[Opinion]:
    return [Opinion(score, verdict, f"r{number}") for number, verdict in enumerate(verdicts)]


def test_nobody_was_heard() -> None:
    plain = card(effort=Score("low"))
    assert corrected(plain, []) is plain


def test_agreeing_keeps_everything_and_makes_it_certain() -> None:
    own = Score("high", 2.0, 0.7, "Hard.", PROOF, {"rephrasings": 2})
    stands = corrected(card(effort=own), said("effort", "high", "high")).scores["effort"]
    assert (stands.verdict, stands.value, stands.confidence, stands.reason, stands.evidence) == (
        "high", 2.0, 1.0, "Hard.", PROOF
    )  # fmt: skip
    assert stands.details["deskmark"] == {"verdict": "high", "value": 2.0, "confidence": 0.7}
    assert stands.details["reviewers"] == 2


def test_disagreeing_says_so_and_keeps_deskmarks_own() -> None:
    stands = corrected(card(effort=Score("high", 2.0, 0.7, "Hard.", PROOF)), said("effort", "low")).scores["effort"]
    assert (stands.verdict, stands.value, stands.confidence, stands.evidence) == ("low", None, 1.0, ())
    assert stands.reason == "A person who read it decided so; Deskmark had found: high."
    assert own_verdict(stands) == "high"
    many = corrected(card(effort=Score(None)), said("effort", "low", "low")).scores["effort"]
    assert many.reason == "People who read it decided so; Deskmark had no verdict."
    assert own_verdict(many) is None
    early = corrected(card(repeat_contact=Score("pending")), said("repeat_contact", "returned"))
    assert early.scores["repeat_contact"].reason == "A person who read it decided so; Deskmark had no verdict."


def test_contradiction_leaves_deskmarks_verdict_whoever_spoke_first() -> None:
    own = Score("gap", confidence=0.7, reason="Why.")
    for order in permutations(said("knowledge_gap", "gap", "none")):
        stands = corrected(card(knowledge_gap=own), order).scores["knowledge_gap"]
        assert (stands.verdict, stands.confidence, stands.reason) == ("gap", 0.7, "Why.")
        assert stands.details["disputed"] == ["gap", "none"]
        assert is_disputed(stands)
    assert agreed([]) is None
    assert agreed(["a", "b", "c"]) is None
    assert agreed(["a", "b", "a"]) == "a"


def test_the_last_word_of_a_reviewer_counts() -> None:
    twice = [Opinion("effort", "low", "r1"), Opinion("effort", "medium", "r1")]
    assert corrected(card(effort=Score("high")), twice).scores["effort"].verdict == "medium"


def test_what_nobody_can_know_better_and_what_is_not_defined_is_left_alone() -> None:
    first = Scorecard("z", "a", "1", 1, {"knowledge_gap": Score(None), "satisfaction": Score("neutral")}, "1")
    for name, verdict in (("knowledge_gap", "gap"), ("satisfaction", "satisfied"), ("unheard_of", "x")):
        assert corrected(first, said(name, verdict)) is first
    unknown = Scorecard("z", "a", "1", 1, {"effort": Score("low")}, "99")
    assert corrected(unknown, said("effort", "high")).scores["effort"].verdict == "high"


@pytest.mark.parametrize(
    ("name", "own", "verdict", "value", "details"),
    [
        ("context_repeat", Score("preserved", 0.0), "repeated", 1.0, {}),
        ("context_repeat", Score("repeated", 3.0), "preserved", 0.0, {}),
        ("context_repeat", Score("repeated", 3.0), "unclear", None, {}),
        ("repeat_contact", Score("not_returned", 0.2, details={"windows": {"24h": "not_returned", "7d": "pending"}}),
         "returned", 1.0, {"windows": {"24h": "returned", "7d": "returned"}}),
        ("repeat_contact", Score("returned", 0.9), "not_returned", 0.0, {}),
        ("escalation", Score("warranted", 60.0, details={"timing": "late", "trigger": "bot", "warranted_at": "m1"}),
         "avoidable", None, {"timing": "early", "trigger": "bot", "warranted_at": None, "reason": None}),
        ("escalation", Score("unclear"), "missed", None, {"timing": "never"}),
        ("answer_relevance",
         Score("mixed", 0.5, details={"answers": [{"relevance": 0.2}, {"relevance": 0, "judged": False}]}),
         "relevant", 1.0, {"answers": [{"relevance": 1.0}, {"relevance": 0, "judged": False}]}),
        ("answer_relevance", Score("relevant", 1.0, details={"answers": ["odd"]}), "irrelevant", 0.0,
         {"answers": ["odd"]}),
        ("answer_relevance", Score("relevant", 1.0, details={"answers": []}), "mixed", None, {"answers": []}),
        ("knowledge_gap", Score("gap", details={"question": "m1", "reason": "x"}), "none", None,
         {"question": None, "reason": None}),
        ("intent", Score("refund", 0.4), "novel", 1.0, {}),
        ("containment", Score("likely", 0.6), "human_only", None, {"contained": False, "basis": "person"}),
        ("containment", Score("likely", 0.6), "made up", None, {"contained": True}),
    ],
)  # fmt: skip
def test_numbers_and_details_go_with_the_verdict(
    name: str, own: Score, verdict: str, value: float | None, details: dict[str, Any]
) -> None:
    stands = corrected(card(**{name: own}), said(name, verdict)).scores[name]
    assert (stands.verdict, stands.value) == (verdict, value)
    assert {key: stands.details.get(key) for key in details} == details


def test_a_solved_one_has_the_probability_of_its_class() -> None:
    simple, plain = Score("unclear", 0.3, details={"simplicity": 1.0}), Score("unclear", 0.3)
    values = [corrected(card(containment=own), said("containment", "likely")).scores["containment"].value
              for own in (simple, plain)]  # fmt: skip
    assert all(value is not None and 0.5 < value < 0.7 for value in values)
    assert values[0] != values[1]
    sure = {said_of: corrected(card(containment=plain), said("containment", said_of)).scores["containment"].value
            for said_of in ("confirmed", "unresolved")}  # fmt: skip
    assert sure == {"confirmed": 1.0, "unresolved": 0.0}


def test_doubts_are_ordered_by_gravity() -> None:
    found = doubts(
        card(
            containment=Score("confirmed", confidence=0.5),
            escalation=Score("missed", confidence=0.9),
            effort=Score("low", confidence=0.9, details={"disputed": ["high", "low"]}),
            context_repeat=Score("unclear", confidence=0.0, details={"language": "de"}),
            satisfaction=Score("neutral", confidence=0.1),
        ),
        review_confidence=0.6,
    )
    assert [(each.score, each.why) for each in found] == [
        ("effort", Why.DISPUTED), ("containment", Why.CONTRADICTION), ("containment", Why.UNSURE)
    ]  # fmt: skip
    assert risk(found) == 1.02
    assert risk(()) is None
    assert doubts(card(**{name: Score(None) for name in VERDICTS}), review_confidence=0.6) == ()
