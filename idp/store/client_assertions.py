"""Assertions by which clients proved who they are, so that none works twice.

Only a hash of client and ``jti`` is kept, until the assertion has expired anyway.
"""

from datetime import datetime

from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_some


class ClientAssertionTable(Base):
    """One row an assertion that was used."""

    __tablename__ = "client_assertions"

    assertion_hash: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


_CLAIM = {
    name: insert(ClientAssertionTable)
    .on_conflict_do_nothing()
    .returning(ClientAssertionTable.assertion_hash)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def claim_assertion(
    db: Connection, assertion_hash: str, *, expires_at: datetime
) -> bool:
    """Marks an assertion as used: True once, and never again (SEC-196)."""
    values = {"assertion_hash": assertion_hash, "expires_at": expires_at}
    return db.execute(_CLAIM[db.dialect.name], values).first() is not None


def purge_assertions(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes assertions that expired before a moment, at most ``limit``."""
    return delete_some(
        db, ClientAssertionTable, ClientAssertionTable.expires_at < before, limit=limit
    )
