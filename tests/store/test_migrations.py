"""Models and migrations say the same, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect
from sqlalchemy.exc import IntegrityError

from service.store.database import Database, alembic_config, driver_url, migrate
from service.store.models import Vector
from service.store.tables import METADATA


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    migrate(database_url)


def test_two_releases_at_once(database: Database) -> None:
    _empty(database)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, [database.url, database.url]))
    assert inspect(database.engine).has_table("delivery")


def test_downgrade_leaves_nothing(database: Database) -> None:
    _empty(database)
    assert inspect(database.engine).get_table_names() == ["alembic_version"]


def test_addresses_as_hosting_companies_give_them() -> None:
    assert driver_url("postgres://u@h/d") == "postgresql+psycopg://u@h/d"
    assert driver_url("postgresql://u@h/d") == "postgresql+psycopg://u@h/d"
    assert driver_url("sqlite:///x") == "sqlite:///x"


def _empty(database: Database) -> None:
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")


def test_errors_quote_no_values(database: Database) -> None:
    with pytest.raises(IntegrityError) as failure, database.begin() as session:
        session.execute(insert(Vector).values(key=b"customer", vector=None, created_at=datetime.now(UTC)))
    assert "customer" not in str(failure.value).replace("customer_keys", "")
