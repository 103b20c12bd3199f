"""Deleting rows that nobody needs any more, so many at a time (REL-066, REL-069).

Which rows those are is said by the module of their table; here is only the statement.
Whoever deletes goes round what others hold: it waits for nobody, and two of them never
delete at once.
"""

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import TextClause
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store.base import Base

DELETING = 0x6F7374_70757267
"""Names the advisory lock on PostgreSQL; SQLite lets only one write anyhow."""


def delete_some(
    db: Connection,
    table: type[Base],
    *conditions: ColumnElement[bool] | TextClause,
    limit: int,
) -> int:
    """Deletes at most ``limit`` rows that meet all conditions; returns how many.

    None while somebody else deletes. The table has a key of one column.
    """
    (key,) = inspect(table).primary_key
    return _delete(db, table, select(key).where(*conditions).limit(limit))


def delete_oldest(
    db: Connection, table: type[Base], *conditions: ColumnElement[bool], limit: int
) -> int:
    """Deletes those of the ``limit`` oldest rows that meet all conditions.

    For tables whose key counts up and that have no index for the conditions: what is
    not old is not read.
    """
    (key,) = inspect(table).primary_key
    oldest = select(key).order_by(key).limit(limit).scalar_subquery()
    return _delete(db, table, select(key).where(key.in_(oldest), *conditions))


def _delete(db: Connection, table: type[Base], wanted: Select[tuple[object]]) -> int:
    (key,) = inspect(table).primary_key
    if db.dialect.name == "sqlite":  # whose driver counts no rows after WITH
        return db.execute(delete(table).where(key.in_(wanted))).rowcount
    if not db.execute(select(func.pg_try_advisory_xact_lock(DELETING))).scalar():
        return 0
    # A CTE that locks is run once; a subquery might be run for each row.
    some = wanted.with_for_update(skip_locked=True).cte("some")
    return db.execute(delete(table).where(key.in_(select(some.c[key.name])))).rowcount
