"""Logins under way: the stored request, the person once known, the proofs so far.

A row belongs to one browser by the hash of its cookie; its id alone is worth nothing
elsewhere (SEC-006). Nothing here decides what is due.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import bindparam
from sqlalchemy import false
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.errors import Unavailable
from idp.rules.factors import Proofs
from idp.rules.policy import Demand
from idp.rules.requests import AuthorizationRequest
from idp.store import demands
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.base import ProofsType
from idp.store.chunks import delete_some
from idp.store.records import Record
from idp.store.records import Row
from idp.store.statements import Statement


class LoginTable(Base):
    """One row a login under way; purged some time after its end."""

    __tablename__ = "logins"
    __table_args__ = (
        CheckConstraint(
            "state IN ('open', 'authenticated', 'finished', 'refused', 'dead')",
            name="state",
        ),
        Index("ix_logins_user_id_expires_at", "user_id", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    browser_hash: Mapped[str] = mapped_column(index=True)
    request: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    return_to: Mapped[str | None]
    demand: Mapped[dict[str, Any]] = mapped_column(JSON)
    forced: Mapped[bool]
    subject: Mapped[str | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    proofs: Mapped[Proofs] = mapped_column(ProofsType)
    session_sid: Mapped[str | None]
    failures: Mapped[int]
    state: Mapped[str]
    pending_codes_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    notice: Mapped[str | None]
    account_chosen: Mapped[bool]
    codes_due: Mapped[bool]
    replacing: Mapped[bool] = mapped_column(server_default=false())
    consented: Mapped[bool]
    message: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    language: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login under way; ``message`` is what its next page says once."""

    id: str
    browser_hash: str
    request: AuthorizationRequest | None
    return_to: str | None
    demand: Demand
    forced: bool
    subject: str | None
    user_id: str | None
    proofs: Proofs
    session_sid: str | None
    failures: int = 0
    state: str
    pending_codes_sealed: bytes | None = field(default=None, repr=False)
    notice: str | None = None
    account_chosen: bool
    codes_due: bool = False
    replacing: bool = False
    consented: bool = False
    message: dict[str, Any] | None = None
    language: str | None = None
    created_at: datetime
    expires_at: datetime


def _read_request(row: Row) -> AuthorizationRequest:
    try:
        return AuthorizationRequest.from_stored(row[0])
    except (ValueError, KeyError) as fault:
        # Another host may know what it means, or this one once it is upgraded.
        raise Unavailable("a login of a later version") from fault


def _read_demand(row: Row) -> Demand:
    try:
        return demands.from_stored(row[0])
    except (ValueError, KeyError) as fault:
        raise Unavailable("a login of a later version") from fault


_names = tuple(Login.__dataclass_fields__)
# They stay as they are while a login goes from page to page; strangers choose them.
_MOST = 64
_RECORDS: dict[int, Record[Any]] = {
    _names.index("request"): Record([LoginTable.request], _read_request, most=_MOST),
    _names.index("demand"): Record([LoginTable.demand], _read_demand, most=_MOST),
}
COLUMNS = tuple(
    _RECORDS[place].columns[0] if place in _RECORDS else getattr(LoginTable, name)
    for place, name in enumerate(_names)
)


def records(first: int) -> dict[int, Record[Any]]:
    """Says where the records are in a statement that has these from a column on.

    They raise Unavailable where a later version has written a login.
    """
    return {first + place: record for place, record in _RECORDS.items()}


_one = select(*COLUMNS).where(
    LoginTable.id == bindparam("login_id"),
    LoginTable.browser_hash == bindparam("browser_hash"),
)
_find = Statement(_one, records(0))
_lock = Statement(_one.with_for_update(), records(0))
_hold = Statement(
    select(LoginTable.id)
    .where(
        LoginTable.id == bindparam("login_id"),
        LoginTable.browser_hash == bindparam("browser_hash"),
    )
    .with_for_update()
)
_add = Statement(insert(LoginTable))
_change = Statement(update(LoginTable).where(LoginTable.id == bindparam("login_id")))
_finish = Statement(
    update(LoginTable)
    .where(LoginTable.id == bindparam("login_id"), LoginTable.state == "authenticated")
    .values(state="finished")
)


