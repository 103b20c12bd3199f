"""Every column that holds a sealed value, in one list, so that none is forgotten.

For sealing all of them again under a new master key; nothing is opened here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import type_coerce
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute

from idp.store.authenticators import TotpTable
from idp.store.keys import SigningKeyTable
from idp.store.logins import LoginTable


@dataclass(frozen=True, slots=True)
class Place:
    """A column of sealed values, and the column that tells its rows apart."""

    row: InstrumentedAttribute[str]
    value: InstrumentedAttribute[Any]

    def __str__(self) -> str:
        """Names the column."""
        return str(self.value.expression)


TOTP_SECRETS = Place(TotpTable.id, TotpTable.secret_sealed)
LOGIN_CODES = Place(LoginTable.id, LoginTable.pending_codes_sealed)
SIGNING_KEYS = Place(SigningKeyTable.kid, SigningKeyTable.private_sealed)
PLACES = (TOTP_SECRETS, LOGIN_CODES, SIGNING_KEYS)


def values(
    db: Connection, place: Place, *, after: str, limit: int
) -> Iterator[tuple[str, bytes]]:
    """Yields row ids and sealed values, in order of id, above one."""
    statement = (
        select(place.row, place.value)
        .where(place.value.is_not(None), place.row > after)
        .order_by(place.row)
        .limit(limit)
    )
    yield from ((row, bytes(value)) for row, value in db.execute(statement))


def heads(db: Connection, place: Place, length: int) -> list[bytes]:
    """Lists how values begin, each beginning once: it names the key that sealed it."""
    head = type_coerce(func.substr(place.value, 1, length), LargeBinary)
    statement = select(head).where(place.value.is_not(None)).distinct()
    return [bytes(found) for found in db.execute(statement).scalars()]


def reseal(db: Connection, place: Place, row: str, *, old: bytes, new: bytes) -> bool:
    """Replaces a sealed value unless it has changed in the meantime."""
    statement = update(place.value.class_).where(place.row == row, place.value == old)
    return db.execute(statement.values({place.value: new})).rowcount == 1
