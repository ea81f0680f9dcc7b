"""Secrets of Deskmark's own, receipts of erasures, who is not to come back, and when a text was dropped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, HAS_TEXT, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("forgotten_at", UtcDateTime(), nullable=True))
    op.create_index(
        op.f("ix_conversation_text_ended_at"),
        "conversation",
        ["installation_id", "ended_at"],
        postgresql_where=HAS_TEXT,
        sqlite_where=HAS_TEXT,
    )
    op.create_table(
        "own_secret",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_own_secret")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_at"), "erasure", ["at"])
    op.create_table(
        "suppression",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("erasure_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasure.id"], name=op.f("fk_suppression_erasure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_suppression")),
    )


def downgrade() -> None:
    op.drop_table("suppression")
    op.drop_index(op.f("ix_erasure_at"), table_name="erasure")
    op.drop_table("erasure")
    op.drop_table("own_secret")
    op.drop_index(op.f("ix_conversation_text_ended_at"), table_name="conversation")
    op.drop_column("conversation", "forgotten_at")
