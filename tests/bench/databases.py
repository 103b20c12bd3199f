"""The databases of a measurement: SQLite in a folder, and PostgreSQL that flushes."""

import contextlib
import dataclasses
import pathlib
import sys
from collections.abc import Iterator
from collections.abc import Sequence

import psycopg
import sqlalchemy

from idp.store import patience
from idp.store.transactions import Database
from tests.bench.cpu import Tree
from tests.support import postgres

KINDS = ("sqlite", "postgresql")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclasses.dataclass
class Place:
    """A database server, or none where a file does; `tree` is its processes."""

    kind: str
    server: postgres.Server | None = None
    tree: Tree | None = None

    @property
    def name(self) -> str:
        """Gives the name as people write it."""
        return NAMES[self.kind]


@contextlib.contextmanager
def place(kind: str) -> Iterator[Place | None]:
    """Gives the place, or None where its program is not installed."""
    if kind == "sqlite":
        yield Place(kind)
    elif postgres.binaries() is None:
        yield None
    else:
        with postgres.running_postgres() as server:
            _make_durable(server.fresh_database())
            first_line = (server.folder / "data" / "postmaster.pid").read_text()
            yield Place(kind, server, Tree(int(first_line.splitlines()[0])))


def places(kinds: Sequence[str] | None) -> Iterator[Place]:
    """Gives one place after the other, all for none named; says which is missing."""
    for kind in kinds or KINDS:
        with place(kind) as found:
            if found is None:
                sys.stderr.write(f"{kind} is not installed here\n")
            else:
                yield found


def _make_durable(url: str) -> None:
    """Takes back what tests save: here each commit is to cost what it costs."""
    with raw_connection(url) as connection:
        for name in ("fsync", "full_page_writes", "autovacuum"):
            connection.execute(f"ALTER SYSTEM SET {name} = on".encode())
        connection.execute(b"SELECT pg_reload_conf()")


@contextlib.contextmanager
def patiently(database: Database) -> Iterator[sqlalchemy.Connection]:
    """Opens a block that may take as long as it takes."""
    with database.writing() as db:
        if db.dialect.name == "postgresql":
            patience.lift(db)
            db.execute(sqlalchemy.text("SET LOCAL statement_timeout = 0"))
        yield db


def raw_connection(url: str) -> "psycopg.Connection":
    """Opens a connection of the plain driver that commits each statement."""
    parsed = sqlalchemy.make_url(url)
    return psycopg.connect(
        host=str(parsed.query["host"]),
        user=parsed.username,
        dbname=parsed.database,
        autocommit=True,
    )


def sqlite_file(folder: pathlib.Path) -> pathlib.Path:
    """Names the file for the floor, on the same disk as the provider's."""
    return folder / "floor.sqlite"
