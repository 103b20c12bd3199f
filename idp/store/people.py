"""A person with all that a decision about them needs, read in one statement.

Every request asks for it, most of them twice; five look-ups would cost five times as
much and, on PostgreSQL, might see five different moments. Reads only; nothing is
decided here.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store import mfa
from idp.store import organisation
from idp.store import roles
from idp.store.attempts import Attempts
from idp.store.attempts import AttemptTable
from idp.store.mfa import TotpCredential
from idp.store.mfa import TotpTable
from idp.store.organisation import OrganisationTable
from idp.store.organisation import Policy
from idp.store.roles import Role
from idp.store.roles import RoleTable
from idp.store.users import UserRoleTable
from idp.store.users import UserRow
from idp.store.users import UserTable


@dataclass(frozen=True, slots=True)
class PersonRows:
    """The rows about one person; ``factor_attempts`` is None where nobody failed."""

    user: UserRow
    policy: Policy
    totp: TotpCredential | None
    factor_attempts: Attempts | None
    roles: tuple[Role, ...]


_PARTS = (
    (UserTable, UserRow),
    (OrganisationTable, Policy),
    (TotpTable, TotpCredential),
    (AttemptTable, Attempts),
    (RoleTable, Role),
)
_columns = [
    getattr(table, name) for table, kind in _PARTS for name in kind.__dataclass_fields__
]
_widths = [len(kind.__dataclass_fields__) for _, kind in _PARTS]
_ends = [sum(_widths[: number + 1]) for number in range(len(_widths))]
_USER, _POLICY, _TOTP, _ATTEMPTS, _ROLE = (
    slice(end - width, end) for end, width in zip(_ends, _widths, strict=True)
)
_find = (
    select(*_columns)
    .select_from(UserTable)
    .outerjoin(OrganisationTable, OrganisationTable.id == 1)
    .outerjoin(TotpTable, and_(TotpTable.user_id == UserTable.id, mfa.IS_ACTIVE))
    .outerjoin(AttemptTable, AttemptTable.key == bindparam("factor_key"))
    .outerjoin(UserRoleTable, UserRoleTable.user_id == UserTable.id)
    .outerjoin(RoleTable, RoleTable.name == UserRoleTable.role)
    .where(UserTable.id == bindparam("user_id"))
)


def find_person(db: Connection, user_id: str, *, factor_key: str) -> PersonRows | None:
    """Finds a person, deleted ones included; there is one row for each role."""
    values = {"user_id": user_id, "factor_key": factor_key}
    rows: list[tuple[Any, ...]] = [tuple(row) for row in db.execute(_find, values)]
    if not rows:
        return None
    first = rows[0]
    return PersonRows(
        user=UserRow(*first[_USER]),
        policy=organisation.policy_of(first[_POLICY]),
        totp=None if first[_TOTP][0] is None else TotpCredential(*first[_TOTP]),
        factor_attempts=None
        if first[_ATTEMPTS][0] is None
        else Attempts(*first[_ATTEMPTS]),
        # Sorted here: the database would sort rows of forty columns for it.
        roles=tuple(
            roles.role_of(values)
            for values in sorted(row[_ROLE] for row in rows)
            if values[0] is not None
        ),
    )
