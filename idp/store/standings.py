"""A login with its application and its person, read in one statement.

What a page of a login is drawn from, and what is looked at before a guess is weighed.
In the block that decides the login is locked first and the others are read after it.
Reads only; nothing is decided here.
"""

from dataclasses import dataclass

from sqlalchemy import String
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store import clients
from idp.store import logins
from idp.store import people
from idp.store.clients import Client
from idp.store.clients import ClientTable
from idp.store.logins import Login
from idp.store.logins import LoginTable
from idp.store.people import PersonRows
from idp.store.statements import Statement
from idp.store.users import UserTable


@dataclass(frozen=True, slots=True)
class Found:
    """The rows; None for an application or a person that the login does not name."""

    login: Login
    client: Client | None
    person: PersonRows | None


_login_names = tuple(Login.__dataclass_fields__)
_client_names = tuple(Client.__dataclass_fields__)
_LOGIN = slice(0, len(_login_names))
_CLIENT = slice(_LOGIN.stop, _LOGIN.stop + len(_client_names))
_PERSON = slice(_CLIENT.stop, None)
_asking = LoginTable.request["client_id"].as_string()
_find = Statement(
    people.joined(
        select(
            *(getattr(LoginTable, name) for name in _login_names),
            *(getattr(ClientTable, name) for name in _client_names),
            *people.COLUMNS,
        )
        .select_from(LoginTable)
        .outerjoin(ClientTable, ClientTable.client_id == _asking)
        .outerjoin(UserTable, UserTable.id == LoginTable.user_id)
    )
    .where(LoginTable.id == bindparam("login_id", type_=String))
    .where(LoginTable.browser_hash == bindparam("browser_hash", type_=String))
)


def find_standing(
    db: Connection, login_id: str, *, browser_hash: str, factor_budget: str
) -> Found | None:
    """Finds a login of this browser, whatever its state and however old.

    There is one row for each role of the person.
    """
    values = {
        "login_id": login_id,
        "browser_hash": browser_hash,
        "budget": factor_budget,
    }
    rows = _find.rows(db, values)
    if not rows:
        return None
    first = rows[0]
    known = first[_CLIENT][0] is not None
    somebody = first[_PERSON][0] is not None
    return Found(
        login=logins.login_of(first[_LOGIN]),
        client=clients.client_of(first[_CLIENT]) if known else None,
        person=people.person_of([row[_PERSON] for row in rows]) if somebody else None,
    )
