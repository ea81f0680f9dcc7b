"""What an installation may do and how it stands; where a conversation came from, what is planned for it, its trace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ADDED: tuple[tuple[str, sa.Column[object]], ...] = (
    ("installation", sa.Column("write_rules", sa.JSON(), nullable=True)),
    ("installation", sa.Column("paused_at", UtcDateTime(), nullable=True)),
    ("installation", sa.Column("paused_until", UtcDateTime(), nullable=True)),
    ("installation", sa.Column("paused_reason", sa.String(length=255), nullable=True)),
    ("installation", sa.Column("disconnected_at", UtcDateTime(), nullable=True)),
    ("installation", sa.Column("retention_days", sa.Integer(), nullable=True)),
    ("installation", sa.Column("missed_count", sa.Integer(), nullable=False, server_default="0")),
    ("installation", sa.Column("missed_at", UtcDateTime(), nullable=True)),
    ("conversation", sa.Column("plan", sa.JSON(), nullable=True)),
    ("conversation", sa.Column("planned_at", UtcDateTime(), nullable=True)),
    ("conversation", sa.Column("backfilled", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("conversation", sa.Column("trace", sa.String(length=32), nullable=True)),
    ("delivery", sa.Column("trace", sa.String(length=32), nullable=True)),
)


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, column)


def downgrade() -> None:
    for table, column in reversed(ADDED):
        op.drop_column(table, column.name)
