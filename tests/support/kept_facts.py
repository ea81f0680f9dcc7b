"""Facts in a real database beside what they should come to, counted anew from a plain dictionary each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from service.figures.fact import Fact
from service.figures.tally import Tally, tally
from service.store import conversations, facts, installations, rollups, week_sums
from service.store.database import Database
from service.store.facts import COLUMNS, Judged
from service.store.figures import Period, tallies
from service.store.models import Installation

NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
SINCE, UNTIL = date(2026, 2, 1), date(2026, 5, 1)
NUMBER = count(1)

Cells = dict[str, dict[str, int]]


def plain(counted: Tally) -> Cells:
    """A tally as dictionaries, without what was counted zero times."""
    cells = {m: {b: n for b, n in buckets.items() if n} for m, buckets in counted.cells.items()}
    return {measure: buckets for measure, buckets in cells.items() if buckets}


@dataclass
class Kept:
    """Two installations of their own in `database`, the facts that should be in it, and the same facts in it."""

    database: Database
    rows: tuple[Installation, ...] = ()
    truth: dict[tuple[str, str], tuple[Fact, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.database.begin() as session:
            for connector in ("zendesk", "intercom"):
                name = f"{connector}-{next(NUMBER)}"
                new = installations.NewInstallation(
                    connector=connector, account=name, base_url="https://x.example", secrets=b"", prefix="dm__", id=name
                )  # fmt: skip
                self.rows += (installations.add(session, new, now=NOW),)

    @property
    def ids(self) -> list[str]:
        return [row.id for row in self.rows]

    def judged(self, number: int, given: Iterable[Fact], definitions: str = "2") -> Judged:
        """The facts as those of conversation `number`, which is announced; even numbers are of the first helpdesk."""
        row = self.rows[number % 2]
        with self.database.begin() as session:
            key = conversations.announce(session, row, str(number), at=NOW, now=NOW)
        own = tuple(
            replace(
                fact, helpdesk=row.connector, account=row.account, conversation=str(number), episode=episode,
                definitions=definitions,
            )
            for episode, fact in enumerate(given, 1)
        )  # fmt: skip
        return Judged(key, row.id, definitions, own, NOW.date())

    def save(self, *judged: Judged) -> None:
        with self.database.begin() as session:
            facts.save(session, judged, now=NOW)
        for each in judged:
            self.truth[(each.conversation_id, each.definitions)] = tuple(each.facts)

    def drop(self, conversation_id: str) -> None:
        with self.database.begin() as session:
            facts.drop(session, conversation_id, now=NOW)
        self.truth = {key: kept for key, kept in self.truth.items() if key[0] != conversation_id}

    def dirty(self) -> list[facts.Day]:
        with self.database.read() as session:
            return [day for day in rollups.dirty(session) if day.installation_id in self.ids]

    def add_up(self, day: facts.Day) -> rollups.Sums | None:
        with self.database.read() as session:
            return rollups.add_up(session, day)

    def keep(self, sums: rollups.Sums) -> bool:
        with self.database.begin() as session:
            return rollups.keep(session, sums)

    def recount(self) -> None:
        """Add every dirty day up."""
        for day in self.dirty():
            sums = self.add_up(day)
            assert sums is not None
            assert self.keep(sums)
        assert self.dirty() == []

    def weeks(self) -> list[week_sums.Week]:
        """Those that have to be added up."""
        with self.database.read() as session:
            return [week for week in week_sums.waiting(session, until=UNTIL) if week.installation_id in self.ids]

    def add_up_week(self, week: week_sums.Week) -> week_sums.WeekSums:
        with self.database.read() as session:
            sums = week_sums.add_up(session, week)
        assert sums is not None
        return sums

    def keep_week(self, sums: week_sums.WeekSums) -> bool:
        with self.database.begin() as session:
            return week_sums.keep(session, sums)

    def add_weeks_up(self) -> None:
        """Add every week up that has no dirty day."""
        for week in self.weeks():
            assert self.keep_week(self.add_up_week(week))
        assert self.weeks() == []

    def answer(
        self,
        period: Period = Period.WHOLE,
        dimension: str | None = None,
        filters: Mapping[str, str | None] = {},
        definitions: str = "2",
        since: date = SINCE,
        until: date = UNTIL,
    ) -> dict[tuple[date, str | None], Cells]:
        """What the store says."""
        with self.database.read() as session:
            found = tallies(
                session, since=since, until=until, period=period, dimension=dimension, filters=filters,
                definitions=definitions, installation_ids=self.ids,
            )  # fmt: skip
            return {key: plain(counted) for key, counted in found.items()}

    def counted(
        self,
        period: Period = Period.WHOLE,
        dimension: str | None = None,
        filters: Mapping[str, str | None] = {},
        definitions: str = "2",
        since: date = SINCE,
        until: date = UNTIL,
    ) -> dict[tuple[date, str | None], Cells]:
        """What a full count of all facts says."""
        groups: dict[tuple[date, str | None], list[Fact]] = {}
        for fact in (fact for kept in self.truth.values() for fact in kept):
            day = date.fromisoformat(fact.day) if fact.day else NOW.date()
            if fact.definitions != definitions or not since <= day < until:
                continue
            if any((getattr(fact, name) or None) != value for name, value in filters.items()):
                continue
            value = (getattr(fact, dimension) or None) if dimension else None
            groups.setdefault((period.start(day, since), value), []).append(fact)
        return {key: plain(tally(group)) for key, group in groups.items()}

    def check(self) -> None:
        """Every way to ask gives what a full count gives."""
        for definitions in ("1", "2"):
            for dimension in (None, "helpdesk", "account", *COLUMNS):
                asked: dict[str, Any] = {"dimension": dimension, "definitions": definitions}
                assert self.answer(**asked) == self.counted(**asked), asked
        for period in Period:
            assert self.answer(period, "intent") == self.counted(period, "intent"), period
