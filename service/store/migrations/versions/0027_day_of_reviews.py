"""An opinion knows the day that its episode ended on: agreement is counted without reading facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review", sa.Column("day", sa.Date(), nullable=True))
    op.execute(
        "UPDATE review SET day = fact.day FROM fact WHERE fact.conversation_id = review.conversation_id "
        "AND fact.episode = review.episode AND fact.definitions = '2'"
    )


def downgrade() -> None:
    op.drop_column("review", "day")
