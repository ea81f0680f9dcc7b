"""Alarms keep the stated rate of false alarms on stable accounts of any size, find a doubled rate, and tell its end.

Proven by simulation; benchmarks/alarms.py runs a larger one.
"""

from __future__ import annotations

import numpy as np
import pytest
from accounts import MONTH, OF, course, false_alarms
from scipy import stats

from service.figures.episode import Happens


@pytest.mark.parametrize(("volume", "accounts", "some"), [(5, 15, 0), (120, 30, 12)])
def test_a_stable_account_has_at_most_the_stated_false_alarms_a_month(volume: int, accounts: int, some: int) -> None:
    """One a month is stated. Two months of each account: the upper end of the exact Poisson interval of what was
    counted is compared with a rate that is half as large again, the lower end must not exceed what is stated."""
    rng, months = np.random.default_rng(11), 2 * accounts
    count = sum(1 for _ in range(accounts) for _ in false_alarms(rng, volume / OF, 2 * MONTH))
    low, high = stats.chi2.ppf(0.025, 2 * count) / 2 / months, stats.chi2.ppf(0.975, 2 * count + 2) / 2 / months
    assert not low > 1.0, f"{count} alarms in {months} months"
    assert high < 1.5, f"{count} alarms in {months} months"
    assert count >= some, "it is not so strict that it never speaks"


@pytest.mark.parametrize(
    ("name", "volume", "days", "power"),
    [("escalated", 120, 7, 0.9), ("unserved", 120, 10, 0.8), ("conversations", 120, 7, 0.9), ("escalated", 5, 30, 0.8)],
)
def test_a_doubled_rate_is_found_and_so_is_its_end(name: str, volume: int, days: int, power: float) -> None:
    rng, rows = np.random.default_rng(5), 30
    found = [course(rng, name, volume / OF) for _ in range(rows)]
    assert sum(row.found is not None and row.found <= days for row in found) >= power * rows
    ended = [row for row in found if row.found is not None]
    assert all(row.ended in (Happens.RECOVERED, Happens.UNCONFIRMED) for row in ended)
    assert all(row.after is not None and row.after <= 28 for row in ended), "none stays open"


def test_an_alarm_does_not_end_while_the_rate_stays_doubled() -> None:
    rng = np.random.default_rng(7)
    assert sum(course(rng, "escalated", 1.0, lasts=20).early for _ in range(40)) <= 2
