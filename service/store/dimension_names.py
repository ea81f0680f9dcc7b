"""Names of values of dimensions: kept as helpdesks told them, read for whoever shows such a value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.language.plain import one_line
from service.scoring.score import DEFINITIONS
from service.store.figure_models import NAME, Rollup
from service.store.models import Installation
from service.store.name_models import LONGEST, DimensionName
from service.store.statements import insert, one_of

TEAM = "group"
NAMED = ("brand", TEAM, "bot")
"""Dimensions whose values may be ids with a name."""

Value = tuple[str, str]
"""A dimension and one of its values."""

AT_ONCE = 200
"""Rows in one statement: SQLite takes no endless number of parameters."""


@dataclass(frozen=True, slots=True)
class Known:
    """A name, and where it is used. `account` and `helpdesk` tell two installations apart."""

    dimension: str
    value: str
    name: str
    installation_id: str
    account: str
    helpdesk: str


def known(session: Session, installation_ids: Collection[str] | None) -> Iterator[Known]:
    """The names on these installations (`None`: on all)."""
    asked = select(
        DimensionName.dimension, DimensionName.value, DimensionName.name, Installation.id, Installation.account,
        Installation.connector,
    )  # fmt: skip
    asked = asked.join(Installation, Installation.id == DimensionName.installation_id)
    asked = asked.where(DimensionName.name.is_not(None), one_of(DimensionName.installation_id, installation_ids))
    order = (DimensionName.dimension, DimensionName.value, Installation.account, Installation.id)
    for row in session.execute(asked.order_by(*order)):
        dimension, value, name, *where = row
        yield Known(dimension, value, name or "", *where)


def keep(
    session: Session,
    installation_id: str,
    told: Mapping[str, Mapping[str, str]],
    *,
    asked: Collection[Value] = (),
    now: datetime,
) -> Mapping[str, str]:
    """Keep what a helpdesk told, by dimension and value; what it told before and no longer tells stays.

    A name is on one line and without control characters, at most `LONGEST` long. What was `asked` for and has no name
    yet is kept without one, so that it is not asked for again at once. A team's former name is kept with the new one,
    as conversations of before carry it; returned are former names that were learned now, each with the new one.
    """
    names = {
        (dimension, value): shown
        for dimension, found in told.items()
        for value, given in found.items()
        if len(value) <= NAME and (shown := one_line(given)[:LONGEST].strip())
    }
    before = _teams(session, installation_id)
    key = [DimensionName.installation_id, DimensionName.dimension, DimensionName.value]
    rows = [
        {"installation_id": installation_id, "dimension": dimension, "value": value, "name": name, "learned_at": now}
        for (dimension, value), name in sorted(names.items())
    ]
    for start in range(0, len(rows), AT_ONCE):
        new = insert(session, DimensionName).values(rows[start : start + AT_ONCE])
        change = {"name": new.excluded.name, "learned_at": new.excluded.learned_at}
        session.execute(new.on_conflict_do_update(index_elements=key, set_=change))
    for dimension, value in sorted(set(asked) - names.keys()):
        nameless = insert(session, DimensionName).values(
            installation_id=installation_id, dimension=dimension, value=value, name=None, learned_at=now
        )
        again = {"learned_at": nameless.excluded.learned_at}
        session.execute(nameless.on_conflict_do_update(index_elements=key, set_=again))
    now_called = {value: name for (dimension, value), name in names.items() if dimension == TEAM}
    return _keep_former(session, installation_id, before, now_called, now=now)


def _teams(session: Session, installation_id: str) -> dict[str, str]:
    """Names of teams by id, and new names by former ones."""
    rows = select(DimensionName.value, DimensionName.name)
    rows = rows.where(DimensionName.installation_id == installation_id, DimensionName.dimension == TEAM)
    return {value: name for value, name in session.execute(rows) if name}


def _keep_former(
    session: Session, installation_id: str, before: Mapping[str, str], told: Mapping[str, str], *, now: datetime
) -> Mapping[str, str]:
    """Keep the former names of teams that are called otherwise now; a name that a team has is nobody's former one."""
    taken = {name.casefold() for name in told.values()}
    new = {old: told[value] for value, old in before.items() if told.get(value, old) != old}
    new = {old: name for old, name in new.items() if old.casefold() not in taken and not is_id(old)}
    kept = {old: new.get(name, name) for old, name in before.items() if not is_id(old)} | new
    mine = (DimensionName.installation_id == installation_id, DimensionName.dimension == TEAM)
    for old, name in kept.items():
        if old.casefold() in taken or name.casefold() == old.casefold():
            session.execute(delete(DimensionName).where(*mine, DimensionName.value == old))
        elif before.get(old) != name:
            row = insert(session, DimensionName).values(
                installation_id=installation_id, dimension=TEAM, value=old, name=name, learned_at=now
            )
            key = [DimensionName.installation_id, DimensionName.dimension, DimensionName.value]
            session.execute(row.on_conflict_do_update(index_elements=key, set_={"name": name, "learned_at": now}))
    return new


def is_id(team: str) -> bool:
    """Whether this value of a team is its id: it is stored by name where one was told, and both helpdesks' ids are
    numbers."""
    return team.isdecimal()


def seen(session: Session, installation_id: str, *, since: date) -> frozenset[Value]:
    """Values that may be ids, from the day `since` on. A team is stored by its name: only a bare number is an id."""
    rows = select(Rollup.dimension, Rollup.value).distinct()
    rows = rows.where(Rollup.installation_id == installation_id, Rollup.definitions == DEFINITIONS)
    rows = rows.where(Rollup.dimension.in_(NAMED), Rollup.day >= since, Rollup.value != "")
    found = ((dimension, value) for dimension, value in session.execute(rows))
    return frozenset(each for each in found if each[0] != TEAM or is_id(each[1]))


def values_called(session: Session, installation_id: str, dimension: str, words: Iterable[str]) -> list[str]:
    """What people typed, with names turned into the values that are called so; case does not matter."""
    here = [each for each in known(session, [installation_id]) if each.dimension == dimension]
    found: list[str] = []
    for word in words:
        found += [each.value for each in here if each.name.casefold() == word.casefold()] or [word]
    return found


def asked_before(session: Session, installation_id: str) -> frozenset[Value]:
    """Values that the helpdesk was asked about, named or not."""
    rows = select(DimensionName.dimension, DimensionName.value).where(DimensionName.installation_id == installation_id)
    return frozenset((dimension, value) for dimension, value in session.execute(rows))
