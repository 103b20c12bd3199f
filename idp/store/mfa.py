"""Authenticators and backup codes: tables and single-use claims.

A step and a backup code are each spent by one conditional statement whose row count
decides (SEC-031, SEC-045). Ended authenticators stay as history without a secret
(SEC-072).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.base import new_id
from idp.store.chunks import delete_some
from idp.store.statements import Statement

_ACTIVE = text("state = 'active'")
IS_ACTIVE = text("totp_credentials.state = 'active'")
"""Written out: a parameter makes SQLite plan anew, for the sake of the index."""


class TotpTable(Base):
    """One row an authenticator ever started; one active a person."""

    __tablename__ = "totp_credentials"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    pending_for: Mapped[str | None]
    last_step: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[str | None]
    ended_by: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'active', 'ended')", name="state"),
        Index(
            "uq_totp_credentials_one_active",
            "user_id",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )


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
class TotpCredential:
    """An authenticator, pending or active."""

    id: str
    user_id: str
    secret_sealed: bytes | None = field(repr=False)
    state: str
    pending_for: str | None
    last_step: int
    created_at: datetime
    confirmed_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class BackupDigest:
    """An unused backup code as stored."""

    id: str
    digest: bytes = field(repr=False)
    salt: bytes = field(repr=False)


_columns = tuple(
    getattr(TotpTable, name) for name in TotpCredential.__dataclass_fields__
)
_own = TotpTable.user_id == bindparam("user_id")
_find_active = Statement(select(*_columns).where(_own, IS_ACTIVE))
_find_pending = Statement(
    select(*_columns).where(
        _own,
        TotpTable.state == "pending",
        TotpTable.pending_for == bindparam("pending_for"),
    )
)
_claim_step = Statement(
    update(TotpTable)
    .where(
        TotpTable.id == bindparam("credential"),
        IS_ACTIVE,
        TotpTable.last_step < bindparam("step"),
    )
    .values(last_step=bindparam("step"), last_used_at=bindparam("now", type_=Moment))
)
_end = update(TotpTable).values(state="ended", secret_sealed=None, pending_for=None)
_spendable = (
    BackupCodeTable.user_id == bindparam("user_id"),
    BackupCodeTable.used_at.is_(None),
)
_digest = (BackupCodeTable.id, BackupCodeTable.digest, BackupCodeTable.salt)
_unused = Statement(select(*_digest).where(*_spendable))
_count_unused = Statement(select(func.count()).where(*_spendable))


def find_active(db: Connection, user_id: str) -> TotpCredential | None:
    """Finds the authenticator that counts at sign-in."""
    row = _find_active.row(db, {"user_id": user_id})
    return None if row is None else TotpCredential(*row)


def find_pending(
    db: Connection, user_id: str, *, pending_for: str
) -> TotpCredential | None:
    """Finds the authenticator being set up in one login; it never counts (SEC-063)."""
    values = {"user_id": user_id, "pending_for": pending_for}
    row = _find_pending.row(db, values)
    return None if row is None else TotpCredential(*row)


def is_pending(db: Connection, user_id: str) -> bool:
    """Tells whether somebody has begun to set an authenticator up."""
    statement = select(TotpTable.id).where(
        TotpTable.user_id == user_id, TotpTable.state == "pending"
    )
    return db.execute(statement.limit(1)).first() is not None


def put_pending(
    db: Connection,
    user_id: str,
    *,
    credential_id: str,
    pending_for: str,
    secret_sealed: bytes,
    now: datetime,
) -> None:
    """Starts a set-up; replaces the pending one of the same login, never the active."""
    db.execute(
        delete(TotpTable).where(
            TotpTable.user_id == user_id,
            TotpTable.state == "pending",
            TotpTable.pending_for == pending_for,
        )
    )
    db.execute(
        insert(TotpTable).values(
            id=credential_id,
            user_id=user_id,
            secret_sealed=secret_sealed,
            state="pending",
            pending_for=pending_for,
            last_step=-1,
            created_at=now,
        )
    )


def claim_totp_step(
    db: Connection, credential_id: str, step: int, *, now: datetime
) -> bool:
    """Spends a time step: True once, never again for it or an older one (SEC-030)."""
    values = {"credential": credential_id, "step": step, "now": now}
    return _claim_step.change(db, values) == 1


def activate(
    db: Connection, credential_id: str, *, step: int, now: datetime, sealed: bytes
) -> bool:
    """Makes a pending authenticator the active one; its code is spent (SEC-032, 064).

    False when it is not pending any more or the person has an active one. The caller
    holds the person's second-factor budget; the unique index guards all the same.
    """
    others = (
        select(TotpTable.id)
        .where(TotpTable.state == "active")
        .where(
            TotpTable.user_id
            == select(TotpTable.user_id)
            .where(TotpTable.id == credential_id)
            .scalar_subquery()
        )
    )
    statement = (
        update(TotpTable)
        .where(
            TotpTable.id == credential_id,
            TotpTable.state == "pending",
            ~others.exists(),
        )
        .values(
            state="active",
            pending_for=None,
            secret_sealed=sealed,
            last_step=step,
            confirmed_at=now,
            last_used_at=now,
        )
    )
    return db.execute(statement).rowcount == 1


def end_active(
    db: Connection, user_id: str, *, now: datetime, why: str, by: str
) -> bool:
    """Ends the active authenticator to make room for its successor (SEC-072)."""
    ending = _end.where(TotpTable.state == "active", TotpTable.user_id == user_id)
    return (
        db.execute(ending.values(ended_at=now, ended_why=why, ended_by=by)).rowcount
        == 1
    )


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


def wipe(db: Connection, user_id: str, *, now: datetime, why: str, by: str) -> None:
    """Ends all of a person's MFA; keeps the history, not the secrets (SEC-070)."""
    ending = _end.where(TotpTable.state != "ended", TotpTable.user_id == user_id)
    db.execute(ending.values(ended_at=now, ended_why=why, ended_by=by))
    db.execute(delete(BackupCodeTable).where(BackupCodeTable.user_id == user_id))


def purge_pending(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes set-ups begun before a moment and never confirmed, at most ``limit``."""
    state, begun = TotpTable.state, TotpTable.created_at
    waiting = (state == "pending", begun < before)
    return delete_some(db, TotpTable, *waiting, limit=limit)
