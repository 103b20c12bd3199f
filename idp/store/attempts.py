"""Counters of failed guesses, one row a budget. The arithmetic is ``rules.lockout``.

The two budgets of a guess at a password share rows: ``password_attempts``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy import bindparam
from sqlalchemy import exists
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_some
from idp.store.statements import Statement
from idp.store.users import UserTable


class AttemptTable(Base):
    """One row for each budget; an unused budget has no row."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    total: Mapped[int]
    last_at: Mapped[datetime | None] = mapped_column(Moment)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    touched_at: Mapped[datetime] = mapped_column(Moment)
    source_key: Mapped[str | None]
    source_failures: Mapped[int] = mapped_column(server_default="0")
    source_last_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_attempts_touched_at", "touched_at"),)


@dataclass(frozen=True, slots=True)
class Attempts:
    """A budget: consecutive failures, failures in all, the last one, a lock."""

    key: str
    failures: int = 0
    total: int = 0
    last_at: datetime | None = None
    locked_until: datetime | None = None

    @property
    def untouched(self) -> bool:
        """Whether there is nothing in it that could be forgotten."""
        return not (self.failures or self.total or self.last_at or self.locked_until)


COLUMNS = (
    AttemptTable.key,
    AttemptTable.failures,
    AttemptTable.total,
    AttemptTable.last_at,
    AttemptTable.locked_until,
)
_find = Statement(select(*COLUMNS).where(AttemptTable.key == bindparam("budget")))
_list = select(*COLUMNS).where(
    AttemptTable.key.in_(bindparam("budgets", expanding=True))
)
_clear = Statement(
    update(AttemptTable)
    .where(AttemptTable.key == bindparam("budget"))
    .values(failures=0, total=0, last_at=None, locked_until=None)
)


def locking(*columns: InstrumentedAttribute[Any]) -> dict[str, Statement]:
    """Builds, for each database, what makes or locks a row and returns columns of it.

    One statement: between two of them the row could be purged.
    """
    inserts: dict[str, postgresql.Insert | sqlite.Insert] = {
        "postgresql": postgresql.insert(AttemptTable),
        "sqlite": sqlite.insert(AttemptTable),
    }
    return {
        dialect: Statement(
            row.on_conflict_do_update(
                index_elements=[AttemptTable.key], set_={"key": row.excluded.key}
            ).returning(*columns)
        )
        for dialect, row in inserts.items()
    }


_LOCKS = locking(*COLUMNS)


def find(db: Connection, key: str) -> Attempts | None:
    """Finds a budget without locking it."""
    row = _find.row(db, {"budget": key})
    return None if row is None else Attempts(*row)


def list_of(db: Connection, keys: Collection[str]) -> list[Attempts]:
    """Lists those of some budgets that exist."""
    return [Attempts(*row) for row in db.execute(_list, {"budgets": list(keys)})]


def lock(db: Connection, key: str, *, now: datetime) -> Attempts:
    """Finds or makes a budget and keeps everybody else off it until the block ends."""
    values = {"key": key, "failures": 0, "total": 0, "touched_at": now}
    return Attempts(*_LOCKS[db.dialect.name].rows(db, values)[0])


def save(db: Connection, counted: Attempts) -> None:
    """Writes a budget that the caller has locked."""
    db.execute(
        update(AttemptTable)
        .where(AttemptTable.key == counted.key)
        .values(
            failures=counted.failures,
            total=counted.total,
            last_at=counted.last_at,
            locked_until=counted.locked_until,
            touched_at=counted.last_at or AttemptTable.touched_at,
        )
    )


def clear(db: Connection, key: str) -> None:
    """Forgets the failures of a budget; the row stays, others may wait for its lock."""
    _clear.change(db, {"budget": key})


def forget(db: Connection, counted: Attempts) -> None:
    """Clears a budget that the caller has locked, where there is anything in it."""
    if not counted.untouched:
        clear(db, counted.key)


def purge_attempts(db: Connection, *, before: datetime, limit: int, keep: str) -> int:
    """Deletes budgets that nobody touched since ``before``, at most ``limit``.

    Failures under keys that begin with ``keep``, and go on with the id of a person, do
    not lapse with time; they go with the person.
    """
    named = UserTable.id == func.substr(AttemptTable.key, len(keep) + 1)
    lapsed = or_(
        AttemptTable.total == 0,
        ~AttemptTable.key.startswith(keep),
        exists().where(named, UserTable.deleted),
    )
    return delete_some(
        db, AttemptTable, AttemptTable.touched_at < before, lapsed, limit=limit
    )
