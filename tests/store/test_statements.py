"""Decision 0015: what the short way to the driver answers is what Core would answer."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy import bindparam
from sqlalchemy import event
from sqlalchemy import insert
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError

from idp.errors import Unavailable
from idp.rules.requests import AuthorizationRequest
from idp.store import clients
from idp.store import grounds
from idp.store import logins
from idp.store import people
from idp.store import requests
from idp.store import sessions
from idp.store import standings
from idp.store.backup_codes import BackupCodeTable
from idp.store.clients import ClientTable
from idp.store.engines import make_engine
from idp.store.grounds import Carried
from idp.store.grounds import Grounds
from idp.store.sessions import SessionTable
from idp.store.statements import Statement
from idp.store.transactions import Database
from idp.store.users import UserTable
from tests.store import samples
from tests.store.samples import LATER
from tests.store.samples import NOW
from tests.support.postgres import Server

EVERYTHING = {
    table.__tablename__: select(*table.__table__.columns)
    for table in (ClientTable, SessionTable, UserTable)
}
NAMED = select(UserTable.id).where(UserTable.id == bindparam("user_id"))


@pytest.fixture
def filled(database: Database) -> Database:
    """Gives a database with somebody, a session, and an application."""
    with database.writing() as db:
        samples.user(db, "u1", name="Zoë", profile={"nickname": "z"})
        samples.user(db, "u2", active=False)
        samples.client(db)
        samples.session(db)
    return database


def by_core(database: Database, asked: Select[Any], **values: Any) -> list[Any]:
    with database.reading() as db:
        return [tuple(row) for row in db.execute(asked, values)]


@pytest.mark.parametrize("name", EVERYTHING)
def test_rows_have_the_values_of_core(filled: Database, name: str) -> None:
    asked = EVERYTHING[name]
    with filled.reading() as db:
        rows = Statement(asked).rows(db, {})

    assert rows
    assert rows == by_core(filled, asked)


def test_what_is_joined_is_what_stands_alone(filled: Database) -> None:
    """Two columns of one name, records at any column, and a person without roles"""
    asking = AuthorizationRequest("wiki", "https://wiki.example/cb", NOW, ("openid",))
    with filled.writing() as db:
        samples.login(db, user_id="u1", request=asking)
        samples.grant(db)
    with filled.reading() as db:
        client = clients.find_client(db, "wiki")
        person = people.find_person(db, "u1", factor_key="factor:u1")
        session = sessions.find_by_sid(db, "s1")
        standing = standings.find_standing(
            db, "l1", browser_hash="browser", factor_budget="factor:"
        )
        asked = requests.find(
            db, "wiki", token_hash="hash of s1", factor_budget="factor:"
        )
        held = grounds.find_of_grant(db, "g1", factor_budget="factor:")
        login = logins.find_login(db, "l1", browser_hash="browser")

    assert client is not None
    assert person is not None
    assert standing == standings.Found(login, client, person)
    assert login is not None
    assert login.request == asking
    assert asked == requests.Found(client, session, (), person)
    assert held is not None
    assert held[1] == Carried(Grounds(client, session, ()), person)


def test_a_login_of_nobody_has_no_person_and_no_client(database: Database) -> None:
    with database.writing() as db:
        samples.login(db)
    with database.reading() as db:
        found = standings.find_standing(
            db, "l1", browser_hash="browser", factor_budget="factor:"
        )

    assert found is not None
    assert (found.client, found.person, found.login.request) == (None, None, None)


def test_many_people_are_each_of_them_alone(filled: Database) -> None:
    """Also where some asked for are not there, and one is asked for twice"""
    with filled.reading() as db:
        many = people.find_people(
            db, ["u1", "nobody", "u2", "u1", "u0"], factor_budget="factor:"
        )
        alone = {
            user_id: people.find_person(db, user_id, factor_key=f"factor:{user_id}")
            for user_id in ("u1", "u2")
        }
        nobody = people.find_people(db, [], factor_budget="factor:")

    assert many == alone
    assert nobody == {}


def test_a_record_is_made_once_for_as_long_as_its_row_stays(filled: Database) -> None:
    with filled.reading() as db:
        before = clients.find_client(db, "wiki")
        again = clients.find_client(db, "wiki")
    assert before is not None
    with filled.writing() as db:
        clients.change_client(db, dataclasses.replace(before, enabled=False))
    with filled.reading() as db:
        after = clients.find_client(db, "wiki")

    assert again is before
    assert after == dataclasses.replace(
        before, enabled=False, version=before.version + 1
    )


def test_what_was_rolled_back_is_not_kept_for_others(filled: Database) -> None:
    """SEC-195: two changes may have the same version, and one of them never was"""
    with filled.reading() as db:
        before = clients.find_client(db, "wiki")
    assert before is not None

    def rename(db: Connection, name: str) -> object:
        clients.change_client(db, dataclasses.replace(before, name=name))
        return clients.find_client(db, "wiki")

    with pytest.raises(KeyError):
        samples.break_after(filled, lambda db: rename(db, "Never"))
    with filled.writing() as db:
        rename(db, "Now")
    with filled.reading() as db:
        after = clients.find_client(db, "wiki")

    assert after is not None
    assert after.name == "Now"


def test_the_first_row_or_none(filled: Database) -> None:
    named = Statement(NAMED)
    with filled.reading() as db:
        assert named.row(db, {"user_id": "u1"}) == ("u1",)
        assert named.row(db, {"user_id": "nobody"}) is None


def test_a_value_that_the_statement_has_itself_is_kept(filled: Database) -> None:
    asked = select(literal(NOW, SessionTable.created_at.type), UserTable.id).where(
        UserTable.active == literal(False), UserTable.id == bindparam("user_id")
    )
    with filled.reading() as db:
        assert Statement(asked).row(db, {"user_id": "u2"}) == (NOW, "u2")
        assert Statement(asked).row(db, {"user_id": "u1"}) is None


def test_a_change_writes_the_columns_that_are_named(filled: Database) -> None:
    change = Statement(update(UserTable).where(UserTable.id == bindparam("user_id")))
    with filled.writing() as db:
        assert change.change(db, {"user_id": "u1", "last_login_at": LATER}) == 1
        assert change.change(db, {"user_id": "u1", "profile": {"b": 1}}) == 1
        assert change.change(db, {"user_id": "nobody", "name": "x"}) == 0

    kept = select(
        UserTable.last_login_at, UserTable.profile, UserTable.name, UserTable.active
    ).order_by(UserTable.id)
    assert by_core(filled, kept) == [
        (LATER, {"b": 1}, "Zoë", True),
        (None, {}, None, False),
    ]


def test_a_change_is_rolled_back_with_its_block(filled: Database) -> None:
    change = Statement(update(UserTable))
    with pytest.raises(KeyError):
        samples.break_after(filled, lambda db: change.change(db, {"name": "x"}))

    assert ("x",) not in by_core(filled, select(UserTable.name))


def test_a_change_outside_a_block_that_writes_is_a_fault_of_ours(
    filled: Database,
) -> None:
    with filled.reading() as db, pytest.raises(RuntimeError):
        Statement(update(UserTable)).change(db, {"name": "x"})
    assert ("x",) not in by_core(filled, select(UserTable.name))


def test_what_takes_its_shape_from_its_values_is_refused(filled: Database) -> None:
    """A list has as many places as values: that is for Core"""
    asked = Statement(select(UserTable.id).where(UserTable.id.in_(["u1", "u2"])))
    with filled.reading() as db, pytest.raises(TypeError):
        asked.rows(db, {})


def test_a_collision_is_named_as_core_names_it_and_shows_no_value(
    filled: Database,
) -> None:
    """REL-076: values of statements are in no exception"""
    add = Statement(insert(BackupCodeTable))
    row = {"id": "secret-id", "user_id": "u1", "digest": b"d", "salt": b"s"}
    caught = None
    with filled.engine.begin() as db:
        add.change(db, row | {"created_at": NOW})
        try:
            add.change(db, row | {"created_at": NOW})
        except IntegrityError as error:
            caught = error
        db.rollback()

    assert caught is not None
    assert "secret-id" not in str(caught).split("[SQL")[1]
    assert caught.params is None


def test_who_listens_to_the_engine_hears_of_it(filled: Database) -> None:
    heard: list[tuple[str, str]] = []
    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(
            filled.engine,
            name,
            lambda *told, name=name: heard.append((name, told[2])),
        )
    with filled.reading() as db:
        Statement(NAMED).row(db, {"user_id": "u1"})

    assert [name for name, _ in heard] == [
        "before_cursor_execute",
        "after_cursor_execute",
    ]
    assert heard[0][1].startswith("SELECT users.id")


def ask_over_a_cut_line(database: Database, named: Statement) -> None:
    with database.reading() as db:
        pid = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.writing() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        named.row(db, {"user_id": "u1"})


def test_a_connection_that_is_gone_is_not_used_again(
    migrated_postgresql: str, postgres: Server
) -> None:
    """REL-002: the next block has another one, without a restart"""
    url = postgres.fresh_database(like=migrated_postgresql)
    database = Database(make_engine(url))
    named = Statement(NAMED)
    with pytest.raises(Unavailable) as caught:
        ask_over_a_cut_line(database, named)
    with database.reading() as db:
        assert named.row(db, {"user_id": "u1"}) is None

    fault = caught.value.__cause__
    assert isinstance(fault, DBAPIError)
    assert fault.connection_invalidated
    database.dispose()
    postgres.drop_database(url)
