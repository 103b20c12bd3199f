"""Indexes of the audit trail that end in the number, which is the order of its pages.

Without it PostgreSQL reads the trail from its end until it has found a page, which is
all of it where what is looked for happened long ago.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TABLE = "audit_records"
COLUMNS = ("event", "actor_id", "subject_id", "client_id")
SIGN_IN = sa.text("event = 'code.issued'")


def upgrade() -> None:
    """Puts an index over column and number in the place of each over the column."""
    for column in COLUMNS:
        op.create_index(f"ix_{TABLE}_{column}_number", TABLE, [column, "number"])
        op.drop_index(f"ix_{TABLE}_{column}", TABLE)
    _make_again()


def downgrade() -> None:
    """Puts the old ones back."""
    for column in COLUMNS:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])
        op.drop_index(f"ix_{TABLE}_{column}_number", TABLE)
    _make_again()


def _make_again() -> None:
    """Makes the smaller index over sign-ins the newest.

    SQLite takes the newest of those that serve alike.
    """
    op.drop_index(f"ix_{TABLE}_sign_in", TABLE)
    op.create_index(
        f"ix_{TABLE}_sign_in",
        TABLE,
        ["client_id", "number"],
        sqlite_where=SIGN_IN,
        postgresql_where=SIGN_IN,
    )
