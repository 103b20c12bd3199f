"""Applications that registered themselves: with which token, and what admits them.

The registration access token of RFC 7592 is kept as its hash, in the row of its client,
and goes with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment


class RegistrationTable(Base):
    """One row an application that registered itself."""

    __tablename__ = "registrations"

    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True
    )
    access_hash: Mapped[str]
    token_id: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Registered:
    """How an application came to be; the token may be gone, its name stays."""

    client_id: str
    access_hash: str = field(repr=False)
    token_id: str
    label: str
    at: datetime


_names = tuple(Registered.__dataclass_fields__)
_columns = tuple(getattr(RegistrationTable, name) for name in _names)
_by_client = select(*_columns).where(
    RegistrationTable.client_id == bindparam("client_id")
)
_clients = select(RegistrationTable.token_id, RegistrationTable.client_id).order_by(
    RegistrationTable.at, RegistrationTable.client_id
)


def add_registration(db: Connection, registered: Registered) -> None:
    """Adds how an application came to be."""
    values = {name: getattr(registered, name) for name in _names}
    db.execute(insert(RegistrationTable).values(**values))


def find_registration(db: Connection, client_id: str) -> Registered | None:
    """Finds how an application came to be; None where an administrator made it."""
    row = db.execute(_by_client, {"client_id": client_id}).one_or_none()
    return None if row is None else Registered(*row)


def clients_by_token(
    db: Connection, token_ids: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Returns which applications each of these tokens registered, the oldest first."""
    statement = _clients.where(RegistrationTable.token_id.in_(tuple(token_ids)))
    found: dict[str, tuple[str, ...]] = {}
    for token_id, client_id in db.execute(statement):
        found[token_id] = (*found.get(token_id, ()), client_id)
    return found
