"""Registration by applications themselves: initial tokens, and who came by which."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds the two tables."""
    op.create_table(
        "registration_tokens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_tokens")),
        sa.UniqueConstraint(
            "token_hash", name=op.f("uq_registration_tokens_token_hash")
        ),
    )
    op.create_index(
        "ix_registration_tokens_expires_at", "registration_tokens", ["expires_at"]
    )
    op.create_table(
        "registrations",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("access_hash", sa.String(), nullable=False),
        sa.Column("token_id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
            name=op.f("fk_registrations_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_registrations")),
    )
    op.create_index("ix_registrations_token_id", "registrations", ["token_id"])


def downgrade() -> None:
    """Takes them away; applications that registered themselves stay."""
    op.drop_table("registrations")
    op.drop_table("registration_tokens")
