"""Grants: what one application holds of one person from one session.

A grant is the family of its code and refresh tokens (``store.codes``,
``store.refresh_tokens``), and is found by any of them; what ends it ends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import bindparam
from sqlalchemy import insert
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.rules.factors import Proofs
from idp.store import codes
from idp.store import refresh_tokens
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.base import ProofsType
from idp.store.chunks import delete_some
from idp.store.codes import Code
from idp.store.codes import CodeTable
from idp.store.refresh_tokens import RefreshTable
from idp.store.refresh_tokens import RefreshToken
from idp.store.statements import Statement


class GrantTable(Base):
    """What one application holds of one person from one session."""

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), index=True
    )
    sid: Mapped[str] = mapped_column(index=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    acr: Mapped[str]
    amr: Mapped[list[str]] = mapped_column(JSON)
    auth_time: Mapped[datetime | None] = mapped_column(Moment)
    proofs: Mapped[Proofs] = mapped_column(ProofsType)
    offline: Mapped[bool]
    nonce: Mapped[str | None]
    id_token_claims: Mapped[list[str]] = mapped_column(JSON)
    userinfo_claims: Mapped[list[str]] = mapped_column(JSON)
    audience: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_grants_expires_at", "expires_at"),)


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant; acr, amr and auth_time are frozen at issue."""

    id: str
    user_id: str
    client_id: str
    sid: str
    scopes: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime | None
    proofs: Proofs
    offline: bool
    nonce: str | None
    id_token_claims: tuple[str, ...]
    userinfo_claims: tuple[str, ...]
    audience: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


_names = tuple(Grant.__dataclass_fields__)
COLUMNS = tuple(getattr(GrantTable, name) for name in _names)
_CODE, _REFRESH = len(codes.COLUMNS), len(refresh_tokens.COLUMNS)
_lock_grant = Statement(
    select(*COLUMNS).where(GrantTable.id == bindparam("grant_id")).with_for_update()
)
_of_code = (
    select(*codes.COLUMNS, *COLUMNS)
    .join(GrantTable, GrantTable.id == CodeTable.grant_id)
    .where(CodeTable.code_hash == bindparam("code_hash"))
)
_of_refresh = (
    select(*refresh_tokens.COLUMNS, *COLUMNS)
    .join(GrantTable, GrantTable.id == RefreshTable.grant_id)
    .where(RefreshTable.token_hash == bindparam("token_hash"))
)
_by_code = Statement(_of_code)
_by_refresh = Statement(_of_refresh)
_lock_by_code = Statement(_of_code.with_for_update(of=GrantTable))
_lock_by_refresh = Statement(_of_refresh.with_for_update(of=GrantTable))
_add_grant = Statement(insert(GrantTable))


def grant_of(row: Sequence[Any]) -> Grant:
    """Makes a grant of a row's values in the order of ``COLUMNS``."""
    values: list[Any] = [tuple(one) if isinstance(one, list) else one for one in row]
    return Grant(*values)


def lock_grant(db: Connection, grant_id: str) -> Grant | None:
    """Finds a grant and keeps every other use of the family waiting (SEC-200)."""
    row = _lock_grant.row(db, {"grant_id": grant_id})
    return None if row is None else grant_of(row)


def find_by_code(
    db: Connection, code_hash: str, *, locked: bool = False
) -> tuple[Code, Grant] | None:
    """Finds a code with its grant, used ones included.

    ``locked`` keeps other uses of its grant waiting (SEC-200), and sees it afterwards.
    """
    asked = _lock_by_code if locked else _by_code
    row = asked.row(db, {"code_hash": code_hash})
    return None if row is None else (Code(*row[:_CODE]), grant_of(row[_CODE:]))


def find_by_refresh(
    db: Connection, token_hash: str, *, locked: bool = False
) -> tuple[RefreshToken, Grant] | None:
    """Finds a refresh token with its grant, as ``find_by_code`` does."""
    asked = _lock_by_refresh if locked else _by_refresh
    row = asked.row(db, {"token_hash": token_hash})
    if row is None:
        return None
    return RefreshToken(*row[:_REFRESH]), grant_of(row[_REFRESH:])


def add_grant(db: Connection, grant: Grant) -> None:
    """Adds a grant."""
    values = {name: getattr(grant, name) for name in _names}
    for name, value in values.items():
        if isinstance(value, tuple) and name != "proofs":
            values[name] = list(value)
    _add_grant.change(db, values)


def revoke_grants(
    db: Connection,
    *,
    now: datetime,
    grant_ids: Sequence[str] | None = None,
    user_id: str | None = None,
    client_id: str | None = None,
    sids: Sequence[str] | None = None,
    keep_offline: bool = False,
) -> int:
    """Revokes the grants that fit every condition given; at least one is needed.

    Where offline grants are kept, those whose code was not redeemed die all the same: a
    code never outlives its session (SEC-145).
    """
    statement = update(GrantTable).where(GrantTable.revoked_at.is_(None))
    narrowed = [
        None if grant_ids is None else GrantTable.id.in_(grant_ids),
        None if user_id is None else GrantTable.user_id == user_id,
        None if client_id is None else GrantTable.client_id == client_id,
        None if sids is None else GrantTable.sid.in_(sids),
    ]
    conditions = [condition for condition in narrowed if condition is not None]
    if not conditions:
        raise ValueError("revoke_grants needs a condition")
    statement = statement.where(*conditions)
    if keep_offline:
        redeemed = select(CodeTable.grant_id).where(CodeTable.used_at.is_not(None))
        statement = statement.where(
            or_(GrantTable.offline.is_(False), GrantTable.id.not_in(redeemed))
        )
    return db.execute(statement.values(revoked_at=now)).rowcount


def purge_grants(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes grants that ended before a moment, with codes and tokens."""
    return delete_some(db, GrantTable, GrantTable.expires_at < before, limit=limit)
