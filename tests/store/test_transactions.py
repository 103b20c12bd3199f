"""REL-001, REL-003, REL-004: blocks commit, roll back, and say why they could not."""

import pathlib

import pytest
from sqlalchemy import text

from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import Contended
from idp.errors import Refusal
from idp.errors import Unavailable
from idp.store import attempts
from idp.store import users
from idp.store.engines import make_engine
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW
from tests.support.postgres import Server


def test_a_block_commits_at_its_end(database: Database) -> None:
    with database.writing() as db:
        samples.user(db)
    with database.reading() as db:
        assert users.find_user(db, "u1") is not None


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError):
        samples.break_after(database, samples.user)
    with database.reading() as db:
        assert users.find_user(db, "u1") is None


def test_a_collision_is_a_conflict_without_a_value(database: Database) -> None:
    """The text of the driver names the values, so it must not be ours"""
    with database.writing() as db:
        samples.user(db)
    with pytest.raises(Conflict) as caught, database.writing() as db:
        samples.user(db, "u2", canonical="u1")
    assert "u1" not in str(caught.value)


def test_a_missing_parent_row_is_refused(database: Database) -> None:
    """Foreign keys are on, on SQLite too"""
    with pytest.raises(Conflict), database.writing() as db:
        samples.session(db, user_id="nobody")


@pytest.mark.parametrize("odd", ["a\0b", "\ud800", "\udfff\0"])
def test_text_that_no_column_holds_is_a_bad_request(
    database: Database, odd: str
) -> None:
    """SEC-287: never a 500, and never the database's fault"""
    for block in (database.reading, database.writing):
        found: object = None
        try:
            with block() as db:
                found = users.find_user(db, odd)
        except Refusal as refused:
            assert type(refused) is BadRequest  # noqa: PT017  one of two good ends
        assert found is None


def test_a_broken_statement_is_told_without_its_text(database: Database) -> None:
    with pytest.raises(Unavailable) as caught, database.writing() as db:
        db.execute(text("SELECT * FROM no_such_table"))
    assert "no_such_table" not in str(caught.value)
    assert caught.value.retry_after == 5


def test_a_database_that_cannot_be_written_says_so(tmp_path: pathlib.Path) -> None:
    """REL-004: full or read-only is no fault of the person who signs in"""
    database = Database(make_engine(f"sqlite:///{tmp_path / 'idp.db'}"))
    with database.reading() as db:
        db.exec_driver_sql("PRAGMA query_only=ON")  # stays with the pooled connection
    with pytest.raises(Unavailable), database.writing() as db:
        db.execute(text("CREATE TABLE t (n INTEGER)"))
    database.dispose()


def test_a_database_that_is_away_says_so() -> None:
    """REL-001"""
    database = Database(make_engine("postgresql+psycopg://x@/x?host=/nowhere"))
    for block in (database.reading, database.writing):
        with pytest.raises(Unavailable), block():
            pass
    with pytest.raises(Unavailable):
        database.ping()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_locked_sqlite_says_so_after_the_wait(database: Database) -> None:
    """REL-003: never a 500"""
    holder = Database(make_engine(str(database.engine.url)))
    with database.reading() as db:
        db.exec_driver_sql("PRAGMA busy_timeout=1")  # stays with the pooled connection
    with holder.writing(), pytest.raises(Unavailable), database.writing():
        pass
    with database.writing() as db:
        attempts.lock(db, "after", now=NOW)
    holder.dispose()


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_gave_way_to_another_may_be_tried_again(
    postgres: Server, state: str
) -> None:
    """REL-024; nothing else that the database says may"""
    url = postgres.fresh_database()
    database = Database(make_engine(url))
    gives_way = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"
    with pytest.raises(Contended), database.writing() as db:
        db.execute(text(gives_way))
    with pytest.raises(Unavailable) as other, database.writing() as db:
        db.execute(text(gives_way.replace(state, "55P03")))
    assert not isinstance(other.value, Contended)
    database.dispose()
    postgres.drop_database(url)
