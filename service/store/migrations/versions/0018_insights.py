"""What became of the conversations of a gap; possible new intents and what people made of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.models import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ANSWERED = {
    "postgresql": """
        UPDATE gap_message SET
          agent_messages = COALESCE((fact.fact::jsonb ->> 'agent_messages')::integer, 0),
          returned = (fact.fact::jsonb ->> 'repeat') IS NOT DISTINCT FROM 'returned'
        FROM fact, scorecard
        WHERE fact.conversation_id = gap_message.conversation_id AND fact.episode = gap_message.episode
          AND scorecard.conversation_id = fact.conversation_id AND scorecard.episode = fact.episode
          AND scorecard.latest AND scorecard.definitions = fact.definitions
    """,
    "sqlite": """
        UPDATE gap_message SET
          agent_messages = COALESCE(json_extract(fact.fact, '$.agent_messages'), 0),
          returned = json_extract(fact.fact, '$.repeat') IS 'returned'
        FROM fact, scorecard
        WHERE fact.conversation_id = gap_message.conversation_id AND fact.episode = gap_message.episode
          AND scorecard.conversation_id = fact.conversation_id AND scorecard.episode = fact.episode
          AND scorecard.latest AND scorecard.definitions = fact.definitions
    """,
}
"""Facts know it already; of those of several versions the one that is shown speaks."""


def upgrade() -> None:
    op.add_column("gap_message", sa.Column("agent_messages", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("gap_message", sa.Column("returned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(ANSWERED[op.get_bind().dialect.name])
    op.create_table(
        "intent_proposal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, server_default="open"),
        sa.Column("intent", sa.String(length=200), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_size", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_intent_proposal_installation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_intent_proposal"),
    )
    op.create_index("ix_intent_proposal_installation_id_state", "intent_proposal", ["installation_id", "state"])
    op.create_table(
        "intent_proposal_member",
        sa.Column("proposal_id", BIG, nullable=False),
        sa.Column("conversation_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_intent_proposal_member_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["intent_proposal.id"], name="fk_intent_proposal_member_proposal_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("proposal_id", "conversation_id", name="pk_intent_proposal_member"),
    )  # fmt: skip
    op.create_index("ix_intent_proposal_member_conversation_id", "intent_proposal_member", ["conversation_id"])
    op.create_table(
        "intent_search",
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("novel", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_intent_search_installation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("installation_id", name="pk_intent_search"),
    )


def downgrade() -> None:
    op.drop_table("intent_search")
    op.drop_table("intent_proposal_member")
    op.drop_table("intent_proposal")
    op.drop_column("gap_message", "returned")
    op.drop_column("gap_message", "agent_messages")
