"""What a fact counts is part of what is stored: whoever changes it raises `FORM`, and stored facts are counted anew."""

from __future__ import annotations

import hashlib
import json

from fact_samples import fact

from service.figures.cells import FORM, cells_of

FULL = fact(
    channel="email", intent="refund", bot_took_part=True, handed_off=True, agent_messages=3, helpful=1, unhelpful=2,
    repeat="returned", repeat_72h="returned", repeat_7d="returned", is_repeat=True, context="repeated", re_asks=2,
    re_asked=("date", "email"), effort="high", effort_value=2.34, survey_ces=2.0, escalation="warranted", timing="late",
    reason="loop", trigger="bot", escalation_delay=61.5, bot_turns_before=4, seconds_before=300.0,
    containment="escalated", claimed="success", relevance="mixed", answers=("text relevant", "feedback irrelevant"),
    answers_unsure=1, intent_read="refund", intent_reported="exchange", intent_corrected="refund", novelty=0.1,
    confidence="low", confidence_value=0.4321, confidence_source="reported", handoff="answered", handoff_seconds=7200.5,
    handoff_business=3600.0, first_reply=90.0, first_reply_business=60.0, waited=12.0, transfers=1, gap="gap",
    gap_reason="no_answer", training="unfit", training_reasons=("duplicate",), satisfaction="neutral",
    satisfaction_value=3.0,
)  # fmt: skip
KEPT = fact(bot_took_part=True, containment="likely", claimed="success", escalation="not_needed", direct_seconds=50.0)
UNSURE = fact(bot_took_part=True, handed_off=True, containment="escalated", escalation="unclear")
COUNTED = {3: "0c787e9485be3b7d", 4: "ab18bd63df469860"}
"""By form: what the three facts count, hashed. A new form is a new line."""


def test_the_form_is_raised_with_what_facts_count() -> None:
    cells = [sorted(cells_of(one)) for one in (FULL, KEPT, UNSURE)]
    found = hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:16]
    assert COUNTED.get(FORM) == found, (
        "facts count something else: raise FORM in service/figures/cells.py, add a line here"
    )
