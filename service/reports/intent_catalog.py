"""An account's intents: how many examples each has, its share of demand, how often it was recognised rightly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from service.figures.rates import Rate
from service.figures.results import Better, Value, share
from service.reports.sources import Stored
from service.scoring.intent import NOVEL
from service.store import intents, reviews
from service.store.figures import Period
from service.store.reviews import Which


@dataclass(frozen=True, slots=True)
class Known:
    """One intent. `demand`: of the conversations whose intent was read. `right`: of those that Deskmark took for this
    intent and a person checked."""

    name: str
    imported: int
    learned: int
    demand: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Catalog:
    """The intents, most wanted first; `novel`: the share of demand that fits none of them."""

    intents: tuple[Known, ...]
    novel: Value
    revision: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The intents' names, in their alphabetical order."""
        return tuple(sorted(known.name for known in self.intents))


def catalog(source: Stored, installation_id: str, *, since: date, until: date) -> Catalog:
    """The catalog of `source`'s one installation, with what was counted from `since` up to but without `until`."""
    session, least = source.session, source.least
    tally = next(iter(source.tallies(since, until, Period.WHOLE, None, {}).values()), None)
    read = tally.of("intent") if tally is not None else {}
    whole = sum(read.values())
    right = _right(source, since, until)
    for (deskmark, human), times in tally.split("intent.read") if tally is not None else ():
        right[deskmark] = right.get(deskmark, Rate(0, 0)) + Rate(times if deskmark == human else 0, times)
    known = [
        Known(
            name,
            by_source.get("imported", 0),
            by_source.get("learned", 0),
            share("demand", Rate(read.get(name, 0), whole), of=name, least=least),
            share("right", right.get(name, Rate(0, 0)), of=name, better=Better.HIGHER, least=least),
        )
        for name, by_source in intents.counts(session, installation_id).items()
    ]
    novel = share("demand", Rate(read.get(NOVEL, 0), whole), of=NOVEL, better=Better.LOWER, least=least)
    order = sorted(known, key=lambda one: (-(one.demand.hits or 0), one.name))
    return Catalog(tuple(order), novel, intents.revision(session, installation_id))


def _right(source: Stored, since: date, until: date) -> dict[str, Rate]:
    """Reviews of the random sample and from files: those of what was doubtful would make Deskmark look worse."""
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    said: Mapping[tuple[str, str, str], int] = reviews.against_deskmark(
        source.session,
        since=start,
        until=end,
        definitions=source.definitions,
        installation_ids=source.installation_ids,
        which=Which.LABELLED,
        scores=("intent",),
    )
    found: dict[str, Rate] = {}
    for (_, deskmark, human), times in said.items():
        found[deskmark] = found.get(deskmark, Rate(0, 0)) + Rate(times if deskmark == human else 0, times)
    return found
