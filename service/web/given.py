"""What the address of a dashboard page gives: filters, days, periods; each fault of it in words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from werkzeug.datastructures import MultiDict

from service.reports.figures import DAYS
from service.store.facts import COLUMNS
from service.store.figure_models import NAME
from service.store.figures import Period
from service.store.models import Installation

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

FIRST = date(1971, 1, 1)
"""No day before is asked for: it was before all helpdesks."""

LONGEST = 3 * 366
"""Days that are shown at most."""

BY = {Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "month"}


def given_filters(
    arguments: MultiDict[str, str], seen: tuple[Installation, ...], faults: list[str]
) -> Iterator[tuple[str, str | None]]:
    """The filters with their values. `seen` are the installations that can be asked for."""
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


def given_range(
    arguments: MultiDict[str, str], latest: date, today: date, faults: list[str]
) -> tuple[date, date, int | None]:
    """First day, the day after the last, and the preset that they come from: so many days up to `latest`.

    Days after `today` are told and left out: nothing can be counted on them.
    """
    days = _days(arguments, faults)
    since, until = (_day(arguments, name, faults) for name in ("since", "until"))
    if since is not None and since > today:
        faults.append(f"The first day, {since}, lies ahead. Shown are {days} days up to the last.")
        since = None
    if until is not None and until > today:
        faults.append(f"The last day, {until}, lies ahead. Shown are days up to {max(latest, since or latest)}.")
        until = max(latest, since or latest)
    if since is None and until is None:
        return latest - timedelta(days=days - 1), latest + timedelta(days=1), days
    last = until or max(latest, since or latest)
    first = since or _before(last, days - 1)
    if first > last:
        faults.append(f"The first day, {first}, lies after the last, {last}. Shown are {days} days up to the last.")
        first = _before(last, days - 1)
    if (last - first).days >= LONGEST:
        first = _before(last, LONGEST - 1)
        faults.append(f"More than three years cannot be shown at once. Shown are {first} to {last}.")
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
    return min(max(day, FIRST), date(9000, 1, 1))


def given_by(arguments: MultiDict[str, str], faults: list[str]) -> Period | None:
    """What trends are to be cut into; `None` where nothing is said."""
    given = arguments.get("by", "")
    if given and given not in BY.values():
        faults.append(f"Trends go by {', '.join(BY.values())}, not by “{given[:20]}”.")
        return None
    return Period(given) if given else None
