"""All rows from one database into another of either kind, as they are (REL-053).

JSON goes as its text, so that a missing value, a null and the order of names stay what
they were; every other column by its type.
"""

from typing import Any

from sqlalchemy import JSON
from sqlalchemy import Column
from sqlalchemy import ColumnElement
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import TypeDecorator
from sqlalchemy import bindparam
from sqlalchemy import cast
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import type_coerce
from sqlalchemy.engine import Connection

from idp.store import schema
from idp.store.tables import metadata

AT_ONCE = 500


def is_empty(db: Connection) -> bool:
    """Tells whether a database has no table but the one that names its revision."""
    return not set(inspect(db).get_table_names()) - {"alembic_version"}


def copy_all(source: Connection, target: Connection) -> dict[str, int]:
    """Makes the schema in an empty database and copies every row; returns how many.

    All in the transactions of the two connections.
    """
    schema.upgrade(target)
    for table in reversed(metadata.sorted_tables):
        target.execute(delete(table))
    copied = {
        table.name: _copy(source, target, table) for table in metadata.sorted_tables
    }
    if target.dialect.name == "postgresql":
        _move_sequences_on(target)
    return copied


def _copy(source: Connection, target: Connection, table: Table) -> int:
    read = select(*(_read(source, column) for column in table.columns)).order_by(
        *table.primary_key.columns
    )
    write = insert(table).values(
        {column.name: _write(target, column) for column in table.columns}
    )
    copied = 0
    found = source.execution_options(yield_per=AT_ONCE).execute(read)
    for rows in found.mappings().partitions():
        target.execute(
            write,
            [{f"new_{name}": value for name, value in row.items()} for row in rows],
        )
        copied += len(rows)
    return copied


def _is_json(column: Column[Any]) -> bool:
    kind = column.type
    return isinstance(
        kind.impl_instance if isinstance(kind, TypeDecorator) else kind, JSON
    )


def _read(source: Connection, column: Column[Any]) -> ColumnElement[Any]:
    if not _is_json(column):
        return column
    if source.dialect.name == "postgresql":
        return cast(column, Text).label(column.name)
    return type_coerce(column, Text).label(column.name)


def _write(target: Connection, column: Column[Any]) -> ColumnElement[Any]:
    if not _is_json(column):
        return bindparam(f"new_{column.name}", type_=column.type)
    text: ColumnElement[Any] = bindparam(f"new_{column.name}", type_=Text())
    return cast(text, JSON) if target.dialect.name == "postgresql" else text


def _move_sequences_on(db: Connection) -> None:
    """Lets numbers that the database gives go on after those that were copied."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        last = db.execute(select(func.max(column))).scalar()
        name = func.pg_get_serial_sequence(table.name, column.name)
        if last is not None and db.execute(select(name)).scalar() is not None:
            db.execute(select(func.setval(name, last)))
