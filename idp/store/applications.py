"""What applications hold of somebody at a moment: a view over grants, no table."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store.grants import GrantTable


def list_living(
    db: Connection, user_id: str, *, now: datetime
) -> list[tuple[str, tuple[str, ...], datetime, bool]]:
    """Lists what applications hold of somebody: client id, scopes, since, offline."""
    statement = (
        select(
            GrantTable.client_id,
            GrantTable.scopes,
            GrantTable.created_at,
            GrantTable.offline,
        )
        .where(
            GrantTable.user_id == user_id,
            GrantTable.revoked_at.is_(None),
            GrantTable.expires_at > now,
        )
        .order_by(GrantTable.created_at)
    )
    return [(row[0], tuple(row[1]), row[2], row[3]) for row in db.execute(statement)]
