"""An application and the secrets that count now, in one statement; purging the others.

Asked with each request of a client. The tables, and what administration does to them,
are in ``store.clients``.
"""

from datetime import datetime

from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection

from idp.store.base import Moment
from idp.store.chunks import delete_some
from idp.store.clients import CLIENT
from idp.store.clients import Client
from idp.store.clients import ClientSecret
from idp.store.clients import ClientSecretTable
from idp.store.clients import ClientTable
from idp.store.statements import Statement

_secret_names = tuple(ClientSecret.__dataclass_fields__)
_find = Statement(
    select(
        *CLIENT.columns,
        *(getattr(ClientSecretTable, name) for name in _secret_names),
    )
    .select_from(ClientTable)
    .outerjoin(
        ClientSecretTable,
        and_(
            ClientSecretTable.client_id == ClientTable.client_id,
            or_(
                ClientSecretTable.expires_at.is_(None),
                ClientSecretTable.expires_at > bindparam("now", type_=Moment),
            ),
        ),
    )
    .where(ClientTable.client_id == bindparam("client_id"))
    .order_by(ClientSecretTable.created_at),
    {0: CLIENT},
)


def find_with_secrets(
    db: Connection, client_id: str, *, now: datetime
) -> tuple[Client | None, tuple[ClientSecret, ...]]:
    """Finds an application, enabled or not, and what proves it, oldest first."""
    rows = _find.rows(db, {"client_id": client_id, "now": now})
    if not rows:
        return None, ()
    client: Client = rows[0][0]
    return client, tuple(
        ClientSecret(*secret) for _, *secret in rows if secret[0] is not None
    )


def purge_secrets(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes secrets that expired before a moment, at most ``limit``.

    No index finds them: there are a few for each application, and no stranger's.
    """
    expired = ClientSecretTable.expires_at < before
    return delete_some(db, ClientSecretTable, expired, limit=limit)


def note_use(
    db: Connection,
    secret_id: str,
    *,
    secret_hash: str,
    now: datetime,
    before: datetime,
) -> bool:
    """Writes when a secret was used, unless that was noted since a moment.

    With it the hash, which is another one under a new master key.
    """
    statement = (
        update(ClientSecretTable)
        .where(
            ClientSecretTable.id == secret_id,
            or_(
                ClientSecretTable.last_used_at.is_(None),
                ClientSecretTable.last_used_at <= before,
            ),
        )
        .values(last_used_at=now, secret_hash=secret_hash)
    )
    return db.execute(statement).rowcount == 1
