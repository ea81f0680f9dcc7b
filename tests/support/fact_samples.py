"""Facts for the tests of figures: made one by one, and as a Hypothesis strategy over everything a fact may hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from service.figures.facts import Fact


def fact(number: int = 0, **known: Any) -> Fact:
    """A fact with what is given and nothing else."""
    key: dict[str, Any] = {
        "helpdesk": "zendesk",
        "account": "acme",
        "conversation": str(number),
        "episode": 1,
        "definitions": "2",
    }
    return Fact(**{**key, "day": "2026-03-02", **known})


def _maybe(*words: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *words])


_seconds = st.none() | st.floats(0, 1e7)
_intents = _maybe("refund", "where is it", "novel", "größe\u2019s")
_classes = _maybe("confirmed", "likely", "unclear", "unresolved", "abandoned", "returned", "escalated", "human_only")
_windows = _maybe("pending", "returned", "not_returned")

facts = st.builds(
    fact,
    st.integers(0, 10**6),
    channel=_maybe("email", "messaging"),
    intent=_intents,
    bot_took_part=st.booleans(),
    handed_off=st.booleans(),
    agent_messages=st.integers(0, 5),
    helpful=st.integers(0, 2),
    unhelpful=st.integers(0, 2),
    repeat=_windows,
    repeat_72h=_windows,
    repeat_7d=_windows,
    context=_maybe("repeated", "preserved", "unclear"),
    re_asks=st.none() | st.integers(0, 3),
    re_asked=st.lists(st.sampled_from(["date", "email"]), unique=True).map(tuple),
    effort=_maybe("low", "medium", "high"),
    effort_value=st.none() | st.floats(1, 7).map(lambda x: round(x, 2)),
    survey_ces=st.none() | st.floats(1, 7),
    escalation=_maybe("warranted", "avoidable", "missed", "not_needed", "unclear"),
    timing=_maybe("early", "on_time", "late", "never"),
    reason=_maybe("loop", "frustration"),
    trigger=_maybe("bot", "customer", "rule"),
    escalation_delay=_seconds,
    bot_turns_before=st.none() | st.integers(0, 9),
    seconds_before=_seconds,
    containment=_classes,
    claimed=_maybe("success", "failure", "none"),
    relevance=_maybe("relevant", "mixed", "irrelevant"),
    answers=st.lists(st.sampled_from(["text relevant", "text irrelevant", "feedback relevant"])).map(tuple),
    answers_unsure=st.integers(0, 3),
    intent_read=_intents,
    intent_reported=_intents,
    intent_corrected=_intents,
    confidence=_maybe("high", "medium", "low"),
    confidence_value=st.none() | st.floats(0, 1),
    confidence_source=_maybe("reported", "estimated"),
    handoff=_maybe("answered", "abandoned_in_queue", "open"),
    handoff_seconds=_seconds,
    handoff_business=_seconds,
    first_reply=_seconds,
    direct_seconds=_seconds,
    waited=_seconds,
    transfers=st.none() | st.integers(0, 4),
    gap=_maybe("gap", "none"),
    gap_reason=_maybe("no_answer"),
    training=_maybe("fit", "unfit"),
    training_reasons=st.lists(st.sampled_from(["duplicate", "language"]), unique=True).map(tuple),
    satisfaction_value=st.none() | st.floats(1, 5),
)
