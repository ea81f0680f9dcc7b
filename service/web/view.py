"""What a dashboard page shows: days and filters, read from the address, so that whoever gets the address sees the same.

What cannot be used is told on the page and left out; no address is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from service.figures.catalogue import Figure
from service.reports.figures import DAYS, Question
from service.reports.sources import Stored
from service.scoring.score import DEFINITIONS
from service.store import goals, installations
from service.store.dimension_values import Values, values
from service.store.fact_days import last_day
from service.store.facts import COLUMNS
from service.store.figure_models import NAME
from service.store.figures import Period
from service.store.models import Installation
from service.web.parts import parts
from service.web.rights import visible_ids

PRESETS: Mapping[int, str] = MappingProxyType({7: "7 days", 30: "30 days", 90: "90 days", 365: "12 months"})
"""How many days back can be chosen at once, and how it is called."""

FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "helpdesk": "Helpdesk",
        "installation": "Account",
        "brand": "Brand",
        "channel": "Channel",
        "intent": "Intent",
        "bot": "Bot",
        "group": "Team",
    }
)
"""What can be filtered by, and how it is called. `installation` holds an id, the others values of a dimension."""

NONE = "(none)"
"""What stands in the address for "without a value"."""

LONGEST = 3 * 366
"""Days that are shown at most."""

BY = {Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "month"}


@dataclass(frozen=True, slots=True)
class Chip:
    """One chosen filter: what it is, its value in words, and the address's arguments without it."""

    name: str
    label: str
    value: str
    without: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its name, its words, (value, words) of what can be chosen, and how many more there are."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    more: int


@dataclass(frozen=True, slots=True)
class View:
    """Days from `since` up to but without `until`, UTC, and what has the values of `filters` (`None`: without one).

    `days` is the chosen preset, `None` where the first and last day were chosen themselves. `by` is `None` where
    nobody chose. `reach` are the installations looked at, `None`: all. `latest` is the latest day with anything to
    count, `None`: nothing is counted yet. `faults` say in words what of the address could not be used.
    """

    since: date
    until: date
    days: int | None
    by: Period | None
    filters: Mapping[str, str | None]
    reach: tuple[str, ...] | None
    installations: tuple[Installation, ...]
    latest: date | None
    faults: tuple[str, ...]
    definitions: str = DEFINITIONS
    _sources: WeakKeyDictionary[Session, Stored] = field(default_factory=WeakKeyDictionary, compare=False, repr=False)

    @classmethod
    def of(cls, arguments: MultiDict[str, str], session: Session) -> View:
        """What the address asks for. Default: 90 days up to the latest day with anything to count."""
        faults: list[str] = []
        seen = tuple(installations.all_of(session, within=visible_ids()))
        filters = dict(_filters(arguments, seen, faults))
        chosen = filters.get("installation")
        reach = (chosen,) if chosen else visible_ids()
        latest = last_day(session, DEFINITIONS, reach)
        today = latest or parts().now().date()
        since, until, days = _range(arguments, today, faults)
        by = _by(arguments, faults)
        return cls(since, until, days, by, MappingProxyType(filters), reach, seen, latest, tuple(faults))

    @property
    def presets(self) -> Mapping[int, str]:
        """The numbers of days that a page offers, in words."""
        return PRESETS

    @property
    def last(self) -> date:
        """The last day that is shown."""
        return self.until - timedelta(days=1)

    @property
    def period(self) -> Period:
        """What trends are cut into: as chosen, else what gives a readable number of points."""
        length = (self.until - self.since).days
        return self.by or (Period.DAY if length <= 31 else Period.WEEK if length <= 200 else Period.MONTH)

    def question(self, *figures: Figure, period: Period = Period.WHOLE, dimension: str | None = None) -> Question:
        """The question to ask `answers` or `behind`, for these figures."""
        kept = {name: value for name, value in self.filters.items() if name != "installation"}
        return Question(self.since, self.until, figures, period, dimension, kept, self.definitions)

    def source(self, session: Session) -> Stored:
        """Where the answers come from: only what the visitor sees, and of the chosen installation.

        The same one every time in a session: what it read once it does not read again.
        """
        known = self._sources.get(session)
        if known is None:
            p, stated = parts(), goals.costs(session)
            prices = stated.prices if stated is not None else p.settings.prices
            known = Stored(session, self.definitions, self.reach, p.now(), prices, p.settings.fewest_cases)
            self._sources[session] = known
        return known

    def args(self, **changes: str | int | date | None) -> dict[str, str]:
        """The address's arguments that lead to this view again, with changes; `None` takes one away.

        For `url_for`: every link between dashboard pages carries them, so that filters travel along.
        """
        given: dict[str, str | int | date | None] = {}
        if self.days is None:
            given |= {"since": self.since, "until": self.last}
        elif self.days != DAYS:
            given["days"] = self.days
        if self.by is not None:
            given["by"] = self.by.value
        given |= {name: NONE if value is None else value for name, value in self.filters.items()}
        if "days" in changes:
            changes = {"since": None, "until": None, **changes}
        given |= changes
        return {name: str(value) for name, value in given.items() if value is not None}

    def chips(self) -> Iterator[Chip]:
        """The chosen filters."""
        for name, value in self.filters.items():
            words = "none" if value is None else self.names().get(value, value) if name == "installation" else value
            yield Chip(name, FILTERS[name], words, self.args(**{name: None}))

    def names(self) -> Mapping[str, str]:
        """How each installation is called, by its id."""
        return {row.id: f"{row.account} ({row.connector.title()})" for row in self.installations}

    def choices(self, session: Session) -> tuple[Choice, ...]:
        """What each filter offers on these days, whatever the others are set to; one with nothing to choose is left
        out. `more` values of it are not offered: there are too many."""
        ids = [row.id for row in self.installations if self.reach is None or row.id in self.reach]
        found = values(session, ids, self.definitions, since=self.since, until=self.until)
        connectors = sorted({row.connector for row in self.installations})
        own = {
            "helpdesk": ([(name, name.title()) for name in connectors], 0),
            "installation": (sorted(self.names().items(), key=lambda item: item[1]), 0),
        }
        offered = ((name, *(own[name] if name in own else _options(found[name]))) for name in FILTERS)
        choices = (Choice(name, FILTERS[name], tuple(o), self.args().get(name, ""), more) for name, o, more in offered)
        return tuple(each for each in choices if len(each.options) > 1 or each.chosen)


