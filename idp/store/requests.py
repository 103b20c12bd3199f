"""What an authorization request is weighed on, read in one statement.

The application, the session of the browser's cookie, its person, and what the person
allowed the application. Reads only; nothing is decided here.
"""

from dataclasses import dataclass

from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store import people
from idp.store.clients import CLIENT
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


_session = tuple(getattr(SessionTable, name) for name in Session.__dataclass_fields__)
_FIRST_OF_PERSON = len(CLIENT.columns) + len(_session) + 1
_CLIENT, _SESSION, _CONSENT = 0, slice(1, 1 + len(_session)), 1 + len(_session)
_PERSON = slice(_CONSENT + 1, None)
_find = Statement(
    people.joined(
        select(
            *CLIENT.columns,
            *_session,
            ConsentTable.scopes,
            *people.COLUMNS,
        )
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
    {0: CLIENT, **people.records(_FIRST_OF_PERSON)},
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
    first = rows[0]
    client: Client = first[_CLIENT]
    if first[_SESSION][0] is None:
        return Found(client)
    return Found(
        client=client,
        session=Session(*first[_SESSION]),
        consented=tuple(first[_CONSENT] or ()),
        person=people.person_of([row[_PERSON] for row in rows]),
    )
