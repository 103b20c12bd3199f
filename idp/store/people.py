"""A person, or many, with all that a decision about them needs, in one statement.

Every request asks for it, most of them twice; five look-ups would cost five times as
much and, on PostgreSQL, might see five different moments. Reads only; nothing is
decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import BindParameter
from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import String
from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store.attempts import Attempts
from idp.store.attempts import AttemptTable
from idp.store.authenticators import IS_ACTIVE
from idp.store.authenticators import TotpCredential
from idp.store.authenticators import TotpTable
from idp.store.organisation import POLICY
from idp.store.organisation import OrganisationTable
from idp.store.organisation import Policy
from idp.store.records import Record
from idp.store.records import Row
from idp.store.roles import ROLE
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


_PARTS = ((UserTable, UserRow), (TotpTable, TotpCredential), (AttemptTable, Attempts))
_columns = tuple(
    getattr(table, name) for table, kind in _PARTS for name in kind.__dataclass_fields__
)
COLUMNS = (*POLICY.columns, *ROLE.columns, *_columns)
WIDTH = 2 + len(_columns)
"""How many values ``person_of`` takes of a row: policy and role are one each."""
_POLICY, _ROLE, USER = 0, 1, 2
"""``USER`` is the place of the person's id among them."""
_widths = [len(kind.__dataclass_fields__) for _, kind in _PARTS]
_USER, _TOTP, _ATTEMPTS = (
    slice(2 + sum(_widths[:number]), 2 + sum(_widths[: number + 1]))
    for number in range(len(_widths))
)
_BUDGET = bindparam("budget", type_=String) + UserTable.id


def records(first: int) -> dict[int, Record[Any]]:
    """Says where the records are in a statement that has these from a column on."""
    return {first: POLICY, first + len(POLICY.columns): ROLE}


def joined(
    rows: Select[Any], budget: ColumnElement[str] | BindParameter[str] = _BUDGET
) -> Select[Any]:
    """Adds to rows with people in them what is known of each."""
    return (
        rows.outerjoin(OrganisationTable, OrganisationTable.id == 1)
        .outerjoin(TotpTable, and_(TotpTable.user_id == UserTable.id, IS_ACTIVE))
        .outerjoin(UserRoleTable, UserRoleTable.user_id == UserTable.id)
        .outerjoin(RoleTable, RoleTable.name == UserRoleTable.role)
        .outerjoin(AttemptTable, AttemptTable.key == budget)
    )


_people = select(*COLUMNS).select_from(UserTable)
_find = Statement(
    joined(_people, bindparam("factor_key", type_=String)).where(
        UserTable.id == bindparam("user_id")
    ),
    records(0),
)


@cache
def _find_many(size: int) -> Statement:
    """Returns the statement for so many people: one for each power of 2."""
    ids = [bindparam(f"asked_{number}", type_=String) for number in range(size)]
    return Statement(joined(_people).where(UserTable.id.in_(ids)), records(0))


def find_person(db: Connection, user_id: str, *, factor_key: str) -> PersonRows | None:
    """Finds a person, deleted ones included; there is one row for each role."""
    values = {"user_id": user_id, "factor_key": factor_key}
    rows = _find.rows(db, values)
    return person_of(rows) if rows else None


def find_people(
    db: Connection, ids: Sequence[str], *, factor_budget: str
) -> dict[str, PersonRows]:
    """Finds many people in one statement, by id; a budget's key ends in the id."""
    if not ids:
        return {}
    size = 1 << (len(ids) - 1).bit_length()
    named = {f"asked_{n}": ids[min(n, len(ids) - 1)] for n in range(size)}
    rows: dict[str, list[Row]] = {}
    for row in _find_many(size).rows(db, {"budget": factor_budget, **named}):
        rows.setdefault(row[_USER.start], []).append(row)
    return {user_id: person_of(own) for user_id, own in rows.items()}


def person_of(rows: list[Row]) -> PersonRows:
    """Makes a person of what rows have for ``COLUMNS``: one for each of their roles."""
    first = rows[0]
    return PersonRows(
        user=UserRow(*first[_USER]),
        policy=first[_POLICY] or Policy(),
        totp=None if first[_TOTP][0] is None else TotpCredential(*first[_TOTP]),
        factor_attempts=None
        if first[_ATTEMPTS][0] is None
        else Attempts(*first[_ATTEMPTS]),
        # Sorted here: the database would sort rows of forty columns for it.
        roles=tuple(
            sorted((row[_ROLE] for row in rows if row[_ROLE]), key=attrgetter("name"))
        ),
    )
