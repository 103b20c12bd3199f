"""What a grant or a request depends on, read in one statement.

The application, the session where one is named, and what the person allowed; for a
grant also the person. Reads only; whether it holds is decided elsewhere.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store import grants
from idp.store import people
from idp.store import sessions
from idp.store.clients import CLIENT
from idp.store.clients import Client
from idp.store.clients import ClientTable
from idp.store.consents import ConsentTable
from idp.store.grants import Grant
from idp.store.grants import GrantTable
from idp.store.people import PersonRows
from idp.store.records import Row
from idp.store.sessions import Session
from idp.store.sessions import SessionTable
from idp.store.statements import Statement
from idp.store.users import UserTable


@dataclass(frozen=True, slots=True)
class Grounds:
    """The application, the session named (ended ones too), the scopes allowed."""

    client: Client
    session: Session | None
    consented: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """The grounds of a grant, and its person."""

    grounds: Grounds
    person: PersonRows


COLUMNS = (*CLIENT.columns, *sessions.COLUMNS, ConsentTable.scopes)
RECORDS = {0: CLIENT, **people.records(len(COLUMNS))}
"""Where a statement has its records that asks for these columns and then a person's."""
_WIDE = len(sessions.COLUMNS)
_CLIENT, _SESSION, _CONSENT = 0, slice(1, 1 + _WIDE), 1 + _WIDE
PERSON = slice(_CONSENT + 1, _CONSENT + 1 + people.WIDTH)


def _of_grant(*more: Any) -> Select[Any]:
    """Asks for the grounds and the person of a grant, and for these columns."""
    rows = (
        select(*COLUMNS, *people.COLUMNS, *more)
        .select_from(GrantTable)
        .join(ClientTable, ClientTable.client_id == GrantTable.client_id)
        .join(UserTable, UserTable.id == GrantTable.user_id)
        .outerjoin(SessionTable, SessionTable.sid == GrantTable.sid)
        .outerjoin(
            ConsentTable,
            and_(
                ConsentTable.user_id == GrantTable.user_id,
                ConsentTable.client_id == GrantTable.client_id,
            ),
        )
    )
    return people.joined(rows).where(GrantTable.id == bindparam("grant_id"))


_carried = Statement(_of_grant(), RECORDS)
_grant_carried = Statement(_of_grant(*grants.COLUMNS), RECORDS)


def find_carried(
    db: Connection, grant_id: str, *, factor_budget: str
) -> Carried | None:
    """Finds what a grant rests on; a budget's key ends in the id of the person."""
    rows = _carried.rows(db, {"grant_id": grant_id, "budget": factor_budget})
    return _carried_by(rows) if rows else None


def find_of_grant(
    db: Connection, grant_id: str, *, factor_budget: str
) -> tuple[Grant, Carried] | None:
    """Finds a grant, revoked ones included, and what it rests on."""
    rows = _grant_carried.rows(db, {"grant_id": grant_id, "budget": factor_budget})
    if not rows:
        return None
    return grants.grant_of(rows[0][PERSON.stop :]), _carried_by(rows)


def _carried_by(rows: list[Row]) -> Carried:
    return Carried(
        grounds=read(rows[0]),
        person=people.person_of([row[PERSON] for row in rows]),
    )


def read(found: Row) -> Grounds:
    """Returns the grounds that a row begins with."""
    session = found[_SESSION]
    return Grounds(
        client=found[_CLIENT],
        session=None if session[0] is None else Session(*session),
        consented=tuple(found[_CONSENT] or ()),
    )
