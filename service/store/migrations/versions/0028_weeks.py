"""Sums of weeks beside those of days; a day's sums say when they were added up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rollup", sa.Column("mark", sa.String(length=32), nullable=False, server_default=""))
    # An older version that still runs adds days up without a mark: what has this one is older than both.
    op.execute("UPDATE rollup SET mark = 'before 0028' WHERE dimension = ''")
    op.create_table(
        "week_sum",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("definitions", sa.String(length=16), nullable=False),
        sa.Column("dimension", sa.String(length=16), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("days", sa.String(length=32), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_week_sum_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "installation_id", "definitions", "dimension", "week", "value", name=op.f("pk_week_sum")
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # As those of days (0004): counts hardly compress.
        for column in ("cells", "large"):
            op.execute(f"ALTER TABLE week_sum ALTER COLUMN {column} SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("week_sum")
    op.drop_column("rollup", "mark")
