"""Outcomes day by day, from wherever tallies come: what savings and what-ifs are computed from."""

from __future__ import annotations

from datetime import timedelta

from service.figures.outcome_days import OutcomeDays
from service.reports.figures import Question
from service.reports.sources import Stored
from service.store.figures import Period

BY_WEEK = 200
"""Days from which on weeks are drawn instead: as sure, and read faster."""


def outcome_days(question: Question, source: Stored) -> OutcomeDays:
    """The days of the question between the first and the last with anything to count; the others are no quiet days,
    nobody looked then."""
    first, last = source.first_day(), source.last_day()
    since = max(question.since, first or question.since)
    until = min(question.until, (last or question.since) + timedelta(days=1))
    days = max(0, (until - since).days)
    if not days:
        return OutcomeDays.of([], periods=1, days=0)
    period = Period.WEEK if days > BY_WEEK else Period.DAY
    found = source.tallies(question.since, question.until, period, None, question.filters)
    return OutcomeDays.of(list(found.values()), periods=-(-days // (7 if period is Period.WEEK else 1)), days=days)
