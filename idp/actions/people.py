"""People as administration sees them: the values that are shown, and finding one.

The values are those of ``interface.md`` section 4, member by member. What can be done
to people is ``actions.users`` and ``actions.user_mfa``; nothing here changes anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import NotFound
from idp.rules import permissions
from idp.rules import totp
from idp.rules.names import canonical_username
from idp.store import attempts
from idp.store import fleet
from idp.store import roles
from idp.store import users
from idp.store.roles import Role
from idp.store.users import UserRow

ID_LENGTH = 32
ID_SIGNS = frozenset("0123456789abcdef")

STATES = (
    *("none", "pending", "enrolled", "locked"),
    *("required_not_enrolled", "few_codes"),
)
"""What people can be listed by: the states of MFA, and two that need attention."""


@dataclass(frozen=True, slots=True)
class Effective:
    """Whether MFA is required of somebody, and which rules say so."""

    required: bool
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mfa:
    """The state of somebody's MFA; ``required`` is the person's own flag.

    ``codes_used_until`` is None but where a clock that was ahead used codes up.
    """

    state: str
    method: str | None
    enrolled_at: datetime | None
    last_used_at: datetime | None
    backup_codes_remaining: int
    locked_until: datetime | None
    codes_used_until: datetime | None
    required: bool
    effective: Effective


@dataclass(frozen=True, slots=True)
class User:
    """A person; ``version`` is for ``If-Match`` and no member of the JSON object."""

    id: str
    username: str
    email: str | None
    email_verified: bool
    name: str | None
    profile: dict[str, Any]
    source: str
    active: bool
    roles: tuple[str, ...]
    mfa: Mfa
    created_at: datetime
    last_login_at: datetime | None
    version: int = field(metadata={"json": False})


def find(db: Connection, named: str) -> UserRow:
    """Finds a living person by id or user name; raises NotFound.

    What looks like an id is never taken for a name: whoever was deleted stays gone,
    even if somebody calls themselves by that id (SEC-217).
    """
    user = users.find_user(db, named)
    if (user is None or user.deleted) and not is_id(named):
        canonical = canonical_username(named)
        user = users.find_by_canonical(db, canonical) if canonical else None
    if user is None or user.deleted:
        raise NotFound("user", sentence=f"There is nobody called {named!a}.")
    return user


def is_id(named: str) -> bool:
    """Tells whether text has the form of a person's id, the ``sub`` of tokens."""
    return len(named) == ID_LENGTH and set(named) <= ID_SIGNS


def lock(db: Connection, work: Work, named: str, *, permission: str) -> UserRow:
    """Locks a person whom the actor may touch, for the block that changes them.

    In the order that every writer keeps: counter, then account. Raises NotFound, and
    Forbidden where the person has rights beyond the actor's (SEC-256).
    """
    found = find(db, named)
    attempts.lock(db, facts.factor_key(found.id), now=work.now)
    user = users.lock_user(db, found.id)
    if user is None or user.deleted:
        raise NotFound("user", sentence=f"There is nobody called {named!a}.")
    rights.require_over(work, permission, rights.of_person(db, user.id))
    return user


def is_administrator(held: Sequence[Role]) -> bool:
    """Tells whether somebody with these roles is an administrator."""
    return any(role.name == permissions.ADMINISTRATOR for role in held)


def other_administrators(db: Connection, user_id: str) -> int:
    """Counts the administrators who can sign in, one person left out (SEC-262)."""
    return roles.count_active_holders(
        db, permissions.ADMINISTRATOR, except_user=user_id
    )


def view(db: Connection, work: Work, user: UserRow) -> User:
    """Completes a row to the value that is shown."""
    found = views(db, work, [user.id])
    if not found:
        raise NotFound("user", sentence="There is no such person.")
    return found[0]


def views(db: Connection, work: Work, ids: Sequence[str]) -> list[User]:
    """Makes the values of many people in order of their ids, in three statements."""
    found = facts.load_people(db, work, ids)
    enrolled = [one for one, person in found.items() if person.totp is not None]
    others = [one for one in found if one not in set(enrolled)]
    left = fleet.unused_codes(db, enrolled) if enrolled else {}
    pending = fleet.pending(db, others) if others else frozenset()
    return [
        _user(found[one], left=left.get(one, 0), pending=one in pending, now=work.now)
        for one in ids
        if one in found
    ]


def _user(person: facts.Person, *, left: int, pending: bool, now: datetime) -> User:
    user = person.user
    return User(
        id=user.id,
        username=user.username,
        email=user.email,
        email_verified=user.email_verified,
        name=user.name,
        profile=user.profile,
        source=user.source,
        active=user.active,
        roles=tuple(role.name for role in person.roles),
        mfa=_mfa(person, left=left, pending=pending, now=now),
        created_at=user.created_at,
        last_login_at=user.last_login_at,
        version=user.version,
    )


def _mfa(person: facts.Person, *, left: int, pending: bool, now: datetime) -> Mfa:
    held, lock_ = person.totp, person.lock
    requirement = person.requirement
    return Mfa(
        state=_state(person, pending=pending),
        method="totp" if held else None,
        enrolled_at=held.confirmed_at if held else None,
        last_used_at=held.last_used_at if held else None,
        backup_codes_remaining=left,
        locked_until=lock_.until if lock_.locked else None,
        codes_used_until=totp.used_until(held.last_step, now) if held else None,
        required=person.user.mfa_required,
        effective=Effective(requirement.required, requirement.because),
    )


def _state(person: facts.Person, *, pending: bool) -> str:
    if person.totp is None:
        return "pending" if pending else "none"
    return "locked" if person.lock.locked else "enrolled"


def subject(user: UserRow) -> Subject:
    """Names a person in an audit record."""
    return Subject("user", user.id, user.username, user.email)
