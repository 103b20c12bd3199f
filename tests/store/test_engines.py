"""REL-003, REL-058, SEC-305: what every connection of ours is set to."""

import pathlib
import stat

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from idp.store import engines
from idp.store.database import init_app
from idp.store.transactions import Database


def said(db: Connection, statement: str) -> str:
    return str(db.execute(text(statement)).scalar_one())


@pytest.fixture
def sqlite(tmp_path: pathlib.Path) -> Database:
    return Database(engines.make_engine(f"sqlite:///{tmp_path / 'var' / 'idp.db'}"))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("busy_timeout", "5000"),
    ],
)
def test_sqlite_is_set_on_every_connection(
    sqlite: Database, pragma: str, value: str
) -> None:
    with sqlite.writing() as first, sqlite.reading() as second:
        assert said(first, f"PRAGMA {pragma}") == value
        assert said(second, f"PRAGMA {pragma}") == value


def test_a_writer_of_sqlite_takes_the_lock_at_the_start(sqlite: Database) -> None:
    """REL-003: a deferred transaction would find out too late that it may not write"""
    with sqlite.writing(), sqlite.reading() as other:
        other.exec_driver_sql("PRAGMA busy_timeout=0")
        with pytest.raises(Exception, match="database is locked"):
            other.exec_driver_sql("BEGIN IMMEDIATE")


def test_a_reader_of_sqlite_never_waits_for_a_writer(sqlite: Database) -> None:
    with sqlite.writing() as db:
        db.execute(text("CREATE TABLE t (n INTEGER)"))
    with sqlite.writing() as db, sqlite.reading() as reader:
        db.execute(text("INSERT INTO t VALUES (1)"))
        reader.exec_driver_sql("PRAGMA busy_timeout=0")
        assert said(reader, "SELECT count(*) FROM t") == "0"


def test_the_sqlite_files_are_for_us_alone(sqlite: Database) -> None:
    """SEC-305"""
    with sqlite.writing() as db:
        db.execute(text("CREATE TABLE t (n INTEGER)"))
        path = pathlib.Path(sqlite.engine.url.database or "")
        files = sorted(path.parent.iterdir())
        assert [file.name for file in files] == ["idp.db", "idp.db-shm", "idp.db-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_web_application_uses_the_same_settings(tmp_path: pathlib.Path) -> None:
    database = init_app(Flask("test"), f"sqlite:///{tmp_path / 'idp.db'}")
    with database.writing() as db:
        assert said(db, "PRAGMA journal_mode") == "wal"
        assert said(db, "PRAGMA foreign_keys") == "1"
    assert stat.S_IMODE((tmp_path / "idp.db").stat().st_mode) == 0o600
    database.dispose()


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transaction_isolation", "read committed"),
        ("lock_timeout", "5s"),
        ("statement_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("TimeZone", "UTC"),
        ("synchronous_commit", "on"),
    ],
)
def test_postgresql_is_set_on_every_connection(
    empty_database: Database, name: str, value: str
) -> None:
    with empty_database.writing() as db:
        assert said(db, f"SHOW {name}") == value
    with empty_database.reading() as db:
        assert said(db, f"SHOW {name}") == value


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_reader_of_postgresql_holds_no_transaction(empty_database: Database) -> None:
    with empty_database.reading() as db:
        first = said(db, "SELECT txid_current()")
        assert said(db, "SELECT txid_current()") != first


def test_no_exception_of_a_statement_holds_its_values(empty_database: Database) -> None:
    """REL-076: a user name that was typed may be a password"""
    with (
        pytest.raises(DBAPIError) as broken,
        empty_database.engine.connect() as db,
    ):
        db.execute(text("SELECT :typed FROM nowhere"), {"typed": "Passw0rd-typed"})
    assert "Passw0rd-typed" not in str(broken.value)
    assert "nowhere" in str(broken.value)
