"""Authenticators (TOTP): the table, and the single-use claim of a time step.

A step is spent by one conditional statement whose row count decides (SEC-031). Ended
authenticators stay as history without a secret (SEC-072).
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_some
from idp.store.statements import Statement

_ACTIVE = text("state = 'active'")
IS_ACTIVE = text("totp_credentials.state = 'active'")
IS_PENDING = text("totp_credentials.state = 'pending'")
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


def end_all(db: Connection, user_id: str, *, now: datetime, why: str, by: str) -> None:
    """Ends a person's authenticators, active or pending; keeps the history."""
    ending = _end.where(TotpTable.state != "ended", TotpTable.user_id == user_id)
    db.execute(ending.values(ended_at=now, ended_why=why, ended_by=by))


def purge_pending(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes set-ups begun before a moment and never confirmed, at most ``limit``."""
    begun = TotpTable.created_at < before
    return delete_some(db, TotpTable, IS_PENDING, begun, limit=limit)
