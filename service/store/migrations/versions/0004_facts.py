"""Facts, their daily sums, reviews, and how far a rescoring has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import BIG, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("rescoring", "review", "rollup", "dirty_day", "fact", "cell")


def upgrade() -> None:
    op.create_table(
        "cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cell")),
        sa.UniqueConstraint("measure", "bucket", name=op.f("uq_cell_measure_bucket")),
    )
    op.create_table(
        "fact",
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("definitions", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.String(length=200), nullable=True)
            for name in ("channel", "brand", "inbox", "bot", "group", "intent", "language")
        ),
        sa.Column("fact", sa.JSON(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_fact_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_fact_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "definitions", "episode", name=op.f("pk_fact")),
    )
    op.create_index(op.f("ix_fact_installation_id_definitions_day"), "fact", ["installation_id", "definitions", "day"])
    op.create_index(op.f("ix_fact_form"), "fact", ["form"])
    op.create_table(
        "dirty_day",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("definitions", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_dirty_day_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("installation_id", "definitions", "day", name=op.f("pk_dirty_day")),
    )
    op.create_table(
        "rollup",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("definitions", sa.String(length=16), nullable=False),
        sa.Column("dimension", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_rollup_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "installation_id", "definitions", "dimension", "day", "value", name=op.f("pk_rollup")
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Counts hardly compress, and a query reads megabytes of them: unpacking would cost more than it saves.
        for column in ("cells", "large"):
            op.execute(f"ALTER TABLE rollup ALTER COLUMN {column} SET STORAGE EXTERNAL")
    op.create_table(
        "review",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("score", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=200), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_review_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_review_installation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint(
            "conversation_id", "episode", "score", "reviewer",
            name=op.f("uq_review_conversation_id_episode_score_reviewer"),
        ),
    )
    op.create_index(op.f("ix_review_score_at"), "review", ["score", "at"])
    op.create_table(
        "rescoring",
        sa.Column("definitions", sa.String(length=16), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("definitions", name=op.f("pk_rescoring")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
