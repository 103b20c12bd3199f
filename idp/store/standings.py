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

from idp.store import logins
from idp.store import people
from idp.store.clients import CLIENT
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


_WIDE = len(logins.COLUMNS)
_FIRST_OF_PERSON = _WIDE + len(CLIENT.columns)
_LOGIN, _CLIENT = slice(0, _WIDE), _WIDE
_USER, _PERSON = _WIDE + 1 + people.USER, slice(_WIDE + 1, None)
_asking = LoginTable.request["client_id"].as_string()
_find = Statement(
    people.joined(
        select(
            *logins.COLUMNS,
            *CLIENT.columns,
            *people.COLUMNS,
        )
        .select_from(LoginTable)
        .outerjoin(ClientTable, ClientTable.client_id == _asking)
        .outerjoin(UserTable, UserTable.id == LoginTable.user_id)
    )
    .where(LoginTable.id == bindparam("login_id", type_=String))
    .where(LoginTable.browser_hash == bindparam("browser_hash", type_=String)),
    {**logins.records(0), _WIDE: CLIENT, **people.records(_FIRST_OF_PERSON)},
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
    somebody = first[_USER] is not None
    return Found(
        login=logins.login_of(first[_LOGIN]),
        client=first[_CLIENT],
        person=people.person_of([row[_PERSON] for row in rows]) if somebody else None,
    )
