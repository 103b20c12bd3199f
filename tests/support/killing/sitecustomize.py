"""Ends a process at a certain commit, as a power cut would: for the tests only.

Python imports a module of this name by itself wherever this folder is on its path. The
file that `OSTIARY_KILL_AT` names says when: `before` or `after` the commit that follows
a statement of a certain beginning. The process that dies renames it to its number.
"""

import os
import pathlib
import signal
import threading

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

ARMED = pathlib.Path(os.environ["OSTIARY_KILL_AT"])
seen = threading.local()
commit, rollback = DefaultDialect.do_commit, DefaultDialect.do_rollback


def armed() -> tuple[str, str]:
    try:
        when, _, beginning = ARMED.read_text().partition(" ")
    except FileNotFoundError:
        return "", ""
    return when, beginning


def die() -> None:
    ARMED.rename(ARMED.with_name(f"dead-{os.getpid()}"))
    os.kill(os.getpid(), signal.SIGKILL)


@event.listens_for(Engine, "after_cursor_execute")
def note(connection, cursor, statement, *rest) -> None:
    when, beginning = armed()
    if when and statement.startswith(beginning):
        seen.when = when


def do_commit(self, connection) -> None:
    when, seen.when = getattr(seen, "when", ""), ""
    if when == "before":
        die()
    commit(self, connection)
    if when == "after":
        die()


def do_rollback(self, connection) -> None:
    seen.when = ""
    rollback(self, connection)


DefaultDialect.do_commit = do_commit
DefaultDialect.do_rollback = do_rollback
