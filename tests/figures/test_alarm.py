"""The level of a test follows from the accepted false alarms, and "not useful" halves it."""

from __future__ import annotations

from datetime import date

import pytest

from service.figures.alarm import before, level, up_to
from service.figures.episode import Rules
from service.figures.watched import ALARM_TESTS


def test_not_useful_makes_it_stricter_within_bounds() -> None:
    assert [round(level(1, 10, steps=n) / level(1, 10), 4) for n in (-1, 0, 1, 4, 9)] == [1, 1, 0.5, 0.0625, 0.0625]
    assert Rules(steps=2).alarm_level == pytest.approx(level(1, 2 * ALARM_TESTS) / 4)


def test_days_before_and_up_to_a_day() -> None:
    assert before(date(2026, 3, 3), 2) == (date(2026, 3, 1), date(2026, 3, 2))
    assert up_to(date(2026, 3, 3), 2) == (date(2026, 3, 2), date(2026, 3, 3))
