"""Refresh tokens: the table, and the single-use claim of a token (SEC-199).

A token is spent by one conditional statement and stays, marked, until its grant's
absolute end, so that reuse is recognised. The grant is the family; ``store.grants``
finds it by one of its tokens.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import insert
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.statements import Statement


class RefreshTable(Base):
    """One row a refresh token, by hash, with its place in the family."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[str] = mapped_column(
        ForeignKey("grants.id", ondelete="CASCADE"), index=True
    )
    generation: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as stored."""

    token_hash: str = field(repr=False)
    grant_id: str
    generation: int
    expires_at: datetime
    used_at: datetime | None


_names = tuple(RefreshToken.__dataclass_fields__)
COLUMNS = tuple(getattr(RefreshTable, name) for name in _names)
_add = Statement(insert(RefreshTable))
_now = bindparam("now", type_=Moment)
_claim = Statement(
    update(RefreshTable)
    .where(
        RefreshTable.token_hash == bindparam("hash"),
        RefreshTable.used_at.is_(None),
        RefreshTable.expires_at > _now,
    )
    .values(used_at=_now)
)


def add_refresh(db: Connection, token: RefreshToken) -> None:
    """Adds a refresh token."""
    _add.change(db, {name: getattr(token, name) for name in _names})


def claim_refresh(db: Connection, token_hash: str, *, now: datetime) -> bool:
    """Spends a refresh token: True once, while it lives."""
    return _claim.change(db, {"hash": token_hash, "now": now}) == 1
