"""From where on the audit trail is kept: what lies before may be deleted."""

import sqlalchemy as sa
from alembic import op

from idp.store.base import Moment

revision = "0013"
down_revision = "0012"

REFUSED = "audit records are append-only"


def upgrade() -> None:
    """Adds the tail of the chain, which is one row, and lets deletions follow it."""
    tail = op.create_table(
        "audit_tail",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.Column("seal", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_tail_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tail")),
    )
    op.bulk_insert(tail, [{"id": 1, "number": 0, "hash": "", "records": 0, "seal": ""}])
    _let_go("OLD.number <= (SELECT number FROM audit_tail)")


def downgrade() -> None:
    """Takes it away; nothing can be deleted any more."""
    _let_go(None)
    op.drop_table("audit_tail")


def _let_go(condition: str | None) -> None:
    """Says which records may be deleted; none without a condition."""
    if op.get_bind().dialect.name == "postgresql":
        goes = f"IF TG_OP = 'DELETE' AND {condition} THEN RETURN OLD; END IF; "
        op.execute(
            "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger AS $$ "
            f"BEGIN {goes if condition else ''}"
            "IF TG_OP = 'UPDATE' AND OLD.hash IS NULL AND "
            "to_jsonb(NEW) - 'hash' - 'previous_hash' = "
            "to_jsonb(OLD) - 'hash' - 'previous_hash' THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{REFUSED}'; END $$ LANGUAGE plpgsql"
        )
        return
    op.execute("DROP TRIGGER audit_no_delete")
    stays = f"WHEN NOT ({condition}) " if condition else ""
    op.execute(
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_records {stays}"
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    )
