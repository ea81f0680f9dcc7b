"""Reports that are sent, and alerts that people answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _installation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["installation_id"], ["installation.id"], name=f"fk_{table}_installation_id", ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "report_route",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.String(length=120), nullable=False),
        sa.Column("sends", sa.JSON(), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=True),
        sa.Column("installation_id", sa.String(length=32), nullable=True),
        sa.Column("intents", sa.JSON(), nullable=False),
        sa.Column("texts", sa.Boolean(), nullable=False),
        sa.Column("images", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _installation("report_route"),
        sa.PrimaryKeyConstraint("id", name="pk_report_route"),
    )
    op.create_index("ix_report_route_installation_id", "report_route", ["installation_id"])
    op.create_table(
        "report_sent",
        sa.Column("id", BIG, nullable=False),
        sa.Column("route_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["route_id"], ["report_route.id"], name="fk_report_sent_route_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_sent"),
        sa.UniqueConstraint("route_id", "kind", "period", name="uq_report_sent_route_id_kind_period"),
    )
    op.create_index("ix_report_sent_claimed_at", "report_sent", ["claimed_at"])
    op.create_table(
        "report_image",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_image"),
    )
    op.create_index("ix_report_image_until", "report_image", ["until"])
    op.create_table(
        "figure_alert",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("figure", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("open_key", sa.String(length=120), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("judged_until", sa.Date(), nullable=False),
        sa.Column("usual_days", sa.Integer(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=True),
        _installation("figure_alert"),
        sa.PrimaryKeyConstraint("id", name="pk_figure_alert"),
    )
    op.create_index("ix_figure_alert_open_key", "figure_alert", ["open_key"], unique=True)
    op.create_index("ix_figure_alert_installation_id_first_day", "figure_alert", ["installation_id", "first_day"])
    op.create_table(
        "alert_strictness",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("figure", sa.String(length=48), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        _installation("alert_strictness"),
        sa.PrimaryKeyConstraint("installation_id", "figure", name="pk_alert_strictness"),
    )
    op.create_table(
        "figure_watched",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("figure", sa.String(length=48), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        _installation("figure_watched"),
        sa.PrimaryKeyConstraint("installation_id", "figure", name="pk_figure_watched"),
    )


def downgrade() -> None:
    for table in ("figure_watched", "alert_strictness", "figure_alert", "report_image", "report_sent", "report_route"):
        op.drop_table(table)
