"""What people do for themselves: device replacement, messages on pages, notices."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds two columns and the table of notices."""
    with op.batch_alter_table("logins") as logins:
        logins.add_column(
            sa.Column(
                "replacing", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("message", sa.JSON(), nullable=True))
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by_other", sa.Boolean(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("mail_due_at", Moment(), nullable=True),
        sa.Column("mail_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notices_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_user_id", "notices", ["user_id"], unique=False)
    op.create_index("ix_notices_mail_due_at", "notices", ["mail_due_at"], unique=False)


def downgrade() -> None:
    """Takes them away again.

    Without a batch: on SQLite that would make the table anew and drop the old one, and
    with it, by cascade, the rows that belong to its rows.
    """
    op.drop_table("notices")
    op.drop_column("sessions", "message")
    op.drop_column("logins", "replacing")
