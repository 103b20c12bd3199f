"""REL-081, REL-082: records are written with the change and never changed after it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp.errors import Refusal
from idp.store import audit
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW

COLUMNS = sorted(audit.AuditTable.__table__.columns.keys())
OF_THE_CHAIN = {"hash", "previous_hash"}
OTHER = {"at": "'2020-01-01T00:00:00+00:00'", "number": "7", "changes": "'[]'"}
MAY_BE_LEFT_OUT = ("actor_id", "actor_acr", "subject_id", "client_id", "sid")


def one_record(database: Database) -> None:
    with database.writing() as db:
        audit.append(db, samples.record())


def run(db: Connection, statement: str) -> None:
    db.execute(text(statement))


def test_no_member_of_a_record_is_ever_changed(database: Database) -> None:
    one_record(database)
    for column in set(COLUMNS) - OF_THE_CHAIN:
        for value in ("NULL", OTHER.get(column, "'7'")):
            with pytest.raises(Refusal), database.writing() as db:
                run(db, f"UPDATE audit_records SET {column} = {value}")


def test_what_a_record_left_out_is_not_filled_in_later(database: Database) -> None:
    with database.writing() as db:
        audit.append(db, samples.record(**dict.fromkeys(MAY_BE_LEFT_OUT)))
    for column in MAY_BE_LEFT_OUT:
        with pytest.raises(Refusal), database.writing() as db:
            run(db, f"UPDATE audit_records SET {column} = 'somebody'")


def test_no_record_is_ever_deleted(database: Database) -> None:
    one_record(database)
    with pytest.raises(Refusal), database.writing() as db:
        run(db, "DELETE FROM audit_records")
    with database.reading() as db:
        assert len(audit.list_records(db)) == 1


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_the_whole_trail_cannot_be_emptied(database: Database) -> None:
    one_record(database)
    with pytest.raises(Refusal), database.writing() as db:
        run(db, "TRUNCATE audit_records")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_no_record_is_replaced_by_another_of_its_number(
    database: Database, verb: str
) -> None:
    """SQLite's REPLACE deletes without asking the trigger of deletes"""
    one_record(database)
    names = ", ".join(c for c in COLUMNS if c not in OF_THE_CHAIN)
    values = names.replace("event", "'login.refused'")
    statement = (
        f"{verb} INTO audit_records ({names}) SELECT {values} FROM audit_records"
    )
    with pytest.raises(Refusal), database.writing() as db:
        run(db, statement)
    with database.reading() as db:
        assert audit.list_records(db)[0][1] == samples.record()


def test_the_chain_is_closed_once(database: Database) -> None:
    """REL-082: later, over committed records; a closed one stays as it is"""
    one_record(database)
    close = "UPDATE audit_records SET hash = '{}', previous_hash = ''"
    with database.writing() as db:
        run(db, close.format("first"))
    with pytest.raises(Refusal), database.writing() as db:
        run(db, close.format("second"))
    with pytest.raises(Refusal), database.writing() as db:
        run(db, "UPDATE audit_records SET hash = NULL")


def test_a_record_comes_back_as_it_was_written(database: Database) -> None:
    written = samples.record(
        at=NOW + timedelta(microseconds=1),
        reason='line\nbreak "quoted" \u2603',
        changes={"roles": [["a"], ["b", "ä"]], "flag": True, "nothing": None},
    )
    with database.writing() as db:
        audit.append(db, written)
    with database.reading() as db:
        assert audit.list_records(db) == [(1, written)]


def test_an_unknown_event_is_a_fault_of_ours(database: Database) -> None:
    with pytest.raises(ValueError, match=r"login\.invented"), database.writing() as db:
        audit.append(db, samples.record("login.invented"))


def test_a_record_of_a_block_that_failed_is_not_there(database: Database) -> None:
    """REL-081: record and change live or die together"""
    with pytest.raises(KeyError):
        samples.break_after(database, lambda db: audit.append(db, samples.record()))
    with database.reading() as db:
        assert audit.list_records(db) == []


def test_records_are_found_by_event_person_and_time(database: Database) -> None:
    with database.writing() as db:
        audit.append(db, samples.record())
        audit.append(db, samples.record("mfa.locked", subject_id="u2"))
        audit.append(db, samples.record(at=NOW + timedelta(seconds=1)))
    with database.reading() as db:
        found = {
            "event": audit.list_records(db, event="mfa.locked"),
            "subject": audit.list_records(db, subject_id="u1"),
            "since": audit.list_records(db, since=NOW + timedelta(seconds=1)),
            "after": audit.list_records(db, after=1, limit=1),
        }
    numbers = {name: [number for number, _ in rows] for name, rows in found.items()}
    assert numbers == {"event": [2], "subject": [1, 3], "since": [3], "after": [2]}
