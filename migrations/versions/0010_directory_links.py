"""The links between people and their entries in the directory."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "directory_links",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("gone_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_directory_links_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_directory_links")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_directory_links_entry_id")),
    )


def downgrade() -> None:
    """Takes it away; whoever came from the directory is not known any more."""
    op.drop_table("directory_links")
