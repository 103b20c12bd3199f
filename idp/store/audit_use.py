"""The newest record of a sign-in to each application, found through an index.

``code.issued`` is written when an application gets its code; its actor carries the
level that was reached.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp.store.audit import AuditTable
from idp.store.clients import ClientTable

# Written out, not bound: a partial index is used only for the very same condition.
SIGN_IN = text("audit_records.event = 'code.issued'")

_SIGN_IN = text("event = 'code.issued'")
INDEX = Index(
    "ix_audit_records_sign_in",
    AuditTable.client_id,
    AuditTable.number,
    sqlite_where=_SIGN_IN,
    postgresql_where=_SIGN_IN,
)


def last_codes(
    db: Connection, client_id: str | None = None
) -> list[tuple[str, datetime, str | None]]:
    """Lists application, moment and level of the newest code each; one statement."""
    newest = (
        select(func.max(AuditTable.number))
        .where(AuditTable.client_id == ClientTable.client_id, SIGN_IN)
        .correlate(ClientTable)
        .scalar_subquery()
    )
    statement = select(ClientTable.client_id, AuditTable.at, AuditTable.actor_acr).join(
        AuditTable, AuditTable.number == newest
    )
    if client_id is not None:
        statement = statement.where(ClientTable.client_id == client_id)
    return [(found, at, acr) for found, at, acr in db.execute(statement)]
