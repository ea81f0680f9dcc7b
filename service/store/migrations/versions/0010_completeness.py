"""What admins are told, what asking the helpdesks found, and merged contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("heartbeat", "merged_contact", "cursor", "asked", "notice")


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
        "asked",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        _of_installation("asked"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked")),
    )
    op.create_index(op.f("ix_asked_installation_id_at"), "asked", ["installation_id", "at"])
    op.create_table(
        "cursor",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        _of_installation("cursor"),
        sa.PrimaryKeyConstraint("installation_id", "name", name=op.f("pk_cursor")),
    )
    op.create_table(
        "merged_contact",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=255), nullable=False),
        sa.Column("into_id", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        _of_installation("merged_contact"),
        sa.PrimaryKeyConstraint("installation_id", "contact_id", name=op.f("pk_merged_contact")),
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
