"""REL-051: a schema ahead of the program, as it is while a version is rolled out."""

import re

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from idp import resources
from idp.errors import Misconfigured
from idp.store import schema
from idp.store.transactions import Database

SCRIPTS = ScriptDirectory(str(resources.migrations_dir()))
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]
OWN = int(str(schema.head())[:4])


def put(database: Database, revision: str) -> None:
    with database.writing() as db:
        db.execute(
            text("UPDATE alembic_version SET version_num = :it"), {"it": revision}
        )


@pytest.mark.parametrize(
    ("revision", "serves"),
    [
        (f"{OWN + 1:04}", True),
        ("9999", True),
        (f"9999_from_{OWN:04}", True),
        (f"9999_from_{OWN - 1:04}", True),
        (f"9999_from_{OWN + 1:04}", False),
        (f"{OWN - 1:04}", False),
        ("0001", False),
        ("later", False),
        ("9999 from 0001", False),
        ("", False),
    ],
)
def test_the_name_of_a_revision_says_who_may_serve(
    database: Database, revision: str, serves: bool
) -> None:
    put(database, revision)
    with database.reading() as db:
        assert schema.serves(schema.current(db)) is serves
        assert not schema.is_current(db)


def test_an_empty_database_serves_nobody(empty_database: Database) -> None:
    with empty_database.reading() as db:
        assert not schema.serves(schema.current(db))
        assert not schema.is_later(schema.current(db))


def test_an_older_program_leaves_a_later_schema_alone(database: Database) -> None:
    """A host of the old version may start again, `idp init` included"""
    put(database, "9999")
    with database.writing() as db:
        schema.upgrade(db)
        assert schema.current(db) == "9999"


@pytest.mark.parametrize("revision", ["9999", f"9999_from_{OWN + 1:04}"])
def test_only_the_program_of_a_schema_knows_the_way_down(
    database: Database, revision: str
) -> None:
    put(database, revision)
    for target in ("0001", "base"):
        with pytest.raises(Misconfigured), database.writing() as db:
            schema.downgrade(db, target)
    with database.reading() as db:
        assert schema.current(db) == revision


def test_a_schema_without_room_is_not_moved_up(database: Database) -> None:
    put(database, f"9999_from_{OWN + 1:04}")
    with pytest.raises(Misconfigured), database.writing() as db:
        schema.upgrade(db)


def test_no_revision_takes_back_what_one_before_it_said() -> None:
    """Whoever finds no room at one revision finds none at a later one"""
    read = [schema.NAME.fullmatch(revision) for revision in REVISIONS]
    assert all(read), REVISIONS
    rooms = [int(found[2] or 0) for found in read if found]
    assert rooms == sorted(rooms)
    numbers = [int(re.split("_", revision)[0]) for revision in REVISIONS]
    assert numbers == sorted(set(numbers))
