"""What is said of a gap: in sentences, charts and a brief; numbers only where there are enough."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from service.charts.data import Event
from service.figures.beside import Prices
from service.figures.gap_life import DAY, Effect, GapFacts, GapLife, life
from service.reports.gap_board import Line, Standing, cost, standing
from service.reports.gap_examples import Example, Quote
from service.reports.gap_words import brief, effects_chart, life_chart, numbers, of_burden, told, trend_of
from service.store.gap_facts import Burden, Gap
from service.store.gap_models import KnowledgeGap

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY = date(2026, 3, 2)


def lived(seen: Iterable[int], *fixes: int, until: int = 100, talked: int = 50) -> GapLife:
    facts = GapFacts.of([START + n * DAY for n in seen], fixes=[START + n * DAY for n in fixes])
    exposure = {(START + n * DAY).date(): talked for n in range(-40, until)}
    found = life(facts, as_of=START + until * DAY, exposure=exposure)
    assert found is not None
    return found


def line(messages: int = 3, *, audience: str | None = None, number: int = 1, weeks: Iterable[int] = ()) -> Line:
    row = KnowledgeGap(id=number, installation_id="i1", group=number, label="carbon paddle", audience=audience,
                       created_at=START)  # fmt: skip
    gap = Gap(row, GapFacts.of([START + n * DAY for n in range(messages)]), reasons={"no_answer": 2, "odd": 1})
    known = life(gap.facts, as_of=START + 40 * DAY)
    assert known is not None
    burden = Burden(messages, 1, 2, 1)
    told_weeks = tuple((MONDAY + timedelta(weeks=n), Burden(each)) for n, each in enumerate(weeks))
    return Line(gap, known, standing(known, audience), burden, None, told_weeks, 40)


def test_nothing_was_done() -> None:
    assert told(lived(range(28)), 20, today=date(2026, 6, 1)) is None
    assert effects_chart(lived(range(28)), 20) is None


def test_too_early_and_watched_to_the_end() -> None:
    early = told(lived(range(28), 28, until=32), 20, today=(START + 32 * DAY).date())
    assert early is not None
    assert early.word == "Too early to tell"
    assert "Deskmark looks on 14 Apr 2026" in early.says
    rare = told(lived([0], 2, until=90), 20, today=(START + 90 * DAY).date())
    assert rare is not None
    assert "At no look so far" in rare.says


def test_what_worked_and_what_did_not() -> None:
    worked = told(lived([n % 28 for n in range(60)], 28), 20, today=date(2026, 6, 10))
    assert worked is not None
    assert (worked.word, worked.tone) == ("It worked", "good")
    assert "100 % fewer" in worked.numbers
    failed = told(lived([*range(28), *range(30, 60)], 28, until=60), 20, today=date(2026, 6, 10))
    assert failed is not None
    assert "It did not work at first" in failed.says
    assert "asked less" not in failed.says
    back = told(lived([*[n % 28 for n in range(60)], *[*range(70, 95)] * 4], 28), 20, today=date(2026, 6, 10))
    assert back is not None
    assert "It worked for a while, then it came back" in back.says
    assert "asked less nevertheless" in back.says


def test_numbers_need_enough_conversations_of_the_bot() -> None:
    few = numbers(Effect(START, 3, 12, 1, 100, 0.2), 20)
    assert few.endswith("Not enough data, 12 of 20 conversations of the bot.")
    assert "fewer" not in few
    more = numbers(Effect(START, 10, 100, 20, 100, 0.9), 20)
    assert "100 % more (95 % interval" in more
    none = Effect(START, 10, 100, 0, 100, 0.0001)
    assert none.ratio_interval is not None
    assert none.ratio_interval[0] == 0
    assert "p below 0.001" in numbers(none, 20)
    assert Effect(START, 0, 100, 3, 100, 1.0).ratio_interval is None


def test_an_interval_of_the_ratio_holds_the_ratio() -> None:
    effect = Effect(START, 40, 1000, 12, 900, 0.01)
    low, high = effect.ratio_interval or (0.0, None)
    assert effect.ratio is not None
    assert high is not None
    assert low < effect.ratio < high


def test_charts_have_gaps_where_there_is_too_little() -> None:
    drawn = effects_chart(lived(range(28), 28, talked=1), 40)
    assert drawn is not None
    assert "not enough data, 28 of 40" in str(drawn.table())
    assert "<svg" in drawn.svg()
    weeks = [(MONDAY, 3, 100), (MONDAY + timedelta(weeks=1), 0, 4)]
    shown = life_chart(weeks, [Event(MONDAY + DAY, "article published: Paddles")], 20)
    assert shown is not None
    assert "3.0 %" in str(shown.table())
    assert "not enough data" in str(shown.table())
    assert life_chart([], [], 20) is None


def test_the_brief() -> None:
    quote = Quote("Do you repair paddles?", 1)
    asked = Example("c1", START, "no_answer", by_person=True, returned=False, question=quote,
                    answer=Quote("Sorry.", 2), wanted=Quote("Yes, in May.", 4))  # fmt: skip
    text = brief(line(audience="content"), "Zendesk acme", [asked, asked], 90)
    assert text.count("Do you repair paddles?") == 1
    assert "Wanted: An article or a snippet" in text
    assert "the bot had no answer (2); odd (1)" in text
    assert "- Yes, in May." in text
    without = brief(line(), "Zendesk acme", [], 90)
    assert "For:" not in without
    assert "No person's answer is known to have helped yet." in without


def test_burdens_and_trends_in_words() -> None:
    assert of_burden(Burden(1, 0, 0, 0)).startswith("1 conversation, 0 of them")
    assert trend_of(line(weeks=[1] * 7).weeks) == ""
    assert trend_of(line(weeks=[9, 1, 1, 1, 1, 2, 2, 2, 2]).weeks) == "4 weeks: 8, before: 4"


def test_states_and_cost() -> None:
    assert standing(lived([1]), None) is Standing.NEW
    assert standing(lived([1]), "content") is Standing.ASSIGNED
    assert standing(lived([0], 2, until=20), "content") is Standing.FIXED
    assert cost(Burden(10, 2, 5, 1), None) is None
    assert cost(Burden(10, 2, 5, 1), Prices(0.5, 4, 0.2)) == pytest.approx(14)
