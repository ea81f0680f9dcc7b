"""A gap's questions know the dimensions of their conversation: the board filters by them without reading facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None

DIMENSIONS = ("channel", "brand", "bot", "group", "intent")


def upgrade() -> None:
    for name in DIMENSIONS:
        op.add_column("gap_message", sa.Column(name, sa.String(length=200), nullable=True))
    given = ", ".join(f'"{name}" = fact."{name}"' for name in DIMENSIONS)
    op.execute(
        f"UPDATE gap_message SET {given} FROM fact WHERE fact.conversation_id = gap_message.conversation_id "  # noqa: S608 - fixed names
        "AND fact.episode = gap_message.episode AND fact.definitions = '2'"
    )


def downgrade() -> None:
    for name in DIMENSIONS:
        op.drop_column("gap_message", name)
