"""Goals of figures, and what the account states: how ripe it is, what its work costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goal",
        sa.Column("figure", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Float(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("figure", name="pk_goal"),
    )
    op.create_table(
        "stated",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("maturity", sa.String(length=16), nullable=True),
        sa.Column("bot_conversation", sa.Float(), nullable=True),
        sa.Column("human_conversation", sa.Float(), nullable=True),
        sa.Column("agent_message", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(length=8), nullable=True),
        sa.Column("agent_minutes", sa.Float(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stated"),
    )


def downgrade() -> None:
    op.drop_table("stated")
    op.drop_table("goal")
