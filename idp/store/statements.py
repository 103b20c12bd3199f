"""Statements that every request needs: written in Core, compiled once, then executed.

SQLAlchemy writes the SQL for each database, converts values, names errors and keeps the
connections. It is bypassed only between the connection and the driver, where it spends
most of the time of a small statement (decision 0015). Statements whose shape depends on
their values, such as lists, stay in plain Core.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from operator import methodcaller
from typing import Any
from typing import TypeVar

from sqlalchemy import BindParameter
from sqlalchemy import Dialect
from sqlalchemy import SelectBase
from sqlalchemy import UpdateBase
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from idp.store.patience import cursor_of
from idp.store.records import Convert
from idp.store.records import Record
from idp.store.records import Row
from idp.store.records import reading

T = TypeVar("T")

NO_RECORDS: dict[int, Record[Any]] = {}
_fetch: Callable[[Any], list[Row]] = methodcaller("fetchall")
_count: Callable[[Any], int] = attrgetter("rowcount")


@dataclass(frozen=True, slots=True)
class Form:
    """A statement as one database is asked it.

    ``places`` names its values in order; ``given`` are values that the statement has of
    its own, ready for the driver.
    """

    sql: str
    places: tuple[str, ...]
    given: dict[str, Any]
    outward: tuple[tuple[str, Convert], ...]
    inward: tuple[tuple[int, Convert], ...]
    records: tuple[tuple[slice, Convert], ...]

    def parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """Returns what the driver takes for these values."""
        ready = self.given | values
        for name, convert in self.outward:
            ready[name] = convert(ready[name])
        return tuple([ready[name] for name in self.places])

    def read(self, row: Row) -> Row:
        """Returns a row of the driver with each column as our type of it.

        The columns of a record are one value, None where all of them are.
        """
        values = list(row)
        for place, convert in self.inward:
            values[place] = convert(values[place])
        for places, read in self.records:
            raw = row[places]
            values[places] = [None if raw[0] is None else read(raw)]
        return tuple(values)


class Statement:
    """A statement of Core; its values are named as for ``Connection.execute``.

    An insertion or a change writes those columns that its values name.
    """

    def __init__(
        self,
        asked: SelectBase | UpdateBase,
        records: Mapping[int, Record[Any]] = NO_RECORDS,
    ) -> None:
        """Takes the statement; it is compiled when a database is first asked.

        ``records`` says at which columns it asks for those of a record.
        """
        self._asked = asked
        self._records = records
        self._forms: dict[tuple[str, ...], Form] = {}

    def rows(self, db: Connection, values: dict[str, Any]) -> list[Row]:
        """Returns every row."""
        form = self._form(db.dialect, values)
        return [form.read(row) for row in _execute(db, form, values, _fetch)]

    def row(self, db: Connection, values: dict[str, Any]) -> Row | None:
        """Returns the first row, which for a unique key is the only one."""
        form = self._form(db.dialect, values)
        found = _execute(db, form, values, _fetch)
        return form.read(found[0]) if found else None

    def change(self, db: Connection, values: dict[str, Any]) -> int:
        """Returns how many rows it wrote; only in a block that commits."""
        if not db.in_transaction():
            raise RuntimeError("a change outside a block that writes")
        return _execute(db, self._form(db.dialect, values), values, _count)

    def _form(self, dialect: Dialect, values: dict[str, Any]) -> Form:
        key = (dialect.name, *values)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _compile(
                self._asked, self._records, dialect, list(values)
            )
        return form


def _compile(
    asked: SelectBase | UpdateBase,
    records: Mapping[int, Record[Any]],
    dialect: Dialect,
    names: list[str],
) -> Form:
    compiled: Any = asked.compile(dialect=_in_order(dialect), column_keys=names)
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise TypeError("a statement that takes another shape with its values")
    outward = {
        name: convert
        for parameter, name in compiled.bind_names.items()
        if (convert := _outward(parameter, dialect)) is not None
    }
    own = {name: value for name, value in compiled.params.items() if name not in names}
    spans = {
        first: slice(first, first + len(record.columns))
        for first, record in sorted(records.items(), reverse=True)
    }
    return Form(
        sql=compiled.string,
        places=tuple(compiled.positiontup),
        given={n: outward[n](v) if n in outward else v for n, v in own.items()},
        outward=tuple((n, convert) for n, convert in outward.items() if n not in own),
        inward=_inward(asked, dialect, spans.values()),
        # From behind, since each takes places from those that follow it.
        records=tuple((spans[n], records[n].reader(dialect)) for n in spans),
    )


def _in_order(dialect: Dialect) -> Dialect:
    """Returns the dialect that writes values by their place, as drivers want them."""
    if dialect.name == "sqlite":
        return dialect
    in_order: Callable[..., Dialect] = type(dialect)
    return in_order(paramstyle="numeric_dollar")


def _inward(
    asked: SelectBase | UpdateBase, dialect: Dialect, besides: Iterable[slice]
) -> tuple[tuple[int, Convert], ...]:
    """Returns how columns are read, but those that are of records."""
    within = {place for span in besides for place in range(span.start, span.stop)}
    columns = enumerate(asked.exported_columns)
    return tuple(
        (place, convert)
        for place, column in columns
        if place not in within
        and (convert := reading(column.type, dialect)) is not None
    )


def _outward(parameter: BindParameter[Any], dialect: Dialect) -> Convert | None:
    kind: TypeEngine[Any] = parameter.type.dialect_impl(dialect)
    return kind.bind_processor(dialect)


def _execute(
    db: Connection, form: Form, values: dict[str, Any], take: Callable[[Any], T]
) -> T:
    """Asks the driver, and tells those who listen to the engine, as SQLAlchemy does."""
    sql, parameters = form.sql, form.parameters(values)
    cursor = cursor_of(db.connection)
    heard = db.engine.dispatch
    if heard.before_cursor_execute:
        for listen in heard.before_cursor_execute:
            sql, parameters = listen(db, cursor, sql, parameters, None, False)
    try:
        cursor.execute(sql, parameters)
        if heard.after_cursor_execute:
            for listen in heard.after_cursor_execute:
                listen(db, cursor, sql, parameters, None, False)
        return take(cursor)
    except db.dialect.loaded_dbapi.Error as fault:
        raise _named(db, cursor, sql, fault) from fault


def _named(db: Connection, cursor: Any, sql: str, fault: Any) -> Exception:
    """Names a fault of the driver; a connection that is gone is not used again."""
    dialect = db.dialect
    gone = dialect.is_disconnect(fault, db.connection.dbapi_connection, cursor)
    cursor.close()
    if gone:
        db.invalidate(fault)
    kinds = dialect.loaded_dbapi.Error
    named: Exception = DBAPIError.instance(
        sql,
        None,
        fault,
        kinds,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=dialect,
    )
    return named
