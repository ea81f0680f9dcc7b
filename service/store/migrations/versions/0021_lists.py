"""The list of conversations reads along an index: the latest first, however many there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_conversation_moment", "conversation", [sa.text("coalesce(ended_at, created_at)"), "id"])


def downgrade() -> None:
    op.drop_index("ix_conversation_moment", table_name="conversation")
