"""Encrypting stored secrets anew under the first key, while the service runs: which columns, how far, what is left.

Nothing is remembered: what is encrypted under the first key is done, so whoever is interrupted goes on by starting
again. Rows are locked a few at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, tuple_, update
from sqlalchemy.orm import Session

from service.store.database import Database
from service.store.secrets import SecretBox, SecretsUnreadable
from service.store.tables import METADATA

ENCRYPTED: tuple[Column[Any], ...] = (
    METADATA.tables["installation"].c.secrets,
    METADATA.tables["person"].c.totp_secret,
    METADATA.tables["person"].c.totp_offered,
    METADATA.tables["own_secret"].c.locked,
    METADATA.tables["report_route"].c.address,
)
"""Every column that holds something encrypted. A test names all other columns of bytes, so that none is forgotten."""

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """Values looked at of `total`; `renewed` were under an older key. Nobody can read the `unreadable` ones."""

    done: int = 0
    total: int = 0
    renewed: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Under which keys values stand: the first one, an older one, or one that is not there."""

    current: int
    older: int
    unreadable: int


def rotate(
    database: Database, box: SecretBox, *, tell: Callable[[Progress], None] = lambda _: None, at_once: int = AT_ONCE
) -> Progress:
    """Encrypt every stored secret under the first key of `box`; `tell` hears of each portion.

    A value that none of the keys opens is left as it is and counted.
    """
    came = Progress(total=sum(_standing(database, box)))
    tell(came)
    for column in ENCRYPTED:
        for keys in _portions(database, column, at_once):
            with database.begin() as session:
                renewed, unreadable = _renew(session, box, column, keys)
            done = came.done + len(keys)
            came = Progress(done, max(came.total, done), came.renewed + renewed, came.unreadable + unreadable)
            tell(came)
    return came


def standing(database: Database, box: SecretBox) -> Standing:
    """How many values still need an older key than the first."""
    return Standing(*_standing(database, box))


def _standing(database: Database, box: SecretBox) -> tuple[int, int, int]:
    current = older = unreadable = 0
    with database.read() as session:
        for column in ENCRYPTED:
            for value in session.scalars(select(column).where(column.is_not(None)).execution_options(yield_per=500)):
                if box.is_current(value):
                    current += 1
                elif box.opens(value):
                    older += 1
                else:
                    unreadable += 1
    return current, older, unreadable


def _portions(database: Database, column: Column[Any], at_once: int) -> Iterator[list[tuple[object, ...]]]:
    """The primary keys of rows with a value, a few at a time."""
    table = _table(column)
    with database.read() as session:
        wanted = select(*table.primary_key.columns).where(column.is_not(None)).order_by(*table.primary_key.columns)
        keys = [tuple(row) for row in session.execute(wanted)]
    for start in range(0, len(keys), at_once):
        yield keys[start : start + at_once]


def _renew(session: Session, box: SecretBox, column: Column[Any], keys: list[tuple[object, ...]]) -> tuple[int, int]:
    """How many of these rows were renewed, and how many nobody can read. Whoever changes one waits or comes first."""
    table, renewed, unreadable = _table(column), 0, 0
    primary = tuple(table.primary_key.columns)
    rows = select(*primary, column).where(tuple_(*primary).in_(keys)).order_by(*primary).with_for_update()
    for *key, value in session.execute(rows).all():
        if value is None or box.is_current(value):
            continue
        try:
            fresh = box.renewed(value)
        except SecretsUnreadable:
            unreadable += 1
            continue
        its_row = (name == part for name, part in zip(primary, key, strict=True))
        session.execute(update(table).where(*its_row).values({column.name: fresh}))
        renewed += 1
    return renewed, unreadable


def _table(column: Column[Any]) -> Table:
    table = column.table
    assert isinstance(table, Table)
    return table
