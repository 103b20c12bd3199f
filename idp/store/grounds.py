"""What a grant or a request rests on besides its person, read in one statement.

The application, the session where one is named, and what the person allowed. Reads
only; whether it holds is decided elsewhere.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store import clients
from idp.store.clients import Client
from idp.store.clients import ClientTable
from idp.store.consents import ConsentTable
from idp.store.sessions import Session
from idp.store.sessions import SessionTable


@dataclass(frozen=True, slots=True)
class Grounds:
    """The application, the session named (ended ones too), the scopes allowed."""

    client: Client
    session: Session | None
    consented: tuple[str, ...]


_client_names = tuple(Client.__dataclass_fields__)
_session_names = tuple(Session.__dataclass_fields__)
_CLIENT = slice(0, len(_client_names))
_SESSION = slice(_CLIENT.stop, _CLIENT.stop + len(_session_names))
_find = (
    select(
        *(getattr(ClientTable, name) for name in _client_names),
        *(getattr(SessionTable, name) for name in _session_names),
        ConsentTable.scopes,
    )
    .select_from(ClientTable)
    .outerjoin(SessionTable, SessionTable.sid == bindparam("sid"))
    .outerjoin(
        ConsentTable,
        and_(
            ConsentTable.user_id == bindparam("user_id"),
            ConsentTable.client_id == ClientTable.client_id,
        ),
    )
    .where(ClientTable.client_id == bindparam("client_id"))
)


def find_grounds(
    db: Connection, client_id: str, *, user_id: str | None, sid: str | None = None
) -> Grounds | None:
    """Finds them; None when there is no such application."""
    values = {"client_id": client_id, "user_id": user_id, "sid": sid}
    row = db.execute(_find, values).one_or_none()
    if row is None:
        return None
    found: tuple[Any, ...] = tuple(row)
    session = found[_SESSION]
    return Grounds(
        client=clients.client_of(found[_CLIENT]),
        session=None if session[0] is None else Session(*session),
        consented=tuple(found[-1] or ()),
    )
