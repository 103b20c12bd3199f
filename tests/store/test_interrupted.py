"""REL-050: a migration whose process is killed has changed nothing, and is repeated."""

import contextlib
import functools
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from idp.store import schema
from idp.store.transactions import Database
from tests.store.test_migrations import everything
from tests.store.test_migrations import fill
from tests.support.barrier import at_once

ROOT = pathlib.Path(__file__).parents[2]
KILLED = -9
STRUCTURE = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2",
    "postgresql": """
SELECT table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes
WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tgrelid::regclass::text, tgname, '', '', '' FROM pg_trigger
UNION ALL SELECT proname, prosrc, '', '', '' FROM pg_proc
WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2, 3""",
}


class Mover:
    """Other processes that move the schema, and die where they are told to."""

    def __init__(self, url: str) -> None:
        """Starts the parent of those processes."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.half_way", url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def move(self, direction: str, revision: str, last: int = 0) -> tuple[int, int]:
        """Moves the schema; gives how the process ended and how much it did."""
        into, out_of = self._process.stdin, self._process.stdout
        assert into is not None
        assert out_of is not None
        into.write(f"{direction} {revision} {last}\n")
        into.flush()
        ended, did = out_of.readline().split()
        return int(ended), int(did)

    def close(self) -> None:
        """Ends the parent."""
        self._process.communicate()


@pytest.fixture
def movers(migrated_url: str) -> Iterator[list[Mover]]:
    """Gives two machines, as it were."""
    with contextlib.ExitStack() as closing:
        made = [Mover(migrated_url), Mover(migrated_url)]
        for mover in made:
            closing.callback(mover.close)
        yield made


TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def state(database: Database) -> object:
    """Gives all of a database: its revision, its structure and every row."""
    with database.reading() as db:
        kind = db.dialect.name
        structure = db.execute(text(STRUCTURE[kind])).all()
        names = sorted(db.execute(text(TABLES[kind])).scalars())
        return structure, everything(db, known=names)


def revision(database: Database) -> str | None:
    with database.reading() as db:
        return schema.current(db)


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_a_killed_migration_has_changed_nothing_and_is_repeated(
    database: Database, movers: list[Mover], direction: str
) -> None:
    start, end = ("0001", schema.head()) if direction == "upgrade" else (None, "0001")
    with database.writing() as db:
        fill(db)
        if start is not None:
            schema.downgrade(db, start)
    before, point = state(database), 1
    while movers[0].move(direction, str(end), point)[0] == KILLED:
        assert state(database) == before, point
        point = point * 2 if point < 8 else point + 12
    assert point > 30, "it died too seldom"
    assert revision(database) == end


def test_a_machine_that_dies_lets_the_next_one_go_on(
    database: Database, movers: list[Mover]
) -> None:
    """Two that begin together: the first holds the lock until it is dead"""
    with database.writing() as db:
        fill(db)
        schema.downgrade(db, "0001")
    dying = functools.partial(movers[0].move, "upgrade", "head", 40)
    living = functools.partial(movers[1].move, "upgrade", "head")
    (one, _), (other, _) = at_once([dying, living])
    assert other == 0
    assert one in {0, KILLED}  # 0: it was the second, and nothing was left
    assert revision(database) == schema.head()
