"""Groups of avoidable handoffs are read from the index alone: a month of them lies all over the table of facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NAME, COLUMNS = "ix_fact_had_answer", ["installation_id", "definitions", "had_answer", "day"]


def upgrade() -> None:
    op.drop_index(NAME, table_name="fact")
    _create(["intent", "conversation_id", "episode"])


def downgrade() -> None:
    op.drop_index(NAME, table_name="fact")
    _create([])


def _create(included: list[str]) -> None:
    known = sa.text("had_answer IS NOT NULL")
    op.create_index(NAME, "fact", COLUMNS, postgresql_where=known, sqlite_where=known, postgresql_include=included)
