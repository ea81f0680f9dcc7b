"""The life of knowledge gaps, and improvements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("improvement_gap", "improvement", "gap_note", "gap_message", "knowledge_gap", "gap_groups")


def upgrade() -> None:
    op.create_table(
        "gap_groups",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_gap_groups_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_gap_groups")),
    )
    op.create_table(
        "improvement",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_improvement_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement")),
        sa.UniqueConstraint(
            "installation_id", "kind", "reference", "at", name=op.f("uq_improvement_installation_id_kind_reference_at")
        ),
    )
    op.create_table(
        "knowledge_gap",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("group", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("audience", sa.String(length=16), nullable=True),
        sa.Column("merged_into", BIG, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_knowledge_gap_installation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["knowledge_gap.id"], name=op.f("fk_knowledge_gap_merged_into"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_gap")),
        sa.UniqueConstraint("installation_id", "group", name=op.f("uq_knowledge_gap_installation_id_group")),
    )
    op.create_index(
        op.f("ix_knowledge_gap_installation_id_reference"),
        "knowledge_gap",
        ["installation_id", "reference"],
        unique=False,
    )
    op.create_table(
        "gap_message",
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("gap_id", BIG, nullable=True),
        sa.Column("message", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("negative", sa.Boolean(), nullable=False),
        sa.Column("loose", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_gap_message_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["knowledge_gap.id"], name=op.f("fk_gap_message_gap_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_gap_message_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "episode", name=op.f("pk_gap_message")),
    )
    op.create_index(op.f("ix_gap_message_gap_id_at"), "gap_message", ["gap_id", "at"], unique=False)
    op.create_index(
        op.f("ix_gap_message_installation_id_gap_id"), "gap_message", ["installation_id", "gap_id"], unique=False
    )
    op.create_table(
        "gap_note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("gap_id", BIG, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["gap_id"], ["knowledge_gap.id"], name=op.f("fk_gap_note_gap_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_note")),
    )
    op.create_index(op.f("ix_gap_note_gap_id_at"), "gap_note", ["gap_id", "at"], unique=False)
    op.create_table(
        "improvement_gap",
        sa.Column("improvement_id", BIG, nullable=False),
        sa.Column("gap_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["knowledge_gap.id"], name=op.f("fk_improvement_gap_gap_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["improvement_id"], ["improvement.id"], name=op.f("fk_improvement_gap_improvement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("improvement_id", "gap_id", name=op.f("pk_improvement_gap")),
    )
    op.create_index(op.f("ix_improvement_gap_gap_id"), "improvement_gap", ["gap_id"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
