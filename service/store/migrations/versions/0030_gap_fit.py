"""A gap's question knows how well it speaks for its group: the one that does so best names it while it is stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gap_message", sa.Column("fit", sa.Float(), server_default="0", nullable=False))
    op.create_index(op.f("ix_gap_message_gap_id_fit"), "gap_message", ["gap_id", "fit"])


def downgrade() -> None:
    op.drop_index(op.f("ix_gap_message_gap_id_fit"), table_name="gap_message")
    op.drop_column("gap_message", "fit")
