"""Since when a conversation has been asked for, and what went wrong with it on the way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("asked_at", UtcDateTime(), nullable=True))
    op.create_table(
        "failure",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=16), nullable=True),
        sa.Column("delivery_id", BIG, nullable=True),
        sa.Column("work", sa.String(length=16), nullable=False),
        sa.Column("happened", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("frames", sa.JSON(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=True),
        sa.Column("trace", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_failure_installation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_failure_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_failure_delivery_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_failure"),
    )
    for column in ("installation_id", "conversation_id", "delivery_id", "at"):
        op.create_index(f"ix_failure_{column}", "failure", [column])


def downgrade() -> None:
    op.drop_table("failure")
    op.drop_column("conversation", "asked_at")
