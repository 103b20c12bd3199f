"""Deleting rows that nobody needs any more, so many at a time (REL-066, REL-069).

Which rows those are is said by the module of their table; here is only the statement.
"""

from sqlalchemy import ColumnElement
from sqlalchemy import delete
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store.base import Base


def delete_some(
    db: Connection, table: type[Base], *conditions: ColumnElement[bool], limit: int
) -> int:
    """Deletes at most ``limit`` rows that meet all conditions; returns how many.

    The table has a key of one column.
    """
    (key,) = inspect(table).primary_key
    some = select(key).where(*conditions).limit(limit).scalar_subquery()
    return db.execute(delete(table).where(key.in_(some))).rowcount