def login_of(row: Row) -> Login:
    """Makes a login of what a row has for ``COLUMNS``."""
    return Login(**dict(zip(_names, row, strict=True)))


def _read(row: Row | None) -> Login | None:
    return None if row is None else login_of(row)


def find_login(db: Connection, login_id: str, *, browser_hash: str) -> Login | None:
    """Finds a login of this browser, whatever its state and however old."""
    values = {"login_id": login_id, "browser_hash": browser_hash}
    return _read(_find.row(db, values))


def lock_login(db: Connection, login_id: str, *, browser_hash: str) -> Login | None:
    """Finds a login and keeps other writers off the row until the block ends."""
    values = {"login_id": login_id, "browser_hash": browser_hash}
    return _read(_lock.row(db, values))


def hold_login(db: Connection, login_id: str, *, browser_hash: str) -> None:
    """Keeps other writers off a login that is read next, until the block ends.

    A block that writes on SQLite is alone from its beginning.
    """
    if db.dialect.name != "sqlite":
        _hold.row(db, {"login_id": login_id, "browser_hash": browser_hash})


def add_login(db: Connection, login: Login) -> None:
    """Adds a login."""
    values = {name: getattr(login, name) for name in _names}
    values["request"] = login.request.as_stored() if login.request else None
    values["demand"] = demands.as_stored(login.demand)
    _add.change(db, values)


def change_login(db: Connection, login_id: str, **fields: Any) -> None:
    """Changes named fields of a login that the caller has locked."""
    _change.change(db, {"login_id": login_id, **fields})


def claim_codes(db: Connection, login_id: str) -> bytes | None:
    """Takes the sealed backup codes out of the row: once (SEC-049)."""
    waiting = select(LoginTable.pending_codes_sealed).where(LoginTable.id == login_id)
    sealed = db.execute(waiting).scalar_one_or_none()
    statement = (
        update(LoginTable)
        .where(LoginTable.id == login_id, LoginTable.pending_codes_sealed.is_not(None))
        .values(pending_codes_sealed=None)
    )
    return sealed if db.execute(statement).rowcount == 1 else None


def finish_login(db: Connection, login_id: str) -> bool:
    """Ends a login that has led somewhere: True once, so it gives one code only."""
    return _finish.change(db, {"login_id": login_id}) == 1


def end_logins_of_user(
    db: Connection, user_id: str, *, except_id: str | None = None
) -> int:
    """Kills every login under way of a person but one (SEC-010, SEC-068)."""
    statement = update(LoginTable).where(
        LoginTable.user_id == user_id, LoginTable.state.in_(("open", "authenticated"))
    )
    if except_id is not None:
        statement = statement.where(LoginTable.id != except_id)
    dead = statement.values(state="dead", pending_codes_sealed=None)
    return db.execute(dead).rowcount


def end_logins_of_browser(db: Connection, browser_hash: str) -> int:
    """Kills every login under way of a browser: sign-out."""
    statement = (
        update(LoginTable)
        .where(
            LoginTable.browser_hash == browser_hash,
            LoginTable.state.in_(("open", "authenticated")),
        )
        .values(state="dead", pending_codes_sealed=None)
    )
    return db.execute(statement).rowcount


def purge_logins(
    db: Connection, *, before: datetime, untouched_before: datetime, limit: int
) -> int:
    """Deletes logins that expired before a moment, at most ``limit``.

    Those in which nobody proved anything have a moment of their own: they cost whoever
    fills the table nothing (REL-067). Asked for both at once, SQLite reads the table.
    """
    expires_at = LoginTable.expires_at
    done = delete_some(db, LoginTable, expires_at < before, limit=limit)
    nobody = (LoginTable.user_id.is_(None), expires_at < untouched_before)
    return done + delete_some(db, LoginTable, *nobody, limit=limit - done)
