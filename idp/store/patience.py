"""How long we wait for PostgreSQL, and that not every caller waits for itself.

A server that is cut off does not refuse, it stays silent, and a driver waits until the
kernel gives up, which takes a quarter of an hour. So a connection that is silent for
longer than any statement may take is closed (REL-001); a connection from the pool is
tested first (REL-002) unless it answered a moment ago; and while nobody answers, one
caller at a time tries. Of several servers the one that answered last is tried first; a
server that has become read-only is left where the address asks for one that writes.
"""

import select
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

T = TypeVar("T")
Place = tuple[str, str]
"""A host and its port."""

STATEMENT_SECONDS = 5.25
"""A little more than the server's own limit, whose answer says more than silence."""
PING_SECONDS = 1.5
FRESH_SECONDS = 0.1
"""For so long after its last answer a server is taken to be there without a question.

The blocks of a request follow one another sooner. Who is unlucky within that time is as
one in the middle of a statement, whom no question helps.
"""
CONNECT_SECONDS = 2
"""For each server that is named; libpq knows nothing shorter."""
AWAY_SECONDS = 1.0
REFUSING = {
    "read-write": (b"in_hot_standby", b"default_transaction_read_only"),
    "primary": (b"in_hot_standby",),
}
"""What a server must not be where ``target_session_attrs`` asks for one that writes.

It tells so unasked, with its answers, since PostgreSQL 14.
"""
LINE = {
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""For the kernel, in seconds and at the end milliseconds: a dead line is noticed."""


class Patient(psycopg.Connection[Any]):
    """A connection that closes itself when the server is silent for too long."""

    patience: float | None = STATEMENT_SECONDS
    answered: float = 0.0
    """When the server last answered, on the monotonic clock."""
    _asking: psycopg.RawCursor[Any] | None = None

    def wait(
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None
    ) -> T:
        """Waits for the server; raises OperationalError when it is silent."""
        limit = self.patience if timeout is None else timeout
        began = time.monotonic()
        try:
            said = super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if limit is not None and time.monotonic() - began >= limit:
                self.pgconn.finish()  # what comes later would answer something else
            raise
        self.answered = time.monotonic()
        return said

    def asking(self) -> psycopg.RawCursor[Any]:
        """Returns the cursor of one statement after the other, its values in order."""
        if self._asking is None or self._asking.closed:
            self._asking = psycopg.RawCursor(self)
        return self._asking

    def is_fresh(self) -> bool:
        """Tells whether it answered a moment ago and nothing has come unasked since.

        A server that goes away closes its connections, and that can be read.
        """
        if self.closed or time.monotonic() - self.answered >= FRESH_SECONDS:
            return False
        line = select.poll()
        line.register(self.pgconn.socket, select.POLLIN)
        return not line.poll(0)


class Reach:
    """Remembers that nobody answers, so that one caller at a time finds out more."""

    def __init__(self) -> None:
        """Begins with a server that is there."""
        self._asking = threading.Lock()
        self._is_away = False
        self._until = 0.0
        self.last: Place | None = None

    def through(self, connect: Callable[[], T]) -> T:
        """Connects; raises OperationalError at once when that has just failed."""
        if not self._is_away:
            return self._tried(connect)
        if time.monotonic() < self._until or not self._asking.acquire(blocking=False):
            raise psycopg.OperationalError("the database did not answer a moment ago")
        try:
            return self._tried(connect)
        finally:
            self._asking.release()

    def _tried(self, connect: Callable[[], T]) -> T:
        try:
            made = connect()
        except psycopg.OperationalError:
            self._until = time.monotonic() + AWAY_SECONDS
            self._is_away = True
            raise
        self._is_away = False
        return made


def in_order(options: dict[str, Any], first: Place | None) -> dict[str, Any]:
    """Puts one of several servers before the others; a dead one costs seconds."""
    hosts = str(options.get("host", "")).split(",")
    ports = str(options.get("port", "")).split(",")
    places = list(zip(hosts, ports, strict=False))
    if first not in places or len(hosts) != len(ports):
        return options
    places.sort(key=lambda place: place != first)
    names, numbers = zip(*places, strict=True)
    return options | {"host": ",".join(names), "port": ",".join(numbers)}


def install(engine: Engine) -> None:
    """Applies these time limits to the connections of an engine."""
    reach = Reach()

    def connect(dialect: Any, record: Any, words: Any, options: Any) -> Patient:
        asked = in_order(options, reach.last)
        made = reach.through(lambda: Patient.connect(*words, **asked))
        reach.last = (made.info.host, str(made.info.port))
        return made

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "reset", _forget)
    ping = engine.dialect.do_ping
    attributes = engine.url.query.get("target_session_attrs")
    refusing = REFUSING.get(str(attributes), ())

    def ping_briefly(dbapi_connection: Any) -> bool:
        answers = dbapi_connection.is_fresh()
        if not answers:
            with _patience_of(dbapi_connection, PING_SECONDS):
                answers = ping(dbapi_connection)
        return answers and not _is_any(dbapi_connection, refusing)

    engine.dialect.do_ping = ping_briefly  # type: ignore[method-assign]


def _is_any(connection: "psycopg.Connection[Any]", states: tuple[bytes, ...]) -> bool:
    """Tells whether a server has said that it is one of these by now.

    Its old connections live on in the pool; what they read may be out of date.
    """
    return b"on" in [connection.pgconn.parameter_status(state) for state in states]


def lift(db: Connection) -> None:
    """Lets what this connection does take as long as it takes: for migrations."""
    connection = db.connection.driver_connection
    if isinstance(connection, Patient):
        connection.patience = None


def _forget(connection: Any, record: Any, state: Any) -> None:
    """Gives the next caller a connection as it was at first."""
    if isinstance(connection, Patient):
        connection.patience = STATEMENT_SECONDS


def cursor_of(connection: Any) -> Any:
    """Returns what takes a statement, with its values in order, to the driver."""
    driver = connection.dbapi_connection
    return driver.asking() if isinstance(driver, Patient) else driver.cursor()


@contextmanager
def _patience_of(connection: Any, seconds: float) -> Iterator[None]:
    usual, connection.patience = connection.patience, seconds
    try:
        yield
    finally:
        connection.patience = usual
