"""Values built from rows that are read again and again, kept and reused.

An application is read with every request and hardly ever changes. Values are kept by
the whole content of their columns, so a reader always gets what the row says now: no
version is trusted and nothing has to be invalidated (SEC-193, SEC-195).
"""

from collections.abc import Callable
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from typing import Generic
from typing import TypeVar

from sqlalchemy import JSON
from sqlalchemy import ColumnElement
from sqlalchemy import Dialect
from sqlalchemy import Text
from sqlalchemy import cast

from idp.store.engines import from_json

T = TypeVar("T")
Row = tuple[Any, ...]
Convert = Callable[[Any], Any]

MOST = 256
"""How many values a process keeps of one kind; the longest unused makes room."""


class Record(Generic[T]):
    """Some columns of a statement, and what is made of their values.

    What is made is shared by all who read the same, so nobody may change it. Statements
    ask for ``columns``, in which JSON is text, because that can be compared.
    """

    def __init__(
        self, columns: Sequence[Any], make: Callable[[Row], T], *, most: int = MOST
    ) -> None:
        """Takes the columns of a table, what makes the value, and how many to keep."""
        self.columns: tuple[ColumnElement[Any], ...] = tuple(
            cast(column, Text) if isinstance(column.type, JSON) else column
            for column in columns
        )
        self._types = tuple(column.type for column in columns)
        self._make = make
        self._most = most
        self._readers: dict[str, Callable[[Row], T]] = {}

    def reader(self, dialect: Dialect) -> Callable[[Row], T]:
        """Returns what makes the value of these columns as the driver gives them."""
        if dialect.name not in self._readers:
            self._readers[dialect.name] = self._new_reader(dialect)
        return self._readers[dialect.name]

    def _new_reader(self, dialect: Dialect) -> Callable[[Row], T]:
        inward = [
            (place, convert)
            for place, kind in enumerate(self._types)
            if (convert := _from_text_or(kind, dialect)) is not None
        ]
        make = self._make

        @lru_cache(maxsize=self._most)
        def read(row: Row) -> T:
            values = list(row)
            for place, convert in inward:
                values[place] = convert(values[place])
            return make(tuple(values))

        return read


def reading(kind: Any, dialect: Dialect) -> Convert | None:
    """Returns what turns a value of the driver into ours; None for nothing to do."""
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert


def _from_text_or(kind: Any, dialect: Dialect) -> Convert | None:
    return _from_text if isinstance(kind, JSON) else reading(kind, dialect)


def _from_text(text: str | None) -> Any:
    return None if text is None else from_json(text)
