"""Statements compiled once for all databases of a test process.

A provider has one database and compiles each statement once; a test process opens
thousands, and would compile everything for each. Loaded as a pytest plugin.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

MOST = 5000  # far more than there are statements: only lists of values make new ones


class _Compiled(dict[Any, Any]):
    """SQLAlchemy's cache, in which all databases of one kind are the same one."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: Any) -> Any:
    # The key begins with the dialect, an object of its own for each engine.
    dialect, *rest = key
    return (type(dialect), *rest)


_COMPILED = _Compiled()


@event.listens_for(Engine, "engine_connect")
def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)
