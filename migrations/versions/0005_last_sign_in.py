"""The index that finds the last sign-in to an application in the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NAME = "ix_audit_records_sign_in"
SIGN_IN = sa.text("event = 'code.issued'")


def upgrade() -> None:
    """Adds the index, over sign-ins only."""
    op.create_index(
        NAME,
        "audit_records",
        ["client_id", "number"],
        sqlite_where=SIGN_IN,
        postgresql_where=SIGN_IN,
    )


def downgrade() -> None:
    """Takes it away."""
    op.drop_index(NAME, "audit_records")
