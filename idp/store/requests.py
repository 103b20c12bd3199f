"""What an authorization request is decided on, read in one statement.

The application, the session of the browser's cookie, its person, and what the person
allowed the application. Reads only; nothing is decided here.
"""

from dataclasses import dataclass

from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store import grounds
from idp.store import people
from idp.store.clients import Client
from idp.store.clients import ClientTable
from idp.store.consents import ConsentTable
from idp.store.people import PersonRows
from idp.store.sessions import Session
from idp.store.sessions import SessionTable
from idp.store.statements import Statement
from idp.store.users import UserTable


@dataclass(frozen=True, slots=True)
class Found:
    """The rows; no session where the cookie names none that was not ended."""

    client: Client
    session: Session | None = None
    consented: tuple[str, ...] = ()
    person: PersonRows | None = None


_find = Statement(
    people.joined(
        select(*grounds.COLUMNS, *people.COLUMNS)
        .select_from(ClientTable)
        .outerjoin(
            SessionTable,
            and_(
                SessionTable.token_hash == bindparam("token_hash"),
                SessionTable.ended_at.is_(None),
            ),
        )
        .outerjoin(UserTable, UserTable.id == SessionTable.user_id)
        .outerjoin(
            ConsentTable,
            and_(
                ConsentTable.user_id == SessionTable.user_id,
                ConsentTable.client_id == ClientTable.client_id,
            ),
        )
    ).where(ClientTable.client_id == bindparam("client_id")),
    grounds.RECORDS,
)


def find(
    db: Connection, client_id: str, *, token_hash: str | None, factor_budget: str
) -> Found | None:
    """Finds them; None when there is no such application.

    There is one row for each role of the person. The session's limits are the caller's.
    """
    values = {
        "client_id": client_id,
        "token_hash": token_hash,
        "budget": factor_budget,
    }
    rows = _find.rows(db, values)
    if not rows:
        return None
    found = grounds.read(rows[0])
    if found.session is None:
        return Found(found.client)
    return Found(
        client=found.client,
        session=found.session,
        consented=found.consented,
        person=people.person_of([row[grounds.PERSON] for row in rows]),
    )
