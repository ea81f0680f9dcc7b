"""What happened to the demo's shop in the months before the demo: how much, when, and how often each kind of scene.

Days are counted from the first of the past, day 0. A gap opens with a new product and is closed by an article; a bot
release breaks refunds for some days; beside that the bot gets slowly better. In the last days the tracking is down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from service.demo.scenes import Course
from service.store.gap_models import ImprovementKind

DAYS = 98
"""Fourteen weeks."""

A_DAY = 14.0
"""Conversations of an average day in the beginning."""

GROWTH = 1.15
"""How much more there are in the end."""

WEEKDAYS = (1.25, 1.15, 1.05, 1.05, 1.1, 0.8, 0.6)
"""Monday first."""

HOURS = (1, 0, 0, 0, 0, 1, 3, 6, 10, 12, 12, 11, 11, 10, 10, 10, 9, 9, 9, 10, 10, 8, 5, 2)
"""How the customers of a day come by the hour (UTC)."""

LAUNCH = 24
"""The Solvo solar panel is sold, and the bot knows nothing of it."""

ARTICLE = 62
"""The article about the panel is published."""

RELEASE = 74
"""Fern 2.4 takes questions about refunds for exchanges ..."""

BROKEN_DAYS = 3
"""... for so many days."""

OUTAGE = DAYS - 5
"""The carrier's tracking shows nothing any more, and still does when somebody looks at the demo."""

MORE = frozenset({Course.RELEASE, Course.OUTAGE})
"""What brings more customers and keeps no others away."""


def _between(start: float, end: float) -> Callable[[int], float]:
    return lambda day: start + (end - start) * day / (DAYS - 1)


def _solar_gap(day: int) -> float:
    if day < LAUNCH:
        return 0.0
    asked = min(1.0, 0.3 + 0.04 * (day - LAUNCH))
    return asked if day < ARTICLE else asked * math.exp(-(day - ARTICLE) / 1.2)


COURSES: Mapping[Course, Callable[[int], float]] = MappingProxyType(
    {
        Course.STEADY: lambda _: 1.0,
        Course.BETTER: _between(0.65, 1.5),
        Course.WORSE: _between(1.45, 0.5),
        Course.GROWING: _between(0.25, 1.5),
        Course.NOVEL: lambda day: 0.0 if day < 40 else _between(0.2, 1.3)(day),
        Course.SOLAR_GAP: _solar_gap,
        Course.SOLAR_FIXED: lambda day: 0.0 if day < ARTICLE else 0.9,
        Course.RELEASE: lambda day: float(RELEASE <= day < RELEASE + BROKEN_DAYS),
        Course.OUTAGE: lambda day: float(day >= OUTAGE),
    }
)
"""How often a scene happens on a day, against its weight."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """Something that was deployed on a day. `words`: it answers the gap that is about one of them."""

    day: int
    kind: ImprovementKind
    reference: str
    title: str
    words: frozenset[str] = frozenset()


DEPLOYED = (
    Deployed(33, ImprovementKind.BOT_RELEASED, "fern:2.3", "Fern 2.3"),
    Deployed(ARTICLE, ImprovementKind.ARTICLE_PUBLISHED, "article:118", "Charging with the Solvo solar panel",
             frozenset({"solvo"})),
    Deployed(RELEASE, ImprovementKind.BOT_RELEASED, "fern:2.4", "Fern 2.4"),
    Deployed(RELEASE + BROKEN_DAYS, ImprovementKind.BOT_RELEASED, "fern:2.4.1", "Fern 2.4.1, refunds mended"),
)  # fmt: skip


def first_day(today: date) -> date:
    """Day 0 of a past that ends today."""
    return today - timedelta(days=DAYS - 1)


def expected(day: int, weekday: int) -> float:
    """How many conversations are to be expected on a day, what brings more aside."""
    return A_DAY * WEEKDAYS[weekday] * (1 + (GROWTH - 1) * day / (DAYS - 1))
