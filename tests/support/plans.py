"""What is sent to a database, and how it goes about it.

Tests of speed do not measure: they ask for the plan of what an action really sends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from idp.store.patience import cursor_of

Sent = tuple[str, Any]
"""A statement as the driver gets it, and its values by name or by place."""


@contextmanager
def noting(engine: Engine) -> Iterator[list[Sent]]:
    """Notes every statement that is sent while the block lasts."""
    sent: list[Sent] = []

    def note(*given: Any) -> None:
        sent.append((given[2], given[3]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan(db: Connection, sent: Sent) -> list[str]:
    """Gives the lines of the plan by which the database would run a statement."""
    statement, values = sent
    explain = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN"
    cursor = db.connection.cursor()
    if isinstance(values, tuple):
        cursor = cursor_of(db.connection)
    cursor.execute(f"{explain} {statement}", values)
    return [str(row[-1]).strip() for row in cursor.fetchall()]
