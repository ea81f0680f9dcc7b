"""A question that is asked on several helpdesks, when a gap became somebody's work, and opinions that were replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("knowledge_gap", sa.Column("topic", BIG, nullable=True))
    op.add_column("knowledge_gap", sa.Column("assigned_at", UtcDateTime(), nullable=True))
    op.create_table(
        "former_opinion",
        sa.Column("id", BIG, nullable=False),
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("score", sa.String(length=32), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_former_opinion_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_former_opinion"),
    )
    op.create_index("ix_former_opinion_conversation_id", "former_opinion", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("former_opinion")
    op.drop_column("knowledge_gap", "assigned_at")
    op.drop_column("knowledge_gap", "topic")
