"""The last self-test of each installation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "self_test",
        sa.Column("installation_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("write", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("unknown", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_self_test_installation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("installation_id", name="pk_self_test"),
    )


def downgrade() -> None:
    op.drop_table("self_test")
