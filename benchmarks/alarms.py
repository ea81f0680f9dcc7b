"""How often alarms are false, how soon a doubled rate is found, and how soon its end is told, by simulation.

    python benchmarks/alarms.py [--accounts N] [--seed N] [VOLUME ...]

Accounts of so many conversations a day have weekdays of their own and days that scatter more than chance
(tests/support/accounts.py). The table of docs/reports.md is what this prints; tests/figures/test_false_alarms.py runs a
smaller one.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats

sys.path[:0] = [str(Path(__file__).parent.parent / "tests" / "support")]

from accounts import FOLLOWED, MONTH, OF, Course, course, false_alarms  # noqa: E402

from service.figures.episode import Happens  # noqa: E402

FIGURES = ("escalated", "unserved")
LASTS = 20
HEAD = ("conversations a day", "false alarms a month (95 %)", "doubled", "found after days (n)",
        "end told after days (n)", f"ended too early in {LASTS} days")  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("volumes", nargs="*", type=float, default=[5, 20, 120, 1000])
    parser.add_argument("--accounts", type=int, default=150)
    parser.add_argument("--months", type=int, default=2)
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for volume in given.volumes:
        rng, scale = np.random.default_rng(given.seed), volume / OF
        months = given.accounts * given.months
        opened = sum(1 for _ in range(given.accounts) for _ in false_alarms(rng, scale, given.months * MONTH))
        rate = _rate(opened, months) if months else ""
        for name in FIGURES:
            over = [course(rng, name, scale) for _ in range(given.accounts or 60)]
            lasting = [course(rng, name, scale, lasts=LASTS) for _ in range(given.accounts or 60)]
            cells = (f"{volume:g}", rate, name, _found(over), _told(over), _early(lasting))
            print(f"| {' | '.join(cells)} |", flush=True)


def _rate(opened: int, months: int) -> str:
    """With the exact interval of a Poisson rate (Garwood 1936)."""
    low = stats.chi2.ppf(0.025, 2 * opened) / 2 if opened else 0.0
    high = stats.chi2.ppf(0.975, 2 * opened + 2) / 2
    return f"{opened / months:.2f} ({low / months:.2f} to {high / months:.2f}; {months} months)"


def _found(rows: Sequence[Course]) -> str:
    found = sorted(row.found for row in rows if row.found is not None)
    if len(found) < len(rows) / 2:
        return f"within {FOLLOWED} days only {len(found)} of {len(rows)}"
    return f"{_at(found, len(rows), 0.5)}; 90 %: {_at(found, len(rows), 0.9)} ({len(rows)})"


def _at(days: Sequence[int], n: int, part: float) -> str:
    """The day by which that part of all `n` was found."""
    place = int(part * n)
    return str(days[place]) if place < len(days) else f"over {FOLLOWED}"


def _told(rows: Sequence[Course]) -> str:
    ended = sorted(row.after for row in rows if row.ended is not None and row.after is not None)
    if not ended:
        return "-"
    ends = Counter(row.ended for row in rows if row.ended is not None)
    words = f"{_at(ended, len(ended), 0.5)}; 90 %: {_at(ended, len(ended), 0.9)} ({len(ended)}"
    unconfirmed = ends[Happens.UNCONFIRMED]
    return f"{words}, {unconfirmed} of them “not confirmed”)" if unconfirmed else f"{words})"


def _early(rows: Sequence[Course]) -> str:
    found = [row for row in rows if row.found is not None]
    return f"{sum(row.early for row in found)} of {len(found)}"


if __name__ == "__main__":
    main()
