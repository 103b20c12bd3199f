"""Moves a schema in processes that end half-way, as by a power cut: for tests only.

Each line of standard input is a direction, a revision and the number of the statement
after which the process dies (0: it lives); each line of the answer is what became of
it: the signal as a negative number, or 0, and how many statements there were.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import event

from idp.store import schema
from idp.store.engines import make_engine
from idp.store.transactions import Database

BEGINNINGS = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")


def move(url: str, direction: str, revision: str, last: int) -> int:
    """Moves the schema; gives how many statements changed something."""
    database = Database(make_engine(url))
    seen = 0

    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal seen
        seen += statement.lstrip().upper().startswith(BEGINNINGS)
        if last and seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "after_cursor_execute", count)
    with database.writing() as db:
        getattr(schema, direction)(db, revision)
    return seen


def in_a_child(url: str, direction: str, revision: str, last: int) -> str:
    """Does it in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, str(move(url, direction, revision, last)).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        return f"{os.waitstatus_to_exitcode(status)} {said.read() or 0}"


if __name__ == "__main__":
    schema.head()
    for line in sys.stdin:
        direction, revision, last = line.split()
        sys.stdout.write(in_a_child(sys.argv[1], direction, revision, int(last)) + "\n")
        sys.stdout.flush()
