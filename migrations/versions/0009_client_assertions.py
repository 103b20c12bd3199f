"""Assertions of clients that were used (RFC 7523)."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the table of used assertions."""
    op.create_table(
        "client_assertions",
        sa.Column("assertion_hash", sa.String(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("assertion_hash", name=op.f("pk_client_assertions")),
    )
    op.create_index(
        op.f("ix_client_assertions_expires_at"), "client_assertions", ["expires_at"]
    )


def downgrade() -> None:
    """Takes it away; an assertion of the last minutes would work once more."""
    op.drop_table("client_assertions")
