"""A question is one row, also where several helpdesks of one account group are asked it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from service.figures.gap_life import DAY, GapFacts, life
from service.reports.gap_board import Line, Standing
from service.reports.gap_rows import Order, ordered, rows
from service.store.gap_facts import Burden, Gap
from service.store.gap_models import KnowledgeGap

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
GROUPS = {"z": "acme", "i": "acme", "alone": None, "alone too": None}


def line(number: int, house: str, messages: int, topic: int | None = None, **given: object) -> Line:
    row = KnowledgeGap(id=number, installation_id=house, group=number, label=f"gap {number}", topic=topic,
                       audience=given.get("audience"), created_at=START)  # fmt: skip
    gap = Gap(row, GapFacts.of([START + n * DAY for n in range(messages)]))
    known = life(gap.facts, as_of=START + 40 * DAY)
    assert known is not None
    monday = date(2026, 3, 2)
    weeks = tuple((monday + timedelta(weeks=n), Burden(n)) for n in range(2))
    standing = Standing(str(given.get("standing", "new")))
    return Line(
        gap, known, standing, Burden(messages, 1, 2, 1), given.get("cost"), weeks, int(str(given.get("age", 40)))
    )  # type: ignore[arg-type]


def test_parts_of_one_account_group_are_one_row() -> None:
    (both,) = rows([line(3, "i", 2, 3, standing="verified", age=9, cost=1.5),
                    line(8, "z", 5, 3, standing="assigned", audience="content", age=4, cost=2.0)], GROUPS)  # fmt: skip
    assert [part.gap.row.id for part in both.parts] == [8, 3], "what is asked most names it"
    assert both.burden == Burden(7, 2, 4, 2)
    assert (both.messages, both.cost, both.age) == (7, 3.5, 4)
    assert both.standing is Standing.ASSIGNED, "where it needs somebody most"
    assert (both.audiences, both.audiences_there) == (["content"], ["content"])
    assert [burden.messages for _, burden in both.weeks] == [0, 2]
    done = replace(both, parts=tuple(replace(part, standing=Standing.FIXED) for part in both.parts))
    assert done.age == 9


@pytest.mark.parametrize("houses", [("z", "alone"), ("alone", "alone too")])
def test_without_a_group_nothing_is_joined_whatever_number_gaps_have(houses: tuple[str, str]) -> None:
    found = rows([line(3, houses[0], 2, 3), line(8, houses[1], 5, 3)], GROUPS)
    assert sorted(row.first.gap.row.id for row in found) == [3, 8]
    assert found[0].cost is None


def test_orders() -> None:
    two, five = rows([line(2, "z", 2), line(5, "z", 5)], GROUPS)
    for order in Order:
        assert len(ordered([two, five], order)) == 2
    assert [one.first.gap.row.id for one in ordered([two, five], Order.IMPACT)] == [5, 2]
    assert [one.first.gap.row.id for one in ordered([two, five], Order.LATEST)] == [5, 2]
    silent = replace(two, parts=(replace(two.first, gap=Gap(two.first.gap.row, GapFacts(None))),))
    assert silent.last_asked == 0
