"""Roles and who holds them. What a permission allows is ``rules.permissions``."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import JSON
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.records import Record
from idp.store.records import Row
from idp.store.statements import Statement
from idp.store.users import UserRoleTable
from idp.store.users import UserTable


class RoleTable(Base):
    """One row a role; the built-in ones come with the migration."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str]
    permissions: Mapped[list[str]] = mapped_column(JSON)
    mfa_required: Mapped[bool]
    built_in: Mapped[bool]


@dataclass(frozen=True, slots=True)
class Role:
    """A role; whoever holds a permission needs MFA always (SEC-087)."""

    name: str
    description: str
    permissions: tuple[str, ...]
    mfa_required: bool
    built_in: bool


def role_of(row: Row) -> Role:
    """Makes a role; one whose rights cannot be read gives none and requires MFA."""
    name, description, permissions, mfa_required, built_in = row
    readable = isinstance(permissions, list)
    held = tuple(permissions) if isinstance(permissions, list) else ()
    required = bool(mfa_required) or not readable
    return Role(str(name), str(description), held, required, bool(built_in))


ROLE = Record([getattr(RoleTable, name) for name in Role.__dataclass_fields__], role_of)
_every = select(*ROLE.columns)
_all = Statement(_every.order_by(RoleTable.name), {0: ROLE})
_by_name = Statement(_every.where(RoleTable.name == bindparam("name")), {0: ROLE})
_of_user = Statement(
    _every.join(UserRoleTable, UserRoleTable.role == RoleTable.name)
    .where(UserRoleTable.user_id == bindparam("user_id"))
    .order_by(RoleTable.name),
    {0: ROLE},
)


def find_role(db: Connection, name: str) -> Role | None:
    """Finds a role by name."""
    row = _by_name.row(db, {"name": name})
    return None if row is None else row[0]


def lock_role(db: Connection, name: str) -> None:
    """Keeps everybody else from changing a role until the block ends."""
    statement = select(RoleTable.name).where(RoleTable.name == name)
    db.execute(statement.with_for_update())


def list_roles(db: Connection) -> list[Role]:
    """Lists every role by name."""
    return [row[0] for row in _all.rows(db, {})]


def add_role(db: Connection, role: Role) -> None:
    """Adds a role; a taken name raises a Conflict at the edge of the block."""
    db.execute(
        insert(RoleTable).values(
            name=role.name,
            description=role.description,
            permissions=list(role.permissions),
            mfa_required=role.mfa_required,
            built_in=role.built_in,
        )
    )


def change_role(db: Connection, role: Role) -> bool:
    """Changes everything of a role but its name."""
    statement = (
        update(RoleTable)
        .where(RoleTable.name == role.name)
        .values(
            description=role.description,
            permissions=list(role.permissions),
            mfa_required=role.mfa_required,
        )
    )
    return db.execute(statement).rowcount == 1


def delete_role(db: Connection, name: str) -> bool:
    """Deletes a role that is not built in; nobody holds it afterwards."""
    statement = delete(RoleTable).where(
        RoleTable.name == name, RoleTable.built_in.is_(False)
    )
    return db.execute(statement).rowcount == 1


def roles_of(db: Connection, user_id: str) -> tuple[Role, ...]:
    """Returns the roles that somebody holds, by name."""
    return tuple(row[0] for row in _of_user.rows(db, {"user_id": user_id}))


def set_roles(db: Connection, user_id: str, names: Iterable[str]) -> None:
    """Replaces the roles of a person."""
    db.execute(delete(UserRoleTable).where(UserRoleTable.user_id == user_id))
    for name in dict.fromkeys(names):
        db.execute(insert(UserRoleTable).values(user_id=user_id, role=name))


def count_holders(db: Connection) -> dict[str, int]:
    """Counts the people of each role that somebody holds."""
    statement = (
        select(UserRoleTable.role, func.count())
        .join(UserTable, UserTable.id == UserRoleTable.user_id)
        .where(UserTable.deleted.is_(False))
        .group_by(UserRoleTable.role)
    )
    return {row[0]: row[1] for row in db.execute(statement)}


def count_active_holders(
    db: Connection, role: str, *, except_user: str | None = None
) -> int:
    """Counts living, enabled people with a role, one of them left out (SEC-262)."""
    statement = (
        select(func.count())
        .select_from(UserRoleTable)
        .join(UserTable, UserTable.id == UserRoleTable.user_id)
        .where(
            UserRoleTable.role == role,
            UserTable.active.is_(True),
            UserTable.deleted.is_(False),
        )
    )
    if except_user is not None:
        statement = statement.where(UserTable.id != except_user)
    return int(db.execute(statement).scalar_one())
