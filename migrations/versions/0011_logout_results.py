"""Where a sign-out began, and how notices to somebody or to an application went."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = "logout_notices"


def upgrade() -> None:
    """Adds a column, and an index for each question about the newest notice."""
    here = sa.Column(
        "began_there", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column(TABLE, here)
    op.drop_index("ix_logout_notices_client_id", TABLE)
    op.create_index("ix_logout_notices_client_id", TABLE, ["client_id", "id"])
    op.create_index("ix_logout_notices_user_id", TABLE, ["user_id"])


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_logout_notices_user_id", TABLE)
    op.drop_index("ix_logout_notices_client_id", TABLE)
    op.create_index("ix_logout_notices_client_id", TABLE, ["client_id"])
    op.drop_column(TABLE, "began_there")
