"""Intent catalogs, and each installation's own policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("policy", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "intent_catalog",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("fitted_by", sa.String(length=128), nullable=True),
        sa.Column("fitted", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name=op.f("fk_intent_catalog_installation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_intent_catalog")),
    )
    op.create_table(
        "intent_example",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("intent", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=16), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_intent_example_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installation.id"],
            name=op.f("fk_intent_example_installation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent_example")),
        sa.UniqueConstraint("installation_id", "digest", name=op.f("uq_intent_example_installation_id_digest")),
    )
    op.create_index(op.f("ix_intent_example_conversation_id"), "intent_example", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("intent_example")
    op.drop_table("intent_catalog")
    # Both databases drop a column in place. Making the table anew would delete what hangs on its rows.
    op.drop_column("installation", "policy")
