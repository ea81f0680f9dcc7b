"""The conversations of the demo's past, as `storyline` lets the scenes happen; the same for the same first day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from service.conversation import Conversation
from service.demo.acting import Customer
from service.demo.scenes import Scene, scenes
from service.demo.storyline import COURSES, DAYS, HOURS, MORE, expected, first_day

LATEST = timedelta(hours=25)
"""What happened later is left to the demo itself."""


def past(now: datetime, told: Sequence[Scene] = ()) -> Iterator[Conversation]:
    """Every conversation of the months before `now` (aware), the earliest first; ids are numbers from 1.

    `told` are other scenes than those of the demo.
    """
    first, told = first_day(now.date()), told or scenes()
    days = (conversation for day in range(DAYS) for conversation in _day(first, day, told))
    ended = [(each.started_at, each) for each in days if each.ended_at is not None and each.ended_at < now - LATEST]
    in_order = sorted(ended, key=lambda pair: pair[0] or now)
    return (replace(conversation, id=str(number)) for number, (_, conversation) in enumerate(in_order, 1))


def _day(first: date, day: int, told: Sequence[Scene]) -> Iterator[Conversation]:
    rng = Random(f"{first}:{day}")  # noqa: S311 - a story, not a secret
    midnight = datetime.combine(first + timedelta(days=day), time(), UTC)
    weights = [scene.weight * COURSES[scene.course](day) for scene in told]
    # A broken release brings more customers, it does not keep the others away.
    more = sum(weight for weight, scene in zip(weights, told, strict=True) if scene.course in MORE)
    count = expected(day, midnight.weekday()) * sum(weights) / (sum(weights) - more) * rng.uniform(0.92, 1.08)
    for scene in rng.choices(told, weights, k=round(count)):
        hour = rng.choices(range(24), HOURS)[0]
        yield from Customer(rng, scene).conversations(midnight + timedelta(hours=hour, seconds=rng.uniform(0, 3600)))
