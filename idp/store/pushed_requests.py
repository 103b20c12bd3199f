"""Authorization requests that clients pushed here and refer to (RFC 9126).

A reference is kept as its hash. It may be shown until the request has been answered
with a code, which happens once: one conditional statement decides.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.errors import Unavailable
from idp.rules.requests import AuthorizationRequest
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_some


class PushedRequestTable(Base):
    """One row a pushed request; purged some time after its end."""

    __tablename__ = "pushed_requests"

    reference_hash: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), index=True
    )
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


_find = select(PushedRequestTable.request).where(
    PushedRequestTable.reference_hash == bindparam("reference_hash"),
    PushedRequestTable.client_id == bindparam("client_id"),
    PushedRequestTable.expires_at > bindparam("now"),
    PushedRequestTable.used_at.is_(None),
)


def add_request(
    db: Connection,
    reference_hash: str,
    request: AuthorizationRequest,
    *,
    expires_at: datetime,
) -> None:
    """Keeps a request that was pushed."""
    db.execute(
        insert(PushedRequestTable).values(
            reference_hash=reference_hash,
            client_id=request.client_id,
            request=request.as_stored(),
            expires_at=expires_at,
            used_at=None,
        )
    )


def find_request(
    db: Connection, reference_hash: str, client_id: str, *, now: datetime
) -> AuthorizationRequest | None:
    """Finds a request of this client that is still to be answered."""
    values = {"reference_hash": reference_hash, "client_id": client_id, "now": now}
    stored = db.execute(_find, values).scalar_one_or_none()
    try:
        return None if stored is None else AuthorizationRequest.from_stored(stored)
    except ValueError as fault:
        raise Unavailable("a request of a later version") from fault


def claim_request(db: Connection, reference_hash: str, *, now: datetime) -> bool:
    """Marks a request as answered: True once, and never again.

    Its time does not count here: a sign-in that began in time may take longer.
    """
    statement = (
        update(PushedRequestTable)
        .where(
            PushedRequestTable.reference_hash == reference_hash,
            PushedRequestTable.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return db.execute(statement).rowcount == 1


def purge_requests(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes requests that expired before a moment, at most ``limit``."""
    return delete_some(
        db, PushedRequestTable, PushedRequestTable.expires_at < before, limit=limit
    )
