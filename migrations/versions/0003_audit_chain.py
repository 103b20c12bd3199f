"""Up to where the audit trail is closed, and how many records of each event it has."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the head of the chain, which is one row, and the totals."""
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": "", "records": 0, "seal": ""}])
    op.create_table(
        "audit_totals",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event", "outcome", name=op.f("pk_audit_totals")),
    )


def downgrade() -> None:
    """Takes both away; records that are closed stay closed, and the chain with them."""
    op.drop_table("audit_totals")
    op.drop_table("audit_head")
