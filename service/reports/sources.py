"""Where figures take their tallies from: the service's database, or conversations of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from service.figures.beside import Beside, Gaps, Prices, Proposal
from service.figures.fact import DIMENSIONS, Fact
from service.figures.gap_life import GapLife
from service.figures.rates import LEAST
from service.figures.tally import Tally, merge, tally
from service.reports import gaps as gap_report
from service.reports.figures import BESIDE, Filters, Key
from service.reports.naming import NO_LABELS, Labels, labels
from service.store import figures, gaps, goals, installations, intents, reviews
from service.store.fact_days import first_day, last_day
from service.store.figures import Period, Read
from service.store.gap_facts import Gap, examples_of

T = TypeVar("T")

APART = ("installation", ())
"""The name of what is read of each installation, among what is known."""

NEAR = timedelta(days=200)
"""How long ago an account's first day may be to be read along with others."""

AT_ONCE = 500
"""Facts that are counted together."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Tallies from the database, of `installation_ids` (`None`: all) under one version of the definitions.

    `now` says how far the lives of knowledge gaps are told; `prices` and `least` are the account's own,
    unless it stated other prices on the page.
    """

    session: Session
    definitions: str
    installation_ids: Collection[str] | None
    now: datetime
    prices: Prices | None = None
    least: int = LEAST
    _known: dict[tuple[str | None, tuple[tuple[str, str | None], ...]], Read] = field(default_factory=dict)
    _told: dict[Hashable, Mapping[Key, Tally]] = field(default_factory=dict)
    _beside: dict[str, Any] = field(default_factory=dict)

    def tallies(
        self, since: date, until: date, period: Period, dimension: str | None, filters: Filters
    ) -> Mapping[Key, Tally]:
        """As `service.reports.figures.Source` says. What was read of these days once is not read again, and what was
        put together once is the same tally the next time, with what figures made of it."""
        question = (since, until, period, dimension, tuple(sorted(filters.items(), key=str)))
        if question not in self._told:
            self._told[question] = self._read(since, until, period, dimension, filters)
        return self._told[question]

    def _read(
        self, since: date, until: date, period: Period, dimension: str | None, filters: Filters
    ) -> Mapping[Key, Tally]:
        if dimension is None and not filters:
            return self._apart(since, until).tallies(self.session, since, until, period)
        key = (dimension, tuple(sorted(filters.items(), key=str)))
        known = self._known.get(key)
        if known is not None and known.since <= since and until <= known.until:
            return known.tallies(self.session, since, until, period)
        # By days, whatever is asked: next is asked for weeks of them. Of many values that would cost too much.
        by_day = period.cuts or dimension is None
        found = figures.read(
            self.session,
            since=since,
            until=until,
            by_day=by_day,
            dimension=dimension,
            filters=filters,
            definitions=self.definitions,
            installation_ids=self.installation_ids,
        )
        if by_day:
            self._known[key] = found
        return found.tallies(self.session, since, until, period)

    def _apart(self, since: date, until: date) -> Read:
        """These days of each installation. It is read from the account's first day on where that is near: next is asked
        how things stood then, or before a gap was fixed."""
        known = self._known.get(APART)
        if known is None or since < known.since or known.until < until:
            first = self.first_day()
            near = first is not None and timedelta() < until - first <= NEAR
            known = figures.read_apart(
                self.session,
                since=min(since, first) if first is not None and near else since,
                until=until,
                definitions=self.definitions,
                installation_ids=self.installation_ids,
            )
            self._known[APART] = known
        return known

    def _talked(self, since: date, until: date, ids: Collection[str]) -> Mapping[str, Mapping[date, int]]:
        return self._apart(since, until).totals(self.session, gap_report.TALKED, since, until, ids)

    def beside(self, since: date, until: date, *, asked: Collection[str] = BESIDE) -> Beside:
        """The lives of the installations' knowledge gaps, reviews of what ended on these days, catalogs and prices.

        Only reviews of the random sample and from files: those of what was doubtful would make Deskmark look worse.
        What none of the figures `asked` for needs is not read.
        """
        ids = self._once("ids", self._ids)
        known = self._once("prices", self._priced)
        if {"knowledge_gaps", "feedback_loop"} & set(asked):
            known = replace(known, gaps=Gaps([lived for _, lived in self.gaps()], self.now, self.now))
        if "training_data" in asked:
            known = replace(known, examples=self._once("examples", lambda: self._examples(ids)))
        if "novel_intents" in asked:
            known = replace(known, proposals=self._once("proposals", self._proposals))
        if "review_agreement" not in asked:
            return known
        checked, reviewers = self._once(f"reviews {since} {until}", lambda: self._reviews(since, until, ids))
        return replace(known, reviews=checked, reviewers=reviewers)

    def _reviews(self, since: date, until: date, ids: Collection[str]) -> tuple[reviews.Reviews, reviews.Reviews]:
        """Against Deskmark, and of reviewers among themselves."""
        start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
        checked, reviewers = (
            each(
                self.session,
                since=start,
                until=end,
                definitions=self.definitions,
                installation_ids=ids,
                which=reviews.Which.LABELLED,
            )
            for each in (reviews.against_deskmark, reviews.between_reviewers)
        )
        return checked, reviewers

    def _once(self, what: str, read: Callable[[], T]) -> T:
        """What was read once is not read again, however many questions are asked one after the other."""
        if what not in self._beside:
            self._beside[what] = read()
        found: T = self._beside[what]
        return found

    def _priced(self) -> Beside:
        return Beside(prices=goals.prices(self.session, self.prices), least=self.least)

    def _ids(self) -> Collection[str]:
        if self.installation_ids is not None:
            return self.installation_ids
        return [row.id for row in installations.all_of(self.session)]

    def gaps(self) -> Sequence[tuple[Gap, GapLife]]:
        """Every gap of the installations with its life, without examples."""
        return self._once("gaps", lambda: gap_report.lived(self._listed(), self._talked, as_of=self.now))

    def _listed(self) -> Sequence[Gap]:
        ids = self._once("ids", self._ids)
        return self._once("listed", lambda: gaps.listed(self.session, installation_ids=ids, examples=False))

    def _proposals(self) -> tuple[Proposal, ...]:
        """Groups of unserved questions that fit no intent: each may be one that the catalog lacks."""
        found = self._listed()
        novel = [gap for gap in found if 2 * gap.reasons.get("novel", 0) > gap.messages]
        shown = examples_of(self.session, [gap.row.id for gap in novel])
        return tuple(Proposal(gap.row.label, gap.reasons["novel"], tuple(shown.get(gap.row.id, ()))) for gap in novel)

    def _examples(self, ids: Collection[str]) -> Mapping[str, int]:
        """How many examples the catalogs hold of each intent."""
        held: Counter[str] = Counter()
        for name in ids:
            for intent, by_source in intents.counts(self.session, name).items():
                held[intent] += sum(by_source.values())
        return held

    def last_day(self) -> date | None:
        """The latest day with anything to count."""
        return self._once("last", lambda: last_day(self.session, self.definitions, self.installation_ids))

    def first_day(self) -> date | None:
        """The earliest day with anything to count: the account's baseline begins on it."""
        return self._once("first", lambda: first_day(self.session, self.definitions, self.installation_ids))

    def labels(self) -> Labels:
        """How values of dimensions are called here."""
        return self._once("labels", lambda: labels(self.session, self.installation_ids))


