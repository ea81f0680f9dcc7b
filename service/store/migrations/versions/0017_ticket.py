"""The panels on the ticket, and the language of the note."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("language", sa.String(length=8), nullable=False, server_default="en"))
    op.create_table(
        "ticket_app",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_ticket_app_installation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("installation_id", name="pk_ticket_app"),
    )


def downgrade() -> None:
    op.drop_table("ticket_app")
    op.drop_column("installation", "language")
