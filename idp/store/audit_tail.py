"""From where on the audit trail is kept, and the deletion of what lies before.

The database itself lets nothing be deleted but what the tail has left behind. Whether
the tail is genuine, its seal says, which is not made here.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.audit import AuditTable
from idp.store.base import Base
from idp.store.base import Moment


class TailTable(Base):
    """The one row that says which records are gone."""

    __tablename__ = "audit_tail"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str]
    records: Mapped[int]
    at: Mapped[datetime | None] = mapped_column(Moment)
    seal: Mapped[str]


@dataclass(frozen=True, slots=True)
class Tail:
    """The last record that is gone, how many are, since when, and the seal over it."""

    number: int
    hash: str
    records: int
    at: datetime | None
    seal: str


_names = tuple(Tail.__dataclass_fields__)
_find = select(*(getattr(TailTable, name) for name in _names))
_delete = delete(AuditTable).where(AuditTable.number <= bindparam("upto"))


def find_tail(db: Connection) -> Tail:
    """Returns which records are gone; the lock of the head keeps it as it is."""
    return Tail(*db.execute(_find).one())


def put_tail(db: Connection, tail: Tail) -> None:
    """Says which records are gone now, so that they can be deleted."""
    db.execute(update(TailTable).values({name: getattr(tail, name) for name in _names}))


def delete_records(db: Connection, *, upto: int) -> int:
    """Deletes the records up to a number; returns how many there were."""
    return db.execute(_delete, {"upto": upto}).rowcount
