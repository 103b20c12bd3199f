"""Backup codes: the table, and the single-use claim of a code.

A code is spent by one conditional statement whose row count decides (SEC-045).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy import LargeBinary
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.base import new_id
from idp.store.statements import Statement


class BackupCodeTable(Base):
    """One row a code, so that two codes used in parallel are both spent (SEC-046)."""

    __tablename__ = "backup_codes"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class BackupDigest:
    """An unused backup code as stored."""

    id: str
    digest: bytes = field(repr=False)
    salt: bytes = field(repr=False)


_spendable = (
    BackupCodeTable.user_id == bindparam("user_id"),
    BackupCodeTable.used_at.is_(None),
)
_digest = (BackupCodeTable.id, BackupCodeTable.digest, BackupCodeTable.salt)
_unused = Statement(select(*_digest).where(*_spendable))
_count_unused = Statement(select(func.count()).where(*_spendable))


def replace_codes(
    db: Connection,
    user_id: str,
    digests: Sequence[bytes],
    *,
    salt: bytes,
    now: datetime,
) -> None:
    """Replaces the whole set; old codes fail from the commit on (SEC-050)."""
    db.execute(delete(BackupCodeTable).where(BackupCodeTable.user_id == user_id))
    shared = {"user_id": user_id, "salt": salt, "created_at": now}
    rows = [{"id": new_id(), "digest": digest, **shared} for digest in digests]
    db.execute(insert(BackupCodeTable), rows)


def unused_codes(db: Connection, user_id: str) -> tuple[BackupDigest, ...]:
    """Returns the digests of the codes that are left."""
    rows = _unused.rows(db, {"user_id": user_id})
    return tuple(BackupDigest(*row) for row in rows)


def claim_backup_code(
    db: Connection, code_id: str, *, user_id: str, now: datetime
) -> bool:
    """Spends a backup code: True once; the row count decides (SEC-045)."""
    statement = (
        update(BackupCodeTable)
        .where(
            BackupCodeTable.id == code_id,
            BackupCodeTable.user_id == user_id,
            BackupCodeTable.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return db.execute(statement).rowcount == 1


def count_unused(db: Connection, user_id: str) -> int:
    """Counts the codes that are left."""
    return int(_count_unused.rows(db, {"user_id": user_id})[0][0])


def delete_codes(db: Connection, user_id: str) -> None:
    """Deletes the whole set, used and unused."""
    db.execute(delete(BackupCodeTable).where(BackupCodeTable.user_id == user_id))
