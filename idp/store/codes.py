"""Authorization codes: the table, and the single-use claim of a code (SEC-190).

A code is spent by one conditional statement and stays, marked, until its grant's
absolute end, so that reuse is recognised (SEC-191). ``store.grants`` finds a grant by
its code.
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

WRONG_VERIFIERS = 5
"""So many wrong verifiers kill a code (SEC-194)."""


class CodeTable(Base):
    """One row a code, by hash."""

    __tablename__ = "codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[str] = mapped_column(
        ForeignKey("grants.id", ondelete="CASCADE"), index=True
    )
    client_id: Mapped[str]
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    wrong_verifiers: Mapped[int]


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code as stored."""

    code_hash: str = field(repr=False)
    grant_id: str
    client_id: str
    redirect_uri: str
    code_challenge: str | None
    expires_at: datetime
    used_at: datetime | None
    wrong_verifiers: int


_names = tuple(Code.__dataclass_fields__)
COLUMNS = tuple(getattr(CodeTable, name) for name in _names)
_add = Statement(insert(CodeTable))
_now = bindparam("now", type_=Moment)
_claim = Statement(
    update(CodeTable)
    .where(
        CodeTable.code_hash == bindparam("hash"),
        CodeTable.used_at.is_(None),
        CodeTable.expires_at > _now,
        CodeTable.wrong_verifiers < WRONG_VERIFIERS,
    )
    .values(used_at=_now)
)


def add_code(db: Connection, code: Code) -> None:
    """Adds a code."""
    _add.change(db, {name: getattr(code, name) for name in _names})


def claim_code(db: Connection, code_hash: str, *, now: datetime) -> bool:
    """Spends a code: True once, while it lives and its verifiers were not exhausted."""
    return _claim.change(db, {"hash": code_hash, "now": now}) == 1


def count_wrong_verifier(db: Connection, code_hash: str) -> None:
    """Counts a wrong verifier (SEC-194)."""
    db.execute(
        update(CodeTable)
        .where(CodeTable.code_hash == code_hash)
        .values(wrong_verifiers=CodeTable.wrong_verifiers + 1)
    )
