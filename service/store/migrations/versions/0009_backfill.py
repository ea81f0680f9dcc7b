"""Backfills: how far each has come, and what was read of conversations that are not whole yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backfill",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("ripe_until", UtcDateTime(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("milliseconds", BIG, nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("wait_until", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_backfill_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_backfill")),
    )
    op.create_table(
        "backfill_part",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("ripe_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["backfill.installation_id"],
            name=op.f("fk_backfill_part_installation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("installation_id", "external_id", "part", name=op.f("pk_backfill_part")),
    )
    op.create_index(
        op.f("ix_backfill_part_installation_id_ripe_at"), "backfill_part", ["installation_id", "ripe_at"]
    )


def downgrade() -> None:
    op.drop_table("backfill_part")
    op.drop_table("backfill")
