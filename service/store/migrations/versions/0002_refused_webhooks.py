"""How many webhooks of an installation were refused, and when the last one was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("refused_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("installation", sa.Column("refused_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    # Both databases drop a column in place. Making the table anew would delete what hangs on its rows.
    op.drop_column("installation", "refused_at")
    op.drop_column("installation", "refused_count")
