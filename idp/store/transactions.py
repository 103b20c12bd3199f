"""Blocks of work against the database: reading, and writing that commits at its end.

Plain SQLAlchemy; no table and no Flask. Whatever the driver says when the database is
locked, full, read-only or away leaves here as ``Unavailable`` (REL-001, 003, 004),
what gave way to another transaction as ``Contended``, which may be tried again, and
what cannot be stored or looked for, such as NUL, as ``BadRequest`` (SEC-287).
"""

from collections.abc import Iterator
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
        self._reader = engines.reader(engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yields a connection for statements that only read."""
        with _telling_people("read"), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yields a connection in a transaction: IMMEDIATE on SQLite (REL-003)."""
        with _telling_people("write"), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yields a connection that sees one moment of the database, whoever writes."""
        with _telling_people("snapshot"):
            if self.engine.dialect.name == "sqlite":
                with self._reader.connect() as connection:
                    connection.exec_driver_sql("BEGIN")
                    yield connection
                    connection.exec_driver_sql("ROLLBACK")
                return
            with self.engine.connect() as connection:
                yield connection.execution_options(isolation_level="REPEATABLE READ")

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
        raise refusal(type(said).__name__, retry_after=RETRY_AFTER_SECONDS) from error
