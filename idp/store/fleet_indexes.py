"""The indexes that only lists of everybody need, and the conditions that use them.

A condition has to be written as its index has it, or a database does not see that the
index serves it.
"""

from sqlalchemy import Index
from sqlalchemy import text

from idp.store.attempts import AttemptTable
from idp.store.authenticators import TotpTable
from idp.store.backup_codes import BackupCodeTable
from idp.store.users import UserTable

HAS_FAILED = text("(attempts.total > 0 OR attempts.locked_until IS NOT NULL)")

_PENDING = text("state = 'pending'")
_FAILED = text("total > 0 OR locked_until IS NOT NULL")
_UNUSED = text("used_at IS NULL")

INDEXES = (
    Index("ix_users_source", UserTable.source, UserTable.canonical),
    Index(
        "ix_totp_credentials_pending",
        TotpTable.user_id,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index(
        "ix_attempts_failed",
        AttemptTable.key,
        sqlite_where=_FAILED,
        postgresql_where=_FAILED,
    ),
    Index(
        "ix_backup_codes_unused",
        BackupCodeTable.user_id,
        sqlite_where=_UNUSED,
        postgresql_where=_UNUSED,
    ),
)
