"""REL-053: every row moves to a database of either kind and back, as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp.store import audit
from idp.store import audit_chain
from idp.store import copying
from idp.store import schema
from idp.store import tables
from idp.store.engines import make_engine
from idp.store.transactions import Database
from tests.store import samples
from tests.store.test_migrations import everything
from tests.store.test_migrations import fill

Opened = Callable[[str], Database]


@pytest.fixture
def fresh(fresh_url: Callable[[str], str], request: pytest.FixtureRequest) -> Opened:
    """Gives a maker of empty databases that are closed in time."""

    def make(kind: str) -> Database:
        made = Database(make_engine(fresh_url(kind)))
        request.addfinalizer(made.dispose)
        return made

    return make


def copy(source: Database, target: Database) -> dict[str, int]:
    with source.snapshot() as old, target.writing() as new:
        return copying.copy_all(old, new)


def rows(db: Connection) -> dict[str, list[Any]]:
    return {
        table.name: sorted(map(repr, db.execute(select(table))))
        for table in tables.metadata.sorted_tables
    }


@pytest.fixture
def filled(database: Database) -> Database:
    with database.writing() as db:
        fill(db)
        odd = {"\u2603": [None, 1.5, {"b": 1, "a": 2}], "null": None}
        audit.append(db, samples.record(changes=odd, reason="line\nbreak"))
    return database


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_is_there_as_it_was(
    filled: Database, fresh: Opened, kind: str
) -> None:
    target = fresh(kind)
    copied = copy(filled, target)
    with filled.reading() as old, target.reading() as new:
        assert rows(new) == rows(old)
        assert schema.is_current(new)
    assert all(copied.values())
    assert set(copied) == {table.name for table in tables.metadata.sorted_tables}


def test_there_and_back_is_the_same_to_the_byte(
    filled: Database, fresh: Opened, database_kind: str
) -> None:
    """Nulls that are none, JSON as it was spelt, microseconds, bytes"""
    other = fresh("postgresql" if database_kind == "sqlite" else "sqlite")
    back = fresh(database_kind)
    copy(filled, other)
    copy(other, back)
    with filled.reading() as old, back.reading() as new:
        assert everything(new) == everything(old)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_numbers_go_on_after_those_that_were_copied(
    filled: Database, fresh: Opened, kind: str
) -> None:
    target = fresh(kind)
    copy(filled, target)
    with target.writing() as db:
        last = audit_chain.last_number(db)
        audit.append(db, samples.record())
        assert audit_chain.last_number(db) == last + 1


def test_a_copy_that_fails_leaves_nothing(filled: Database, fresh: Opened) -> None:
    """REL-004: all or nothing"""
    target = fresh("sqlite")
    with filled.snapshot() as old, pytest.raises(KeyError):
        samples.break_after(target, lambda db: copying.copy_all(old, db))
    with target.reading() as db:
        assert copying.is_empty(db)


def test_a_database_that_has_a_table_is_not_empty(fresh: Opened) -> None:
    target = fresh("sqlite")
    with target.writing() as db:
        assert copying.is_empty(db)
        db.execute(text("CREATE TABLE somebodys (id INTEGER)"))
        assert not copying.is_empty(db)


def test_a_snapshot_sees_one_moment(filled: Database) -> None:
    with filled.snapshot() as db:
        before = audit_chain.last_number(db)
        with filled.writing() as other:
            audit.append(other, samples.record())
        assert audit_chain.last_number(db) == before
