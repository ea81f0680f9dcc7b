"""The one statement that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart, insert ... on conflict; and what
lists of whoever may not see everything have in common.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.models import Base

Insert = postgresql.Insert | sqlite.Insert


def insert(session: Session | Connection, table: type[Base]) -> Insert:
    """An insert into `table` that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_into(dialect(session), table)


def insert_into(name: str, table: type[Base]) -> Insert:
    """The same for a dialect's name."""
    return postgresql.insert(table) if name == "postgresql" else sqlite.insert(table)


def dialect(session: Session | Connection) -> str:
    """The name of the database's dialect."""
    return (session if isinstance(session, Connection) else session.get_bind()).dialect.name


def one_of(column: InstrumentedAttribute[Any], names: Collection[str] | None) -> ColumnElement[bool]:
    """That a column holds one of the names; `None`: whatever it holds."""
    return true() if names is None else column.in_(sorted(names))
