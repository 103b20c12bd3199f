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
from idp.store import grants
from idp.store.clients import Client
from idp.store.clients import ClientTable
from idp.store.consents import ConsentTable
from idp.store.grants import Grant
from idp.store.grants import GrantTable
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
_columns = (
    *(getattr(ClientTable, name) for name in _client_names),
    *(getattr(SessionTable, name) for name in _session_names),
    ConsentTable.scopes,
)
_find = (
    select(*_columns)
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
_find_of_grant = (
    select(*_columns, *grants.COLUMNS)
    .select_from(GrantTable)
    .join(ClientTable, ClientTable.client_id == GrantTable.client_id)
    .outerjoin(SessionTable, SessionTable.sid == GrantTable.sid)
    .outerjoin(
        ConsentTable,
        and_(
            ConsentTable.user_id == GrantTable.user_id,
            ConsentTable.client_id == GrantTable.client_id,
        ),
    )
    .where(GrantTable.id == bindparam("grant_id"))
)


def find_grounds(
    db: Connection, client_id: str, *, user_id: str | None, sid: str | None = None
) -> Grounds | None:
    """Finds them; None when there is no such application."""
    values = {"client_id": client_id, "user_id": user_id, "sid": sid}
    row = db.execute(_find, values).one_or_none()
    return None if row is None else _read(tuple(row))


def find_of_grant(db: Connection, grant_id: str) -> tuple[Grant, Grounds] | None:
    """Finds a grant, revoked ones included, and what it rests on."""
    row = db.execute(_find_of_grant, {"grant_id": grant_id}).one_or_none()
    if row is None:
        return None
    width = len(_columns)
    return grants.grant_of(row[width:]), _read(tuple(row[:width]))


def _read(found: tuple[Any, ...]) -> Grounds:
    session = found[_SESSION]
    return Grounds(
        client=clients.client_of(found[_CLIENT]),
        session=None if session[0] is None else Session(*session),
        consented=tuple(found[-1] or ()),
    )
