"""Reading figures of days from the store: of one installation or several, all intents or some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from service.figures.beside import Beside
from service.figures.catalogue import figure
from service.figures.results import Value
from service.figures.tally import Tally, merge
from service.reports.periodic.data import Name
from service.reports.sources import Stored
from service.store.figures import Period


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the `chosen` values of figures; `intents`: of conversations about these only, empty all."""

    source: Stored
    intents: tuple[str, ...]
    chosen: tuple[Name, ...]

    def tallies(self, since: date, until: date, period: Period) -> Mapping[date, Tally]:
        """By the first day of each period; with intents their tallies together."""
        if not self.intents:
            found = self.source.tallies(since, until, period, None, {})
            return {start: counted for (start, _), counted in found.items()}
        by_intent = self.source.tallies(since, until, period, "intent", {})
        starts: dict[date, list[Tally]] = {}
        for (start, intent), counted in by_intent.items():
            if intent in self.intents:
                starts.setdefault(start, []).append(counted)
        return {start: merge(parts) for start, parts in sorted(starts.items())}

    def whole(self, since: date, until: date) -> Tally:
        """All days of it together."""
        return merge(self.tallies(since, until, Period.WHOLE).values())

    def values(self, since: date, until: date) -> dict[Name, Value]:
        """The chosen values of these days."""
        return self.of(self.whole(since, until))

    def of(self, counted: Tally) -> dict[Name, Value]:
        """The chosen values of a tally; what a figure does not have of it is left out."""
        beside = Beside(prices=self.source.prices, least=self.source.least)
        found = {
            (name, value.name, value.of): value
            for name in dict.fromkeys(figure_name for figure_name, _, _ in self.chosen)
            for value in figure(name).compute(counted, beside)
        }
        return {name: found[name] for name in self.chosen if name in found}

    def course(self, since: date, until: date, period: Period) -> Iterator[tuple[date, Mapping[Name, Value]]]:
        """The chosen values of each period, the earliest first."""
        for start, counted in self.tallies(since, until, period).items():
            yield start, self.of(counted)

    def volume(self, since: date, until: date) -> Iterator[tuple[date, int]]:
        """How many conversations ended on each day."""
        found = self.tallies(since, until, Period.DAY)
        for number in range((until - since).days):
            day = since + timedelta(days=number)
            yield day, found[day].count("conversations") if day in found else 0

    def count(self, since: date, until: date) -> int:
        """How many conversations ended in these days."""
        return self.whole(since, until).count("conversations")
