"""Everybody at once: people found, counted and listed by what holds about them.

Each condition is the SQL of a rule that ``rules`` states for one person; a test holds
the two together. A page walks the index of names and stops when it is full.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import exists
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import literal
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import true
from sqlalchemy import type_coerce
from sqlalchemy.engine import Connection

from idp.store.attempts import AttemptTable
from idp.store.authenticators import IS_ACTIVE
from idp.store.authenticators import IS_PENDING
from idp.store.authenticators import TotpTable
from idp.store.backup_codes import BackupCodeTable
from idp.store.fleet_indexes import HAS_FAILED
from idp.store.users import UserRoleTable
from idp.store.users import UserTable
from idp.store.words import people_with


@dataclass(frozen=True, slots=True)
class Ground:
    """What the conditions rest on: the moment, the limits, and what roles mean.

    ``demanding`` are the roles that require MFA, ``privileged`` those that hold a
    permission, ``beyond`` those whose holders the actor may not touch; ``everybody``
    tells that the organisation requires MFA.
    """

    now: datetime
    unseen_before: datetime
    factor_budget: str
    tries: int
    few: int
    everybody: bool
    demanding: tuple[str, ...]
    privileged: tuple[str, ...]
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a list is about; None stands for no condition."""

    words: tuple[str, ...] = ()
    state: str | None = None
    role: str | None = None
    source: str | None = None
    active: bool | None = None
    privileged: bool | None = None
    unseen_since: datetime | None = None
    ids: tuple[str, ...] | None = None
    enrolled: bool | None = None
    flagged: bool | None = None
    beyond: bool | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What holds about people alike; ``flagged`` is the person's own requirement."""

    active: bool
    enrolled: bool
    pending: bool
    locked: bool
    few: bool
    flagged: bool
    demanded: bool
    privileged: bool
    beyond: bool
    unseen: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in the list."""

    id: str
    canonical: str
    username: str


def page(
    db: Connection, wanted: Wanted, ground: Ground, *, after: str, limit: int
) -> list[Place]:
    """Lists living people in order of their canonical names, from beyond ``after``."""
    found = (
        select(UserTable.id, UserTable.canonical, UserTable.username)
        .where(UserTable.canonical > after, *_conditions(wanted, ground))
        .order_by(UserTable.canonical)
        .limit(limit)
    )
    rows: Iterable[tuple[Any, ...]] = db.execute(found)
    return [Place(*row) for row in rows]


def count(db: Connection, wanted: Wanted, ground: Ground) -> int:
    """Counts the living people that are wanted."""
    counted = select(func.count()).select_from(UserTable)
    return int(db.execute(counted.where(*_conditions(wanted, ground))).scalar_one())


def tally(db: Connection, wanted: Wanted, ground: Ground) -> list[tuple[Marks, int]]:
    """Counts the people that are wanted by everything that holds about them.

    One statement, however many people and however many figures are made of it.
    """
    marks = (
        UserTable.active,
        _enrolled(),
        _pending(),
        _locked(ground),
        _few(ground),
        UserTable.mfa_required,
        _holds(ground.demanding),
        _holds(ground.privileged),
        _holds(ground.beyond),
        _unseen(ground.unseen_before),
    )
    named = [
        type_coerce(mark, Boolean).label(name)
        for name, mark in zip(Marks.__dataclass_fields__, marks, strict=True)
    ]
    counted = (
        select(*named, func.count())
        .where(*_conditions(wanted, ground))
        .group_by(*(mark.name for mark in named))
    )
    rows: Iterable[Sequence[Any]] = db.execute(counted)
    return [(Marks(*map(bool, row[:-1])), row[-1]) for row in rows]


def unused_codes(db: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Counts the backup codes that are left, for those who have any."""
    counted = (
        select(BackupCodeTable.user_id, func.count())
        .where(BackupCodeTable.user_id.in_(ids), BackupCodeTable.used_at.is_(None))
        .group_by(BackupCodeTable.user_id)
    )
    return {row[0]: int(row[1]) for row in db.execute(counted)}


