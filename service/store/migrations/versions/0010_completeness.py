"""What admins are told, what asking the helpdesks found, and merged contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("heartbeat", "throttling", "changed_contact", "cursor", "found_late", "notice")


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("open_key", sa.String(length=80), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("send_due_at", UtcDateTime(), nullable=True),
        sa.Column("send_attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("send_error", sa.String(length=255), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("over_told_at", UtcDateTime(), nullable=True),
        _of_installation("notice"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_open_key"), "notice", ["open_key"], unique=True)
    op.create_index(op.f("ix_notice_send_due_at"), "notice", ["send_due_at"])
    op.create_index(op.f("ix_notice_closed_at"), "notice", ["closed_at"])
    op.create_table(
        "found_late",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=True),
        sa.Column("missed", sa.Boolean(), nullable=True),
        _of_installation("found_late"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_found_late_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_found_late")),
    )
    op.create_index(op.f("ix_found_late_installation_id_found_at"), "found_late", ["installation_id", "found_at"])
    op.create_index(op.f("ix_found_late_conversation_id"), "found_late", ["conversation_id"])
    op.create_table(
        "cursor",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        _of_installation("cursor"),
        sa.PrimaryKeyConstraint("installation_id", "name", name=op.f("pk_cursor")),
    )
    op.create_table(
        "changed_contact",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=255), nullable=False),
        sa.Column("into_id", sa.String(length=255), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        _of_installation("changed_contact"),
        sa.PrimaryKeyConstraint("installation_id", "contact_id", name=op.f("pk_changed_contact")),
    )
    op.create_table(
        "throttling",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _of_installation("throttling"),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_throttling")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _of_installation(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_installation_id")
    return sa.ForeignKeyConstraint(["installation_id"], ["installation.id"], name=name, ondelete="CASCADE")
