"""Jobs that undo or repeat what was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("helpdesk", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("place", sa.JSON(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("queued_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
    )
    op.create_index(op.f("ix_errand_due_at"), "errand", ["due_at"])
    op.create_index(op.f("ix_errand_installation_id_created_at"), "errand", ["installation_id", "created_at"])
    op.create_table(
        "errand_item",
        sa.Column("errand_id", BIG, nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tags_only", sa.Boolean(), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=True),
        sa.Column("content", sa.String(length=64), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["errand_id"], ["errand.id"], name=op.f("fk_errand_item_errand_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("errand_id", "external_id", name=op.f("pk_errand_item")),
    )
    op.create_index(
        op.f("ix_errand_item_errand_id_state_external_id"), "errand_item", ["errand_id", "state", "external_id"]
    )
    op.create_index(
        op.f("ix_conversation_installation_id_planned_at"), "conversation", ["installation_id", "planned_at"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_conversation_installation_id_planned_at"), "conversation")
    op.drop_table("errand_item")
    op.drop_table("errand")
