"""What a dashboard page shows: days and filters, read from the address, so that whoever gets the address sees the same.

What cannot be used is told on the page and left out; no address is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from service.figures.catalogue import Figure
from service.reports.figures import DAYS, Question
from service.reports.history import Unread, unread
from service.reports.naming import NO_LABELS, Labels, account, labels
from service.reports.sources import Stored
from service.scoring.score import DEFINITIONS
from service.store import goals, installations
from service.store.dimension_values import Values, values
from service.store.fact_days import back_to, first_day, last_day
from service.store.facts import COLUMNS
from service.store.figures import Period
from service.store.models import Installation
from service.web.given import FILTERS, NONE, PRESETS, given_by, given_filters, given_range
from service.web.parts import parts
from service.web.rights import visible_ids

MOST_NAMED = 12
"""Values that are named to whoever asks for one that there is not."""

ONE_BY_ONE = 60_000
"""Conversations that are looked at one by one for a page."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One chosen filter: what it is, its value in words, and the address's arguments without it."""

    name: str
    label: str
    value: str
    without: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its name, its words, (value, words) of what can be chosen, how many more there are, and how what is
    chosen is called."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    more: int
    words: str = ""

    @property
    def unknown(self) -> str:
        """That nothing on these days has the chosen value, and which ones there are; empty where something has it."""
        names = [words for _, words in self.options]
        if not self.chosen or self.chosen in dict(self.options):
            return ""
        what = f"the {self.label.lower()} “{self.words[:60]}”"
        if self.more:
            return f"If nothing is shown, no conversation has {what}: it is not among the {len(names)} most used."
        known = f"Known are: {', '.join(names[:MOST_NAMED])}{' …' if len(names) > MOST_NAMED else '.'}"
        return f"No conversation on these days has {what}. {known if names else 'None has any.'}"


@dataclass(frozen=True, slots=True)
class View:
    """Days from `since` up to but without `until`, UTC, and what has the values of `filters` (`None`: without one).

    `days` is the chosen preset, `None` where the first and last day were chosen themselves. `by` is `None` where
    nobody chose. `reach` are the installations looked at, `None`: all. `latest` is the latest day with anything to
    count, `None`: nothing is counted yet. `asked_since` is the first day that was asked for where fewer are shown:
    what has two values together is counted one by one, and not more than `ONE_BY_ONE`. `unread` is what of the history
    is not counted yet. `faults` say in words what of
    the address could not be used.
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
    labels: Labels = NO_LABELS
    definitions: str = DEFINITIONS
    asked_since: date | None = None
    unread: Unread | None = None
    _sources: WeakKeyDictionary[Session, Stored] = field(default_factory=WeakKeyDictionary, compare=False, repr=False)

    @classmethod
    def of(cls, arguments: MultiDict[str, str], session: Session) -> View:
        """What the address asks for. Default: 90 days up to the latest day with anything to count."""
        faults: list[str] = []
        seen = tuple(installations.all_of(session, within=visible_ids()))
        filters = dict(given_filters(arguments, seen, faults))
        chosen = filters.get("installation")
        reach = (chosen,) if chosen else visible_ids()
        latest = last_day(session, DEFINITIONS, reach)
        now = parts().now().date()
        since, until, days = given_range(arguments, latest or now, now, faults)
        if latest is not None and days is None:
            first = first_day(session, DEFINITIONS, reach)
            if first is not None and until <= first:
                faults.append(
                    f"Nothing is counted before {first}, the day of the first conversation: choose later days."
                )
        by = given_by(arguments, faults)
        left = unread(session, _looked_at(seen, reach), now=parts().now())
        view = cls(since, until, days, by, MappingProxyType(filters), reach, seen, latest, tuple(faults),
                   labels(session, reach), unread=left)  # fmt: skip
        closer = view.narrowed(session)
        return view if closer is None else replace(view, since=closer, asked_since=since)

    def narrowed(self, session: Session, dimension: str | None = None) -> date | None:
        """The first day that can be shown, cut by `dimension`; `None`: all days can.

        Days are added up by one dimension. By two of them each conversation is looked at, and not more than so many.
        """
        if len({*self.filters, dimension} & set(COLUMNS)) < 2:
            return None
        ids = _looked_at(self.installations, self.reach)
        first = back_to(session, self.definitions, ids, until=self.until, most=ONE_BY_ONE)
        return first if first is not None and first > self.since else None

    @property
    def compared(self) -> bool:
        """Whether it can be compared with the account's beginning: all days that were asked for are shown, and no
        history is still being read that would change the one or the other."""
        return self.asked_since is None and (self.unread is None or not self.unread.moves)

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
            given |= {"since": self.asked_since or self.since, "until": self.last}
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
            words = "none" if value is None else self.called(name, value)
            yield Chip(name, FILTERS[name], words, self.args(**{name: None}))

    def names(self) -> Mapping[str, str]:
        """How each installation is called, by its id."""
        return {row.id: account(row.account, row.connector) for row in self.installations}

    def called(self, name: str, value: str) -> str:
        """How a value of a filter is called."""
        return self.names().get(value, value) if name == "installation" else self.labels.of(name, value)

    def choices(self, session: Session) -> tuple[Choice, ...]:
        """What each filter offers on these days, whatever the others are set to; one with nothing to choose is left
        out. `more` values of it are not offered: there are too many."""
        ids = _looked_at(self.installations, self.reach)
        found = values(session, ids, self.definitions, since=self.since, until=self.until)
        connectors = sorted({row.connector for row in self.installations})
        own = {
            "helpdesk": ([(name, name.title()) for name in connectors], 0),
            "installation": (sorted(self.names().items(), key=lambda item: item[1]), 0),
        }
        offered = ((name, *(own[name] if name in own else self._options(name, found[name]))) for name in FILTERS)
        given = self.args()
        choices = (
            Choice(name, FILTERS[name], tuple(o), (chosen := given.get(name, "")), more, self.called(name, chosen))
            for name, o, more in offered
        )
        return tuple(each for each in choices if len(each.options) > 1 or each.chosen)

    def _options(self, name: str, found: Values) -> tuple[list[tuple[str, str]], int]:
        """In the order of the alphabet as they are called, "none" last."""
        named = ((value, self.labels.of(name, value)) for value in found.values if value is not None)
        options = sorted(named, key=lambda option: option[1].casefold())
        return [*options, *([(NONE, "none")] if None in found.values else [])], found.more


def _looked_at(seen: Iterable[Installation], reach: Collection[str] | None) -> list[str]:
    return [row.id for row in seen if reach is None or row.id in reach]
