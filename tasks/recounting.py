"""Adding up the days whose facts changed, so that figures of long times are read and not counted."""

from __future__ import annotations

import time
from dataclasses import dataclass

from service.store import facts, rollups, week_sums
from service.store.facts import Day
from tasks.runtime import Runtime

AT_MOST = 5.0
"""Seconds for one run: webhooks wait in the same queue. What is left is done in the next one."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """How many days were added up, and how many wait for the next run."""

    days: int
    left: int


def recount(runtime: Runtime) -> Recounted:
    """Add up dirty days, those that wait longest first. Figures are right without it, only slower."""
    until = time.monotonic() + AT_MOST
    while _count_anew(runtime) and time.monotonic() < until - AT_MOST / 2:
        continue
    with runtime.database.read() as session:
        days = rollups.dirty(session)
    done = 0
    for day in days:
        if time.monotonic() > until:
            break
        done += add_up(runtime, day)
    _weeks(runtime, until)
    return Recounted(done, len(days) - done)


def _weeks(runtime: Runtime, until: float) -> None:
    """Add the days of whole weeks up, as long as there is time: the next run finds what is left."""
    if time.monotonic() > until:
        return
    with runtime.database.read() as session:
        weeks = week_sums.waiting(session, until=runtime.clock().date())
    for week in weeks:
        if time.monotonic() > until:
            break
        with runtime.database.read() as session:
            sums = week_sums.add_up(session, week)
        if sums is not None:
            with runtime.database.begin() as session:
                week_sums.keep(session, sums)


def _count_anew(runtime: Runtime) -> int:
    """Count some facts that were counted in an older way; how many."""
    with runtime.database.begin() as session:
        return facts.count_anew(session, now=runtime.clock())


def add_up(runtime: Runtime, day: Day) -> bool:
    """Add one day up; false when its facts changed meanwhile, or somebody else did it."""
    with runtime.database.read() as session:
        sums = rollups.add_up(session, day)
    if sums is None:
        return False
    with runtime.database.begin() as session:
        return rollups.keep(session, sums)
