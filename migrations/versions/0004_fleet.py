"""What lists of everybody need: words to find people by, and four indexes."""

import sqlalchemy as sa
from alembic import op

from idp.rules.names import words_of

revision = "0004"
down_revision = "0003"

AT_ONCE = 500
PENDING = "state = 'pending'"
FAILED = "total > 0 OR locked_until IS NOT NULL"
UNUSED = "used_at IS NULL"
BY_CODE_POINT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds the table of words, fills it, and adds the indexes."""
    words = op.create_table(
        "user_words",
        sa.Column("word", BY_CODE_POINT, nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_words_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("word", "user_id", name=op.f("pk_user_words")),
    )
    _fill(words)
    op.create_index("ix_user_words_user_id", "user_words", ["user_id"])
    op.create_index("ix_users_source", "users", ["source", "canonical"])
    _partial("ix_totp_credentials_pending", "totp_credentials", "user_id", PENDING)
    _partial("ix_attempts_failed", "attempts", "key", FAILED)
    _partial("ix_backup_codes_unused", "backup_codes", "user_id", UNUSED)


def _partial(name: str, table: str, column: str, where: str) -> None:
    held = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=held, postgresql_where=held)


def _fill(words: sa.Table) -> None:
    """Adds the words of the people there are, some at a time."""
    db, after = op.get_bind(), ""
    users = sa.table(
        "users",
        *(sa.column(name) for name in ("id", "username", "email", "name", "deleted")),
    )
    living = sa.select(users.c.id, users.c.username, users.c.email, users.c.name)
    living = living.where(users.c.deleted.is_(sa.false())).order_by(users.c.id)
    while found := db.execute(living.where(users.c.id > after).limit(AT_ONCE)).all():
        rows = [
            {"word": word, "user_id": user_id}
            for user_id, *named in found
            for word in words_of(*named)
        ]
        if rows:
            db.execute(sa.insert(words), rows)
        after = found[-1][0]


def downgrade() -> None:
    """Takes them away; the words can be made of the names again."""
    op.drop_index("ix_backup_codes_unused", "backup_codes")
    op.drop_index("ix_attempts_failed", "attempts")
    op.drop_index("ix_totp_credentials_pending", "totp_credentials")
    op.drop_index("ix_users_source", "users")
    op.drop_table("user_words")
