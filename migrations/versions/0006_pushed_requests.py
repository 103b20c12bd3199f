"""Authorization requests that clients pushed (RFC 9126)."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the table of pushed requests."""
    op.create_table(
        "pushed_requests",
        sa.Column("reference_hash", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
            name=op.f("fk_pushed_requests_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reference_hash", name=op.f("pk_pushed_requests")),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(
            op.f(f"ix_pushed_requests_{column}"), "pushed_requests", [column]
        )


def downgrade() -> None:
    """Takes it away; requests under way have to be pushed again."""
    op.drop_table("pushed_requests")