def _options(found: Values) -> tuple[list[tuple[str, str]], int]:
    return [(NONE, "none") if value is None else (value, value) for value in found.values], found.more


def _filters(
    arguments: MultiDict[str, str], seen: tuple[Installation, ...], faults: list[str]
) -> Iterator[tuple[str, str | None]]:
    known = {"helpdesk": {row.connector for row in seen}, "installation": {row.id for row in seen}}
    for name, label in FILTERS.items():
        given = [value for value in arguments.getlist(name) if value]
        if len(set(given)) > 1:
            faults.append(f"{label} is asked for {len(given)} times; one can be chosen. Nothing is filtered by it.")
        elif given and name in known and given[0] not in known[name]:
            faults.append(f"There is no {label.lower()} “{given[0][:60]}” that you can see. Nothing is filtered by it.")
        elif given and (len(given[0]) > NAME or "\0" in given[0]):
            faults.append(f"{label} cannot be what the address says. Nothing is filtered by it.")
        elif given:
            yield name, None if name in COLUMNS and given[0] == NONE else given[0]


def _range(arguments: MultiDict[str, str], today: date, faults: list[str]) -> tuple[date, date, int | None]:
    """First day, the day after the last, and the preset that they come from."""
    days = _days(arguments, faults)
    since, until = (_day(arguments, name, faults) for name in ("since", "until"))
    if since is None and until is None:
        return today - timedelta(days=days - 1), today + timedelta(days=1), days
    last = until or max(today, since or today)
    first = since or _before(last, days - 1)
    if first > last:
        faults.append(f"The first day, {first}, lies after the last, {last}. Shown are {days} days up to the last.")
        first = _before(last, days - 1)
    if (last - first).days >= LONGEST:
        first = _before(last, LONGEST - 1)
        faults.append(f"More than three years cannot be shown at once. Shown are those up to {last}.")
    return first, last + timedelta(days=1), None


def _before(last: date, days: int) -> date:
    return date.fromordinal(max(1, last.toordinal() - days))


def _days(arguments: MultiDict[str, str], faults: list[str]) -> int:
    given = arguments.get("days", "")
    if not given:
        return DAYS
    if given not in map(str, PRESETS):
        faults.append(f"Days can be {', '.join(map(str, PRESETS))}, not “{given[:20]}”. Shown are {DAYS}.")
        return DAYS
    return int(given)


def _day(arguments: MultiDict[str, str], name: str, faults: list[str]) -> date | None:
    given = arguments.get(name, "")
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        faults.append(f"“{given[:20]}” is no day; write it as 2026-03-31. It is left out.")
        return None
    return min(max(day, date(1971, 1, 1)), date(9000, 1, 1))


def _by(arguments: MultiDict[str, str], faults: list[str]) -> Period | None:
    given = arguments.get("by", "")
    if given and given not in BY.values():
        faults.append(f"Trends go by {', '.join(BY.values())}, not by “{given[:20]}”.")
        return None
    return Period(given) if given else None
