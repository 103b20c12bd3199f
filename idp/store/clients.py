"""Applications and their secrets. Secrets are kept as keyed hashes only (SEC-249)."""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.errors import Unavailable
from idp.rules.client_demands import demands_more
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.records import Record
from idp.store.records import Row
from idp.store.statements import Statement


class ClientTable(Base):
    """One row an application."""

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    grant_types: Mapped[list[str]] = mapped_column(JSON)
    auth_method: Mapped[str]
    min_acr: Mapped[str | None]
    max_factor_age: Mapped[int | None]
    accept_backup_codes: Mapped[bool]
    first_party: Mapped[bool]
    claims_in_id_token: Mapped[bool]
    require_pkce: Mapped[bool]
    access_token_lifetime: Mapped[int | None]
    allowed_origins: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    resource: Mapped[str | None]
    allowed_resources: Mapped[list[str]] = mapped_column(JSON)
    id_token_alg: Mapped[str]
    enabled: Mapped[bool]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)


class ClientSecretTable(Base):
    """One row a secret; two may overlap while one is rotated."""

    __tablename__ = "client_secrets"

    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), index=True
    )
    secret_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


SECRET_METHODS = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True, slots=True)
class Client:
    """An application as stored; ``details`` holds metadata of later features."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    auth_method: str
    min_acr: str | None
    max_factor_age: timedelta | None
    accept_backup_codes: bool
    first_party: bool
    claims_in_id_token: bool
    require_pkce: bool
    access_token_lifetime: timedelta | None
    allowed_origins: tuple[str, ...] | None
    resource: str | None
    allowed_resources: tuple[str, ...]
    id_token_alg: str
    enabled: bool
    details: dict[str, Any]
    version: int
    created_at: datetime

    @property
    def public(self) -> bool:
        """Tells whether the client cannot prove who it is."""
        return self.auth_method == "none"

    @property
    def has_secret(self) -> bool:
        """Tells whether the client proves who it is by a secret."""
        return self.auth_method in SECRET_METHODS

    @property
    def introspection_alg(self) -> str:
        """Names what signs the answers about tokens that it asks for (RFC 9701)."""
        return str(self.details.get("introspection_signed_response_alg", "RS256"))


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A secret as stored."""

    id: str
    secret_hash: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


_names = tuple(Client.__dataclass_fields__)


def _client_of(row: Row) -> Client:
    values = dict(zip(_names, row, strict=True))
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    for name in ("max_factor_age", "access_token_lifetime"):
        seconds = values[name]
        values[name] = None if seconds is None else timedelta(seconds=seconds)
    values["enabled"] &= not demands_more(values["details"])
    return Client(**values)


_secret_names = tuple(ClientSecret.__dataclass_fields__)
CLIENT = Record([getattr(ClientTable, name) for name in _names], _client_of)
_names_by_id = select(ClientTable.client_id, ClientTable.name)
_every = select(*CLIENT.columns)
_one = _every.where(ClientTable.client_id == bindparam("client_id"))
_by_id = Statement(_one, {0: CLIENT})
_all = Statement(_every.order_by(ClientTable.name, ClientTable.client_id), {0: CLIENT})
_all_secrets = (
    select(*(getattr(ClientSecretTable, name) for name in _secret_names))
    .where(
        or_(
            ClientSecretTable.expires_at.is_(None),
            ClientSecretTable.expires_at > bindparam("now", type_=Moment),
        )
    )
    .order_by(ClientSecretTable.created_at)
)
_secrets = _all_secrets.where(ClientSecretTable.client_id == bindparam("client_id"))


def _stored(client: Client) -> dict[str, Any]:
    values = {name: getattr(client, name) for name in _names}
    for name, value in values.items():
        if isinstance(value, tuple):
            values[name] = list(value)
        if isinstance(value, timedelta):
            values[name] = int(value.total_seconds())
    return values


def find_client(db: Connection, client_id: str) -> Client | None:
    """Finds an application, enabled or not."""
    row = _by_id.row(db, {"client_id": client_id})
    return None if row is None else row[0]


def list_clients(db: Connection) -> list[Client]:
    """Lists every application by name."""
    return [row[0] for row in _all.rows(db, {})]


def names(db: Connection) -> dict[str, str]:
    """Returns the name of every application by its id."""
    return {row.client_id: row.name for row in db.execute(_names_by_id)}


def add_client(db: Connection, client: Client) -> None:
    """Adds an application; a taken id raises a Conflict at the edge of the block."""
    db.execute(insert(ClientTable).values(**_stored(client)))


def change_client(db: Connection, client: Client) -> bool:
    """Writes what still has the version that was read; refuses what is beyond us."""
    if demands_more(client.details):
        raise Unavailable("an application of a later version")
    values = {**_stored(client), "version": client.version + 1}
    statement = (
        update(ClientTable)
        .where(
            ClientTable.client_id == client.client_id,
            ClientTable.version == client.version,
        )
        .values(**values)
    )
    return db.execute(statement).rowcount == 1


def delete_client(db: Connection, client_id: str) -> bool:
    """Deletes an application and its secrets."""
    statement = delete(ClientTable).where(ClientTable.client_id == client_id)
    return db.execute(statement).rowcount == 1


def live_secrets(
    db: Connection, client_id: str, *, now: datetime
) -> tuple[ClientSecret, ...]:
    """Returns the secrets that work at this moment, the oldest first."""
    rows = db.execute(_secrets, {"client_id": client_id, "now": now})
    return tuple(ClientSecret(*row) for row in rows)


def all_live_secrets(
    db: Connection, *, now: datetime
) -> dict[str, tuple[ClientSecret, ...]]:
    """Returns the secrets of every application that has one, by its id."""
    found: dict[str, tuple[ClientSecret, ...]] = {}
    statement = _all_secrets.add_columns(ClientSecretTable.client_id)
    for *values, client_id in db.execute(statement, {"now": now}):
        found[client_id] = (*found.get(client_id, ()), ClientSecret(*values))
    return found


def add_secret(
    db: Connection, client_id: str, *, secret_id: str, secret_hash: str, now: datetime
) -> None:
    """Adds a secret beside the existing ones."""
    db.execute(
        insert(ClientSecretTable).values(
            id=secret_id,
            client_id=client_id,
            secret_hash=secret_hash,
            created_at=now,
        )
    )


def expire_secrets(
    db: Connection, client_id: str, *, except_id: str, at: datetime
) -> int:
    """Lets every other secret end at a moment, unless it ends earlier anyway."""
    statement = (
        update(ClientSecretTable)
        .where(
            ClientSecretTable.client_id == client_id,
            ClientSecretTable.id != except_id,
            or_(
                ClientSecretTable.expires_at.is_(None),
                ClientSecretTable.expires_at > at,
            ),
        )
        .values(expires_at=at)
    )
    return db.execute(statement).rowcount


def lock_client(db: Connection, client_id: str) -> None:
    """Keeps everybody else from changing an application until the block ends."""
    statement = select(ClientTable.client_id).where(ClientTable.client_id == client_id)
    db.execute(statement.with_for_update())


def delete_secret(db: Connection, client_id: str, secret_id: str) -> bool:
    """Deletes a secret of an application."""
    statement = delete(ClientSecretTable).where(
        ClientSecretTable.client_id == client_id, ClientSecretTable.id == secret_id
    )
    return db.execute(statement).rowcount == 1
