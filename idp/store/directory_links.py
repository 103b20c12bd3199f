"""Which person is which entry of the directory, by the id that never changes there.

``gone_at`` is set while the directory has removed or disabled the person; who is
disabled without it was disabled by an administrator, and stays so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey
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


class DirectoryLinkTable(Base):
    """One row a person who comes from the directory."""

    __tablename__ = "directory_links"

    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    entry_id: Mapped[str] = mapped_column(unique=True)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class DirectoryLink:
    """A person and their entry."""

    user_id: str
    entry_id: str
    gone_at: datetime | None


_columns = (
    DirectoryLinkTable.user_id,
    DirectoryLinkTable.entry_id,
    DirectoryLinkTable.gone_at,
)
_by_entry = select(*_columns).where(
    DirectoryLinkTable.entry_id == bindparam("entry_id")
)
_by_user = select(*_columns).where(DirectoryLinkTable.user_id == bindparam("user_id"))
_page = (
    select(*_columns)
    .where(DirectoryLinkTable.user_id > bindparam("after"))
    .order_by(DirectoryLinkTable.user_id)
    .limit(bindparam("most"))
)


def find_by_entry(db: Connection, entry_id: str) -> DirectoryLink | None:
    """Finds the link of an entry."""
    row = db.execute(_by_entry, {"entry_id": entry_id}).one_or_none()
    return None if row is None else DirectoryLink(*row)


def find_by_user(db: Connection, user_id: str) -> DirectoryLink | None:
    """Finds the link of a person."""
    row = db.execute(_by_user, {"user_id": user_id}).one_or_none()
    return None if row is None else DirectoryLink(*row)


def list_links(db: Connection, *, after: str, most: int) -> Sequence[DirectoryLink]:
    """Lists links in the order of people's ids, those after a given one."""
    rows = db.execute(_page, {"after": after, "most": most})
    return [DirectoryLink(*row) for row in rows]


def count_present(db: Connection) -> int:
    """Counts the people whom the directory has, as far as we know."""
    statement = select(func.count()).where(DirectoryLinkTable.gone_at.is_(None))
    return db.execute(statement).scalar_one()


def add_link(db: Connection, user_id: str, entry_id: str) -> None:
    """Links a person to an entry; no two people share one."""
    values = {"user_id": user_id, "entry_id": entry_id, "gone_at": None}
    db.execute(insert(DirectoryLinkTable).values(values))


def set_gone(db: Connection, user_id: str, gone_at: datetime | None) -> None:
    """Notes since when the directory does not have a person, or that it does."""
    db.execute(
        update(DirectoryLinkTable)
        .where(DirectoryLinkTable.user_id == user_id)
        .values(gone_at=gone_at)
    )


def delete_link(db: Connection, user_id: str) -> None:
    """Forgets who somebody was in the directory."""
    db.execute(delete(DirectoryLinkTable).where(DirectoryLinkTable.user_id == user_id))
