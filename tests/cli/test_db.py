"""``idp db``: the schema moved, and everything copied (REL-050, REL-053)."""

import contextlib
import pathlib
import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy

from tests.cli.terminal import Terminal

SECRET = "S3cretOfTheDatabase"


def other(kind: str) -> str:
    return "postgresql" if kind == "sqlite" else "sqlite"


def test_everything_works_in_the_new_database(
    idp_on_each: Terminal, database_kind: str, fresh_url: Callable[[str], str]
) -> None:
    idp = idp_on_each
    idp("user", "create", "mia", "--role", "administrator")
    url = fresh_url(other(database_kind))
    rows = idp("db", "copy", url, "--json").json["rows"]
    assert rows["users"] == 1
    moved = {"IDP_DATABASE_URL": url}
    assert idp("check", **moved).status == 0
    assert idp("user", "list", **moved).out == idp("user", "list").out
    assert idp("audit", "verify", **moved).status == 0
    assert '"database.copied"' in idp("audit", "export", **moved).out


def test_a_target_that_is_not_empty_is_refused(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    url = fresh_url("sqlite")
    idp("init", IDP_DATABASE_URL=url)
    before = idp("audit", "export", IDP_DATABASE_URL=url).out
    assert "not empty" in idp("db", "copy", url).refusal
    assert before in idp("audit", "export", IDP_DATABASE_URL=url).out


def test_an_old_schema_is_refused(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    idp("db", "downgrade", "0002")
    assert "not up to date" in idp("db", "copy", fresh_url("sqlite")).refusal


@pytest.mark.parametrize(
    "url", ["", "mysql://x", "sqlite://", "sqlite:///:memory:", f"x://u:{SECRET}@h/d"]
)
def test_an_address_of_no_database_is_wrong_usage(idp: Terminal, url: str) -> None:
    said = idp("db", "copy", url).wrong_usage
    assert "TARGET_URL" in said
    assert SECRET not in said


def test_a_target_that_does_not_answer_is_a_failure_without_its_address(
    idp: Terminal,
) -> None:
    """REL-076"""
    url = f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/d"
    assert SECRET not in idp("db", "copy", url).refusal


def test_the_schema_goes_down_and_up(idp_on_each: Terminal) -> None:
    newest = idp_on_each("db", "current", "--json").json
    assert newest["current"] == newest["expected"]
    idp_on_each("db", "downgrade", "base")
    assert idp_on_each("db", "current", "--json").json["current"] is None
    assert "empty" in idp_on_each("db", "current").out
    assert idp_on_each("db", "upgrade").status == 0
    assert idp_on_each("db", "current", "--json").json == newest


@pytest.mark.parametrize("revision", ["x", "9999", "13", "0014", "001", "-40"])
def test_a_revision_that_is_not_below_is_a_failure(
    idp_on_each: Terminal, revision: str
) -> None:
    idp_on_each("db", "downgrade", "0013")
    refused = idp_on_each("db", "downgrade", "--", revision).refusal
    assert refused == f"{revision} is no revision below that of the database, 0013\n"
    assert idp_on_each("db", "current", "--json").json["current"] == "0013"


def test_an_earlier_schema_is_said_to_be_that(idp: Terminal) -> None:
    idp("db", "downgrade", "0013")
    said = idp("check")
    last = said.out.splitlines()[-1]
    assert said.status == 1
    assert last == "the database is of an earlier version: run 'idp db upgrade'"


def moved_on(idp: Terminal, revision: str) -> Terminal:
    """Does what a later version did: names a revision that nobody knows here."""
    file = pathlib.Path(idp.settings["IDP_DATA_DIR"]) / "idp.db"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("UPDATE alembic_version SET version_num = ?", [revision])
    return idp


def test_a_later_schema_keeps_an_older_version_ready(idp: Terminal) -> None:
    """REL-051: what is rolled out host by host takes no host down"""
    moved_on(idp, "9999")
    assert idp("check").status == 0
    assert "upgrade this host" in idp("check").out
    assert idp("init").status == idp("db", "upgrade").status == 0
    assert idp("db", "current", "--json").json["current"] == "9999"


def test_a_later_schema_without_room_is_said_to_be_one(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    """REL-051"""
    moved_on(idp, "9999_from_9998")
    said = idp("check")
    assert (said.status, said.out.count("later version")) == (1, 1)
    for command in (("init",), ("db", "upgrade"), ("db", "downgrade", "0001")):
        assert "later version (9999_from_9998)" in idp(*command).refusal
    assert "later version" in idp("db", "copy", fresh_url("sqlite")).refusal


def test_tables_of_somebody_else_are_said_to_be_that(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    """A backup that was put back by another role than ours, and kept its owner"""
    url = sqlalchemy.make_url(fresh_url("postgresql"))
    idp("init", IDP_DATABASE_URL=url.render_as_string(hide_password=False))
    stranger = f"stranger_{url.database}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as db:
        db.execute(sqlalchemy.text(f'CREATE ROLE "{stranger}" LOGIN'))
    engine.dispose()
    theirs = url.set(username=stranger).render_as_string(hide_password=False)

    said = idp("check", IDP_DATABASE_URL=theirs)

    assert (said.status, "do they belong to" in said.out) == (1, True)
    assert "idp init" not in said.out


def test_what_a_server_says_is_told_where_it_cannot_be_used(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    there = sqlalchemy.make_url(fresh_url("postgresql"))
    away = there.set(database="nowhere", password=SECRET)
    url = away.render_as_string(hide_password=False)
    why = 'database "nowhere" does not exist'
    for command in (("init",), ("user", "list")):
        said = idp(*command, IDP_DATABASE_URL=url).refusal
        assert said == f"Error: The database cannot be used: {why}.\n"
    assert idp("db", "copy", url).refusal.endswith(f": {why}.\n")
    checked = idp("check", IDP_DATABASE_URL=url)
    assert f"the database does not answer: {why}" in checked.out.splitlines()


def test_no_part_of_a_badly_written_address_is_told(idp: Terminal) -> None:
    """REL-076"""
    for url in (
        f"postgresql://idp:x@{SECRET}@127.0.0.1/idp",
        f"postgresql://{SECRET}@127.0.0.1:1,127.0.0.2:1/idp",
        f"postgresql://idp@127.0.0.1:1/idp?{SECRET}",
    ):
        for command in (("check",), ("init",), ("db", "copy", url)):
            moved = {} if command[0] == "db" else {"IDP_DATABASE_URL": url}
            said = idp(*command, **moved)
            assert said.status == 1
            assert SECRET not in said.out + said.err, url
            assert "unexpected fault" not in said.err, url
