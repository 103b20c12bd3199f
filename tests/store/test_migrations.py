"""REL-050, REL-025: the schema moves up and down on both databases, rows included."""

import functools
import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp import resources
from idp.store import audit
from idp.store import keys
from idp.store import notices
from idp.store import organisation
from idp.store import roles
from idp.store import schema
from idp.store import sessions
from idp.store import tables
from idp.store import users
from idp.store.backup_codes import replace_codes
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW
from tests.support.barrier import at_once

HEAD = ScriptDirectory(str(resources.migrations_dir())).get_current_head()
REVISIONS = [
    script.revision
    for script in ScriptDirectory(str(resources.migrations_dir())).walk_revisions()
][::-1]

SLOW_TABLES = """
CREATE FUNCTION slowly() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_catalog.current_setting('ostiary.slept', true) IS NULL THEN
    PERFORM pg_sleep(0.3), pg_catalog.set_config('ostiary.slept', 'yes', true);
  END IF;
END $$;
CREATE EVENT TRIGGER slowly ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
EXECUTE FUNCTION slowly();
"""


def fill(db: Connection) -> None:
    """Puts at least one row into every table, with half-used things among them."""
    samples.family(db)
    samples.user(db, "u2", profile={"given_name": "Zoë"}, password_expires_at=NOW)
    roles.set_roles(db, "u1", ["administrator", "helpdesk"])
    samples.authenticator(db)
    replace_codes(db, "u1", [b"\x00\xff", b"d2"], salt=b"\x01", now=NOW)
    samples.login(db, user_id="u1", proofs=samples.PROOFS, message={"error": "x"})
    samples.code(db, "c2", used_at=NOW, wrong_verifiers=3)
    samples.refresh(db, used_at=NOW)
    sessions.add_participant(db, "s1", "wiki", now=NOW)
    audit.append(db, samples.record())
    for table in tables.metadata.sorted_tables:
        if not db.execute(select(table)).first():
            db.execute(insert(table).values(_any_row(table.name)))


def _any_row(name: str) -> dict[str, Any]:
    rows: dict[str, dict[str, Any]] = {
        "attempts": {"key": "factor:u1", "failures": 3, "total": 99, "touched_at": NOW},
        "audit_totals": {"event": "mfa.enrolled", "outcome": "ok", "records": 7},
        "client_assertions": {"assertion_hash": "h1", "expires_at": NOW},
        "client_secrets": {
            "id": "x1",
            "client_id": "wiki",
            "secret_hash": "mac",
            "created_at": NOW,
        },
        "consents": {
            "user_id": "u1",
            "client_id": "wiki",
            "scopes": ["openid"],
            "granted_at": NOW,
        },
        "pushed_requests": {
            "reference_hash": "h1",
            "client_id": "wiki",
            "request": {"client_id": "wiki"},
            "expires_at": NOW,
        },
        "registration_tokens": {
            "id": "r1",
            "token_hash": "h1",
            "name": "build farm",
            "uses": 5,
            "uses_left": 3,
            "created_at": NOW,
            "expires_at": NOW,
        },
        "registrations": {
            "client_id": "wiki",
            "access_hash": "h2",
            "token_id": "r1",
            "label": "build farm",
            "at": NOW,
        },
        "logout_notices": {
            "sid": "s1",
            "client_id": "wiki",
            "user_id": "u1",
            "at": NOW,
            "state": "pending",
            "due_at": NOW,
            "tries": 0,
        },
        "notices": {
            "user_id": "u1",
            "event": "mfa.enrolled",
            "at": NOW,
            "source": "192.0.2.1",
            "by_other": False,
            "mail_tries": 0,
        },
        "directory_links": {"user_id": "u1", "entry_id": "e", "gone_at": None},
        "signing_keys": {
            "kid": "k1",
            "alg": "ES256",
            "state": "active",
            "public_jwk": {"kty": "EC"},
            "private_sealed": b"\x00sealed",
            "created_at": NOW,
        },
    }
    return rows[name]


def everything(db: Connection, *, known: Any = None) -> dict[str, list[Any]]:
    """Reads every table as the driver gives it, so that bytes are compared."""
    names = known or [t.name for t in tables.metadata.sorted_tables]
    found = {}
    for name in names:
        columns = sorted(column["name"] for column in inspect(db).get_columns(name))
        quoted = ", ".join(f'"{column}"' for column in columns)
        rows = db.execute(text(f"SELECT {quoted} FROM {name}")).mappings()
        found[name] = sorted(({**row} for row in rows), key=repr)
    return found


def _shorter(rows: list[Any], columns: set[str]) -> list[Any]:
    """Leaves of rows what a schema has columns for."""
    return sorted(
        ({name: row[name] for name in row if name in columns} for row in rows),
        key=repr,
    )


def test_the_newest_schema_is_the_one_of_the_code(database: Database) -> None:
    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        assert schema.is_current(db)
        assert schema.current(db) == schema.head() == HEAD


def test_an_empty_database_is_not_current(empty_database: Database) -> None:
    with empty_database.reading() as db:
        assert schema.current(db) is None
        assert not schema.is_current(db)


