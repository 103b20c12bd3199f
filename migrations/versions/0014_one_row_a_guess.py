"""A name's budget keeps the one of the source that guessed first: one row a guess."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0014"
down_revision = "0013"

TABLE = "attempts"


def upgrade() -> None:
    """Adds whose failures are counted within the row, how many, and the last one."""
    op.add_column(TABLE, sa.Column("source_key", sa.String(), nullable=True))
    op.add_column(
        TABLE,
        sa.Column("source_failures", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column(TABLE, sa.Column("source_last_at", Moment(), nullable=True))


def downgrade() -> None:
    """Gives each source a row of its own again, so that no failure is forgotten."""
    op.execute(
        "INSERT INTO attempts (key, failures, total, last_at, touched_at) "
        "SELECT source_key, source_failures, source_failures, source_last_at, "
        "touched_at FROM attempts AS every "
        "WHERE source_failures > 0 AND source_key IS NOT NULL "
        "ON CONFLICT (key) DO NOTHING"
    )
    for column in ("source_last_at", "source_failures", "source_key"):
        op.drop_column(TABLE, column)
