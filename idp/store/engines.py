"""How engines are made: the settings of SQLite and PostgreSQL that we rely on.

SQLite: WAL, ``synchronous=FULL``, foreign keys, IMMEDIATE transactions, a busy timeout.
PostgreSQL: READ COMMITTED, bounded waits, connections checked before use (REL-002,
058). Transactions are begun here in both: drivers would begin one for reading, too.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from idp.errors import Misconfigured
from idp.store import patience

BUSY_TIMEOUT_MS = 5000
IDLE_TIMEOUT_MS = 10_000
"""How long PostgreSQL keeps the locks of a block whose process hangs or is cut off."""
POOL_TIMEOUT_SECONDS = 5
ALWAYS = "-c timezone=UTC -c jit=off -c synchronous_commit=on"
"""Compiling a count of everybody takes longer than counting."""
READING = "idp_reading"
"""The mark of a connection that only reads for now: outside transactions."""

BEGIN = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED",
}
BEGIN_SNAPSHOT = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
    "SET LOCAL idle_in_transaction_session_timeout = 0",
}


def engine_options(url: str) -> dict[str, Any]:
    """Returns the keyword arguments of ``create_engine`` for a database address.

    Values of statements are hidden from logs and exceptions: a user name that was typed
    may be a password (REL-076).
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
        return {
            "connect_args": arguments,
            "hide_parameters": True,
            "json_deserializer": from_json,
            "pool_size": 20,
            "max_overflow": 10,
            "pool_timeout": POOL_TIMEOUT_SECONDS,
        }
    waits = f"-c lock_timeout={BUSY_TIMEOUT_MS} -c statement_timeout={BUSY_TIMEOUT_MS}"
    idle = f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
    return {
        "connect_args": {"options": f"{waits} {idle} {ALWAYS}", **_line(address)},
        "hide_parameters": True,
        "json_deserializer": from_json,
        "isolation_level": "AUTOCOMMIT",
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": POOL_TIMEOUT_SECONDS,
    }


def _address(url: str) -> URL:
    """Takes an address apart; raises Misconfigured where it cannot be."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        words = "an address of a database cannot be read: percent-encode the password"
        words += ", and name several servers by ?host=A:5432&host=B:5432"
        raise Misconfigured([words]) from None


def _line(address: URL) -> dict[str, Any]:
    """Returns how the line to PostgreSQL is watched, where the address is silent."""
    limits = {"connect_timeout": patience.CONNECT_SECONDS, **patience.LINE}
    return {name: value for name, value in limits.items() if name not in address.query}


def from_json(stored: str | bytes) -> Any:
    """Reads a column; a row of ours has many, and most of them are empty lists."""
    text = stored.decode() if isinstance(stored, bytes) else stored
    return [] if text == "[]" else _decode(text)


_decode = json.JSONDecoder().decode


def make_engine(url: str) -> Engine:
    """Makes an engine outside the web application: commands, tests, migrations."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    return engine


def bounds_waits(db: Connection) -> bool:
    """Tells whether the limits are in force; a pooler may drop them (REL-008)."""
    if db.dialect.name == "sqlite":
        return True
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    limits = ", ".join(f"current_setting('{name}')" for name in names)
    return "0" not in db.execute(text(f"SELECT {limits}")).one()


def keeps_commits(db: Connection) -> bool:
    """Tells whether what is acknowledged outlives a crash of the server (REL-058)."""
    if db.dialect.name == "sqlite":
        return True
    names = "current_setting('fsync'), current_setting('synchronous_commit')"
    return "off" not in db.execute(text(f"SELECT {names}")).one()


def database_now(db: Connection) -> datetime | None:
    """Returns the moment of the database's own clock; None where it is ours."""
    if db.dialect.name == "sqlite":
        return None
    moment: datetime = db.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


@contextmanager
def only_reading(db: Connection) -> Iterator[None]:
    """Lets a connection read outside transactions; nothing has been asked of it yet."""
    marks = db.info
    marks[READING] = True
    try:
        yield
    finally:
        marks.pop(READING, None)


def prepare(engine: Engine) -> None:
    """Installs what each database needs on each new connection."""
    engine.dialect.do_begin = partial(  # type: ignore[method-assign]
        _begin, BEGIN[engine.dialect.name]
    )
    if engine.dialect.name != "sqlite":
        event.listen(engine, "connect", _on_postgresql_connect)
        patience.install(engine)
        return
    _create_private_file(engine.url.database)
    event.listen(engine, "connect", _on_connect)


def _create_private_file(name: str | None) -> None:
    """Creates the file for us alone before the driver would, for all (SEC-305).

    Raises Misconfigured where the file cannot be written (REL-004).
    """
    if name and name != ":memory:":
        path = Path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as fault:
            words = f"the database {path} cannot be opened for writing"
            raise Misconfigured([f"{words}: {fault.strerror}"]) from None


def _on_postgresql_connect(connection: Any, record: Any) -> None:
    """Prepares no statements where a pooler hands out another server each time.

    A pooler is known by this: the server that answers is not the one that greeted us.
    What was prepared on one server is unknown to the next (PgBouncer, by transaction).
    """
    with connection.cursor() as cursor:
        row = cursor.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    if row is None or row[0] != connection.info.backend_pid:
        connection.prepare_threshold = None


def _on_connect(connection: Any, record: Any) -> None:
    """Takes transactions away from the driver, which would begin them too late."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(words: str, connection: Any) -> None:
    """Begins a transaction, on a connection of the driver, unless it only reads."""
    if READING not in connection.info:
        patience.cursor_of(connection).execute(words)
