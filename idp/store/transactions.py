"""Blocks of work against the database: reading, and writing that commits at its end.

Plain SQLAlchemy; no table and no Flask. Whatever the driver says when the database is
locked, full, read-only or away leaves here as ``Unavailable`` (REL-001, 003, 004),
what gave way to another transaction as ``Contended``, which may be tried again, and
what cannot be stored or looked for, such as NUL, as ``BadRequest`` (SEC-287).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from idp import tracing
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import Contended
from idp.errors import Unavailable
from idp.store import engines

RETRY_AFTER_SECONDS = 5
GAVE_WAY = frozenset({"40001", "40P01"})
"""What PostgreSQL says of a serialisation failure and of a deadlock."""


class Database:
    """The database as actions see it: a source of blocks."""

    def __init__(self, engine: Engine) -> None:
        """Takes an engine made by ``store.engines``; reads run outside transactions."""
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yields a connection for statements that only read."""
        with (
            _telling_people("read"),
            self.engine.connect() as connection,
            engines.only_reading(connection),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yields a connection in a transaction: IMMEDIATE on SQLite (REL-003)."""
        with _telling_people("write"), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yields a connection that sees one moment of the database, whoever writes."""
        begin = engines.BEGIN_SNAPSHOT[self.engine.dialect.name]
        with (
            _telling_people("snapshot"),
            self.engine.connect() as connection,
            engines.only_reading(connection),
        ):
            connection.exec_driver_sql(begin)
            yield connection
            connection.rollback()

    @contextmanager
    def one_connection(self) -> Iterator["OneConnection"]:
        """Yields a source of blocks that takes a connection once for all of them."""
        one = OneConnection(self)
        try:
            yield one
        finally:
            one.let_go()

    @property
    def connections(self) -> int:
        """Returns how many connections of the pool are in use in this process."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Closes the pooled connections."""
        self.engine.dispose()


class OneConnection:
    """Blocks that follow one another over one connection, checked once (REL-002).

    It is taken at the first block and given back after one that failed: the next block
    takes another. A block within a block takes one of its own, as from ``Database``.
    """

    def __init__(self, database: Database) -> None:
        """Takes nothing yet."""
        self._database = database
        self._kept: Connection | None = None
        self._in_use = False

    def reading(self) -> AbstractContextManager[Connection]:
        """Opens a block of statements that only read."""
        return self._database.reading() if self._in_use else self._reading()

    def writing(self) -> AbstractContextManager[Connection]:
        """Opens a block that is one transaction, which commits at the end."""
        return self._database.writing() if self._in_use else self._writing()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with (
            _telling_people("read"),
            self._using() as connection,
            engines.only_reading(connection),
        ):
            yield connection
            connection.rollback()  # which SQLAlchemy believes to be in a transaction

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            _telling_people("write"),
            self._using() as connection,
            connection.begin(),
        ):
            yield connection

    def let_go(self) -> None:
        """Gives the connection back until the next block; a block keeps its own."""
        if not self._in_use:
            self._give_back()

    def _give_back(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    @contextmanager
    def _using(self) -> Iterator[Connection]:
        self._in_use = True
        try:
            if self._kept is None:
                self._kept = self._database.engine.connect()
            yield self._kept
        except BaseException:
            self._give_back()
            raise
        finally:
            self._in_use = False


@contextmanager
def _telling_people(block: str) -> Iterator[None]:
    try:
        with tracing.block(f"database {block}"):
            yield
    except IntegrityError as error:
        raise Conflict("a row collides with another") from error
    except (DataError, UnicodeEncodeError) as error:
        raise BadRequest("text that no column can hold") from error
    except (DBAPIError, PoolTimeout) as error:
        said = getattr(error, "orig", None) or error
        gave_way = getattr(said, "sqlstate", None) in GAVE_WAY
        refusal = Contended if gave_way else Unavailable
        raise refusal(
            type(said).__name__,
            retry_after=RETRY_AFTER_SECONDS,
            reason=_reason(said),
        ) from error


def _reason(said: BaseException) -> str:
    """Gives the first line of what the database said, less the place it was asked at.

    A place may hold a part of a password: in an address that is not well written.
    """
    line = str(said).partition("\n")[0]
    if "resolve host" in line:
        return "the name of its host is not known"
    return line.rpartition("failed: ")[2].removeprefix("FATAL:").strip()
