"""What reviewers and agents say of a verdict, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review", sa.Column("why", sa.Text(), nullable=True))
    op.add_column("review", sa.Column("source", sa.String(length=16), nullable=False, server_default="import"))
    op.add_column("review", sa.Column("blind", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("review", sa.Column("drawn", sa.String(length=16), nullable=True))
    op.add_column("review", sa.Column("own", sa.String(length=200), nullable=True))
    op.create_index("ix_review_drawn_at", "review", ["drawn", "at"])
    op.add_column("scorecard", sa.Column("corrected", sa.JSON(), nullable=True))
    op.add_column("scorecard", sa.Column("risk", sa.Float(), nullable=True))
    op.add_column("scorecard", sa.Column("risk_week", sa.Date(), nullable=True))
    risky = sa.text("risk IS NOT NULL")
    op.create_index(
        "ix_scorecard_risk", "scorecard", ["risk_week", "risk"], postgresql_where=risky, sqlite_where=risky
    )
    op.create_table(
        "dispute",
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_dispute_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_dispute_installation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "source", name="pk_dispute"),
    )
    open_ones = sa.text("settled_at IS NULL")
    op.create_index("ix_dispute_at", "dispute", ["at"], postgresql_where=open_ones, sqlite_where=open_ones)
    op.create_table(
        "skipped_review",
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_skipped_review_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "reviewer", name="pk_skipped_review"),
    )
    op.create_table(
        "seen_verdict",
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_seen_verdict_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "reviewer", name="pk_seen_verdict"),
    )


def downgrade() -> None:
    op.drop_table("seen_verdict")
    op.drop_table("skipped_review")
    op.drop_table("dispute")
    op.drop_index("ix_scorecard_risk", "scorecard")
    op.drop_column("scorecard", "risk_week")
    op.drop_column("scorecard", "risk")
    op.drop_column("scorecard", "corrected")
    op.drop_index("ix_review_drawn_at", "review")
    for column in ("own", "drawn", "blind", "source", "why"):
        op.drop_column("review", column)
