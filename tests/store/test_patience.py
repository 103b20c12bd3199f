"""A PostgreSQL that says nothing holds nobody up for long (REL-001, REL-002, REL-008).

A stopped server process is a server that is silent: its socket is open, and nothing
comes.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp.errors import Unavailable
from idp.store import patience
from idp.store.engines import make_engine
from idp.store.patience import Reach
from idp.store.transactions import Database

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@contextlib.contextmanager
def silent(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def server_of(db: Connection) -> int:
    return int(db.execute(text("SELECT pg_backend_pid()")).scalar_one())


def driver_of(db: Connection) -> Any:
    return db.connection.driver_connection


def test_a_server_that_falls_silent_in_a_block_is_given_up(
    empty_database: Database,
) -> None:
    with empty_database.writing() as db:
        db.execute(text("CREATE TABLE t (n INTEGER)"))
    drivers = []

    def write() -> None:
        with empty_database.writing() as db:
            db.execute(text("INSERT INTO t VALUES (1)"))
            drivers.append(driver_of(db))
            drivers[0].patience = 0.2
            with silent(server_of(db)):
                db.execute(text("INSERT INTO t VALUES (2)"))

    with pytest.raises(Unavailable):
        write()
    assert drivers[0].closed
    with empty_database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM t")).scalar_one() == 0


def test_one_that_fell_silent_in_the_pool_is_replaced(
    empty_database: Database,
) -> None:
    with empty_database.reading() as db:
        first = server_of(db)
        driver = driver_of(db)
    driver.answered -= patience.FRESH_SECONDS
    with silent(first), empty_database.reading() as db:
        assert server_of(db) != first


def test_one_that_answered_a_moment_ago_is_not_asked_again(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    usual = patience.Patient.wait

    def counting(driver: Any, *given: Any, **named: Any) -> Any:
        asked.append(driver.patience)
        return usual(driver, *given, **named)

    monkeypatch.setattr(patience.Patient, "wait", counting)
    monkeypatch.setattr(patience, "FRESH_SECONDS", 60.0)
    with empty_database.reading() as db:
        driver = driver_of(db)
    asked.clear()
    with empty_database.reading() as db:
        assert driver_of(db) is driver
    assert patience.PING_SECONDS not in asked
    monkeypatch.setattr(patience, "FRESH_SECONDS", 0.0)
    with empty_database.reading() as db:
        assert driver_of(db) is driver
    assert patience.PING_SECONDS in asked


@pytest.mark.parametrize("block", ["reading", "writing"])
def test_one_that_was_closed_a_moment_ago_is_replaced(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    """A server that was stopped or restarted has said so to whoever reads it"""
    monkeypatch.setattr(patience, "FRESH_SECONDS", 60.0)
    with empty_database.reading() as db, empty_database.reading() as other:
        first, driver = server_of(db), driver_of(db)
        other.execute(text("SELECT pg_terminate_backend(:n)"), {"n": first})
        is_there = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :n")
        while other.execute(is_there, {"n": first}).scalar_one():
            pass
    assert not driver.is_fresh()
    with getattr(empty_database, block)() as db:
        assert server_of(db) != first


def test_who_hangs_in_a_block_does_not_keep_its_locks(
    empty_database: Database,
) -> None:
    """A host that is cut off or stopped would, until TCP gives up: hours (REL-008)"""
    with empty_database.writing() as db:
        db.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)"))

    def hang() -> None:
        with empty_database.writing() as db:
            db.execute(text("SET LOCAL idle_in_transaction_session_timeout = 100"))
            db.execute(text("INSERT INTO t VALUES (1)"))
            with empty_database.writing() as other:
                other.execute(text("INSERT INTO t VALUES (1)"))  # waits for the first
            db.execute(text("INSERT INTO t VALUES (2)"))

    with pytest.raises(Unavailable):
        hang()
    with empty_database.reading() as db:
        assert db.execute(text("SELECT n FROM t")).scalars().all() == [1]


def test_a_snapshot_may_be_looked_at_for_long(empty_database: Database) -> None:
    with empty_database.snapshot() as db:
        limit = text("SELECT current_setting('idle_in_transaction_session_timeout')")
        assert db.execute(limit).scalar_one() == "0"
    with empty_database.writing() as db:
        assert db.execute(limit).scalar_one() == "10s"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("", True), ("any", True), ("read-write", False), ("primary", True)],
)
def test_a_server_that_may_not_write_any_more_is_left_where_one_is_asked_for_that_may(
    database_kind: str, fresh_url: Callable[[str], str], asked: str, kept: bool
) -> None:
    """Also what it would read: another server may know more by now"""
    address = make_url(fresh_url(database_kind))
    if asked:
        address = address.update_query_dict({"target_session_attrs": asked})
    database = Database(make_engine(address.render_as_string(hide_password=False)))
    with database.reading() as db:
        first = server_of(db)
        db.execute(text("SET default_transaction_read_only = on"))
    with database.reading() as db:
        assert (server_of(db) == first) is kept
    database.dispose()


def test_a_migration_takes_as_long_as_it_takes(empty_database: Database) -> None:
    """and the connection is as it was for whoever has it next"""
    with empty_database.writing() as db:
        driver = driver_of(db)
        patience.lift(db)
        assert driver.patience is None
    with empty_database.writing() as db:
        assert driver_of(db) is driver
        assert driver.patience == patience.STATEMENT_SECONDS


def test_while_nobody_answers_one_caller_at_a_time_tries(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "AWAY_SECONDS", 0.0)
    reach, tried, go_on = Reach(), threading.Event(), threading.Event()

    def refused() -> str:
        raise psycopg.OperationalError

    def slow() -> str:
        tried.set()
        go_on.wait(60)
        return "there"

    with pytest.raises(psycopg.OperationalError):
        reach.through(refused)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(reach.through, slow)
        tried.wait(60)
        with pytest.raises(psycopg.OperationalError, match="a moment ago"):
            reach.through(lambda: "there")
        go_on.set()
        assert first.result() == "there"
    assert reach.through(lambda: "there") == "there"


def test_what_has_just_failed_is_not_tried_again_at_once(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = Reach()
    monkeypatch.setattr(patience, "AWAY_SECONDS", 60.0)

    def refused() -> str:
        raise psycopg.OperationalError

    with pytest.raises(psycopg.OperationalError):
        reach.through(refused)
    with pytest.raises(psycopg.OperationalError, match="a moment ago"):
        reach.through(lambda: "there")


@pytest.mark.parametrize(
    ("hosts", "ports", "last", "asked"),
    [
        ("one,two", "5432,5433", ("two", "5433"), ("two,one", "5433,5432")),
        ("one,two", "5432,5433", ("one", "5432"), ("one,two", "5432,5433")),
        ("one,two", "5432,5433", None, ("one,two", "5432,5433")),
        ("one,two", "5432,5433", ("two", "5432"), ("one,two", "5432,5433")),
        ("one,two", "5432", ("two", "5432"), ("one,two", "5432")),
        ("one", "5432", ("one", "5432"), ("one", "5432")),
    ],
)
def test_of_several_servers_the_one_that_answered_last_comes_first(
    database_kind: str,
    hosts: str,
    ports: str,
    last: patience.Place | None,
    asked: tuple[str, str],
) -> None:
    found = patience.in_order({"host": hosts, "port": ports, "user": "idp"}, last)
    assert (found["host"], found["port"], found["user"]) == (*asked, "idp")
