"""Where figures take their tallies from: the service's database, or conversations of a file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from service import gap_report
from service.figure_report import Filters, Key
from service.figures.beside import Beside, Gaps
from service.figures.fact import DIMENSIONS, Fact
from service.figures.tally import Tally, merge, tally
from service.store import figures, installations
from service.store.fact_days import last_day
from service.store.figures import Period

AT_ONCE = 500
"""Facts that are counted together."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Tallies from the database, of `installation_ids` (`None`: all) under one version of the definitions.

    `now` says how far the lives of knowledge gaps are told.
    """

    session: Session
    definitions: str
    installation_ids: Collection[str] | None
    now: datetime

    def tallies(
        self, since: date, until: date, period: Period, dimension: str | None, filters: Filters
    ) -> Mapping[Key, Tally]:
        """As `service.figure_report.Source` says."""
        return figures.tallies(
            self.session,
            since=since,
            until=until,
            period=period,
            dimension=dimension,
            filters=filters,
            definitions=self.definitions,
            installation_ids=self.installation_ids,
        )

    def beside(self) -> Beside:
        """The lives of the installations' knowledge gaps."""
        ids = self.installation_ids
        if ids is None:
            ids = [row.id for row in installations.all_of(self.session)]
        lives = gap_report.lives(self.session, list(ids), as_of=self.now)
        return Beside(gaps=Gaps(lives, self.now, self.now))

    def last_day(self) -> date | None:
        """The latest day with anything to count."""
        return last_day(self.session, self.definitions, self.installation_ids)


@dataclass(slots=True)
class OfFile:
    """Tallies of facts that nobody stored. Only what has a day can be counted by days."""

    _counted: dict[tuple[date, tuple[str | None, ...]], Tally] = field(default_factory=dict)
    _waiting: dict[tuple[date, tuple[str | None, ...]], list[Fact]] = field(default_factory=dict)
    _waits: int = 0
    undated: int = 0

    def add(self, facts: Iterable[Fact]) -> None:
        """Count facts; those without a day are only counted as `undated`."""
        for fact in facts:
            if fact.day is None:
                self.undated += 1
                continue
            key = (date.fromisoformat(fact.day), tuple(getattr(fact, name) for name in DIMENSIONS))
            self._waiting.setdefault(key, []).append(fact)
            self._waits += 1
        if self._waits >= AT_ONCE:
            self._count()

    def tallies(
        self, since: date, until: date, period: Period, dimension: str | None, filters: Filters
    ) -> Mapping[Key, Tally]:
        """As `service.figure_report.Source` says. Raises `ValueError` for an unknown dimension."""
        self._count()
        place = DIMENSIONS.index(dimension) if dimension else None
        wanted = {DIMENSIONS.index(name): value or None for name, value in filters.items()}
        parts: dict[Key, list[Tally]] = {}
        for (day, values), counted in self._counted.items():
            if since <= day < until and all(values[n] == value for n, value in wanted.items()):
                key = (period.start(day, since), None if place is None else values[place])
                parts.setdefault(key, []).append(counted)
        return {key: merge(parts[key]) for key in sorted(parts, key=lambda k: (k[0], k[1] is None, k[1] or ""))}

    def beside(self) -> Beside:
        """Nothing: gaps, prices and reviews live in the service."""
        return Beside()

    def last_day(self) -> date | None:
        """The latest day with anything to count."""
        self._count()
        return max((day for day, _ in self._counted), default=None)

    def _count(self) -> None:
        for key, facts in self._waiting.items():
            known = self._counted.get(key)
            counted = tally(facts)
            self._counted[key] = counted if known is None else known + counted
        self._waiting.clear()
        self._waits = 0
