"""REL-002: the blocks of one request share a connection, and lose nothing by it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy import text

from idp.errors import Conflict
from idp.store import users
from idp.store.transactions import Database
from tests.store import samples


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """Notes how often connections are taken from the pool."""
    taken: list[str] = []

    def note(*_: object) -> None:
        taken.append("taken")

    event.listen(database.engine, "checkout", note)
    yield taken
    event.remove(database.engine, "checkout", note)


def test_blocks_share_a_connection_that_is_taken_late_and_given_back(
    database: Database,
) -> None:
    with counting(database) as taken, database.one_connection() as one:
        assert database.connections == len(taken) == 0
        with one.reading() as db:
            assert users.find_user(db, "u1") is None
        with one.writing() as db:
            samples.user(db)
        with one.reading() as db:
            assert users.find_user(db, "u1") is not None
        assert database.connections == len(taken) == 1
        one.let_go()
        assert database.connections == 0
        with one.writing() as db:
            samples.user(db, "u2", canonical="u2")
        assert len(taken) == 2
    assert database.connections == 0
    with database.reading() as db:
        assert users.find_user(db, "u2") is not None


def test_a_block_that_raises_leaves_nothing_and_gives_the_connection_back(
    database: Database,
) -> None:
    with database.one_connection() as one:
        with one.reading() as db:
            users.find_user(db, "u1")
        with pytest.raises(KeyError):
            samples.break_after(one, samples.user)
        assert database.connections == 0
        with one.writing() as db:
            samples.user(db)
        with pytest.raises(Conflict), one.writing() as db:
            samples.user(db, "u2", canonical="u1")
        with one.reading() as db:
            assert users.find_user(db, "u2") is None


def test_a_block_within_a_block_has_a_connection_of_its_own(
    database: Database,
) -> None:
    with database.one_connection() as one, one.reading() as outer:
        with one.writing() as db:
            assert db is not outer
            samples.user(db)
        one.let_go()
        assert users.find_user(outer, "u1") is not None
        with one.reading() as db:
            assert db is not outer
            assert users.find_user(db, "u1") is not None


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_only_blocks_that_write_are_transactions(database: Database) -> None:
    """In every order, since the connection is the same one"""
    number = text("SELECT txid_current()")
    with database.one_connection() as one:
        for _ in range(2):
            with one.reading() as db:
                first = db.execute(number).scalar_one()
                assert db.execute(number).scalar_one() != first
            with one.writing() as db:
                first = db.execute(number).scalar_one()
                assert db.execute(number).scalar_one() == first
    with database.writing() as db:
        first = db.execute(number).scalar_one()
        assert db.execute(number).scalar_one() == first