@dataclass(slots=True)
class OfFile:
    """Tallies of facts that nobody stored. Only what has a day can be counted by days.

    `prices` and `least` are the account's own.
    """

    prices: Prices | None = None
    least: int = LEAST
    _counted: dict[tuple[date, tuple[str | None, ...]], Tally] = field(default_factory=dict)
    _waiting: dict[tuple[date, tuple[str | None, ...]], list[Fact]] = field(default_factory=dict)
    _waits: int = 0
    undated: int = 0

    def labels(self) -> Labels:
        """A file tells no names beside its values."""
        return NO_LABELS

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
        """As `service.reports.figures.Source` says. Raises `ValueError` for an unknown dimension."""
        self._count()
        place = DIMENSIONS.index(dimension) if dimension else None
        wanted = {DIMENSIONS.index(name): value or None for name, value in filters.items()}
        parts: dict[Key, list[Tally]] = {}
        for (day, values), counted in self._counted.items():
            if since <= day < until and all(values[n] == value for n, value in wanted.items()):
                key = (period.start(day, since), None if place is None else values[place])
                parts.setdefault(key, []).append(counted)
        return {key: merge(parts[key]) for key in sorted(parts, key=lambda k: (k[0], k[1] is None, k[1] or ""))}

    def beside(self, since: date, until: date, *, asked: Collection[str] = BESIDE) -> Beside:  # noqa: ARG002
        """The prices: gaps and reviews live in the service."""
        return Beside(prices=self.prices, least=self.least)

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
