"""The index that finds logins in which nobody proved anything, the oldest first."""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLE = "logins"
OLD, NEW = "ix_logins_user_id", "ix_logins_user_id_expires_at"


def upgrade() -> None:
    """Adds the end of a login to the index of people, where such logins have nobody."""
    op.create_index(NEW, TABLE, ["user_id", "expires_at"])
    op.drop_index(OLD, TABLE)


def downgrade() -> None:
    """Takes it away again."""
    op.create_index(OLD, TABLE, ["user_id"])
    op.drop_index(NEW, TABLE)
