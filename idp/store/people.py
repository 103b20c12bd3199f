"""A person, or many, with all that a decision about them needs, in one statement.

Every request asks for it, most of them twice; five look-ups would cost five times as
much and, on PostgreSQL, might see five different moments. Reads only; nothing is
decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter
from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import String
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
from idp.store.statements import Statement
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
COLUMNS = tuple(
    getattr(table, name) for table, kind in _PARTS for name in kind.__dataclass_fields__
)
_widths = [len(kind.__dataclass_fields__) for _, kind in _PARTS]
_ends = [sum(_widths[: number + 1]) for number in range(len(_widths))]
_USER, _POLICY, _TOTP, _ATTEMPTS, _ROLE = (
    slice(end - width, end) for end, width in zip(_ends, _widths, strict=True)
)
_BUDGET = bindparam("budget", type_=String) + UserTable.id


def joined(
    rows: Select[Any], budget: ColumnElement[str] | BindParameter[str] = _BUDGET
) -> Select[Any]:
    """Adds to rows with people in them what is known of each."""
    return (
        rows.outerjoin(OrganisationTable, OrganisationTable.id == 1)
        .outerjoin(TotpTable, and_(TotpTable.user_id == UserTable.id, mfa.IS_ACTIVE))
        .outerjoin(UserRoleTable, UserRoleTable.user_id == UserTable.id)
        .outerjoin(RoleTable, RoleTable.name == UserRoleTable.role)
        .outerjoin(AttemptTable, AttemptTable.key == budget)
    )


_people = select(*COLUMNS).select_from(UserTable)
_find = Statement(
    joined(_people, bindparam("factor_key", type_=String)).where(
        UserTable.id == bindparam("user_id")
    )
)
_find_all = joined(_people).where(UserTable.id.in_(bindparam("ids", expanding=True)))


def find_person(db: Connection, user_id: str, *, factor_key: str) -> PersonRows | None:
    """Finds a person, deleted ones included; there is one row for each role."""
    values = {"user_id": user_id, "factor_key": factor_key}
    rows = _find.rows(db, values)
    return person_of(rows) if rows else None


def find_people(
    db: Connection, ids: Sequence[str], *, factor_budget: str
) -> dict[str, PersonRows]:
    """Finds many people in one statement, by id; a budget's key ends in the id."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for row in db.execute(_find_all, {"ids": ids, "budget": factor_budget}):
        rows.setdefault(row[0], []).append(tuple(row))
    return {user_id: person_of(own) for user_id, own in rows.items()}


def person_of(rows: list[tuple[Any, ...]]) -> PersonRows:
    """Makes a person of the values of ``COLUMNS``, a row for each of their roles."""
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
