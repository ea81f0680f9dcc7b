"""Reports are built purely: what broke, what jumped, wins, gaps in every state, targets; and what an alert says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.figures.gap_life import Effect, GapState, Step
from service.figures.rates import Rate
from service.figures.results import Better, Unit, Value, share
from service.figures.standing import moved, progress
from service.reports.periodic.alert_words import Told, chance, letter, says
from service.reports.periodic.daily import daily
from service.reports.periodic.data import Alert, Data, Gap, Target, Trouble, Work
from service.reports.periodic.monthly import monthly
from service.reports.periodic.report import Kind, Report, Span
from service.reports.periodic.weekly import MOST, weekly

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
IN, BEFORE = datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)
EFFECT = Effect(BEFORE, 30, 900, 2, 800, 0.0001)


def data(kind: Kind, **given: Any) -> Data:
    then = share("quality", Rate(100, 200), of="confirmed", better=Better.HIGHER)
    now = share("quality", Rate(150, 200), of="confirmed", better=Better.HIGHER)
    worse = share("preserved", Rate(50, 200), better=Better.HIGHER)
    good = share("preserved", Rate(150, 200), better=Better.HIGHER)
    solved, kept = ("containment", "quality", "confirmed"), ("context_preservation", "preserved", "")
    few = ("business", "satisfaction", "")
    none = Value("satisfaction", None, Unit.STARS, 3, note="not enough data, 3 of 20")
    differences = {name: moved([a], [b])[0] for name, a, b in ((solved, then, now), (kept, good, worse))}
    span = Span.holding(kind, date(2026, 2, 25))
    made: dict[str, Any] = {
        "values": {solved: now, kept: worse, few: none, ("escalation", "rate", ""): share("rate", Rate(30, 200))},
        "before": {solved: then, kept: good, few: none},
        "moved": differences,
        "course": ((span.since, {solved: now}), (span.since + timedelta(days=1), {})),
        "volume": ((span.since, 200),),
        "conversations": (200, 190),
        "helpdesks": ("Zendesk acme",),
        **given,
    }
    return Data(span=span, made_at=NOW, **made)


def gap(number: int, *steps: tuple[GapState, datetime], effect: Effect | None = None, **given: Any) -> Gap:
    known = tuple(Step(state, at) for state, at in steps)
    return Gap(number, "Zendesk acme", "a label", given.get("audience"), known[-1].state, known, 9, 4, 1, effect)


def said(report: Report) -> dict[str, list[str]]:
    return {section.title: [line.text for line in section.lines] or [section.empty] for section in report.sections}


def test_the_day_says_what_is_broken_what_jumped_and_what_waits() -> None:
    troubles = (
        Trouble("Paused", "Do this.", "Zendesk acme", IN, None),
        Trouble("Work waits too long", "Do that.", "", IN, IN + timedelta(hours=2)),
    )
    alerts = (
        Alert(1, "Zendesk acme", "It jumped", False, IN.date(), False, True),
        Alert(2, "Zendesk acme", "It got better", True, IN.date(), True, False),
    )
    work = (Work("score", 12, IN, 2), Work("other", 1, None, 0), Work("ingest", 0, None, 0))
    report = daily(data(Kind.DAILY, troubles=troubles, alerts=alerts, work=work))
    found = said(report)
    assert report.headline == "2 things need a hand."
    assert found["Is anything broken?"] == [
        "Paused (Zendesk acme), since 2026-02-25 00:00 UTC. Do this.",
        "Work waits too long: over. From 00:00 to 02:00 UTC.",
    ]
    assert found["Did anything jump?"][0] == "It jumped (Zendesk acme). Somebody is on it."
    assert found["Did anything jump?"][1] == "It got better (Zendesk acme). It is usual again."
    assert found["Work that waits"] == [
        "12 conversations to score waiting, the oldest since 2026-02-25 00:00 UTC.",
        "2 conversations to score given up.", "1 other waiting.",
    ]  # fmt: skip
    calm = daily(data(Kind.DAILY, volume=(), conversations=(0, 0)))
    assert calm.headline == "Nothing is broken, nothing jumped."
    assert list(calm.charts()) == []


def test_the_week_tells_wins_losses_new_gaps_and_whether_fixes_worked() -> None:
    opened, fixed = (GapState.OPEN, BEFORE), (GapState.FIXED, BEFORE + timedelta(days=9))
    gaps = (
        gap(1, opened, fixed, (GapState.VERIFIED, IN), effect=EFFECT),
        gap(2, opened, fixed, (GapState.REOPENED, IN), effect=EFFECT, audience="content"),
        gap(3, opened, fixed, effect=EFFECT),
        *(gap(10 + number, (GapState.OPEN, IN)) for number in range(MOST + 2)),
    )
    alerts = (
        Alert(1, "Zendesk acme", "It jumped", False, IN.date(), True, False),
        Alert(2, "Zendesk acme", "It is a win", True, IN.date(), False, False),
    )
    report = weekly(data(Kind.WEEKLY, gaps=gaps, alerts=alerts))
    found = said(report)
    assert report.headline == "3 wins, 1 figure got worse, 1 alert, 11 new gaps."
    assert any("better by more than chance explains" in text for text in found["Wins"])
    assert "It is a win (Zendesk acme)." in found["Wins"]
    assert any("Gap 1 " in text and "it worked" in text and "p below 0.001" in text for text in found["Wins"])
    assert found["What got worse"][-1] == "It jumped (Zendesk acme). It is usual again."
    assert found["New knowledge gaps"][-1] == "And 2 more."
    fixes = " ".join(found["What was fixed, and did it work?"])
    assert "but it came back" in fixes
    assert "too early to say" in fixes
    assert "assigned to content" in fixes
    assert "there was not enough data" not in fixes
    figures = " ".join(found["All figures of the week"])
    assert "not enough data, 3 of 20." in figures
    assert "the week before there was not enough data to compare" in figures
    mine = report.told(audience="product", texts=True)
    assert not any("Gap 2 " in text for text in said(mine)["What was fixed, and did it work?"])
    assert any(line.words == "a label" for section in mine.sections for line in section.lines)
    assert not any(line.words for section in report.told().sections for line in section.lines)


def test_a_week_with_an_alert_is_not_calm() -> None:
    alert = Alert(1, "Zendesk acme", "It jumped", False, IN.date(), False, False)
    assert weekly(data(Kind.WEEKLY, alerts=(alert,), moved={})).headline == "1 alert."


def test_the_month_tells_outcomes_costs_and_next_months_targets() -> None:
    name = ("containment", "quality", "confirmed")
    start = share("quality", Rate(100, 200), of="confirmed", better=Better.HIGHER)
    stood = {hits: progress([start], [share("quality", Rate(hits, 200), of="confirmed", better=Better.HIGHER)])[0]
             for hits in (60, 108, 190)}  # fmt: skip
    targets = tuple(Target(name, each, 0.55) for each in stood.values())
    cost = Value("cost_total", 812.5, Unit.MONEY, 200, note="EUR")
    values = {("containment", "class", "confirmed"): share("class", Rate(150, 200), of="confirmed"),
              ("business", "cost_total", ""): cost}  # fmt: skip
    report = monthly(data(Kind.MONTHLY, values=values, before={}, moved={}, targets=targets))
    found = said(report)
    assert report.headline == "2 of 3 targets reached. No figures got worse, 1 win."
    stands = " ".join(found["Targets, and what next month should bring"])
    assert "not reached; next month's target is 55.0 %" in stands
    assert "reached, but within the interval" in stands
    assert found["What it cost"] == ["Cost in all: 812.50 EUR; the month before there was not enough data to compare."]
    assert [chart.title for chart in report.charts()] == [
        "What became of the bot's conversations", "Of those it kept: confirmed solved",
    ]  # fmt: skip
    assert monthly(data(Kind.MONTHLY, conversations=(0, 0))).headline.startswith("Nothing ended")


@pytest.mark.parametrize(
    ("figure", "kind", "seen", "sentence"),
    [
        ("escalated", "alarm", {"days": 1, "value": 0.4, "expected": 0.2},
         "Handed over to a human: 40.0 % on 25 Feb 2026, usually 20.0 % on a Wednesday"),
        ("conversations", "alarm", {"days": 7, "value": 12, "expected": 99.5},
         "Conversations a day: 12 from 19 Feb 2026 to 25 Feb 2026, usually 100"),
        ("given_up", "alarm", {"days": 1, "value": 3, "expected": 0.009},
         "Work that was given up: 3 on 25 Feb 2026, usually 0.009 on a Wednesday"),
        ("gone", "alarm", {"days": 1, "value": 3, "expected": 1}, "gone on 25 Feb 2026"),
    ],
)  # fmt: skip
def test_an_alert_says_what_was_seen(figure: str, kind: str, seen: dict[str, Any], sentence: str) -> None:
    assert says(figure, kind, date(2026, 2, 25), seen) == sentence


def test_an_alerts_message_says_how_likely_it_was_and_that_it_is_over() -> None:
    assert chance({"p_up": 0.00001, "p_down": 1, "n": 60}, "up").endswith("below 0.01 %")
    assert chance({"p_up": 1, "p_down": 0.002, "n": 60}, "down").endswith("0.20 %")
    assert chance({"gap": 1, "p": 0.02}, "down") == "p 0.020"
    told = Told(1, "alarm", "It jumped", "n 60", "Zendesk acme", (date(2026, 2, 25), date(2026, 2, 27)), True)
    over = letter(told, false_alarms=1)
    assert over.title == "Usual again: Zendesk acme"
    assert over.sections[0].lines[1].text == "It lasted from 25 Feb 2026 to 27 Feb 2026."
