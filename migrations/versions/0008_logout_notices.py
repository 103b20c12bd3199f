"""The queue of logout notices: which application is told of which session's end."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the table and the index of what is due."""
    op.create_table(
        "logout_notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
            name=op.f("fk_logout_notices_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logout_notices")),
        sa.UniqueConstraint(
            "sid", "client_id", name=op.f("uq_logout_notices_sid_client_id")
        ),
    )
    op.create_index("ix_logout_notices_client_id", "logout_notices", ["client_id"])
    op.create_index("ix_logout_notices_due_at", "logout_notices", ["due_at"])


def downgrade() -> None:
    """Takes it away; what was not delivered by then never is."""
    op.drop_table("logout_notices")
