"""Initial access tokens: who holds one may register an application (RFC 7591).

A token is kept as its hash. One conditional statement takes a use of it, and its row
count decides; used up, expired or revoked it stays for a while, to be looked at.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_some


class RegistrationTokenTable(Base):
    """One row a token; purged some time after its end."""

    __tablename__ = "registration_tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    uses: Mapped[int]
    uses_left: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class RegistrationToken:
    """A token as stored, less its hash."""

    id: str
    name: str
    uses: int
    uses_left: int
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_names = tuple(RegistrationToken.__dataclass_fields__)
_columns = tuple(getattr(RegistrationTokenTable, name) for name in _names)
_all = select(*_columns).order_by(
    RegistrationTokenTable.created_at.desc(), RegistrationTokenTable.id
)
_by_id = select(*_columns).where(RegistrationTokenTable.id == bindparam("id"))
_usable = (
    RegistrationTokenTable.uses_left > 0,
    RegistrationTokenTable.revoked_at.is_(None),
    RegistrationTokenTable.expires_at > bindparam("now", type_=Moment),
)
_by_hash = select(*_columns).where(
    RegistrationTokenTable.token_hash == bindparam("token_hash"), *_usable
)


def add_token(db: Connection, token: RegistrationToken, *, token_hash: str) -> None:
    """Adds a token."""
    values = {name: getattr(token, name) for name in _names}
    db.execute(insert(RegistrationTokenTable).values(**values, token_hash=token_hash))


def list_tokens(db: Connection) -> list[RegistrationToken]:
    """Lists the tokens, the newest first."""
    return [RegistrationToken(*row) for row in db.execute(_all)]


def find_token(db: Connection, token_id: str) -> RegistrationToken | None:
    """Finds a token by its id, whatever became of it."""
    row = db.execute(_by_id, {"id": token_id}).one_or_none()
    return None if row is None else RegistrationToken(*row)


def find_usable(
    db: Connection, token_hash: str, *, now: datetime
) -> RegistrationToken | None:
    """Finds a token with which somebody may register; takes no use of it."""
    values = {"token_hash": token_hash, "now": now}
    row = db.execute(_by_hash, values).one_or_none()
    return None if row is None else RegistrationToken(*row)


def claim_use(db: Connection, token_id: str, *, now: datetime) -> bool:
    """Takes one use of a token: True as often as it has uses, and never again."""
    statement = (
        update(RegistrationTokenTable)
        .where(
            RegistrationTokenTable.id == token_id,
            RegistrationTokenTable.uses_left > 0,
            RegistrationTokenTable.revoked_at.is_(None),
            RegistrationTokenTable.expires_at > now,
        )
        .values(uses_left=RegistrationTokenTable.uses_left - 1, last_used_at=now)
    )
    return db.execute(statement).rowcount == 1


def revoke_token(db: Connection, token_id: str, *, now: datetime) -> bool:
    """Ends a token; False for one that was ended before, or is none."""
    statement = update(RegistrationTokenTable).where(
        RegistrationTokenTable.id == token_id,
        RegistrationTokenTable.revoked_at.is_(None),
    )
    return db.execute(statement.values(revoked_at=now)).rowcount == 1


def revoke_all(db: Connection, *, now: datetime) -> int:
    """Ends every token that could still be used."""
    statement = update(RegistrationTokenTable).where(
        RegistrationTokenTable.uses_left > 0,
        RegistrationTokenTable.revoked_at.is_(None),
        RegistrationTokenTable.expires_at > now,
    )
    return db.execute(statement.values(revoked_at=now)).rowcount


def purge_tokens(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes tokens that expired before a moment, at most ``limit``."""
    return delete_some(
        db,
        RegistrationTokenTable,
        RegistrationTokenTable.expires_at < before,
        limit=limit,
    )