def pending(db: Connection, ids: Sequence[str]) -> frozenset[str]:
    """Tells who of these has begun to set an authenticator up."""
    begun = select(TotpTable.user_id).where(
        TotpTable.user_id.in_(ids), TotpTable.state == "pending"
    )
    return frozenset(db.execute(begun).scalars())


def _conditions(wanted: Wanted, ground: Ground) -> list[ColumnElement[bool]]:
    """Lists what must hold; a condition of which nothing is said is left out."""
    switches = (
        (wanted.active, UserTable.active.is_(True)),
        (wanted.flagged, UserTable.mfa_required.is_(True)),
        (wanted.enrolled, _enrolled()),
        (wanted.privileged, _holds(ground.privileged)),
        (wanted.beyond, _holds(ground.beyond)),
    )
    given: list[ColumnElement[bool]] = [
        UserTable.canonical.is_not(None),
        UserTable.deleted.is_(False),
    ]
    given += [held if on else ~held for on, held in switches if on is not None]
    given += [UserTable.id.in_(people_with(word)) for word in wanted.words]
    if wanted.state is not None:
        given.append(_in_state(wanted.state, wanted, ground))
    if wanted.role is not None:
        given.append(_holds((wanted.role,)))
    if wanted.source is not None:
        given.append(UserTable.source == wanted.source)
    if wanted.unseen_since is not None:
        given.append(_unseen(wanted.unseen_since))
    if wanted.ids is not None:
        given.append(UserTable.id.in_(wanted.ids))
    return given


def _in_state(state: str, wanted: Wanted, ground: Ground) -> ColumnElement[bool]:
    enrolled = _enrolled()
    states: dict[str, ColumnElement[bool]] = {
        "none": and_(~enrolled, ~_pending()),
        "pending": and_(_pending(), ~enrolled),
        "enrolled": and_(enrolled, ~_locked(ground)),
        "locked": and_(_locked(ground), enrolled),
        "required_not_enrolled": and_(~enrolled, _required(wanted, ground)),
        "few_codes": and_(enrolled, _few(ground)),
    }
    return states[state]


def _required(wanted: Wanted, ground: Ground) -> ColumnElement[bool]:
    """Says what ``rules.policy.requires_mfa`` says of one person.

    Of the privileged it is always said; that spares looking for it.
    """
    if ground.everybody or wanted.privileged:
        return true()
    return or_(UserTable.mfa_required.is_(True), _holds(ground.demanding))


def _enrolled() -> ColumnElement[bool]:
    return exists(TotpTable.id).where(TotpTable.user_id == UserTable.id, IS_ACTIVE)


def _pending() -> ColumnElement[bool]:
    begun = select(TotpTable.user_id).where(IS_PENDING)
    return UserTable.id.in_(begun)


def _locked(ground: Ground) -> ColumnElement[bool]:
    """Says what ``rules.lockout.factor_state`` says of one budget."""
    budget, key = ground.factor_budget, AttemptTable.key
    owner = func.substr(key, len(budget) + 1)
    locked = select(owner).where(
        key.startswith(budget, autoescape=True),
        HAS_FAILED,
        or_(AttemptTable.total >= ground.tries, AttemptTable.locked_until > ground.now),
    )
    return UserTable.id.in_(locked)


def _few(ground: Ground) -> ColumnElement[bool]:
    """Says that no more than ``few`` codes are unused: there is none beyond them."""
    beyond = (
        select(literal(1))
        .where(
            BackupCodeTable.user_id == UserTable.id, BackupCodeTable.used_at.is_(None)
        )
        .limit(1)
        .offset(ground.few)
    )
    return ~beyond.exists()


def _holds(roles: Sequence[str]) -> ColumnElement[bool]:
    if not roles:
        return false()
    holders = select(UserRoleTable.user_id).where(UserRoleTable.role.in_(roles))
    return UserTable.id.in_(holders)


def _unseen(since: datetime) -> ColumnElement[bool]:
    """Says that somebody did not sign in since, and was there already."""
    last = func.coalesce(UserTable.last_login_at, UserTable.created_at)
    return last < since
