"""People: the table of accounts and its statements.

Names are compared in the canonical form that ``rules.names`` makes. A deleted person
stays as a row without a name, so that no ``sub`` is ever used again (SEC-217).
"""

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import bindparam
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.rules.names import words_of
from idp.store import words
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.records import Row
from idp.store.statements import Statement


class UserTable(Base):
    """One row a person; never deleted."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str]
    canonical: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str | None]
    email_canonical: Mapped[str | None] = mapped_column(index=True)
    email_verified: Mapped[bool]
    name: Mapped[str | None]
    profile: Mapped[dict[str, Any]] = mapped_column(JSON)
    password_hash: Mapped[str | None]
    password_initial: Mapped[bool]
    password_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    must_change_password: Mapped[bool]
    active: Mapped[bool]
    deleted: Mapped[bool]
    mfa_required: Mapped[bool]
    source: Mapped[str]
    language: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    last_login_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_users_created_at", "created_at", "id"),)


class UserRoleTable(Base):
    """Which roles a person has."""

    __tablename__ = "user_roles"

    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(
        ForeignKey("roles.name", ondelete="CASCADE"), primary_key=True, index=True
    )


@dataclass(frozen=True, slots=True)
class UserRow:
    """A person as stored."""

    id: str
    username: str
    canonical: str | None
    email: str | None
    email_verified: bool
    name: str | None
    profile: dict[str, Any]
    password_hash: str | None = field(repr=False)
    password_initial: bool
    password_expires_at: datetime | None
    must_change_password: bool
    active: bool
    deleted: bool
    mfa_required: bool
    source: str
    language: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None


FOUND_BY = {"username", "email", "name"}
"""The columns whose words people are found by."""

_names = tuple(UserRow.__dataclass_fields__)
_columns = tuple(getattr(UserTable, name) for name in _names)
_one = select(*_columns).where(UserTable.id == bindparam("user_id"))
_by_id = Statement(_one)
# Without the key: rows that refer to a person are added while the person is locked.
_lock = Statement(_one.with_for_update(key_share=True))
_hold = Statement(
    select(UserTable.id)
    .where(UserTable.id == bindparam("user_id"))
    .with_for_update(key_share=True)
)
_by_canonical = Statement(
    select(*_columns).where(
        UserTable.canonical == bindparam("canonical"), UserTable.deleted.is_(False)
    )
)
_by_email = Statement(
    select(*_columns)
    .where(
        UserTable.email_canonical == bindparam("canonical"),
        UserTable.deleted.is_(False),
    )
    .limit(2)
)
_mark_login = Statement(
    update(UserTable)
    .where(UserTable.id == bindparam("user_id"))
    .values(last_login_at=bindparam("now", type_=Moment))
)


def _read(row: Row | None) -> UserRow | None:
    return None if row is None else UserRow(*row)


def find_user(db: Connection, user_id: str) -> UserRow | None:
    """Finds a person by id, deleted ones included."""
    return _read(_by_id.row(db, {"user_id": user_id}))


def lock_user(db: Connection, user_id: str) -> UserRow | None:
    """Finds a person and keeps other writers off the row until the block ends."""
    return _read(_lock.row(db, {"user_id": user_id}))


def hold_user(db: Connection, user_id: str) -> None:
    """Keeps other writers off a person who is read next, until the block ends.

    A block that writes on SQLite is alone from its beginning.
    """
    if db.dialect.name != "sqlite":
        _hold.row(db, {"user_id": user_id})


def find_by_canonical(db: Connection, canonical: str) -> UserRow | None:
    """Finds a living person by the canonical form of the user name."""
    return _read(_by_canonical.row(db, {"canonical": canonical}))


def find_by_sign_in_name(db: Connection, canonical: str) -> UserRow | None:
    """Finds by user name, else by an e-mail address that only one person has."""
    found = _by_canonical.row(db, {"canonical": canonical})
    if found is not None:
        return _read(found)
    owners = _by_email.rows(db, {"canonical": canonical})
    return _read(owners[0]) if len(owners) == 1 else None


def add_user(db: Connection, user: UserRow, *, email_canonical: str | None) -> None:
    """Adds a person; a taken user name raises a Conflict at the edge of the block."""
    values = {name: getattr(user, name) for name in _names}
    db.execute(insert(UserTable).values(email_canonical=email_canonical, **values))
    _put_words(db, user.id)


def change_user(
    db: Connection, user_id: str, *, version: int | None = None, **fields: Any
) -> bool:
    """Changes named fields; False when the row has another version (REL-023)."""
    statement = update(UserTable).where(
        UserTable.id == user_id, UserTable.deleted.is_(False)
    )
    if version is not None:
        statement = statement.where(UserTable.version == version)
    changed = statement.values(version=UserTable.version + 1, **fields)
    if db.execute(changed).rowcount != 1:
        return False
    if FOUND_BY & fields.keys():
        _put_words(db, user_id)
    return True


def _put_words(db: Connection, user_id: str) -> None:
    user = find_user(db, user_id)
    if user is not None:
        named = () if user.deleted else (user.username, user.email, user.name)
        words.put_words(db, user_id, words_of(*named))


def set_password(
    db: Connection,
    user_id: str,
    *,
    password_hash: str,
    initial: bool,
    expires_at: datetime | None,
    must_change: bool,
    now: datetime,
) -> None:
    """Replaces a password and what holds about it."""
    change_user(
        db,
        user_id,
        password_hash=password_hash,
        password_initial=initial,
        password_expires_at=expires_at,
        must_change_password=must_change,
        updated_at=now,
    )


def upgrade_hash(db: Connection, user_id: str, *, old: str, new: str) -> bool:
    """Replaces a hash by a stronger one of the same password, if it is still there."""
    statement = (
        update(UserTable)
        .where(UserTable.id == user_id, UserTable.password_hash == old)
        .values(password_hash=new)
    )
    return db.execute(statement).rowcount == 1


def hashed_otherwise(db: Connection, beginnings: Collection[str]) -> list[str]:
    """Lists the names of people whose password's hash begins in none of these ways."""
    statement = select(UserTable.username).where(UserTable.password_hash.is_not(None))
    for one in beginnings:
        statement = statement.where(~UserTable.password_hash.startswith(one))
    return list(db.execute(statement.order_by(UserTable.canonical)).scalars())


def claim_initial_password(db: Connection, user_id: str, *, now: datetime) -> bool:
    """Spends an initial password: once, and not after its date (SEC-026)."""
    statement = (
        update(UserTable)
        .where(
            UserTable.id == user_id,
            UserTable.password_initial.is_(True),
            UserTable.password_expires_at > now,
        )
        .values(password_initial=True, password_expires_at=now)
    )
    return db.execute(statement).rowcount == 1


def mark_login(db: Connection, user_id: str, *, now: datetime) -> None:
    """Records the last sign-in; the version stays, because nothing was edited."""
    _mark_login.change(db, {"user_id": user_id, "now": now})


def delete_user(db: Connection, user_id: str, *, now: datetime) -> bool:
    """Takes everything from a person but the id (SEC-217)."""
    return change_user(
        db,
        user_id,
        username=f"deleted {user_id[:8]}",
        canonical=None,
        email=None,
        email_canonical=None,
        email_verified=False,
        name=None,
        profile={},
        password_hash=None,
        active=False,
        deleted=True,
        updated_at=now,
    )
