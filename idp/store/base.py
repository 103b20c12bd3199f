"""What every table shares: the declarative base, column types, ids and token hashes.

Nothing here knows a table. Times are aware UTC both ways on both databases (REL-033),
and a column of proofs that does not decode reads as no proof at all (SEC-096).
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import DateTime
from sqlalchemy import Dialect
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import types
from sqlalchemy.orm import DeclarativeBase

from idp.rules import factors
from idp.rules.factors import Proofs

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table; constraints get predictable names for migrations."""

    metadata = MetaData(naming_convention=NAMING)


class Moment(types.TypeDecorator[datetime]):
    """A moment: TIMESTAMPTZ on PostgreSQL, sortable text on SQLite, aware UTC here."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """Chooses the column type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turns an aware moment into what the column keeps; refuses a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment has a zone")
        moment = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return moment
        return moment.isoformat(timespec="microseconds")

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """Returns what turns the column's into an aware moment in UTC."""
        return _in_utc


class ProofsType(types.TypeDecorator[Proofs]):
    """Proofs as JSON; what cannot be decoded reads as no proof (SEC-096)."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Proofs | None, dialect: Dialect) -> Any:
        """Turns proofs into their JSON form."""
        return factors.as_stored(value or ())

    def process_result_value(self, value: Any, dialect: Dialect) -> Proofs:
        """Turns the JSON form back into proofs."""
        return factors.from_stored(value)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], Proofs] | None:
        """Reads what is no JSON at all as no proof, too."""
        read = super().result_processor(dialect, coltype)

        def read_or_none(value: Any) -> Proofs:
            try:
                return (read(value) if read else None) or ()
            except (ValueError, OverflowError):
                return ()

        return read_or_none


def _in_utc(value: Any) -> datetime | None:
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.astimezone(UTC)


def hash_token(token: str) -> str:
    """Returns the SHA-256 of a random secret, which is all that is stored (SEC-302)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """Makes a secret of 32 random bytes, as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """Makes a public id of 16 random bytes, as 22 URL-safe characters.

    None begins with a hyphen: commands would take it for an option.
    """
    while (made := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return made