def test_constraints_have_the_names_of_the_code(database: Database) -> None:
    """A later migration drops them by name"""
    with database.reading() as db:
        if db.dialect.name == "sqlite":
            statement = "SELECT sql FROM sqlite_master WHERE type = 'table'"
        else:
            statement = "SELECT conname FROM pg_constraint"
        said = re.findall(r"\w+", " ".join(db.execute(text(statement)).scalars()))
    missing = [
        constraint.name
        for table in tables.metadata.sorted_tables
        for constraint in table.constraints
        if constraint.name is not None and str(constraint.name) not in said
    ]
    assert not missing


def test_up_gives_the_strictest_policy_and_the_built_in_roles(
    database: Database,
) -> None:
    with database.reading() as db:
        assert organisation.find_policy(db) == organisation.Policy()
        found = {role.name: role for role in roles.list_roles(db)}
        assert set(found) == {"administrator", "helpdesk", "auditor"}
        assert all(role.built_in and role.mfa_required for role in found.values())


def test_all_the_way_down_leaves_nothing_of_ours(database: Database) -> None:
    with database.writing() as db:
        fill(db)
    with database.writing() as db:
        schema.downgrade(db, "base")
    with database.reading() as db:
        assert set(inspect(db).get_table_names()) == {"alembic_version"}
        if db.dialect.name == "postgresql":
            ours = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'audit%'"
            assert db.execute(text(ours)).scalar_one() == 0
    with database.writing() as db:
        schema.upgrade(db)
        fill(db)


@pytest.mark.parametrize("below", REVISIONS[:-1])
def test_down_and_up_again_keeps_every_row_it_has_a_place_for(
    database: Database, below: str
) -> None:
    """REL-050: byte-equal; only what the older schema has no column for is lost"""
    with database.writing() as db:
        fill(db)
        before = everything(db)
    with database.writing() as db:
        schema.downgrade(db, below)
        kept = everything(db, known=set(inspect(db).get_table_names()) & set(before))
        columns = {
            name: {column["name"] for column in inspect(db).get_columns(name)}
            for name in kept
        }
    expected = {name: _shorter(before[name], columns[name]) for name in kept}
    assert kept == expected
    with database.writing() as db:
        schema.upgrade(db)
        again = everything(db)
        assert {n: _shorter(again[n], columns[n]) for n in kept} == expected
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_words_of_people_come_back_with_their_table(database: Database) -> None:
    """What the migration makes of the names is what the program keeps up"""
    with database.writing() as db:
        samples.user(db, "zoe", name="Zoë Müller-Lüdenscheidt", email="Z.M@B.example")
        samples.user(db, "gone")
        users.delete_user(db, "gone", now=NOW)
        before = everything(db, known=["user_words"])
        schema.downgrade(db, "0003")
        schema.upgrade(db)
        assert everything(db, known=["user_words"]) == before
    words = {row["word"] for row in before["user_words"]}
    assert words == {"zoe", "zoë", "müller", "lüdenscheidt", "z", "m", "b", "example"}


@pytest.mark.parametrize("below", REVISIONS[:-1])
def test_the_guards_of_the_audit_trail_survive_down_and_up(
    database: Database, below: str
) -> None:
    with database.writing() as db:
        audit.append(db, samples.record())
        schema.downgrade(db, below)
        schema.upgrade(db)
    with (
        pytest.raises(Exception, match=r"collides|Error|Raise"),
        database.writing() as db,
    ):
        db.execute(text("DELETE FROM audit_records"))


def test_a_migration_that_breaks_leaves_the_schema_as_it_was(
    database: Database,
) -> None:
    """REL-050: an interrupted migration can be repeated"""
    with pytest.raises(KeyError):
        samples.break_after(database, lambda db: schema.downgrade(db, "base"))
    with database.reading() as db:
        assert schema.is_current(db)
        assert len(inspect(db).get_table_names()) == len(tables.metadata.tables) + 1


def test_eight_processes_bring_one_empty_database_up(empty_database: Database) -> None:
    """REL-025: all succeed, and what the migration adds is there once"""

    def bring_up() -> None:
        with empty_database.writing() as db:
            schema.upgrade(db)

    at_once([bring_up] * 8)
    with empty_database.reading() as db:
        assert schema.is_current(db)
        assert len(roles.list_roles(db)) == 3
        assert keys.list_keys(db) == []
        now = functools.partial(notices.list_unseen, db, "u1")
        assert now(before=NOW) == ()


def test_a_large_table_may_take_its_time_and_a_locked_one_may_not(
    database_kind: str, empty_database: Database
) -> None:
    """A request is bounded in time, an upgrade is not; but it holds nobody up."""
    if database_kind == "sqlite":
        return
    with empty_database.writing() as db:
        db.execute(text(SLOW_TABLES))
        db.execute(text("SET LOCAL statement_timeout = 200"))
        schema.upgrade(db)
        limits = text("SELECT current_setting('lock_timeout')")
        assert db.execute(limits).scalar_one() == "5s"
        db.execute(text("DROP EVENT TRIGGER slowly"))
    with empty_database.reading() as db:
        assert schema.is_current(db)
