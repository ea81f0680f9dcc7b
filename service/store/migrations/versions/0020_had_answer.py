"""Which answer the bot already had when it handed over avoidably."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fact", sa.Column("had_answer", sa.String(length=200), nullable=True))
    known = sa.text("had_answer IS NOT NULL")
    op.create_index(
        "ix_fact_had_answer", "fact", ["installation_id", "definitions", "had_answer", "day"], postgresql_where=known,
        sqlite_where=known,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_fact_had_answer", table_name="fact")
    op.drop_column("fact", "had_answer")
