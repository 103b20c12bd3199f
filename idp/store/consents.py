"""What people allowed applications to see: one row a person and application."""

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.statements import Statement


class ConsentTable(Base):
    """One row a person and application."""

    __tablename__ = "consents"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True
    )
    scopes: Mapped[list[str]] = mapped_column(JSON)
    granted_at: Mapped[datetime] = mapped_column(Moment)


_find = Statement(
    select(ConsentTable.scopes, ConsentTable.granted_at).where(
        ConsentTable.user_id == bindparam("user_id"),
        ConsentTable.client_id == bindparam("client_id"),
    )
)


def find_consent(db: Connection, user_id: str, client_id: str) -> tuple[str, ...]:
    """Returns the scopes that somebody allowed an application; none where no row is."""
    values = {"user_id": user_id, "client_id": client_id}
    row = _find.row(db, values)
    return () if row is None else tuple(row[0])


def given_at(db: Connection, user_id: str, client_id: str) -> datetime | None:
    """Returns when consent was last given."""
    values = {"user_id": user_id, "client_id": client_id}
    row = _find.row(db, values)
    return None if row is None else row[1]


def list_of_user(
    db: Connection, user_id: str
) -> list[tuple[str, tuple[str, ...], datetime]]:
    """Lists what somebody allowed: client id, scopes, since when."""
    statement = select(
        ConsentTable.client_id, ConsentTable.scopes, ConsentTable.granted_at
    ).where(ConsentTable.user_id == user_id)
    return [(row[0], tuple(row[1]), row[2]) for row in db.execute(statement)]


def put_consent(
    db: Connection,
    user_id: str,
    client_id: str,
    scopes: tuple[str, ...],
    *,
    now: datetime,
) -> None:
    """Keeps what was allowed, in place of what was allowed before."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    key = {"user_id": user_id, "client_id": client_id}
    given = {"scopes": list(scopes), "granted_at": now}
    statement = insert(ConsentTable).values(**key, **given)
    db.execute(statement.on_conflict_do_update(index_elements=[*key], set_=given))


def delete_consent(db: Connection, user_id: str, client_id: str) -> bool:
    """Takes a consent back."""
    statement = delete(ConsentTable).where(
        ConsentTable.user_id == user_id, ConsentTable.client_id == client_id
    )
    return db.execute(statement).rowcount == 1
