"""Where else a person stands: every text of every table looked through, whoever's it is, and the mention taken out.

The tables are those of the metadata, so a new one is looked through as well. Left alone are Deskmark's own people and
the connections to helpdesks, which are no customers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Column, String, Table, Text, cast, func, select, tuple_, update
from sqlalchemy.orm import Session

from service.store.suppression import Identity, IdentityKind
from service.store.tables import METADATA

REMOVED = "(removed)"
NOT_CUSTOMERS = frozenset({"person", "password_link", "recovery_code", "web_session", "api_key", "installation"})
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Mention:
    """A value that names the person: where it stands."""

    table: str
    column: str
    key: tuple[Any, ...]


def pattern(identity: Identity) -> re.Pattern[str] | None:
    """What the person is recognised by in a text; `None` for an id, which any number could be.

    >>> pattern(Identity.of(IdentityKind.PHONE, "+44 20 7946 0018")).search("call (020) 7946-0018 now")[0]
    '(020) 7946-0018'
    """
    if identity.kind is IdentityKind.EMAIL:
        return re.compile(rf"(?<![\w.+-]){re.escape(identity.value)}(?![\w-]|\.\w)", re.IGNORECASE)
    if identity.kind is IdentityKind.PHONE:
        digits = r"[ ()./-]{0,3}".join(identity.value)
        return re.compile(rf"(?<!\d)\+?\(?(?:\d[ ()./-]{{0,3}}){{0,6}}?{digits}(?!\d)")
    return None


def find(session: Session, identity: Identity) -> Iterator[Mention]:
    """Every value that names the person, one table after the other."""
    told_by = pattern(identity)
    if told_by is None:
        return
    for column in _columns():
        table = column.table
        assert isinstance(table, Table)
        keys = tuple(table.primary_key.columns)
        rows = session.execute(
            select(*keys, column).where(column.is_not(None), *_likely(column, identity)).order_by(*keys),
            execution_options={"yield_per": AT_ONCE},
        )
        for *key, value in rows:
            if _names(value, told_by):
                yield Mention(table.name, column.name, tuple(key))


def take_out(session: Session, found: list[Mention], identity: Identity) -> int:
    """Write `(removed)` where the person stood in these values; how many were changed."""
    told_by, changed = pattern(identity), 0
    if told_by is None:
        return 0
    for mention in found:
        table = METADATA.tables[mention.table]
        column, keys = table.c[mention.column], tuple(table.primary_key.columns)
        here = tuple_(*keys).in_([mention.key])
        row = session.execute(select(column).where(here).with_for_update()).one_or_none()
        if row is None or row[0] is None or not _names(row[0], told_by):
            continue
        session.execute(update(table).where(here).values({column.name: _without(row[0], told_by)}))
        changed += 1
    return changed


def _columns() -> Iterator[Column[Any]]:
    """Every column of free text or JSON that is not part of a key."""
    for table in METADATA.sorted_tables:
        if table.name in NOT_CUSTOMERS:
            continue
        for column in table.columns:
            if isinstance(column.type, String | Text | JSON) and not column.primary_key and not column.foreign_keys:
                yield column


def _likely(column: Column[Any], identity: Identity) -> tuple[Any, ...]:
    """What the database can tell by itself: numbers are written in many ways, and JSON escapes what is not ASCII."""
    if identity.kind is not IdentityKind.EMAIL or not identity.value.isascii():
        return ()
    as_text = cast(column, Text) if isinstance(column.type, JSON) else column
    return (func.lower(as_text).contains(identity.value, autoescape=True),)


def _names(value: Any, told_by: re.Pattern[str]) -> bool:
    if isinstance(value, str):
        return told_by.search(value) is not None
    if isinstance(value, dict):
        return any(_names(item, told_by) or _names(name, told_by) for name, item in value.items())
    if isinstance(value, list):
        return any(_names(item, told_by) for item in value)
    return False


def _without(value: Any, told_by: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return told_by.sub(REMOVED, value)
    if isinstance(value, dict):
        return {told_by.sub(REMOVED, name): _without(item, told_by) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, told_by) for item in value]
    return value
