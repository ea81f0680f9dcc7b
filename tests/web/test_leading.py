"""What is said first of a conversation: what became of it, then what went wrong."""

from __future__ import annotations

import pytest

from service.scoring.score import Score
from service.web.leading import leading
from service.web.transcript import Judged
from service.web.vocabulary import described, verdict


def judged(name: str, said: str | None) -> Judged:
    words = verdict(name, said) if said else None
    return Judged(name, described(name), Score(said), words, "", ())


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ({}, []),
        ({"effort": "low", "intent": "refund"}, []),
        ({"containment": "confirmed", "effort": "low"}, ["containment"]),
        (
            {"effort": "high", "containment": "escalated", "escalation": "warranted"},
            ["containment", "escalation", "effort"],
        ),
        ({"escalation": "not_needed", "containment": "confirmed"}, ["containment"]),
        ({"escalation": "not_needed", "effort": "high"}, ["effort"]),
        ({"escalation": "missed", "containment": "abandoned"}, ["containment", "escalation"]),
        (
            {"containment": None, "knowledge_gap": "gap", "escalation": "missed", "effort": "high"},
            ["escalation", "effort", "knowledge_gap"],
        ),
        (
            {"containment": "abandoned", "knowledge_gap": "gap", "escalation": "missed", "effort": "high"},
            ["containment", "escalation", "effort"],
        ),
    ],
)
def test_what_comes_first(said: dict[str, str | None], first: list[str]) -> None:
    found = leading([judged(name, each) for name, each in said.items()])
    assert [each.name for each in found] == first
