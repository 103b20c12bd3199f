"""Signing keys as rows: the private part sealed, the public part as a JWK.

Rows, so that every machine sees a rotation (REL-043). Making and opening keys is
elsewhere.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import CheckConstraint
from sqlalchemy import LargeBinary
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment

STATES = ("next", "active", "retired")


class SigningKeyTable(Base):
    """One row a key."""

    __tablename__ = "signing_keys"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),)

    kid: Mapped[str] = mapped_column(primary_key=True)
    alg: Mapped[str]
    state: Mapped[str]
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    private_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    activated_at: Mapped[datetime | None] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key as stored."""

    kid: str
    alg: str
    state: str
    public_jwk: dict[str, Any]
    private_sealed: bytes = field(repr=False)
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


_names = tuple(SigningKey.__dataclass_fields__)
_columns = tuple(getattr(SigningKeyTable, name) for name in _names)
_all = select(*_columns).order_by(SigningKeyTable.created_at, SigningKeyTable.kid)


def list_keys(db: Connection) -> list[SigningKey]:
    """Lists every key, the oldest first."""
    return [SigningKey(*row) for row in db.execute(_all)]


def add_key(db: Connection, key: SigningKey) -> None:
    """Adds a key."""
    values = {name: getattr(key, name) for name in _names}
    db.execute(insert(SigningKeyTable).values(**values))


def set_state(db: Connection, kid: str, state: str, *, now: datetime) -> bool:
    """Moves a key on: ``active`` or ``retired``."""
    moment = "activated_at" if state == "active" else "retired_at"
    statement = (
        update(SigningKeyTable)
        .where(SigningKeyTable.kid == kid, SigningKeyTable.state != state)
        .values({"state": state, moment: now})
    )
    return db.execute(statement).rowcount == 1


def reseal(db: Connection, kid: str, private_sealed: bytes) -> None:
    """Replaces the sealed private part after a new master key."""
    db.execute(
        update(SigningKeyTable)
        .where(SigningKeyTable.kid == kid)
        .values(private_sealed=private_sealed)
    )


def delete_key(db: Connection, kid: str) -> bool:
    """Deletes a key at once (REL-041)."""
    statement = delete(SigningKeyTable).where(SigningKeyTable.kid == kid)
    return db.execute(statement).rowcount == 1
